"""``unseen scan``: everything that was stored before, looked up in the bank; or new entries in what was kept of it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal

import typer

from unseen.base import BadRequest
from unseen.cli.errors import DONE, FOUND, WRONG_INPUT
from unseen.cli.node import opened_node
from unseen.cli.terminal import console, remark, say, shown

if TYPE_CHECKING:
    from unseen.compose import Node
    from unseen.desk.scan_ports import Count

_TELL_EVERY_S: Final = 60.0  # where no terminal shows a bar

Advance = Callable[[int], None]


def scan(
    sources: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE", help="Folders, or URLs of object stores (s3://bucket/folder)."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="The result: a new file that only you can read.")] = None,
    as_format: Annotated[
        Literal["jsonl", "parquet"] | None,
        typer.Option("--format", help="How the result is written; its ending decides if not said."),
    ] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, help="Processes at work on this machine; as many as it has cores if not said.")
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Work on the Ray cluster there instead; auto is this machine's."),
    ] = None,
    keep_fingerprints: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Keep fingerprints of what was looked at, for --changes-since."),
    ] = None,
    changes_since: Annotated[
        int | None,
        typer.Option(metavar="SEQ", min=0, help="Match entries added after this change against kept fingerprints."),
    ] = None,
    forget: Annotated[
        list[str] | None,
        typer.Option(metavar="OBJECT", help="Erase what was kept of an object; - reads one a line from stdin."),
    ] = None,
) -> None:
    """Look up everything that is stored, with all cores or a cluster.

    For millions of objects, or an object store. It can be killed at any time: the same
    command goes on where it was. For a few files whose answer you want to see at once,
    use `unseen screen`, which also keeps a hit that a decision can be made on.

    Exit codes: 0 nothing found; 1 something to review or to block; 2 an error, or an object
    that could not be read, whatever else was found: 0 and 1 mean that all was looked at.
    """
    if forget:
        _only(sources, out, ray, processes, changes_since, option="--forget")
        _forget(_needed(keep_fingerprints, "--keep-fingerprints"), forget)
        return
    result = _needed(out, "--out")
    wanted = _format_of(result, as_format)
    with opened_node() as node:
        node.index.open()
        if changes_since is not None:
            _only(sources, ray, option="--changes-since")
            kept = _needed(keep_fingerprints, "--keep-fingerprints")
            count = _scan_changes(node, changes_since, kept, result, wanted, processes or _cores())
        else:
            if not sources:
                raise BadRequest("Nothing was named to scan.", hint="Name folders, or URLs of object stores.")
            count = _scan(node, sources, result, wanted, processes or _cores(), ray, keep_fingerprints)
    _describe(count)
    raise typer.Exit(_exit_code(count))


def _scan(
    node: "Node",
    sources: list[str],
    result: Path,
    as_format: str,
    processes: int,
    ray: str | None,
    keep: Path | None,
) -> "Count":
    from unseen.cli.videos import look_up_stored
    from unseen.compose import open_scan, scan_engine
    from unseen.desk.scan import scan as look_up

    with (
        _counting() as listed,
        open_scan(node, sources, result, as_format, keep=keep, listed=listed) as folder,
    ):
        before = folder.progress.count.objects
        if folder.is_resumed:
            remark(f"Going on with a scan that was begun: {before:,} of {folder.objects:,} objects are done.")
        engine = scan_engine(node, sources, processes=processes, ray_address=ray)
        with _progress(folder.objects, before) as advance:
            for count in look_up(
                engine=engine,
                log=folder,
                store=node.store,
                frames=node.index.frames,
                videos=partial(look_up_stored, node=node),
                videos_at_once=node.config.video_decoder_processes,
            ):
                advance(count.objects)
        folder.finish()
        seq = node.index.pictures.seq if folder.progress.as_of_seq is None else folder.progress.as_of_seq
    remark(f"The result is in {shown(result)}, which only you can read. It is as of change {seq}.")
    if keep is not None:
        remark(f"Fingerprints are kept in {shown(keep)}. For entries that come later: --changes-since {seq}")
    return folder.progress.count


def _scan_changes(node: "Node", after: int, kept: Path, result: Path, as_format: str, threads: int) -> "Count":
    from unseen.compose import opened_kept, write_rows
    from unseen.desk.judge import count_of
    from unseen.desk.scan_changes import scan_changes
    from unseen.desk.scan_ports import Row

    rows: list[Row] = []
    with opened_kept(node, kept) as fingerprints, _progress(len(fingerprints), 0) as advance:
        for sifted in scan_changes(after, fingerprints, store=node.store, index=node.index, threads=threads):
            rows += sifted.said
            advance(sifted.rows)
    write_rows(result, as_format, rows)
    remark(f"The result is in {shown(result)}, which only you can read. It is as of change {node.index.pictures.seq}.")
    return count_of(tuple(rows))


def _forget(kept: Path, named: list[str]) -> None:
    from unseen.compose import forget_kept

    objects = [name for name in named if name != "-"]
    if "-" in named:
        objects += [line.rstrip("\r\n") for line in sys.stdin]
    say(f"{forget_kept(kept, objects)} forgotten.")


def _needed(file: Path | None, option: str) -> Path:
    if file is None:
        raise BadRequest(f"A file must be named with {option}.")
    return file


def _only(*others: object, option: str) -> None:
    if any(others):
        raise BadRequest(f"{option} works on the file of kept fingerprints alone.", hint="See `unseen scan --help`.")


def _format_of(result: Path, named: str | None) -> str:
    wanted = named or result.suffix.lower().removeprefix(".")
    if wanted not in {"jsonl", "parquet"}:
        raise BadRequest("Say how the result is written.", hint="Add --format jsonl or --format parquet.")
    return wanted


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _counting() -> Iterator[Advance]:
    """Say how many objects are listed, on a terminal and until the first that is past the listing."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    with console(stderr=True).status("Listing") as status:

        def listed(count: int) -> None:
            status.update(f"Listing: {count:,} objects")

        yield listed


