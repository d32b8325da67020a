"""``unseen screen``: look files and folders up in the bank, as an upload would be."""

import sys
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from unseen.base import CallerError
from unseen.cli.errors import DONE, FOUND, WRONG_INPUT, tell
from unseen.cli.node import opened_node
from unseen.cli.terminal import columns, console, say, say_data, show, shown

if TYPE_CHECKING:
    from rich.table import Table

    from unseen.act.records import Finding
    from unseen.compose import Node
    from unseen.desk.screen import Looked, Screened
    from unseen.fingerprint.records import View

_PLATFORM: Final = "command-line"  #: who saw it, in what is kept of a hit
_AHEAD: Final = 4  # files a thread may be ahead of the answers, so that a huge folder needs little memory
_UNREAD: Final = "unread"

OnProgress = Callable[[float], None]
Watched = Callable[[Path], AbstractContextManager[OnProgress]]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looked:
    """One file, and either what was found or why it could not be read."""

    path: Path
    answer: "Screened | CallerError"


def screen(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="FILE|FOLDER", help="Files, and folders with all below.", show_default=False),
    ],
    as_json: Annotated[
        bool, typer.Option("--json", help="Answer with one JSON object a line, one a file, for programs.")
    ] = False,
) -> None:
    """Look up files and folders: what to allow, review or block.

    Every regular file below a folder is tried. One that is no picture and no video is
    reported, and the rest goes on. A match is a reason for review, never proof. For
    millions of files, or an object store, use `unseen scan`.

    Exit codes: 0 nothing found; 1 something to review or to block; 2 an error, or a file
    that could not be read, whatever else was found: 0 and 1 mean that all was looked at.
    """
    from unseen.cli.pictures import files_in

    files = list(files_in(paths))
    tally, found = Counter[str](), list[_Looked]()
    with opened_node() as node:
        node.index.open()
        bar = sys.stderr.isatty() and not (as_json and sys.stdout.isatty())
        for looked in _look_with_bars(files, node) if bar else _look(files, node, _unwatched):
            tally.update(_counts(looked))
            if isinstance(looked.answer, CallerError):
                tell(looked.answer)
            elif looked.answer.verdict.findings:
                found.append(looked)
            if as_json:
                say_data(_as_data(looked))
    if not as_json:
        _describe(found, tally)
    raise typer.Exit(_exit_code(tally))


@contextmanager
def _unwatched(path: Path) -> Iterator[OnProgress]:
    """Nobody looks how far it is."""
    del path
    yield lambda _: None


def _look(files: Iterable[Path], node: "Node", watched: Watched) -> Iterator[_Looked]:
    """Every file's answer, in the order of ``files``, several threads at work.

    watched: told how far each video is.
    """
    threads = node.config.screen_threads
    under_way: deque[Future[_Looked]] = deque()
    pool = ThreadPoolExecutor(threads)
    try:
        for path in files:
            under_way.append(pool.submit(_look_at, path, node, watched))
            if len(under_way) >= _AHEAD * threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:  # also on Ctrl-C: what has not begun never does
        pool.shutdown(cancel_futures=True)


def _look_at(path: Path, node: "Node", watched: Watched) -> _Looked:
    from unseen.cli.videos import is_video, look_up_video_file
    from unseen.desk.screen import record

    try:
        if is_video(path):
            with watched(path) as on_progress:
                looked = look_up_video_file(path, node, on_progress=on_progress)
        else:
            looked = _look_at_picture(path, node)
    except CallerError as error:
        return _Looked(path=path, answer=error)
    screened = record(
        looked,
        place=None,
        platform=_PLATFORM,
        store=node.store,
        clock=node.clock,
        random_bits=node.random_bits,
    )
    return _Looked(path=path, answer=screened)


def _look_at_picture(path: Path, node: "Node") -> "Looked":
    from unseen.cli.pictures import fingerprints_of
    from unseen.desk.look_closer import look_up_closely
    from unseen.desk.screen import queries_of
    from unseen.fingerprint.closer import shrunk

    with_luma = node.index.regions is not None
    picture = fingerprints_of(path, limits=node.limits, decoder=node.decoder, with_luma=with_luma)
    luma = None if picture.luma is None else shrunk(picture.luma)
    return look_up_closely(queries_of(picture), luma, store=node.store, index=node.index)


