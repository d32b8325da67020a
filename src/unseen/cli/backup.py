"""``unseen backup``: the store, as of now, in a file of its own."""

from pathlib import Path
from typing import Annotated

import typer

from unseen.cli.terminal import remark, say, shown


def backup(file: Annotated[Path, typer.Argument(help="The new file to write.")]) -> None:
    """Write the store to a new private file, while the node runs.

    For a SQLite store; one on PostgreSQL is backed up with pg_dump. docs/operating.md says how
    to restore either. The secret that seals regions and keys PINs is not in it.
    """
    from unseen.compose import back_up
    from unseen.config import load_config

    config = load_config()
    back_up(config, file)
    say(f"Backed up to {shown(file)}.")
    remark(f"Keep {shown(config.secret)} too, somewhere else: without it regions and PINs are lost.")
