"""What README and the other pages tell people to type exists."""

import re
import shlex
from pathlib import Path

import pytest
from typer.main import get_command

from unseen.cli.app import app

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def commands_of(page: Path) -> list[list[str]]:
    """The words of every ``unseen`` command in an indented or fenced block."""
    lines = re.findall(r"^(?: {4}|\$ )?(?:\.venv/bin/)?(unseen .*)$", page.read_text(), re.MULTILINE)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_make_target_exists(page: Path) -> None:
    for target in re.findall(r"(?:^ {4}|`)make ([a-z]+)", page.read_text(), re.MULTILINE):
        assert target in TARGETS, f"{page.name} names make {target}"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_command_of_the_readme_exists() -> None:
    commands = commands_of(ROOT / "README.md")
    assert len(commands) >= 4
    for words in commands:
        command = get_command(app)
        for word in words[1:]:
            if not hasattr(command, "commands"):
                options = [option for parameter in command.params for option in parameter.opts]
                assert not word.startswith("-") or word in options, f"{' '.join(words)}: {word}"
            else:
                assert word in command.commands, f"{' '.join(words)}: {word}"
                command = command.commands[word]


def test_every_benchmark_that_is_named_exists() -> None:
    for page in PAGES:
        for name in re.findall(r"python -m bench\.(\w+)", page.read_text()):
            places = (ROOT / "bench" / f"{name}.py", ROOT / "bench" / name / "__main__.py")
            assert any(place.exists() for place in places), f"{page.name} names bench.{name}"
