"""How every benchmark reports: machine, seed, n, unit, our figure, the peer's, the ratio, the agreement.

``--json`` adds a last line, one JSON object: ``benchmark``, ``n``, ``seed``, ``figures`` and ``ratios`` (name to
number; a ratio is how many times better ours is).
"""

import argparse
import json
import os
import platform
import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


def parser(description: str, *, seed: int = 1) -> argparse.ArgumentParser:
    """The options every benchmark has; add its own to what this returns."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--quick", action="store_true", help="a smaller run, under 50 s")
    options.add_argument("--json", action="store_true", help="end with one line of JSON")
    options.add_argument("--seed", type=int, default=seed, help=f"of everything random (default {seed})")
    return options


def machine() -> str:
    """Processor, usable cores, system and versions, in one line."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return (
        f"{_processor()}, {usable} cores; {platform.system()} {platform.machine()}; "
        f"Python {platform.python_version()}, numpy {np.__version__}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if named:
            return named.group(1)
    return platform.processor() or platform.machine()


@dataclass(slots=True, kw_only=True)
class Report:
    """Collects the rows of one benchmark, then prints them.

    ``row`` for a measured figure, with a peer's where there is one; ``agreement`` for how the answers compare;
    then ``print`` and, if asked for, ``json``.
    """

    benchmark: str
    n: int
    seed: int
    figures: dict[str, float] = field(default_factory=dict)
    ratios: dict[str, float] = field(default_factory=dict)
    _rows: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)
    _agreements: list[str] = field(default_factory=list)

    def row(
        self,
        what: str,
        unit: str,
        ours: float,
        peer: float | None = None,
        peer_name: str = "",
        *,
        higher_is_better: bool = False,
    ) -> float | None:
        """Add one measured figure; return how many times better than the peer it is, if there is a peer.

        ``what`` names the figure, also in the JSON (``figures[what]``, and the peer's as
        ``figures["what (peer_name)"]``); the same ``what`` may stand beside several peers.
        """
        self.figures[what] = ours
        if peer is None:
            self._rows.append((what, unit, _number(ours), "", "", ""))
            return None
        ratio = (ours / peer) if higher_is_better else (peer / ours)
        self.figures[f"{what} ({peer_name})"] = peer
        self.ratios[f"{what} vs {peer_name}"] = ratio
        self._rows.append((what, unit, _number(ours), _number(peer), f"{ratio:.1f}x", peer_name))
        return ratio

    def agreement(self, text: str) -> None:
        """Say in words how our answers compare with the reference's."""
        self._agreements.append(text)

    def print(self) -> None:
        """The table, for people."""
        print(f"{self.benchmark}: n = {self.n:,}, seed {self.seed}")
        print(f"machine: {machine()}")
        head = ("figure", "unit", "ours", "peer", "ratio", "peer is")
        widths = [max(len(row[column]) for row in (head, *self._rows)) for column in range(len(head))]
        for row in (head, *self._rows):
            left, right = row[:2], row[2:5]
            cells = [text.ljust(width) for text, width in zip(left, widths[:2], strict=True)]
            cells += [text.rjust(width) for text, width in zip(right, widths[2:5], strict=True)]
            print("  ".join([*cells, row[5]]).rstrip())
        for text in self._agreements:
            print(f"agreement: {text}")

    def json(self) -> None:
        """The last line, for programs."""
        print(
            json.dumps(
                {
                    "benchmark": self.benchmark,
                    "n": self.n,
                    "seed": self.seed,
                    "figures": self.figures,
                    "ratios": self.ratios,
                }
            )
        )


def _number(value: float) -> str:
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}"
