"""``/v1/cases``: a person, or whoever helps her, opens a case, looks at it, takes it back.  Never a file."""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any, Final, Self

from fastapi import APIRouter, Path
from pydantic import AwareDatetime, Field
from starlette.requests import Request

from unseen.case.records import Case, CaseNumber, CaseStatus, Item, Pin
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.desk.open_case import MAX_ITEMS, OpenedCase, open_case
from unseen.desk.show_case import ShownCase, show_case
from unseen.desk.withdraw_case import Receipt, withdraw_case
from unseen.fingerprint.records import Fingerprint
from unseen.http.bodies import read_json
from unseen.http.describe import errors, reads_json
from unseen.http.door import CaseHelper
from unseen.http.service import JSON_BYTES, service_of
from unseen.http.shapes import PDQ_EXAMPLE, SHA256_EXAMPLE, FingerprintIn, In, Out

router = APIRouter(prefix="/v1", tags=["cases"])

Number = Annotated[str, Path(max_length=40, description="The case's number, as it is on the note.")]
_PICTURE_EXAMPLE: Final = {"fingerprints": [SHA256_EXAMPLE, PDQ_EXAMPLE]}
_OPEN_EXAMPLE: Final[dict[str, Any]] = {
    "statements": {"acting": "myself", "sharing": "shared", "without_consent": True, "age": "adult"},
    "items": [_PICTURE_EXAMPLE],
}
_PIN_EXAMPLE: Final = {"pin": "1234 5678"}


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


class CaseIn(In):
    """A case to open."""

    statements: StatementsIn
    items: tuple[PictureIn, ...] = Field(min_length=1, max_length=MAX_ITEMS)

    def pictures(self) -> Iterator[tuple[Fingerprint, ...]]:
        """One picture after the other; none is read before it is asked for."""
        return (item.records() for item in self.items)


class PinIn(In):
    """What opens a case, beside its number.  It is in the body so that no address ever holds it."""

    pin: str = Field(min_length=1, max_length=40, description="As it is on the note; spaces and hyphens are ignored.")


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
    """What the person keeps.  The PIN is never shown again."""

    number: str
    pin: str
    status: CaseStatus
    items: tuple[ItemOut, ...]

    @classmethod
    def of(cls, opened: OpenedCase) -> Self:
        """The same whether or not anything was banked before."""
        return cls(
            number=str(opened.case.number),
            pin=opened.pin.shown,
            status=opened.case.status,
            items=tuple(ItemOut.of(item) for item in opened.case.items),
        )


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
    responses=errors(body=True, writes=True),
    openapi_extra=reads_json(CaseIn, _OPEN_EXAMPLE, "Statements, and fingerprints made on her device; never a file."),
)
async def open_(request: Request, by: CaseHelper) -> OpenedOut:
    """Open a case and protect its pictures; everything or nothing.  Number and PIN are shown this once.

    Asks for the scope `case`.
    """
    service = service_of(request)
    node = service.node
    with service.cases.admit() as slot:
        body = await read_json(request, slot, CaseIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        opened = await slot.run(
            open_case,
            body.statements.record(),
            body.pictures(),
            store=node.store,
            pins=node.pins,
            clock=node.clock,
            random_bits=node.random_bits,
        )
    return OpenedOut.of(opened)


@router.post(
    "/cases/{number}/show",
    summary="Show a case",
    responses=errors(404, body=True),
    openapi_extra=reads_json(ShowIn, _PIN_EXAMPLE, "The PIN, and fingerprints of files to find again."),
)
async def show(request: Request, by: CaseHelper, number: Number) -> ShownOut:
    """The case, to whoever has number and PIN; a wrong PIN and an unknown number get the same answer.

    Asks for the scope `case`.
    """
    service = service_of(request)
    node = service.node
    with service.cases.admit() as slot:
        body = await read_json(request, slot, ShowIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        shown = await slot.run(
            show_case,
            CaseNumber.parse(number),
            Pin.parse(body.pin),
            files=(file.records() for file in body.files),
            store=node.store,
            pins=node.pins,
        )
    return ShownOut.of(shown)


@router.post(
    "/cases/{number}/withdrawal",
    summary="Withdraw a case",
    responses=errors(404, body=True, writes=True),
    openapi_extra=reads_json(PinIn, _PIN_EXAMPLE, "The PIN."),
)
async def withdraw(request: Request, by: CaseHelper, number: Number) -> ReceiptOut:
    """End the case's claim on its pictures from this moment.  Withdrawing again is harmless.

    Asks for the scope `case`.
    """
    service = service_of(request)
    node = service.node
    with service.cases.admit() as slot:
        body = await read_json(request, slot, PinIn, max_bytes=JSON_BYTES, timeout_s=node.config.upload_timeout_s)
        receipt = await slot.run(
            withdraw_case,
            CaseNumber.parse(number),
            Pin.parse(body.pin),
            store=node.store,
            pins=node.pins,
            clock=node.clock,
        )
    return ReceiptOut.of(receipt)