def _look_with_bars(files: Sequence[Path], node: "Node") -> Iterator[_Looked]:
    """As ``_look``, with a bar for all files, and one for each video under way."""
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    from unseen.cli.videos import printable_name

    parts = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    # Answers belong to stdout, which may be a file: the bars must leave it alone.
    with Progress(*parts, console=console(stderr=True), redirect_stdout=False, transient=True) as progress:
        everything = progress.add_task("Looking", total=len(files), told=f"0/{len(files)}")

        @contextmanager
        def watched(path: Path) -> Iterator[OnProgress]:
            task = progress.add_task(printable_name(path), total=1.0, told="")
            try:
                yield lambda share: progress.update(task, completed=share, told=f"{share:.0%}")
            finally:
                progress.remove_task(task)

        for done, looked in enumerate(_look(files, node, watched), start=1):
            progress.update(everything, completed=done, told=f"{done}/{len(files)}")
            yield looked


def _counts(looked: _Looked) -> Iterator[str]:
    """The names under which ``looked`` is counted."""
    if isinstance(looked.answer, CallerError):
        yield _UNREAD
        return
    yield looked.answer.verdict.response.value
    if looked.answer.is_featureless:
        yield "featureless"


def _exit_code(tally: Counter[str]) -> int:
    if tally[_UNREAD]:
        return WRONG_INPUT
    return FOUND if tally["review"] or tally["block"] else DONE


def _describe(found: Sequence[_Looked], tally: Counter[str]) -> None:
    if found:
        show(_table(found))
        say()
    files = tally["allow"] + tally["review"] + tally["block"]
    say(f"{files} looked at: {tally['block']} to block, {tally['review']} to review, {tally['allow']} to allow.")
    if tally["featureless"]:
        say(f"{tally['featureless']} with too little to see to compare: only exact copies were looked for.")
    if tally[_UNREAD]:
        say(f"{tally[_UNREAD]} not looked at, because they could not be read.")


def _table(found: Sequence[_Looked]) -> "Table":
    """One row for each file and bank: all entries, and how near the strongest is."""
    has_videos = any(
        finding.segments
        for looked in found
        if not isinstance(looked.answer, CallerError)
        for finding in looked.answer.verdict.findings
    )
    headings = ["File", "Verdict", "Bank", "Entries", "Bits", "Turned", *["Seconds"] * has_videos]
    table = columns(*headings, right=["Bits"], fold=["File", "Entries", "Seconds"])
    for looked in found:
        if isinstance(looked.answer, CallerError):
            continue
        verdict = looked.answer.verdict
        for bank in dict.fromkeys(finding.bank.name for finding in verdict.findings):
            findings = [finding for finding in verdict.findings if finding.bank.name == bank]
            table.add_row(
                shown(looked.path),
                verdict.response.value,
                bank,
                ", ".join(str(finding.entry.id) for finding in findings),
                str(findings[0].distance),
                _SEEN.get(findings[0].matched.value) or _turned(findings[0].view),
                *[_seconds(findings)] * has_videos,
            )
    return table


def _seconds(findings: "Sequence[Finding]") -> str:
    """Which seconds, of the strongest finding that has some."""
    from unseen.act.policy import seconds_of

    segments = next((finding.segments for finding in findings if finding.segments), ())
    return seconds_of(segments).removesuffix("; ")


_SEEN: Final = {"file": "same file", "inset": "set inside", "regions": "parts"}


def _turned(view: "View | None") -> str:
    return "" if view is None else view.value.replace(", rotated", "")


def _as_data(looked: _Looked) -> dict[str, object]:
    answer = looked.answer
    if isinstance(answer, CallerError):
        return {"file": str(looked.path), "error": answer.code, "message": str(answer)}
    pairs = zip(answer.verdict.findings, answer.sightings, strict=True)
    return {
        "file": str(looked.path),
        "verdict": answer.verdict.response.value,
        "reasons": list(answer.verdict.reasons),
        "hits": [
            {
                "hit": sighting.hit_id,
                "bank": finding.bank.name,
                "entry": finding.entry.id,
                "distance": finding.distance,
                "view": None if finding.view is None else finding.view.value,
                "matched": finding.matched.value,
                "regions": finding.regions,
                "box": None if finding.box is None else asdict(finding.box),
                "segments": [asdict(segment) for segment in finding.segments],
            }
            for finding, sighting in pairs
        ],
        "featureless": answer.is_featureless,
        "as_of_seq": answer.as_of_seq,
    }
