"""The pictures in ``docs/architecture.md`` are made from the tables that the code runs on."""

import re
from enum import StrEnum
from pathlib import Path

import pytest

from unseen.bank.lifecycle import ENTRY_TRANSITIONS
from unseen.case.transitions import CASE_TRANSITIONS

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "architecture.md"


def drawn(table: dict[tuple[StrEnum | None, StrEnum], StrEnum]) -> str:
    lines = [f"    {before or '[*]'} --> {then}: {event}" for (before, event), then in table.items()]
    return "\n".join(["```mermaid", "stateDiagram-v2", *lines, "```"])


@pytest.mark.parametrize(("name", "table"), [("entry", ENTRY_TRANSITIONS), ("case", CASE_TRANSITIONS)])
def test_the_picture_shows_the_table(name: str, table: dict[tuple[StrEnum | None, StrEnum], StrEnum]) -> None:
    page = PAGE.read_text()
    match = re.search(rf"<!-- {name} -->\n(.*?)\n<!-- /{name} -->", page, re.DOTALL)
    assert match
    assert match[1] == drawn(table), f"docs/architecture.md should show for {name}:\n{drawn(table)}"


def test_every_room_and_file_that_the_page_names_exists() -> None:
    page = PAGE.read_text()
    rooms = re.findall(r"^\| `(\w+)/`", page, re.MULTILINE)
    assert len(rooms) >= 9
    for room in rooms:
        assert (ROOT / "src" / "unseen" / room / "__init__.py").exists(), room
    for file in re.findall(r"`((?:\w+/)+\w+\.py)`", page):
        assert (ROOT / "src" / "unseen" / file).exists(), file


def test_every_room_is_on_the_page() -> None:
    page = PAGE.read_text()
    for folder in (ROOT / "src" / "unseen").iterdir():
        if (folder / "__init__.py").exists():
            assert f"`{folder.name}/`" in page, f"docs/architecture.md does not name the room {folder.name}"
