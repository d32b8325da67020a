"""``unseen bank add|import|export``: fingerprints into a bank, and out of it as a list that others can read."""

import os
import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TextIO

import typer

from unseen.base import BadImport, BadRequest
from unseen.cli.node import opened_node
from unseen.cli.terminal import remark, say, shown

if TYPE_CHECKING:
    from unseen.bank.formats import Listed, ListFormat
    from unseen.compose import Node
    from unseen.desk.bank_fingerprints import Banked
    from unseen.fingerprint.records import Fingerprint

_STDIO: Final = Path("-")
_VPDQ: Final = "vpdq"

_Bank = Annotated[str, typer.Argument(metavar="BANK", help="The bank's name.")]
_Reason = Annotated[str, typer.Option(help="Why; it is kept with the change.")]
_By = Annotated[str, typer.Option("--by", help="Who says so; it is kept with the change.")]
_Format = Annotated[
    Literal["csv", "jsonl", "vpdq"] | None,
    typer.Option("--format", help="How the list is written; the file's ending decides if not said."),
]


def add(
    bank: _Bank,
    reason: _Reason,
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="FILE", help="Pictures and videos: their fingerprints are banked.")
    ] = None,
    code: Annotated[
        list[str] | None,
        typer.Option("--code", help="A fingerprint made elsewhere, as pdq:HEX, sha256:HEX or md5:HEX."),
    ] = None,
    source: Annotated[str, typer.Option(help="Who asked for it.")] = "operator",
    confirmed: Annotated[bool, typer.Option("--confirmed", help="Vouch for them at once.")] = False,
    by: _By = "operator",
    whole_picture_only: Annotated[
        bool, typer.Option("--whole-picture-only", help="Leave out the fingerprints of their parts.")
    ] = False,
) -> None:
    """Put fingerprints into a bank, of pictures or made elsewhere.

    All of them go in, or at the first bad one none.
    """
    from unseen.bank.formats import Listed
    from unseen.bank.records import Source, SourceKind
    from unseen.cli.pictures import file_to_bank
    from unseen.desk.bank_fingerprints import bank_fingerprints

    if not files and not code:
        raise BadRequest("Nothing was named to add.", hint="Name pictures, or fingerprints with --code.")
    with opened_node() as node:
        parsed = [_parsed(text) for text in code or ()]
        pictures = (file_to_bank(path, node, with_regions=not whole_picture_only) for path in files or ())
        fingerprints = [*parsed, *(f for picture in pictures for f in picture)]
        banked = bank_fingerprints(
            bank,
            [Listed(fingerprint=f, is_confirmed=confirmed) for f in fingerprints],
            source=Source(kind=SourceKind.OPERATOR, ref=source),
            trust=True,
            actor=by,
            reason=reason,
            store=node.store,
            clock=node.clock,
        )
    _report(bank, banked)


def import_(
    bank: _Bank,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The list; - reads it from stdin.")],
    source: Annotated[str, typer.Option(help="Whose list it is, such as a programme's name.")],
    reason: _Reason,
    as_format: _Format = None,
    trust: Annotated[
        bool, typer.Option("--trust", help="Take the list's word for the entries that it calls confirmed.")
    ] = False,
    by: _By = "operator",
) -> None:
    """Put somebody's list of fingerprints into a bank.

    All of it goes in, or at the first bad line none. A CSV list names its columns in the
    first line; JSON lines have one object each. Both need kind and code, and know quality
    and confirmed. A vPDQ list (--format vpdq) is of one video.
    """
    from unseen.bank.formats import read_list
    from unseen.bank.records import Source, SourceKind
    from unseen.desk.bank_fingerprints import bank_fingerprints

    with opened_node() as node, _opened_list(file) as lines:
        banked = bank_fingerprints(
            bank,
            [_listed_video(lines)] if as_format == _VPDQ else read_list(lines, _format_of(file, as_format)),
            source=Source(kind=SourceKind.PROGRAMME, ref=source),
            trust=trust,
            actor=by,
            reason=reason,
            store=node.store,
            clock=node.clock,
        )
    _report(bank, banked)


def export(
    bank: _Bank,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Where to write; it must not exist. - is stdout.")
    ] = _STDIO,
    as_format: _Format = None,
) -> None:
    """Write the entries of a bank that match today as a list.

    It holds no case number, and no region fingerprints, which never leave the node. Whoever has the list can look
    for these pictures, so give it only to those who may. As vPDQ, FILE is a new folder with a list for each video.
    """
    from unseen.desk.export_list import export_list

    if as_format == _VPDQ:
        with opened_node() as node:
            _write_videos(bank, file, node)
        return
    list_format = _format_of(file, as_format or ("jsonl" if file == _STDIO else None))
    with opened_node() as node:
        lines = _Counted(export_list(bank, list_format, store=node.store))
        if file == _STDIO:
            sys.stdout.writelines(lines)
        else:
            count = _write_private(file, lines)
            remark(f"{count} lines are in {shown(file)}, which only you can read.")
    if lines.left_out:
        remark(f"{lines.left_out} region fingerprints were left out: they never leave the node.")


