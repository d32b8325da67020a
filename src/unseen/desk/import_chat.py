"""An export of a chat, a mailbox or a web archive comes into a pack: its rows, and what remains of its media.

1. What the pack has already is looked up, by each row's identity and its content's digest.  2. The export is read once,
from its start; a row that the pack has is passed over.  3. The media of the others are looked at, several at a time.
4. Rows are appended in the export's order, some thousand at a time; what was appended is durable.
So a kill loses the rows in flight, the same command goes on after the last row that was kept, and a second import of a
grown chat adds what is new.  A message that says something else than before is added beside what it said.
"""

import json
import os
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from unseen.base import BadImport, Clock
from unseen.desk.import_ports import Examiner, MessageLog
from unseen.evidence.chats.embedded import without_embedded
from unseen.evidence.chats.files import Files
from unseen.evidence.chats.lines import (
    Identities,
    chat_data,
    digest_of,
    irregularity_data,
    media_data,
    message_data,
    remains_data,
    to_line,
)
from unseen.evidence.chats.records import Chat, Irregularity, Media, Message, Read, Remains, Trouble

_BATCH_ROWS: Final = 5_000
_BATCH_BYTES: Final = 16 << 20
_EARLIEST: Final = datetime(1990, 1, 1, tzinfo=UTC)  #: no message that these readers know is older
_IN_FLIGHT: Final = 64  #: rows whose media are being looked at
_MOST_OF_ONE_KIND: Final = 200  #: irregularities of one trouble that are written out; the rest are counted


@dataclass(slots=True, kw_only=True)
class Imported:
    """What an import did.  Counts go up while it runs."""

    chats: int = 0
    added: int = 0  #: rows that are new
    changed: int = 0  #: of these, rows that the pack had with another content
    known: int = 0  #: rows that the pack had
    media: int = 0  #: media of added rows that were looked at
    media_bytes: int = 0
    absent: int = 0  #: media of added rows that are not in the export
    copies: list[tuple[str, int, str]] = field(default_factory=list)  #: (message, item, how)
    irregularities: Counter[Trouble] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """A row on its way: what is to be looked at is looked at meanwhile."""

    data: dict[str, object]
    message: Message | None = None
    looking: tuple[Future[Remains | None], ...] = ()


def import_chat(
    read: Iterable[Read],
    files: Files,
    *,
    log: MessageLog,
    examiner: Examiner,
    clock: Clock,
    on_progress: Callable[[Imported], None] | None = None,
    batch_rows: int = _BATCH_ROWS,
) -> Imported:
    """Bring an export into a pack's message table.

    read: what a reader gives of ``files``.  on_progress: called after every batch; what it raises ends the import,
    and nothing that was kept is lost.  batch_rows: how many are made durable at a time.  Raises: BadImport,
    StorageFull.
    """
    done = Imported()
    with ThreadPoolExecutor(max(1, os.cpu_count() or 1)) as threads:
        rows = _looked_at(_new_rows(_timely(read, clock), _known(log), done), files, examiner, threads)
        for batch in _batches(_finished(rows, done), batch_rows):
            log.append(batch)  # (4)
            if on_progress is not None:
                on_progress(done)
    return done


def _timely(read: Iterable[Read], clock: Clock) -> Iterator[Read]:
    """The same, and at the end how many times cannot be right: a sender's clock, or this computer's."""
    latest = clock.now() + timedelta(days=1)
    wrong = 0
    for item in read:
        if isinstance(item, Message) and item.when is not None and item.when.at is not None:
            wrong += not _EARLIEST <= item.when.at <= latest
        yield item
    if wrong:
        says = f"{wrong:,} times lie before 1990 or after this computer's clock; they are kept as they are"
        yield Irregularity(trouble=Trouble.CLOCK, where="when", says=says)


def _known(log: MessageLog) -> dict[bytes, set[bytes]]:
    """Each row's identity and the digests of all it ever said (1)."""
    known: dict[bytes, set[bytes]] = {}
    for line in log.lines():
        data = json.loads(line)
        known.setdefault(bytes.fromhex(data["identity"]), set()).add(bytes.fromhex(data["digest"]))
    return known


def _new_rows(read: Iterable[Read], known: dict[bytes, set[bytes]], done: Imported) -> Iterator[_Row]:
    """The rows that the pack does not have (2)."""
    identities = Identities()
    for item in read:
        match item:
            case Message():
                content = message_data(_without_embedded(item))
                row = {"row": "message", **content}
                digest = digest_of(to_line(content))
                identity = identities.of(item, digest)
            case Chat():
                done.chats += 1
                row = {"row": "chat", **chat_data(item)}
                identity = digest = digest_of(to_line(row))
            case Irregularity():
                done.irregularities[item.trouble] += 1
                if done.irregularities[item.trouble] > _MOST_OF_ONE_KIND:
                    continue
                row = {"row": "irregularity", **irregularity_data(item)}
                identity = digest = digest_of(to_line(row))
        said = known.setdefault(identity, set())
        is_message = isinstance(item, Message)
        if digest in said:
            done.known += is_message
            continue
        done.changed += is_message and bool(said)
        done.added += is_message
        said.add(digest)
        data = {**row, "identity": identity.hex(), "digest": digest.hex()}
        yield _Row(data=data, message=item if isinstance(item, Message) else None)


def _without_embedded(message: Message) -> Message:
    """No picture comes in as text, in whatever lane."""
    text = without_embedded(message.text)
    if text == message.text:
        return message
    marked = tuple(replace(entity, text=without_embedded(entity.text)) for entity in message.entities)
    return replace(message, text=text, entities=marked)


def _looked_at(rows: Iterator[_Row], files: Files, examiner: Examiner, threads: ThreadPoolExecutor) -> Iterator[_Row]:
    """The same rows in order, with their media looked at by others while the export is read on (3)."""
    waiting: deque[_Row] = deque()
    for row in rows:
        if row.message is None or not row.message.media:
            waiting.append(row)
        else:
            looking = tuple(threads.submit(examiner.remains_of, files, media) for media in row.message.media)
            waiting.append(_Row(data=row.data, message=row.message, looking=looking))
        while len(waiting) > _IN_FLIGHT:
            yield waiting.popleft()
    yield from waiting


def _finished(rows: Iterator[_Row], done: Imported) -> Iterator[bytes]:
    for row in rows:
        if row.message is not None and row.looking:
            looked = zip(row.message.media, row.looking, strict=True)
            row.data["media"] = [_described(row.message, media, one, done) for media, one in looked]
        yield to_line(row.data)


def _described(message: Message, media: Media, looking: Future[Remains | None], done: Imported) -> dict[str, object]:
    try:
        remains = looking.result()
    except BadImport as error:  # the row stays, and says why nothing remains of its medium
        done.irregularities[Trouble.UNREADABLE] += 1
        return {**media_data(media), "remains": {"says": error.what}}
    if remains is None:
        done.absent += 1
        return media_data(media)
    done.media += 1
    done.media_bytes += remains.size
    done.copies += [(message.number or "without a number", copy.item, copy.how) for copy in remains.copies]
    return {**media_data(media), "remains": remains_data(remains)}


def _batches(lines: Iterator[bytes], most: int) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) >= most or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
