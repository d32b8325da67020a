"""``/v1/banks/{bank}/entries`` and ``/v1/entries/{id}``: what is banked, and what people say of it."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, Self

from fastapi import APIRouter, Path, Query
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from unseen.bank.formats import Listed, ListFormat, read_list
from unseen.bank.records import Entry, EntryState, Provenance, Source, SourceKind
from unseen.base import BadImport, BadRequest, NotFound
from unseen.compose import Node
from unseen.desk.bank_fingerprints import Banked, bank_fingerprints
from unseen.desk.ports import Store
from unseen.desk.review_entries import Judgement, review_entries
from unseen.desk.tokens import Token
from unseen.fingerprint.records import Kind
from unseen.http.bodies import media_type, parse_json, read_bytes, read_json
from unseen.http.describe import errors, json_content, reads, reads_json
from unseen.http.door import Banker
from unseen.http.errors import UnsupportedBody
from unseen.http.routes.banks import MEDIA_TYPES, BankName
from unseen.http.service import JSON_BYTES, service_of
from unseen.http.shapes import MAX_ID, PDQ_EXAMPLE, SHA256_EXAMPLE, FingerprintIn, In, Out, Words

router = APIRouter(prefix="/v1", tags=["banks"])

EntryId = Annotated[int, Path(ge=1, le=MAX_ID, description="The entry's id.")]
_MAX_LISTED: Final = 5_000
_PAGE: Final = 1_000
_JSON: Final = "application/json"
_FORMATS: Final = {media: fmt for fmt, media in MEDIA_TYPES.items()}


class ListedIn(FingerprintIn):
    """A fingerprint to bank."""

    confirmed: bool = Field(default=False, description="Counts only where the list is trusted.")

    def listed(self) -> Listed:
        """Raises: BadFingerprint."""
        return Listed(fingerprint=self.record(), is_confirmed=self.confirmed)


class EntriesIn(In):
    """A list to bank."""

    source: Words = Field(description="Who asks: the list's name. It is never told to platforms.")
    reason: Words
    trust: bool = Field(default=False, description="Take the list's word for what it calls confirmed.")
    fingerprints: tuple[ListedIn, ...] = Field(min_length=1, max_length=_MAX_LISTED)


class BankedOut(Out):
    """What an addition did; it is durable, and matches from the next upload on."""

    entries: tuple[int, ...] = Field(description="The entry that now stands for each fingerprint, in their order.")
    featureless: int = Field(description="Fingerprints left out: too little in the picture to compare it.")

    @classmethod
    def of(cls, banked: Banked) -> Self:
        """The answer."""
        return cls(entries=banked.ids, featureless=banked.featureless)


class ProvenanceOut(Out):
    """One source's claim.  A case is never named."""

    source: SourceKind
    name: str | None = Field(description="The list's name; null for a case.")
    since: AwareDatetime
    confirmed_by: str | None
    ended_at: AwareDatetime | None

    @classmethod
    def of(cls, provenance: Provenance) -> Self:
        """Without the case's number."""
        source = provenance.source
        return cls(
            source=source.kind,
            name=None if source.kind is SourceKind.CASE else source.ref,
            since=provenance.since,
            confirmed_by=provenance.confirmed.by if provenance.confirmed else None,
            ended_at=provenance.ended.at if provenance.ended else None,
        )


class EntryOut(Out):
    """An entry.  ``kind``, ``code`` and ``quality`` are null once it was erased."""

    id: int
    bank: str
    kind: Kind | None
    code: str | None
    quality: int | None
    state: EntryState
    confirmed: bool
    provenances: tuple[ProvenanceOut, ...]

    @classmethod
    def of(cls, entry: Entry) -> Self:
        """As a bank's own people may see it."""
        fingerprint = entry.fingerprint
        return cls(
            id=entry.id,
            bank=entry.bank,
            kind=fingerprint.kind if fingerprint else None,
            code=fingerprint.hex if fingerprint else None,
            quality=fingerprint.quality if fingerprint else None,
            state=entry.state,
            confirmed=entry.is_confirmed,
            provenances=tuple(ProvenanceOut.of(p) for p in entry.provenances),
        )


