"""The demo as a story in eight steps; each does what its heading says, through the real commands and the service."""

import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from PIL import ImageOps
from rich import box
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from unseen.demo import clips
from unseen.demo.edits import SAME_FILE, Copy, copies_of, encode
from unseen.demo.node import Commands
from unseen.demo.photographs import Cast, cast
from unseen.demo.uploads import Answer, Platform, Tally, tallies

_STRANGER: Final = "strangers' pictures"
_HERS: Final = (1, 2, 3, 4)  # scenes of the film that is protected
_OTHERS: Final = (11, 12, 13, 14)  # and of others
_CUT_S: Final = (5, 11)  # what of it is taken
_BEFORE_S: Final = 6  # how much of the others comes before
_STATEMENTS: Final = ("--acting", "myself", "--sharing", "shared", "--without-consent", "--age", "adult")


def tell_the_story(*, quick: bool) -> bool:
    """Run the demo, on stdout; whether every promise that must hold held.

    Raises: Misconfigured (what the demo needs is not installed), NodeError (a command or the service failed).
    """
    started = time.monotonic()
    out = Console(highlight=False, markup=False, emoji=False)
    with tempfile.TemporaryDirectory(prefix="unseen-demo-") as folder:
        story = _Story(out=out, commands=Commands(folder=Path(folder)), cast=cast(quick=quick))
        broken = story.tell()
    for promise in broken:
        out.print(f"\nA promise did not hold: {promise}", style="bold red")
    out.print(f"\nThat took {time.monotonic() - started:.0f} s; the demo's data is removed.")
    return not broken