def _listed_video(lines: Iterator[str]) -> "Listed":
    """A vPDQ list as one fingerprint.  Raises: BadImport, BadFingerprint (no frame with enough to see)."""
    from unseen.bank.formats import Listed
    from unseen.fingerprint.records import Fingerprint
    from unseen.fingerprint.video.vpdq_lists import read_vpdq

    frames = read_vpdq(lines)
    fingerprint = Fingerprint.of_frames(frames.codes, frames.at_s, frames.qualities)
    return Listed(fingerprint=fingerprint, is_confirmed=False)


def _write_videos(bank: str, folder: Path, node: "Node") -> None:
    """One vPDQ list for each video of a bank, named by its entry.  Raises: BadRequest, NotFound."""
    import numpy as np

    from unseen.desk.export_list import matching_videos
    from unseen.fingerprint.video.records import Frames
    from unseen.fingerprint.video.vpdq_lists import write_vpdq

    if folder == _STDIO:
        raise BadRequest("vPDQ lists are written into a folder.", hint="Name a new one.")
    count = 0
    for entry_id, rows in matching_videos(bank, store=node.store):
        if not count:
            _make_private(folder)
        frames = Frames(
            codes=np.ascontiguousarray(rows["code"]), qualities=rows["quality"].copy(), at_s=rows["at_ms"] / 1000
        )
        _write_private(folder / f"{entry_id}.txt", write_vpdq(frames))
        count += 1
    remark(f"{count} videos are in {shown(folder)}, which only you can read." if count else "There is no video in it.")


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except OSError as error:
        raise BadRequest(f"{shown(folder)}: cannot be made ({error.strerror}).") from None


class _Counted:
    """The lines of an export, and how many entries it left out, once they are through."""

    def __init__(self, lines: Generator[str, None, int]) -> None:
        self._lines = lines
        self.left_out = 0

    def __iter__(self) -> Iterator[str]:
        self.left_out = yield from self._lines


def _parsed(text: str) -> "Fingerprint":
    """A fingerprint as it is typed: ``pdq:HEX``.

    Raises: BadRequest, BadFingerprint.
    """
    from unseen.bank.formats import EXCHANGED
    from unseen.fingerprint.records import Fingerprint, Kind

    kind_text, _, code = text.partition(":")
    if kind_text not in EXCHANGED:
        raise BadRequest("A code is written as kind:HEX.", hint=f"The kind is one of {', '.join(EXCHANGED)}.")
    kind = Kind(kind_text)
    # As in lists: whoever hands out a PDQ code had a picture of quality enough for it.
    return Fingerprint.from_hex(kind, code, 100 if kind.has_quality else None)


def _format_of(file: Path, named: str | None) -> "ListFormat":
    """Raises: BadRequest where neither an option nor the file's ending says it."""
    from unseen.bank.formats import ListFormat

    wanted = named or file.suffix.lower().removeprefix(".")
    if wanted not in set(ListFormat):
        raise BadRequest("Say how the list is written.", hint="Add --format csv or --format jsonl.")
    return ListFormat(wanted)


@contextmanager
def _opened_list(file: Path) -> Iterator[Iterator[str]]:
    """The list's lines.  Raises: BadRequest, and BadImport at a line that is not text."""
    if file == _STDIO:
        yield _decoded(sys.stdin, file)
        return
    try:
        lines = file.open(encoding="utf-8-sig", newline="")
    except OSError as error:
        raise BadRequest(f"{shown(file)}: cannot be read ({error.strerror}).") from None
    with lines:
        yield _decoded(lines, file)


def _decoded(lines: TextIO, file: Path) -> Iterator[str]:
    try:
        yield from lines
    except UnicodeDecodeError:
        raise BadImport(f"{shown(file)}: not text in UTF-8.", hint="Nothing was imported.") from None


def _write_private(file: Path, lines: Iterable[str]) -> int:
    """Write a new file, 0600; returns its lines.  What failed half-way is removed.  Raises: BadRequest."""
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise BadRequest(f"{shown(file)}: cannot be written ({error.strerror}).") from None
    count = 0
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            for line in lines:
                out.write(line)
                count += 1
    except BaseException:
        file.unlink()
        raise
    return count


def _report(bank: str, banked: "Banked") -> None:
    numbers = sorted(set(banked.ids))
    entries = "1 entry" if len(numbers) == 1 else f"{len(numbers)} entries"
    span = (
        f" (number {numbers[0]} to {numbers[-1]})" if len(numbers) > 1 else f" (number {numbers[0]})" if numbers else ""
    )
    say(f"Bank {bank}: {entries}{span} now stand for what was given.")
    if banked.featureless:
        say(f"{banked.featureless} left out: too little can be seen in the picture to compare it.")
