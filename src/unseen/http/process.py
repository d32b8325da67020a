"""How the service sets its process up, so that one upload waits for another as little as can be."""

import ctypes
import sys
from contextlib import suppress
from typing import Final

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # mallopt(3)
_FROM_HEAP_BYTES: Final = 32 << 20  # the most that glibc takes
_KEPT_BYTES: Final = 64 << 20
_TURN_S: Final = 0.0005  # Python's own is ten times that


def keep_freed_memory() -> None:
    """Let glibc hand the memory of one upload to the next, instead of returning it to the system page by page.

    Without it, each megabyte of an upload costs half a millisecond of page faults.  Elsewhere it does nothing.
    """
    if sys.platform != "linux":
        return
    with suppress(AttributeError):  # another C library
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_M_MMAP_THRESHOLD, _FROM_HEAP_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def take_short_turns() -> None:
    """Let threads hand the interpreter over soon: those that compute come back to it for a moment only."""
    sys.setswitchinterval(_TURN_S)
