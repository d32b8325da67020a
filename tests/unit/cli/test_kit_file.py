"""A case opened with what the offline kit saved."""

import json
from pathlib import Path
from typing import Any

import pytest

from support.service import STATEMENTS, pdq, sha256
from unseen.base import BadImport, NotFound
from unseen.cli.kit_file import read_kit_file
from unseen.fingerprint.records import Kind

GOOD: dict[str, Any] = {
    "unseen": 1,
    "statements": STATEMENTS,
    "items": [{"fingerprints": [pdq(1), sha256(1)]}, {"fingerprints": [sha256(2)]}],
}


def saved(folder: Path, said: Any) -> Path:
    file = folder / "unseen-fingerprints.json"
    file.write_text(said if isinstance(said, str) else json.dumps(said))
    return file


def test_a_kits_file_has_her_statements_and_fingerprints(tmp_path: Path) -> None:
    kit = read_kit_file(saved(tmp_path, GOOD))
    assert kit.statements.without_consent
    assert [[each.kind for each in picture] for picture in kit.pictures()] == [
        [Kind.PDQ, Kind.SHA256],
        [Kind.SHA256],
    ]


@pytest.mark.parametrize(
    "said",
    [
        "",
        "no JSON",
        "[]",
        "null",
        {**GOOD, "unseen": 2},
        {**GOOD, "items": "many"},
        {**GOOD, "statements": None},
        {**GOOD, "statements": {**STATEMENTS, "age": "old"}},
        {**GOOD, "statements": {**STATEMENTS, "without_consent": "yes"}},
    ],
)
def test_what_no_kit_saved_is_refused(tmp_path: Path, said: Any) -> None:
    with pytest.raises(BadImport):
        read_kit_file(saved(tmp_path, said))


@pytest.mark.parametrize(
    "item", [None, {}, {"fingerprints": [None]}, {"fingerprints": [{**pdq(1), "code": 5}]}, {"fingerprints": ["x"]}]
)
def test_an_item_that_cannot_be_read_is_named(tmp_path: Path, item: Any) -> None:
    kit = read_kit_file(saved(tmp_path, {**GOOD, "items": [GOOD["items"][0], item]}))
    with pytest.raises(BadImport, match="Item 2"):
        list(kit.pictures())


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        read_kit_file(tmp_path / "nowhere.json")
