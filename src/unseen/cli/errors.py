"""Every exit code of ``unseen``, in one table, and how an error is said to a person."""

import os
import traceback
from typing import Final

from unseen.base import CallerError, CaseRefused, Misconfigured, NodeError, UnseenError
from unseen.cli.terminal import complain, plain

DONE: Final = 0
FOUND: Final = 1  #: the answer is no: something was found, refused, or is not healthy
WRONG_INPUT: Final = 2
BUG: Final = 70  #: EX_SOFTWARE of sysexits.h
STOPPED: Final = 130  #: 128 + SIGINT, as shells have it

#: The first class that fits decides.
EXIT_CODES: Final = (
    (CaseRefused, FOUND),
    (CallerError, WRONG_INPUT),
    (Misconfigured, 3),
    (NodeError, 4),
)


def exit_code_of(error: UnseenError) -> int:
    """The code to end with after ``error``."""
    return next((code for kind, code in EXIT_CODES if isinstance(error, kind)), BUG)


def tell(error: UnseenError) -> int:
    """Say what happened and what to do, on stderr; returns the exit code."""
    complain(plain(str(error)))
    return exit_code_of(error)


def tell_bug(error: Exception) -> int:
    """Say that the fault is ours, on stderr; returns the exit code.

    The error's own text is left out, since it may hold what must not be pasted into a report.
    """
    if os.environ.get("UNSEEN_DEBUG"):
        traceback.print_exception(error)
    complain(
        f"This is a fault of Unseen ({type(error).__name__}), not yours. Please report it with what you typed; "
        "UNSEEN_DEBUG=1 shows where it happened."
    )
    return BUG
