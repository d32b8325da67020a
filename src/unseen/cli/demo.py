"""``unseen demo``: the whole way, with real photographs, on this machine."""

from typing import Annotated

import typer

from unseen.base import Misconfigured


def demo(
    quick: Annotated[bool, typer.Option("--quick", help="Send fewer uploads.")] = False,
) -> None:
    """Watch Unseen protect real photographs, on this machine.

    It takes under two minutes, uses no network and keeps nothing. Exit code 1 when a promise
    that must hold did not: an original missed, a stranger's picture caught, or anything still
    matching after the withdrawal.
    """
    try:
        from unseen.demo.story import tell_the_story
    except ModuleNotFoundError as missing:
        raise Misconfigured(
            f"The demo needs the package {missing.name}.", hint="Install it with: pip install 'unseen[demo]'"
        ) from None
    if not tell_the_story(quick=quick):
        raise typer.Exit(1)
