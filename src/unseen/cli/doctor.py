"""``unseen doctor``: what is installed, where the data is, and whether all of it is healthy."""

import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Final

import typer

from unseen import __version__
from unseen.cli.errors import FOUND
from unseen.cli.terminal import columns, plain, say, show

#: What the answers depend on, under the names that a package index has them by.
_PACKAGES: Final = ("numpy", "numba", "simplejpeg", "pillow", "pillow-heif", "sqlalchemy", "fastapi", "uvicorn")
_FOR_THE_DEMO: Final = ("httpx", "scikit-image", "scikit-learn")
_MARKS: Final = {"good": "ok", "note": "note", "bad": "WRONG"}


def doctor() -> None:
    """Say what is installed, where the data is, and what is wrong.

    Changes nothing. Exit code 1 when something is wrong; what to do is said beside it.
    """
    from unseen.config import load_config
    from unseen.examine import Health, examine

    config = load_config()
    python = ".".join(str(part) for part in sys.version_info[:3])
    say(f"Unseen {__version__}, Python {python}, {_versions(_PACKAGES)}.")
    say(f"For the demo: {_versions(_FOR_THE_DEMO)}.\n")
    table = columns("What", "", "Finding", fold=["Finding"])
    wrong = 0
    for finding in examine(config):
        table.add_row(finding.subject, _MARKS[finding.health.value], plain(finding.says))
        wrong += finding.health is Health.BAD
    show(table)
    say()
    if wrong:
        say(f"Not healthy: {wrong} {'thing is' if wrong == 1 else 'things are'} wrong.")
        raise typer.Exit(FOUND)
    say("Healthy.")


def _versions(names: tuple[str, ...]) -> str:
    return ", ".join(f"{name} {_version(name)}" for name in names)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"