@dataclass(frozen=True, slots=True, kw_only=True)
class _Story:
    """What the steps share."""

    out: Console
    commands: Commands
    cast: Cast

    def tell(self) -> list[str]:
        """All steps; returns the promises that did not hold."""
        self._introduce()
        case = self._open_case()
        with self._serving() as platform:
            uploads = self._uploads()
            answers = self._send(uploads, platform)
            broken = self._report(answers)
            broken += self._review(uploads, answers, platform)
            broken += self._film(platform)
            broken += self._withdraw(case, uploads, platform)
        self._what_next()
        return broken

    def _introduce(self) -> None:
        cast = self.cast
        areas = len(cast.strangers) - cast.whole_strangers
        self._step(1, "Real photographs")
        self._say(
            f"{len(cast.protected)} photographs that scikit-image and scikit-learn bring along play the pictures to "
            f"protect; nobody can be recognised in them. {cast.whole_strangers} others, and {areas} areas cut out of "
            "those others that do not overlap, play the pictures of strangers."
        )

    def _open_case(self) -> dict[str, Any]:
        self._step(2, "A case is opened")
        case = self.commands.run_for_data("case", "open", *_STATEMENTS, "--json", *self.cast.protected)
        self._command("unseen case open " + " ".join(path.name for path in self.cast.protected[:3]) + " ...")
        self._say(
            f"Case {case['case']}, with a PIN that is shown once. {case['items']} pictures are "
            "protected; only their fingerprints were stored."
        )
        return case

    @contextmanager
    def _serving(self) -> Iterator[Platform]:
        self._step(3, "The service starts, and a platform gets its key")
        token = self.commands.run("token", "new", "some-platform", "--scope", "screen").strip()
        self._command("unseen token new some-platform --scope screen")
        self._command("unseen serve --port 0")
        with self.commands.serving() as address, closing(Platform(address, token)) as platform:
            self._say(f"Ready at {address}.")
            yield platform

    def _uploads(self) -> list[Copy]:
        protected = [copy for path in self.cast.protected for copy in copies_of(path)]
        strangers = [
            Copy(kind=_STRANGER, content=encode(shown))
            for picture in self.cast.strangers
            for shown in (picture, ImageOps.mirror(picture))
        ]
        return sorted(protected, key=_row_order(protected)) + strangers

    def _send(self, uploads: Sequence[Copy], platform: Platform) -> list[Answer]:
        self._step(4, f"{len(uploads)} uploads come in over HTTP")
        with self._bar(len(uploads)) as advance:
            answers = platform.screen_all(uploads, advance)
        self._say(
            "Caught means: not simply published. Nobody confirmed these entries yet, and one person's word alone "
            "blocks nothing, so each is held for a reviewer."
        )
        return answers

    def _report(self, answers: Sequence[Answer]) -> list[str]:
        rows = tallies([answer for answer in answers if answer.kind != _STRANGER])
        strangers = Tally.of(_STRANGER, [answer for answer in answers if answer.kind == _STRANGER])
        self.out.print()
        self.out.print(_table(rows, strangers))
        self.out.print()
        self._say("Times: medians in ms, of the service's own work and of the whole round trip.")
        if any(row.caught < row.sent for row in rows):
            self._say(
                "* Missed. Pictures are compared as a whole and region by region; a copy that keeps too little of "
                "both passes."
            )
        self._show_a_part(answers)
        (originals,) = (row for row in rows if row.kind == SAME_FILE)
        broken = []
        if originals.caught < originals.sent:
            broken.append("a protected file itself was not caught.")
        if strangers.caught:
            broken.append("a stranger's picture was caught.")
        return broken

    def _show_a_part(self, answers: Sequence[Answer]) -> None:
        """One copy of which only a part matched, and which part."""
        part = next((answer for answer in reversed(answers) if answer.is_caught and answer.box), None)
        if part is None or part.box is None:
            return
        left, top, width, height = (round(100 * part.box[name]) for name in ("left", "top", "width", "height"))
        self._say(f"A copy ({part.kind}) got: {part.verdict}. {part.reasons[0]}")
        self._say(
            f"The part that matched begins {left} % from the left and {top} % from the top, and is {width} % wide and "
            f"{height} % high: that is what a reviewer is shown, blurred."
        )

    def _review(self, uploads: Sequence[Copy], answers: Sequence[Answer], platform: Platform) -> list[str]:
        self._step(5, "A reviewer confirms a hit")
        upload, before = next(
            (upload, answer)
            for upload, answer in zip(uploads, answers, strict=True)
            if answer.kind != SAME_FILE and answer.is_caught
        )
        platform.confirm(before.hit_ids[0])
        after = platform.screen(upload)
        self._say(f"A copy ({upload.kind}) got: {before.verdict}. {before.reasons[0]}")
        self._say(f"After the reviewer's word it gets: {after.verdict}. {after.reasons[0]}")
        return [] if after.verdict == "block" else ["a confirmed picture was not blocked."]

    def _film(self, platform: Platform) -> list[str]:
        self._step(6, "A part of a video turns up in another")
        hers, others = (list(clips.scenes(seeds)) for seeds in (_HERS, _OTHERS))
        first_s, last_s = _CUT_S
        compilation = [
            *clips.part(others, 0, _BEFORE_S),
            *clips.part(hers, first_s, last_s),
            *clips.part(others, _BEFORE_S, clips.SCENE_S * len(_OTHERS)),
        ]
        film = self.commands.folder / "film.mp4"
        film.write_bytes(clips.encoded(hers, crf=20))
        case = self.commands.run_for_data("case", "open", *_STATEMENTS, "--json", film)
        self._command("unseen case open film.mp4")
        self._say(
            f"A film of {len(hers) // clips.FPS} s, drawn for this demo, is protected by case {case['case']}. Its "
            f"seconds {first_s} to {last_s} are put between others and encoded again, more coarsely."
        )
        answer = platform.screen_video(clips.encoded(compilation, crf=36))
        self._say(
            f"The compilation of {len(compilation) // clips.FPS} s gets: {answer.verdict}. {' '.join(answer.reasons)}"
        )
        innocent = platform.screen_video(clips.encoded(others, crf=36))
        self._say(f"The same without them gets: {innocent.verdict}.")
        self.commands.run("case", "withdraw", case["case"], typed=f"{case['pin']}\n")
        broken = [] if answer.is_caught else ["a part of a protected video was not caught."]
        return [*broken, "a stranger's video was caught."] if innocent.is_caught else broken

    def _withdraw(self, case: dict[str, Any], uploads: Sequence[Copy], platform: Platform) -> list[str]:
        self._step(7, "The case is withdrawn, and the same uploads come again")
        self.commands.run("case", "withdraw", case["case"], typed=f"{case['pin']}\n")
        self._command(f"unseen case withdraw {case['case']}")
        with self._bar(len(uploads)) as advance:
            answers = platform.screen_all(uploads, advance)
        caught = sum(answer.is_caught for answer in answers)
        self._say(f"Of {len(answers)} uploads, {len(answers) - caught} pass and {caught} are caught.")
        return ["something still matched after the withdrawal."] if caught else []

    def _what_next(self) -> None:
        self._step(8, "What to try next")
        unseen = _displayed(Path(sys.executable).with_name("unseen"))
        self._command(f"picture={_displayed(self.cast.protected[-1])}")
        for what, command in (
            ("See what it leaves behind", "fingerprint $picture"),
            ("Protect it, on this machine", "case open $picture"),
            ("Look it up, as an upload would be; whole folders will do too", "screen $picture"),
            ("Give a platform its key, and let it send its uploads", "token new my-platform --scope screen"),
            ("", "serve"),
            ("See whether all is well, and where the data is", "doctor"),
        ):
            if what:
                self._say(f"{what}:")
            self._command(f"{unseen} {command}")

    def _step(self, number: int, heading: str) -> None:
        self.out.print(f"\n{number}. {heading}", style="bold")

    def _say(self, text: str) -> None:
        self.out.print(text)

    def _command(self, command: str) -> None:
        self.out.print(f"  $ {command}", style="cyan", soft_wrap=True)

    @contextmanager
    def _bar(self, total: int) -> Iterator[Callable[[], None]]:
        parts = (TextColumn("Sending"), BarColumn(), MofNCompleteColumn())
        with Progress(*parts, console=self.out, transient=True, disable=not self.out.is_terminal) as progress:
            task = progress.add_task("Sending", total=total)
            yield lambda: progress.advance(task)


def _table(rows: Sequence[Tally], strangers: Tally) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("Copies of protected pictures", no_wrap=True)
    for heading in ("Sent", "Caught", "Missed", "Service", "Round trip"):
        table.add_column(heading, justify="right", no_wrap=True)
    for row in rows:
        missed = row.sent - row.caught
        table.add_row(row.kind, str(row.sent), str(row.caught), f"{missed} *" if missed else "0  ", *_times(row))
    table.add_section()
    told = f"{strangers.caught} false" if strangers.caught else "0"
    table.add_row(strangers.kind, str(strangers.sent), told, "", *_times(strangers))
    return table


def _times(row: Tally) -> tuple[str, str]:
    return f"{row.service_ms:.1f}", f"{row.round_trip_ms:.1f}"


def _row_order(copies: Sequence[Copy]) -> Callable[[Copy], int]:
    """Uploads of one kind one after the other, in the order in which the kinds first appear."""
    kinds = list(dict.fromkeys(copy.kind for copy in copies))
    return lambda copy: kinds.index(copy.kind)


def _displayed(path: Path) -> str:
    """From here if it is below here, so that it can be typed."""
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)
