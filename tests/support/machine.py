"""What a wait cost without the time in which this machine stood still, so that a pause is blamed on nobody."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

#: Sleeps for a hundredth of a second, again and again, and adds up how late it was woken; a line asks for the sum.
_CONTROL = """
import os, select, time
TICK_S, LATE_S, lost_s = 0.01, 0.03, 0.0
while True:
    began = time.monotonic()
    asked, _, _ = select.select([0], [], [], TICK_S)
    late_s = time.monotonic() - began - TICK_S
    if late_s > LATE_S:
        lost_s += late_s
    if asked:
        if not os.read(0, 1):
            break
        os.write(1, f"{lost_s}\\n".encode())
"""


@dataclass
class Timed:
    """How long something took; known when it is over."""

    elapsed_s: float = 0.0
    waking_s: float = 0.0  #: without what the control process lost meanwhile


class Machine:
    """This machine, and a control process on it that does nothing but sleep and wake."""

    def __init__(self, control: subprocess.Popen[bytes]) -> None:
        self._control = control

    def lost_s(self) -> float:
        """Seconds by which the control process was woken too late, since it began."""
        assert self._control.stdin is not None
        assert self._control.stdout is not None
        self._control.stdin.write(b"?")
        return float(self._control.stdout.readline())

    @contextmanager
    def timed(self) -> Iterator[Timed]:
        """Time what happens inside.

        A limit on ``waking_s`` is a promise of the product; ``elapsed_s`` is also at the mercy of the machine.
        """
        timed = Timed()
        lost_s, began = self.lost_s(), time.monotonic()
        yield timed
        timed.elapsed_s = time.monotonic() - began
        timed.waking_s = timed.elapsed_s - (self.lost_s() - lost_s)


@contextmanager
def watched_machine() -> Iterator[Machine]:
    """The machine with its control process, which ends with this one, however that ends."""
    command = [sys.executable, "-I", "-S", "-c", _CONTROL]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0) as control:
        machine = Machine(control)
        machine.lost_s()  # it runs
        yield machine
        assert control.stdin is not None
        control.stdin.close()