@contextmanager
def _progress(total: int, done: int) -> Iterator[Advance]:
    """A bar with rate and time left on a terminal, a line a minute elsewhere; all on stderr."""
    if not sys.stderr.isatty():
        yield _told(total, done)
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class Rate(ProgressColumn):
        def render(self, task: Task) -> Text:
            return Text("" if task.speed is None else f"{task.speed:,.0f}/s")

    parts = (TextColumn("Looking"), BarColumn(), MofNCompleteColumn(), Rate(), TimeRemainingColumn())
    with Progress(*parts, console=console(stderr=True), redirect_stdout=False, transient=True) as progress:
        task = progress.add_task("", total=total, completed=done)
        yield lambda count: progress.advance(task, count)


def _told(total: int, before: int) -> Advance:
    started = told = time.monotonic()
    done = before

    def advance(count: int) -> None:
        nonlocal done, told
        done += count
        now = time.monotonic()
        if now - told >= _TELL_EVERY_S:
            told = now
            rate = (done - before) / (now - started)
            remark(f"{done:,} of {total:,} objects, {rate:,.0f}/s, {(total - done) / rate / 60:,.0f} minutes left.")

    return advance


def _describe(count: "Count") -> None:
    looked_at = count.allow + count.review + count.block
    say(f"{looked_at:,} looked at: {count.block:,} to block, {count.review:,} to review, {count.allow:,} to allow.")
    if count.featureless:
        say(f"{count.featureless:,} with too little to see to compare: only exact copies were looked for.")
    if count.unread:
        say(f"{count.unread:,} not looked at, because they could not be read.")


def _exit_code(count: "Count") -> int:
    if count.unread:
        return WRONG_INPUT
    return FOUND if count.review or count.block else DONE
