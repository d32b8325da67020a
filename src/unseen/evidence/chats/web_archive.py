"""Web archives: WARC (ISO 28500), plain or compressed, and WACZ, which is a zip archive of WARCs with their digests."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, BinaryIO, Final

from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed

from unseen.base import BadImport
from unseen.evidence.chats.files import Files, irregular
from unseen.evidence.chats.records import App, Chat, Media, MediaState, Message, MessageKind, Read, Trouble, When
from unseen.evidence.chats.times import from_aware, from_wall

METHOD: Final = "web archive, WARC"

_MAX_PAYLOAD_BYTES: Final = 64 << 20
_CHUNK_BYTES: Final = 1 << 20
_READ: Final = frozenset({"response", "resource"})
_TEXT: Final = ("text/", "application/json", "application/xhtml+xml")
_MANIFEST: Final = "datapackage.json"
_MAX_MANIFEST_BYTES: Final = 16 << 20


def read_warc(files: Files, name: str) -> Iterator[Read]:
    """A row for each answer of a server that the archive holds."""
    yield Chat(app=App.WEB, key=f"web/{name}", name=name, method=METHOD)
    rows = 0
    with files.open(name) as file:
        try:
            for record in ArchiveIterator(file, check_digests=True):
                if record.rec_type in _READ:
                    yield from _rows(name, record)
                    rows += 1
        except (ArchiveLoadFailed, BadImport, EOFError, OSError, ValueError) as error:
            says = f"damaged or cut short after {rows:,} records ({type(error).__name__}); what follows was not read"
            yield irregular(Trouble.CUT_SHORT, name, says)


def read_wacz(files: Files, names: Sequence[str]) -> Iterator[Read]:
    """The digests of ``datapackage.json`` are checked, then every WARC is read."""
    yield from _checked(files)
    for name in names:
        yield from read_warc(files, name)


def is_wacz(files: Files) -> bool:
    """Whether these files are a WACZ's."""
    return files.size(_MANIFEST) is not None and any(name.startswith("archive/") for name in files.names())


def _rows(name: str, record: Any) -> Iterator[Read]:  # noqa: ANN401  warcio has no types
    number = record.rec_headers.get_header("WARC-Record-ID")
    payload, is_whole = _payload(record.content_stream())
    if is_whole and record.raw_stream.limit > 0:
        yield irregular(Trouble.CUT_SHORT, f"{name}, {number}", "the archive ends within this record")
    elif record.digest_checker.passed is False:
        yield irregular(Trouble.MALFORMED, f"{name}, {number}", "the record's own digest does not fit its bytes")
    if not is_whole:
        yield irregular(Trouble.TOO_LARGE, f"{name}, {number}", "more than 64 MiB; only its beginning was looked at")
    answer = record.http_headers
    media_type = _media_type(answer.get_header("Content-Type") if answer else record.content_type)
    is_text = media_type is not None and media_type.startswith(_TEXT)
    media = Media(
        kind="file",
        state=MediaState.PRESENT if is_whole else MediaState.TOO_LARGE,
        media_type=media_type,
        size=len(payload) if is_whole else None,
        data=payload if is_whole else None,
    )
    yield Message(
        chat=f"web/{name}",
        number=number,
        kind=MessageKind.RESOURCE,
        when=_when(record.rec_headers.get_header("WARC-Date")),
        text=payload.decode("utf-8", "replace") if is_text else "",
        media=(media,),
        origin=record.rec_headers.get_header("WARC-Target-URI"),
        details={
            "record": [list(pair) for pair in record.rec_headers.headers],
            "status": answer.statusline if answer else "",
            "headers": [list(pair) for pair in answer.headers] if answer else [],
        },
    )


def _payload(stream: BinaryIO) -> tuple[bytes, bool]:
    """What a server sent, unpacked, and whether that is all of it."""
    parts: list[bytes] = []
    size = 0
    while size <= _MAX_PAYLOAD_BYTES and (piece := stream.read(_CHUNK_BYTES)):
        parts.append(piece)
        size += len(piece)
    return b"".join(parts)[:_MAX_PAYLOAD_BYTES], size <= _MAX_PAYLOAD_BYTES


def _media_type(said: str | None) -> str | None:
    return None if said is None else said.split(";")[0].strip().lower() or None


def _when(written: str | None) -> When | None:
    if written is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        return from_wall(written, None)
    return from_wall(written, moment) if moment.tzinfo is None else from_aware(written, moment)


def _checked(files: Files) -> Iterator[Read]:
    for path, said in _digests(files):
        try:
            found = _sha256(files, path)
        except BadImport as error:
            yield irregular(Trouble.UNREADABLE, path, error.what)
            continue
        if said != f"sha256:{found}":
            yield irregular(Trouble.MALFORMED, path, "its digest is not the one in datapackage.json: it was changed")


def _digests(files: Files) -> Iterator[tuple[str, str]]:
    with files.open(_MANIFEST) as file:
        try:
            resources = json.loads(file.read(_MAX_MANIFEST_BYTES))["resources"]
            yield from [(str(resource["path"]), str(resource["hash"])) for resource in resources]
        except (ValueError, KeyError, TypeError, RecursionError):
            return


def _sha256(files: Files, name: str) -> str:
    digest = hashlib.sha256()
    with files.open(name) as file:
        while piece := file.read(_CHUNK_BYTES):
            digest.update(piece)
    return digest.hexdigest()
