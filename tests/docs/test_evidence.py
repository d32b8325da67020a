"""``docs/evidence.md`` says what each row of a report means, and which files a pack has."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.authority import running_authority
from support.evidence import Maker, checked, named
from unseen.desk.custody_log import Said, write_down
from unseen.desk.stamp_pack import renew_pack
from unseen.vault import PackFile

PAGE = (Path(__file__).parents[2] / "docs" / "evidence.md").read_text()


def test_the_page_explains_every_row_and_file_of_a_pack(tmp_path: Path) -> None:
    maker = Maker(tmp_path)
    maker.clock.off = timedelta(days=1)
    write_down(maker.work, Said(noted="with a wrong clock"), maker.hand)
    maker.clock.off = timedelta()
    maker.add("a.png", b"picture")
    with running_authority(tmp_path / "tsa") as server:
        maker.seal(named(server, name="name"))
        renew_pack(PackFile(maker.pack), maker.keys.identity, [named(server)], outside=maker.online())
    report = checked(maker.open(), now=datetime.now(UTC))
    section = PAGE.partition("## What each check means")[2]
    rows = re.findall(r"^\| ([A-Z].+?) \|", section, re.MULTILINE)
    said = [re.sub(r"^name\b", "NAME", c.what).replace("CN=Test Root", "ROOT") for c in report.checks]
    assert said == rows
    named_files = set(re.findall(r"`([^`]+)`", PAGE.partition("## The pack")[2].partition("Records are")[0]))
    for path in (
        p.relative_to(tmp_path / "opened").as_posix() for p in (tmp_path / "opened").rglob("*") if p.is_file()
    ):
        folder = re.sub(r"(timestamps|authorities)/name", r"\1/NAME", path)
        pattern = re.sub(r"-sha\d+", "-*", folder)
        assert any(pattern.startswith(name) if name.endswith("/") else pattern == name for name in named_files), path
