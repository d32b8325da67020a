"""``docs/settings.md`` lists every setting with its default."""

import re
from pathlib import Path

import pytest

from unseen.base import Misconfigured
from unseen.config import Config, load_config

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text()
ROWS = dict(re.findall(r"^\| `(UNSEEN_\w+)` \| (.+?) \|", PAGE, re.MULTILINE))
COMPUTED = {
    "UNSEEN_DATA_FOLDER",
    "UNSEEN_SCREEN_THREADS",
    "UNSEEN_VIDEO_THREADS",
}  # their defaults depend on the machine


def test_the_page_lists_every_setting_and_no_other() -> None:
    assert set(ROWS) == {f"UNSEEN_{name.upper()}" for name in Config.model_fields}


def test_the_page_has_every_default() -> None:
    for name, field in Config.model_fields.items():
        variable = f"UNSEEN_{name.upper()}"
        if variable not in COMPUTED:
            shown = "not set" if field.default is None else f"`{field.default}`"
            assert ROWS[variable] == shown, variable


def test_the_page_says_what_each_setting_is_for() -> None:
    for field in Config.model_fields.values():
        assert field.description
        assert field.description in PAGE


def test_a_setting_that_makes_no_sense_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSEEN_PORT", "many")
    with pytest.raises(Misconfigured, match="UNSEEN_PORT"):
        load_config()


def test_a_setting_is_read_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNSEEN_PORT", "9000")
    assert load_config().port == 9000
