"""CASE's own validator, with the ontology that its package ships, reads what we write for investigators."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from support.evidence import Maker
from unseen.desk.check_pack import contents_of
from unseen.desk.custody_log import Said, write_down
from unseen.evidence.court.case_uco import case_uco_of
from unseen.evidence.court.figures import figures_of
from unseen.evidence.records import Origin
from unseen.evidence.verify import Trust
from unseen.vault import PackFile

VALIDATE = [str(Path(sys.executable).with_name("case_validate")), "--built-version", "case-1.5.0"]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The JSON-LD of a pack with a file from a device and one from the web."""
    maker = Maker(folder=tmp_path_factory.mktemp("case"))
    maker.add("截图.png", b"\x89PNG\0")
    maker.add("page.html", b"<p>", "text/html", origin=Origin(kind="url", where="https://example.org/a?b=c#d"))
    write_down(maker.work, Said(noted="seen at 23:05"), maker.hand)
    maker.seal()
    contents = contents_of(PackFile(maker.pack), maker.keys.identity)
    return json.loads(case_uco_of(figures_of(contents, Trust(now=datetime.now(UTC)))))


def verdict(data: Any, folder: Path) -> str:
    path = folder / "pack.jsonld"
    path.write_text(json.dumps(data))
    done = subprocess.run([*VALIDATE, str(path)], capture_output=True, text=True, timeout=120)
    return done.stdout


def test_a_pack_conforms_to_the_published_ontology(written: Any, tmp_path: Path) -> None:
    assert "Conforms: True" in verdict(written, tmp_path)


def test_the_validator_would_have_seen_a_digest_that_is_none(written: Any, tmp_path: Path) -> None:
    file = next(node for node in written["@graph"] if node["@type"] == "uco-observable:File")
    changed = json.loads(json.dumps(written))
    at = written["@graph"].index(file)
    changed["@graph"][at]["uco-core:hasFacet"][1]["uco-observable:hash"][0]["uco-types:hashValue"] = "no digest"
    assert "Conforms: False" in verdict(changed, tmp_path)
