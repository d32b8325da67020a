"""``/v1/cases``: a person, or whoever helps her, opens a case, looks at it, takes it back.  Never a file."""

from collections.abc import Callable, Iterator
from datetime import date
from typing import Annotated, Any, Final, Self, TypeVar

from fastapi import APIRouter, Header, Path
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from unseen.case.records import Case, CaseNumber, CaseStatus, Item, Pin
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.desk.add_items import add_items
from unseen.desk.items import MAX_ITEMS
from unseen.desk.once import Once
from unseen.desk.open_case import OpenedCase, open_case
from unseen.desk.show_case import ShownCase, show_case
from unseen.desk.tokens import Token
from unseen.desk.withdraw_case import Receipt, withdraw_case
from unseen.fingerprint.records import Fingerprint
from unseen.http.bodies import parse_json, read_json_bytes
from unseen.http.describe import errors, reads_json
from unseen.http.door import CaseHelper
from unseen.http.lanes import Slot
from unseen.http.service import JSON_BYTES, Service, service_of
from unseen.http.shapes import PDQ_EXAMPLE, SHA256_EXAMPLE, FingerprintIn, In, Out

router = APIRouter(prefix="/v1", tags=["cases"])

Number = Annotated[str, Path(max_length=40, description="The case's number, as it is on the note.")]
Key = Annotated[
    str | None,
    Header(
        pattern="^[A-Za-z0-9_-]{22,64}$",
        description="At least 128 random bits, a new one for each new request: the same request with the same key, "
        "sent again within 15 minutes, is done once and gets the same answer.",
    ),
]
T = TypeVar("T")
_PICTURE_EXAMPLE: Final = {"fingerprints": [SHA256_EXAMPLE, PDQ_EXAMPLE]}
_OPEN_EXAMPLE: Final[dict[str, Any]] = {
    "statements": {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"},
    "items": [_PICTURE_EXAMPLE],
}
_PIN_EXAMPLE: Final = {"pin": "1234 5678"}
_ADD_EXAMPLE: Final[dict[str, Any]] = {**_PIN_EXAMPLE, "items": [_PICTURE_EXAMPLE]}


class StatementsIn(In):
    """What whoever opens a case declares."""

    acting: Acting
    sharing: Sharing
    without_consent: bool
    age: Age = Field(description="How old she was when it was made; only an adult's case can be opened here.")

    def record(self) -> Statements:
        """The statements as the use case wants them."""
        return Statements(acting=self.acting, sharing=self.sharing, without_consent=self.without_consent, age=self.age)


class PictureIn(In):
    """The fingerprints of one picture, made on her device; with a `region` one, parts of it are looked for too."""

    fingerprints: tuple[FingerprintIn, ...] = Field(min_length=1, max_length=16)

    def records(self) -> tuple[Fingerprint, ...]:
        """Raises: BadFingerprint."""
        return tuple(f.record() for f in self.fingerprints)


class ItemsIn(In):
    """Pictures to protect."""

    items: tuple[PictureIn, ...] = Field(min_length=1, max_length=MAX_ITEMS)

    def pictures(self) -> Iterator[tuple[Fingerprint, ...]]:
        """One picture after the other; none is read before it is asked for."""
        return (item.records() for item in self.items)


class CaseIn(ItemsIn):
    """A case to open."""

    statements: StatementsIn


class PinIn(In):
    """What opens a case, beside its number.  It is in the body so that no address ever holds it."""

    pin: str = Field(min_length=1, max_length=40, description="As it is on the note; spaces and hyphens are ignored.")


class AddIn(ItemsIn, PinIn):
    """The PIN, and pictures to add."""


class ShowIn(PinIn):
    """The PIN, and files chosen again on her device, to find which items they are."""

    files: tuple[PictureIn, ...] = Field(default=(), max_length=MAX_ITEMS)


class ItemOut(Out):
    """One protected picture: no name, no picture."""

    number: int
    day: date
    media: str
    perceptual: bool = Field(description="False where the picture is featureless: only exact copies are found.")
    regions: bool = Field(description="The person's choice: whether parts of the picture are looked for too.")

    @classmethod
    def of(cls, item: Item) -> Self:
        """The item."""
        return cls(
            number=item.number,
            day=item.day,
            media=item.media,
            perceptual=item.is_perceptual,
            regions=item.has_regions,
        )


class OpenedOut(Out):
    """What the person keeps.  PIN and recovery code are never shown again."""

    number: str
    pin: str
    recovery_code: str = Field(description="Makes a new PIN, and a new code, on the pages; once.")
    status: CaseStatus
    items: tuple[ItemOut, ...]

    @classmethod
    def of(cls, opened: OpenedCase) -> Self:
        """The same whether or not anything was banked before."""
        return cls(
            number=str(opened.case.number),
            pin=opened.pin.shown,
            recovery_code=opened.recovery_code.text,
            status=opened.case.status,
            items=tuple(ItemOut.of(item) for item in opened.case.items),
        )


class AddedOut(Out):
    """The items that pictures became."""

    items: tuple[ItemOut, ...]

    @classmethod
    def of(cls, added: tuple[Item, ...]) -> Self:
        """The same whether or not anything was banked before."""
        return cls(items=tuple(ItemOut.of(item) for item in added))


class ShownOut(Out):
    """Her case as it stands."""

    number: str
    status: CaseStatus
    opened_at: AwareDatetime
    items: tuple[ItemOut, ...]
    found: tuple[int | None, ...] = Field(description="For each file asked about, which item it is; null for none.")

    @classmethod
    def of(cls, shown: ShownCase) -> Self:
        """Only what is this case's own."""
        case: Case = shown.case
        return cls(
            number=str(case.number),
            status=case.status,
            opened_at=case.opened_at,
            items=tuple(ItemOut.of(item) for item in case.items),
            found=shown.found,
        )


class ReceiptOut(Out):
    """What a withdrawal says: the same whether or not anyone else protects the same pictures."""

    number: str
    withdrawn_at: AwareDatetime

    @classmethod
    def of(cls, receipt: Receipt) -> Self:
        """The receipt."""
        return cls(number=str(receipt.case), withdrawn_at=receipt.withdrawn_at)


@router.post(
    "/cases",
    summary="Open a case",
    status_code=201,
    responses=errors(409, body=True, writes=True),
    openapi_extra=reads_json(CaseIn, _OPEN_EXAMPLE, "Statements, and fingerprints made on her device; never a file."),
)
async def open_(request: Request, by: CaseHelper, idempotency_key: Key = None) -> OpenedOut:
    """Open a case and protect its pictures; everything or nothing.  Number, PIN and code are shown this once.

    Asks for the scope `case`.
    """
    service, node = service_of(request), service_of(request).node
    with service.cases.admit() as slot:
        body = await _body(request, slot, service)
        sent = await slot.run(parse_json, body, CaseIn)
        opened = await slot.run(
            open_case,
            sent.statements.record(),
            sent.pictures(),
            once=_once(idempotency_key, by, request, body),
            store=node.store,
            pins=node.pins,
            clock=node.clock,
            random_bits=node.random_bits,
        )
    return OpenedOut.of(opened)


@router.post(
    "/cases/{number}/items",
    summary="Add to a case",
    status_code=201,
    responses=errors(404, 409, 429, body=True, writes=True),
    openapi_extra=reads_json(AddIn, _ADD_EXAMPLE, "The PIN, and fingerprints made on her device; never a file."),
)
async def add(request: Request, by: CaseHelper, number: Number, idempotency_key: Key = None) -> AddedOut:
    """Protect more pictures in a case; everything or nothing.  A withdrawn case takes none.

    Asks for the scope `case`.
    """
    service, node = service_of(request), service_of(request).node
    with service.cases.admit() as slot:
        body = await _body(request, slot, service)
        sent = await slot.run(parse_json, body, AddIn)
        once = _once(idempotency_key, by, request, body)
        added = await _tried(
            request,
            slot,
            by,
            number,
            lambda: add_items(
                CaseNumber.parse(number),
                Pin.parse(sent.pin),
                sent.pictures(),
                once=once,
                store=node.store,
                pins=node.pins,
                clock=node.clock,
            ),
        )
    return AddedOut.of(added)


@router.post(
    "/cases/{number}/show",
    summary="Show a case",
    responses=errors(404, 429, body=True),
    openapi_extra=reads_json(ShowIn, _PIN_EXAMPLE, "The PIN, and fingerprints of files to find again."),
)
async def show(request: Request, by: CaseHelper, number: Number) -> ShownOut:
    """The case, to whoever has number and PIN; a wrong PIN and an unknown number get the same answer.

    Asks for the scope `case`.
    """
    service, node = service_of(request), service_of(request).node
    with service.cases.admit() as slot:
        sent = await slot.run(parse_json, await _body(request, slot, service), ShowIn)
        shown = await _tried(
            request,
            slot,
            by,
            number,
            lambda: show_case(
                CaseNumber.parse(number),
                Pin.parse(sent.pin),
                files=(file.records() for file in sent.files),
                store=node.store,
                pins=node.pins,
            ),
        )
    return ShownOut.of(shown)


@router.post(
    "/cases/{number}/withdrawal",
    summary="Withdraw a case",
    responses=errors(404, 429, body=True, writes=True),
    openapi_extra=reads_json(PinIn, _PIN_EXAMPLE, "The PIN."),
)
async def withdraw(request: Request, by: CaseHelper, number: Number) -> ReceiptOut:
    """End the case's claim on its pictures from this moment.  Withdrawing again is harmless.

    Asks for the scope `case`.
    """
    service, node = service_of(request), service_of(request).node
    with service.cases.admit() as slot:
        sent = await slot.run(parse_json, await _body(request, slot, service), PinIn)
        receipt = await _tried(
            request,
            slot,
            by,
            number,
            lambda: withdraw_case(
                CaseNumber.parse(number), Pin.parse(sent.pin), store=node.store, pins=node.pins, clock=node.clock
            ),
        )
    return ReceiptOut.of(receipt)


async def _body(request: Request, slot: Slot, service: Service) -> bytes:
    timeout_s = service.node.config.upload_timeout_s
    return await read_json_bytes(request, slot, max_bytes=JSON_BYTES, timeout_s=timeout_s)


def _once(key: str | None, by: Token, request: Request, body: bytes) -> Once | None:
    """Another helper's key, or one of another address, is another request.  Raises: BadRequest."""
    return None if key is None else Once.of(key, f"{by.name} {request.url.path}", body)


async def _tried(request: Request, slot: Slot, by: Token, number: str, check: Callable[[], T]) -> T:
    """What ``check`` gives, counted as a helper's try at this number unless it succeeds.

    Raises: TooManyTries, and as ``check``.
    """
    attempts = service_of(request).attempts
    begun = attempts.begin(number, f"token {by.name}")
    checked = await slot.run(check)
    attempts.succeeded(begun)
    return checked
