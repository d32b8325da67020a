"""``docs/cli.md`` names every command, every option and every exit code, and no other."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
import typer.main

from unseen.bank.formats import ListFormat
from unseen.bank.records import EntryState, Purpose, Response
from unseen.case.statements import Acting, Age, Sharing
from unseen.cli import bank, bank_lists, case, errors, evidence
from unseen.cli.app import app

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()


def commands() -> dict[str, set[str]]:
    """Every command and its options, as the app has them."""

    def walk(command: Any, name: str) -> Iterator[tuple[str, set[str]]]:
        if hasattr(command, "commands"):
            for part, below in command.commands.items():
                yield from walk(below, f"{name} {part}")
        else:
            spelled = {opt for p in command.params for opt in (*p.opts, *p.secondary_opts)}
            yield name, {opt for opt in spelled if opt.startswith("--")}

    return dict(walk(typer.main.get_command(app), "unseen"))


def sections() -> dict[str, str]:
    """What the page says of each command."""
    parts = re.split(r"^### `(unseen [^`]*)`$", PAGE, flags=re.MULTILINE)[1:]
    named = (" ".join(w for w in heading.split() if w.islower()) for heading in parts[::2])
    return dict(zip(named, (text.split("\n## ")[0] for text in parts[1::2]), strict=True))


def test_the_page_names_every_command_and_no_other() -> None:
    assert sections().keys() == commands().keys()
    assert len(commands()) > 15


@pytest.mark.parametrize("command", commands())
def test_the_page_names_every_option_and_no_other(command: str) -> None:
    assert set(re.findall(r"`(--[\w-]+)", sections()[command])) == commands()[command]


def test_the_page_has_the_table_of_exit_codes() -> None:
    codes = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    named = {errors.DONE, errors.FOUND, errors.WRONG_INPUT, errors.BUG, errors.STOPPED}
    assert codes == named | {code for _, code in errors.EXIT_CODES}


@pytest.mark.parametrize(
    ("command", "option", "values"),
    [
        (case.open_, "acting", Acting),
        (case.open_, "sharing", Sharing),
        (case.open_, "age", Age),
        (evidence.new, "age", Age),
        (bank.new, "purpose", Purpose),
        (bank.new, "on_confirmed", Response),
        (bank.list_, "state", EntryState),
        (bank_lists.import_, "as_format", [*ListFormat, "vpdq"]),
    ],
)
def test_an_option_takes_the_words_that_the_house_knows(command: Any, option: str, values: Iterable[str]) -> None:
    hint = get_type_hints(command)[option]
    literals = {value for part in (hint, *get_args(hint)) for value in get_args(part) if isinstance(value, str)}
    assert literals == set(values)


@pytest.mark.parametrize(("asked", "values"), [(case._ACTING, Acting), (case._SHARING, Sharing), (case._AGE, Age)])
def test_a_question_offers_the_answers_that_the_house_knows(asked: dict[str, str], values: type) -> None:
    assert set(asked) == set(values)