class EntriesOut(Out):
    """A page of entries."""

    entries: tuple[EntryOut, ...]
    next_after_id: int | None = Field(description="What to ask for next; null where nothing follows.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """What the address says of a CSV or JSON lines body."""

    fmt: ListFormat
    source: str | None
    reason: str | None
    trust: bool


class ReasonIn(In):
    """Why."""

    reason: Words


@router.get("/banks/{bank}/entries", summary="List a bank's entries", responses=errors(404))
async def list_entries(
    request: Request,
    by: Banker,
    bank: BankName,
    after_id: Annotated[int, Query(ge=0, le=MAX_ID, description="The last id of the page before.")] = 0,
    limit: Annotated[int, Query(ge=1, le=_PAGE)] = 100,
    state: EntryState | None = None,
) -> EntriesOut:
    """Entries by id, a page at a time.  Asks for the scope `bank`."""
    service = service_of(request)
    with service.desk.admit() as slot:
        return await slot.run(_page, bank, after_id, limit, state, service.node.store)


@router.post(
    "/banks/{bank}/entries",
    summary="Bank fingerprints",
    status_code=201,
    responses=errors(404, body=True, writes=True),
    openapi_extra=reads(
        {
            _JSON: json_content(
                EntriesIn,
                {"source": "field list", "reason": "reported", "fingerprints": [PDQ_EXAMPLE, SHA256_EXAMPLE]},
            ),
            **{media: {"schema": {"type": "string"}} for media in _FORMATS},
        },
        "A list as JSON; or a long one as CSV or JSON lines, with `source`, `reason` and `trust` in the address.",
    ),
)
async def add_entries(
    request: Request,
    by: Banker,
    bank: BankName,
    source: Annotated[Words | None, Query(description="Of a CSV or JSON lines body: the list's name.")] = None,
    reason: Annotated[Words | None, Query(description="Of a CSV or JSON lines body.")] = None,
    trust: Annotated[bool, Query(description="Of a CSV or JSON lines body: take its word for `confirmed`.")] = False,
) -> BankedOut:
    """Bank every fingerprint of a list or, at the first bad one, none.  Asks for the scope `bank`."""
    service = service_of(request)
    node, media = service.node, media_type(request)
    if media != _JSON and media not in _FORMATS:
        raise UnsupportedBody(
            f"A list is read as {_JSON}, {' or '.join(_FORMATS)}.", hint="Set the Content-Type header."
        )
    with service.desk.admit() as slot:
        body = await read_bytes(
            request,
            slot,
            max_bytes=JSON_BYTES if media == _JSON else node.config.max_bytes,
            timeout_s=node.config.upload_timeout_s,
        )
        said = None if media == _JSON else _Said(fmt=_FORMATS[media], source=source, reason=reason, trust=trust)
        return await slot.run(_add, node, bank, body, said, by.name)


@router.get("/entries/{entry_id}", summary="Show an entry", responses=errors(404))
async def show_entry(request: Request, by: Banker, entry_id: EntryId) -> EntryOut:
    """One entry.  Asks for the scope `bank`."""
    service = service_of(request)
    with service.desk.admit() as slot:
        return await slot.run(_entry, entry_id, service.node.store)


_JUDGED_ERRORS: Final = errors(404, 409, body=True, writes=True)
_JUDGED_BODY: Final = reads_json(ReasonIn, {"reason": "compared with the reported picture, blurred"}, "Why.")


@router.post(
    "/entries/{entry_id}/confirmation", summary="Confirm an entry", responses=_JUDGED_ERRORS, openapi_extra=_JUDGED_BODY
)
async def confirm_entry(request: Request, by: Banker, entry_id: EntryId) -> EntryOut:
    """Vouch for an entry: from now on a hit asks for what its bank says of confirmed ones.

    Asks for the scope `bank`.
    """
    return await _judged(request, by, entry_id, Judgement.CONFIRM)


@router.post(
    "/entries/{entry_id}/dispute", summary="Dispute an entry", responses=_JUDGED_ERRORS, openapi_extra=_JUDGED_BODY
)
async def dispute_entry(request: Request, by: Banker, entry_id: EntryId) -> EntryOut:
    """Mark an entry as disputed: a hit then asks for review at most.  Asks for the scope `bank`."""
    return await _judged(request, by, entry_id, Judgement.DISPUTE)


@router.post(
    "/entries/{entry_id}/retirement", summary="Retire an entry", responses=_JUDGED_ERRORS, openapi_extra=_JUDGED_BODY
)
async def retire_entry(request: Request, by: Banker, entry_id: EntryId) -> EntryOut:
    """End every claim on an entry: it matches nothing any more, and its code is erased after the set time.

    Asks for the scope `bank`.
    """
    return await _judged(request, by, entry_id, Judgement.RETIRE)


async def _judged(request: Request, by: Token, entry_id: int, judgement: Judgement) -> EntryOut:
    service = service_of(request)
    node = service.node
    with service.desk.admit() as slot:
        body = await read_json(request, slot, ReasonIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        await slot.run(
            review_entries,
            [entry_id],
            judgement,
            actor=by.name,
            reason=body.reason,
            store=node.store,
            clock=node.clock,
        )
        return await slot.run(_entry, entry_id, node.store)


def _page(bank: str, after_id: int, limit: int, state: EntryState | None, store: Store) -> EntriesOut:
    with store.read() as reader:
        entries = reader.list_entries(bank, after_id=after_id, limit=limit, state=state)
    return EntriesOut(
        entries=tuple(EntryOut.of(entry) for entry in entries),
        next_after_id=entries[-1].id if len(entries) == limit else None,
    )


def _entry(entry_id: int, store: Store) -> EntryOut:
    with store.read() as reader:
        entries = reader.entries([entry_id])
    if not entries:
        raise NotFound("There is no such entry.")
    return EntryOut.of(entries[0])


def _add(node: Node, bank: str, body: bytes, said: _Said | None, actor: str) -> BankedOut:
    """``said`` is None where the body is JSON and says everything itself."""
    listed: Iterable[Listed]
    if said is None:
        sent = parse_json(body, EntriesIn)
        source, reason, trust, listed = sent.source, sent.reason, sent.trust, (f.listed() for f in sent.fingerprints)
    elif said.source is None or said.reason is None:
        raise BadRequest("A list needs source and reason in the address.", hint="Add `?source=...&reason=...`.")
    else:
        source, reason, trust, listed = said.source, said.reason, said.trust, read_list(_lines(body), said.fmt)
    banked = bank_fingerprints(
        bank,
        listed,
        source=Source(kind=SourceKind.OPERATOR, ref=source),
        trust=trust,
        actor=actor,
        reason=reason,
        store=node.store,
        clock=node.clock,
    )
    return BankedOut.of(banked)


def _lines(body: bytes) -> Iterable[str]:
    try:
        return io.StringIO(body.decode("utf-8-sig"), newline="")
    except UnicodeDecodeError:
        raise BadImport("The list is not UTF-8 text.", hint="Nothing was imported.") from None
