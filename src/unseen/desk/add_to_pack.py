"""Something is taken into a pack: what it was, where and how it was found, and as much of it as may be kept."""

import codecs
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from unseen.base import BadRequest
from unseen.desk.custody_log import Hand, Said, write_down
from unseen.desk.evidence_ports import Head, Source, WorkFolder
from unseen.evidence.age import encrypting
from unseen.evidence.contents import Digesting, copy
from unseen.evidence.intake import TEXT, keeps_original, require_allowed, require_types
from unseen.evidence.records import (
    Environment,
    Item,
    Origin,
    Original,
    Part,
    Role,
    Rules,
    TimeSource,
    Tool,
    Trace,
)

_UNKNOWN: Final = "application/octet-stream"
_EMBEDDED: Final = b"base64"  #: how pages and messages carry pictures inside of text
_NO_TEXT: Final = ("image/", "video/", "audio/")  #: a drawing in SVG is text, and a picture
_LONGEST: Final = 20_000  #: characters of an origin or a file's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is known of something before it is read."""

    name: str  #: as it was found
    media_type: str  #: as its name or its server says; text is told from the bytes
    origin: Origin
    captured_at: datetime | None  #: None: now
    time_source: TimeSource
    method: str
    tool: Tool
    environment: Environment
    traces: tuple[Trace, ...] = ()

    def __post_init__(self) -> None:
        if max(len(self.name), len(self.origin.where)) > _LONGEST:
            raise BadRequest(f"A name or an origin is longer than {_LONGEST} characters.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Extra:
    """A file that comes with it: its text, a redacted rendering, a table of messages."""

    name: str  #: small letters, digits, dots, hyphens and underscores
    role: Role
    media_type: str
    source: Source


def add_to_pack(work: WorkFolder, found: Found, source: Source, *, extras: Sequence[Extra] = (), hand: Hand) -> Head:
    """Take ``source`` in with ``extras``; all of it is there when this returns, and none when it raises.

    The original is kept where it is text, or where the pack was begun so; else its digests are.  It is read twice, and
    must be the same each time.  Her passphrase is not needed.  Raises: CaseRefused, BadRequest, StorageFull, BadPack.
    """
    rules = work.rules()
    require_types(rules, [found.media_type, *(extra.media_type for extra in extras)])  # before any file is read
    original = _looked_at(found, source, rules)
    kept = []
    if original.kept:
        itself = Extra(name="original", role=Role.ORIGINAL, media_type=original.media_type, source=source)
        kept.append(_same(keep_part(work, itself), original))
    kept += [keep_part(work, extra) for extra in extras]
    item = Item(
        original=original,
        parts=tuple(kept),
        origin=found.origin,
        captured_at=found.captured_at or hand.clock.now(),
        time_source=found.time_source,
        method=found.method,
        operator=hand.operator,
        tool=found.tool,
        environment=found.environment,
        traces=found.traces,
    )
    require_allowed(item, rules)
    return write_down(work, Said(added=item), hand)


def _looked_at(found: Found, source: Source, rules: Rules) -> Original:
    """Digests of all of the file, and whether it is kept.  Raises: CaseRefused, BadRequest."""
    looking = _Looking()
    with source.opened() as content:
        copy(content, looking)
    is_text = looking.ended_as_text() and not found.media_type.startswith(_NO_TEXT)
    claimed = _UNKNOWN if found.media_type == TEXT else found.media_type
    media_type = TEXT if is_text else claimed
    require_types(rules, [media_type])
    file = looking.digesting.as_file(found.name)
    return Original(
        name=found.name,
        media_type=media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        sha512=file.sha512,
        kept=keeps_original(rules, media_type),
    )


def _same(part: Part, original: Original) -> Part:
    if (part.bytes, part.sha512) != (original.bytes, original.sha512):
        raise BadRequest("The file changed while it was read.", hint="Close what writes to it and add it again.")
    return part


def keep_part(work: WorkFolder, extra: Extra) -> Part:
    """Encrypt a file into the work folder.  It is part of the pack when the custody log names it, not before."""
    with work.new_object() as draft, extra.source.opened() as content:
        with encrypting(draft, [work.keys().recipient]) as sealed:
            digesting = Digesting(sealed)
            copy(content, digesting)
        name = draft.name
    file = digesting.as_file(extra.name)
    return Part(
        name=extra.name,
        role=extra.role,
        media_type=extra.media_type,
        bytes=file.bytes,
        sha256=file.sha256,
        sha512=file.sha512,
        object=name,
    )


class _Looking:
    """Digests what passes, and tells whether all of it is text that can hold nothing else."""

    def __init__(self) -> None:
        self.digesting = Digesting()
        self.is_text = True  #: so far
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._last = b""

    def write(self, data: bytes) -> None:
        self.digesting.write(data)
        if not self.is_text:
            return
        try:
            self._decoder.decode(data)
        except UnicodeDecodeError:
            self.is_text = False
        seen = self._last + data.lower()
        self.is_text = self.is_text and b"\0" not in seen and _EMBEDDED not in seen
        self._last = seen[1 - len(_EMBEDDED) :]

    def ended_as_text(self) -> bool:
        """Whether all of it was, to the last byte."""
        try:
            self._decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
        return self.is_text
