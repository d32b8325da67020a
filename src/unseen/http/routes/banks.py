"""``/v1/banks``: the banks, their settings, and a whole bank as a list."""

from typing import Annotated, Final, Self

from fastapi import APIRouter, Path, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import StreamingResponse

from unseen.bank.formats import ListFormat
from unseen.bank.records import DEFAULT_RADIUS_BITS, MAX_RADIUS_BITS, Bank, EntryState, Purpose, Response
from unseen.desk.export_list import export_list, left_out
from unseen.desk.ports import Store, Tally
from unseen.http.bodies import read_json
from unseen.http.describe import errors, reads_json
from unseen.http.door import Banker
from unseen.http.service import JSON_BYTES, service_of
from unseen.http.shapes import In, Out
from unseen.http.streams import streamed

router = APIRouter(prefix="/v1", tags=["banks"])

BANK_PATTERN: Final = "^[a-z0-9][a-z0-9-]{0,62}$"
BankName = Annotated[str, Path(pattern=BANK_PATTERN, description="The bank's name.")]
MEDIA_TYPES: Final = {ListFormat.CSV: "text/csv", ListFormat.JSONL: "application/x-ndjson"}
LEFT_OUT: Final = "Unseen-Left-Out"
_EXAMPLE: Final = {"name": "reported", "purpose": "protect", "radius_bits": 31, "on_confirmed": "block"}


class BankIn(In):
    """A bank's settings."""

    name: str = Field(pattern=BANK_PATTERN)
    purpose: Purpose = Field(default=Purpose.PROTECT, description="It cannot be changed later.")
    radius_bits: int = Field(
        default=DEFAULT_RADIUS_BITS, ge=0, le=MAX_RADIUS_BITS, description="How near is a match, inclusive."
    )
    on_unconfirmed: Response | None = Field(
        default=None, description="What an entry asks for that nobody confirmed; `review` where it is not said."
    )
    on_confirmed: Response | None = Field(
        default=None, description="What a confirmed entry asks for; `block` where it is not said."
    )

    on_region: Response | None = Field(
        default=None, description="What an entry asks for at most where only parts of a picture match; `review`."
    )

    def record(self) -> Bank:
        """Raises: BadRequest (a bank of harmless pictures that would hold or block)."""
        allows = self.purpose is Purpose.ALLOW
        return Bank(
            name=self.name,
            purpose=self.purpose,
            radius_bits=self.radius_bits,
            on_unconfirmed=self.on_unconfirmed or (Response.ALLOW if allows else Response.REVIEW),
            on_confirmed=self.on_confirmed or (Response.ALLOW if allows else Response.BLOCK),
            on_region=self.on_region or (Response.ALLOW if allows else Response.REVIEW),
        )


class BankOut(Out):
    """A bank, and how many entries it has in which state."""

    name: str
    purpose: Purpose
    radius_bits: int
    on_unconfirmed: Response
    on_confirmed: Response
    on_region: Response
    entries: dict[EntryState, int]

    @classmethod
    def of(cls, bank: Bank, tallies: tuple[Tally, ...]) -> Self:
        """A bank with its own of ``tallies``."""
        counts = {tally.state: tally.entries for tally in tallies if tally.bank == bank.name}
        return cls(
            name=bank.name,
            purpose=bank.purpose,
            radius_bits=bank.radius_bits,
            on_unconfirmed=bank.on_unconfirmed,
            on_confirmed=bank.on_confirmed,
            on_region=bank.on_region,
            entries={state: counts.get(state, 0) for state in EntryState},
        )


class BanksOut(Out):
    """All banks, by name."""

    banks: tuple[BankOut, ...]


@router.get("/banks", summary="List the banks", responses=errors())
async def list_banks(request: Request, by: Banker) -> BanksOut:
    """Every bank with its settings and how many entries it has.  Asks for the scope `bank`."""
    service = service_of(request)
    with service.desk.admit() as slot:
        return await slot.run(_banks, service.node.store)


@router.post(
    "/banks",
    summary="Make a bank or change its settings",
    responses=errors(409, body=True, writes=True),
    openapi_extra=reads_json(BankIn, _EXAMPLE, "The bank's name and all its settings."),
)
async def put_bank(request: Request, by: Banker) -> BankOut:
    """Make the bank, or give the one of this name these settings; they hold from the next upload on.

    Asks for the scope `bank`.
    """
    service = service_of(request)
    node = service.node
    with service.desk.admit() as slot:
        body = await read_json(request, slot, BankIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        return await slot.run(_put, body.record(), node.store)


@router.get(
    "/banks/{bank}/export",
    summary="Export a bank as a list",
    responses={
        200: {
            "description": "One entry a line, of one moment. A case is never named: its source reads `case`.",
            "content": {media: {"schema": {"type": "string"}} for media in MEDIA_TYPES.values()},
            "headers": {
                LEFT_OUT: {
                    "description": "How many region fingerprints matched as the export began; none of them is in it.",
                    "schema": {"type": "integer", "minimum": 0},
                }
            },
        },
        **errors(404),
    },
    response_class=StreamingResponse,
)
async def export(
    request: Request,
    by: Banker,
    bank: BankName,
    fmt: Annotated[ListFormat, Query(alias="format", description="How the list is written.")] = ListFormat.CSV,
) -> StreamingResponse:
    """Every entry that matches today, as CSV or JSON lines; region fingerprints never leave the node.

    Asks for the scope `bank`.
    """
    service = service_of(request)
    omitted = await service.desk.run(left_out, bank, store=service.node.store)
    lines = await streamed(service.desk, export_list(bank, fmt, store=service.node.store))
    return StreamingResponse(lines, media_type=MEDIA_TYPES[fmt], headers={LEFT_OUT: str(omitted)})


def _banks(store: Store) -> BanksOut:
    with store.read() as reader:
        banks, tallies = reader.banks(), reader.tallies()
    return BanksOut(banks=tuple(BankOut.of(bank, tallies) for bank in banks))


def _put(bank: Bank, store: Store) -> BankOut:
    with store.write() as tx:
        tx.put_bank(bank)
    with store.read() as reader:
        return BankOut.of(bank, reader.tallies())
