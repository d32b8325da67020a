"""The commands put together, and the one way out of them."""

import sys
from collections.abc import Sequence
from typing import Annotated, Final, Never

import typer

from unseen import __version__
from unseen.base import UnseenError
from unseen.cli import (
    backup,
    bank,
    case,
    demo,
    doctor,
    evidence,
    fingerprint,
    forget,
    kit,
    renew_secret,
    scan,
    screen,
    serve,
    token,
)
from unseen.cli.errors import STOPPED, tell, tell_bug
from unseen.cli.terminal import complain, remark

_HELP: Final = """
Acts on intimate images shared without consent, without anyone having to look at them.

Exit codes, the same for all commands: 0 done; 1 the answer is no (something was
found, refused, or is not healthy); 2 the input is at fault; 3 this installation is;
4 the node cannot do it now; 70 a fault of Unseen; 130 stopped by Ctrl-C.
"""

app: Final = typer.Typer(
    name="unseen",
    help=_HELP,
    no_args_is_help=True,
    rich_markup_mode="markdown",
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unseen {__version__}")
        raise typer.Exit


@app.callback()
def _unseen(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and end.")
    ] = False,
) -> None:
    pass


app.command("fingerprint")(fingerprint.fingerprint)
app.add_typer(case.app, name="case")
app.command("screen")(screen.screen)
app.command("scan")(scan.scan)
app.add_typer(bank.app, name="bank")
app.add_typer(evidence.app, name="evidence")
app.add_typer(token.app, name="token")
app.command("serve")(serve.serve)
app.command("kit")(kit.kit)
app.command("forget")(forget.forget)
app.command("backup")(backup.backup)
app.command("renew-secret")(renew_secret.renew_secret)
app.command("doctor")(doctor.doctor)
app.command("demo")(demo.demo)


def main() -> Never:
    """What the ``unseen`` command runs."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """Run one command; every error is said on stderr, none as a traceback.  Returns the exit code."""
    try:
        app(list(arguments), prog_name="unseen")
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 0
        if code == STOPPED:
            remark()  # the terminal has left ^C on the line
            complain("stopped.")
        return code
    except UnseenError as error:
        return tell(error)
    except Exception as error:  # noqa: BLE001  the last place where it can be said kindly
        return tell_bug(error)
    return 0
