"""How things are said and asked: answers to stdout, everything else to stderr."""

import json
import sys
import textwrap
from collections.abc import Mapping, Sequence
from functools import cache
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from unseen.base import BadRequest

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

_TRIES: Final = 3


def plain(text: str) -> str:
    """``text`` with what could steer a terminal (escape codes, odd file names) written out."""
    return "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)


def shown(path: Path) -> str:
    """A path on one line, as it may be printed."""
    return plain(str(path)).replace("\n", "\\n")


@cache
def console(*, stderr: bool = False) -> "Console":
    """Where people read, one for each stream, so that a progress bar knows what is said past it.  No markup."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)


def say(text: str = "") -> None:
    """A line of the answer, on stdout; wrapped between words on a terminal, untouched in a pipe."""
    answers = console()
    answers.print(text, soft_wrap=not answers.is_terminal)


def indented(text: str, by: int) -> str:
    """``text`` moved in, every line of it; wrapped where people read it on a terminal."""
    answers, space = console(), " " * by
    if not answers.is_terminal:
        return space + text
    return textwrap.fill(
        text,
        answers.width,
        initial_indent=space,
        subsequent_indent=space,
        break_long_words=False,
        break_on_hyphens=False,
    )


def say_data(data: Mapping[str, object]) -> None:
    """An answer for programs: one JSON object on a line of stdout."""
    sys.stdout.write(json.dumps(data) + "\n")
    sys.stdout.flush()


def remark(text: str = "") -> None:
    """A line beside the answer, on stderr."""
    remarks = console(stderr=True)
    remarks.print(text, soft_wrap=not remarks.is_terminal)


def complain(text: str) -> None:
    """What went wrong, on stderr, with the programme's name in front."""
    remark(f"unseen: {text}")


def show(table: "Table") -> None:
    """A table, on stdout."""
    console().print(table)


def columns(*headings: str, right: Sequence[str] = (), fold: Sequence[str] = ()) -> "Table":
    """An empty table; columns in ``right`` hold numbers, those in ``fold`` break where the others must not."""
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for heading in headings:
        table.add_column(
            heading,
            justify="right" if heading in right else "left",
            no_wrap=heading not in fold,
            overflow="fold",
        )
    return table


def ask(question: str, answers: Mapping[str, str]) -> str:
    """Let a person choose one of ``answers`` (value: what it says) by its number; returns the value.

    Raises: BadRequest when no answer comes.
    """
    remark(f"\n{question}")
    for number, says in enumerate(answers.values(), start=1):
        remark(f"  {number}  {says}")
    values = tuple(answers)
    for _ in range(_TRIES):
        typed = _line("Your answer (a number): ").strip()
        if typed.isdecimal() and 1 <= int(typed) <= len(values):
            return values[int(typed) - 1]
        remark(f"Please type a number from 1 to {len(values)}.")
    raise BadRequest("No answer was given, and nothing was kept.", hint="Start again whenever you like.")


def ask_pin() -> str:
    """What a person types as PIN, not shown on a terminal; a line of stdin where that is no terminal."""
    if sys.stdin.isatty():
        return getpass("PIN (it stays hidden while you type): ")
    return _line("")


def ask_passphrase() -> str:
    """What locks her key, not shown on a terminal; a line of stdin where that is no terminal."""
    if sys.stdin.isatty():
        return getpass("Passphrase (it stays hidden while you type): ")
    return _line("")


def ask_new_passphrase() -> str:
    """A passphrase that is typed twice on a terminal.  Raises: BadRequest where the two differ."""
    remark("Choose a passphrase, of four or five words for example. Nobody can look it up or reset it.")
    first = ask_passphrase()
    if sys.stdin.isatty() and getpass("The same once more: ") != first:
        raise BadRequest("The two are not the same, and nothing was made.", hint="Start again.")
    return first


def _line(prompt: str) -> str:
    sys.stderr.write(prompt)
    sys.stderr.flush()
    line = sys.stdin.readline()
    if not line:
        raise BadRequest("The input ended before every question was answered, and nothing was kept.")
    return line.rstrip("\r\n")
