"""What her browser sends once she has seen all of it: fingerprints that open a case, or are added to one.

JSON both ways, errors too.  Each request names a key of its own (``Idempotency-Key``), so that what is sent again
because the answer was lost is done once.  Another site can send neither such a header nor JSON without being asked for
(CORS), and nobody here ever agrees.  Answers leave in steps of time, because the work differs a little where a picture
is banked already.
"""

import time
from functools import partial
from typing import Final

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from unseen.base import BadRequest, CaseUnknown, Forbidden
from unseen.case.contact import Contact
from unseen.desk.add_items import add_to_entered
from unseen.desk.once import Once
from unseen.desk.open_case import open_case, opened_before
from unseen.http.bodies import parse_json, read_json_bytes
from unseen.http.lanes import Slot
from unseen.http.pages.even import until_even
from unseen.http.pages.handling import address_of, language_of, require_own_form, session_of
from unseen.http.routes.cases import AddedOut, CaseIn, ItemsIn, OpenedOut
from unseen.http.service import Service, service_of

_MOST_BYTES: Final = 4 << 20
_STEP_S: Final = 0.5
_STEP_AN_ITEM_S: Final = 0.01  # an item that is banked already takes up to 3 ms more than a new one


class SignedOut(Forbidden):
    """The session is over: number and PIN open another."""

    code = "signed_out"


class OpeningIn(CaseIn):
    """A case to open, and where a link may be sent."""

    contact: str | None = Field(default=None, max_length=254)


class AddingIn(ItemsIn):
    """Pictures to add."""

    form_key: str = Field(max_length=100)


async def open_(request: Request) -> Response:
    """A case is opened; number, PIN and recovery code are in the answer and nowhere else."""
    service, node = service_of(request), service_of(request).node
    require_own_form(request)
    with service.cases.admit() as slot:
        body, began = await _body(request, slot, service), time.monotonic()
        sent = await slot.run(parse_json, body, OpeningIn)
        once = _once(request, "open", body)
        opened = await slot.run(opened_before, once, store=node.store, clock=node.clock)
        if opened is None:
            contact = _contact(sent, request, service)
            service.openings.admit(address_of(request, service))
            opened = await slot.run(
                open_case,
                sent.statements.record(),
                sent.pictures(),
                contact=contact,
                once=once,
                store=node.store,
                pins=node.pins,
                clock=node.clock,
                random_bits=node.random_bits,
            )
    await until_even(began, _STEP_S + _STEP_AN_ITEM_S * len(sent.items))
    return JSONResponse(OpenedOut.of(opened).model_dump(mode="json"), 201)


async def add(request: Request) -> Response:
    """Pictures are added to the case that is open in her browser."""
    service, node = service_of(request), service_of(request).node
    session = session_of(request, service)
    if session is None:
        raise _signed_out()
    with service.cases.admit() as slot:
        body, began = await _body(request, slot, service), time.monotonic()
        sent = await slot.run(parse_json, body, AddingIn)
        require_own_form(request, {"form_key": sent.form_key}, session)
        # not of the form's key: what is sent again after she had to enter again is the same request
        pictures = sent.model_dump_json(exclude={"form_key"}).encode()
        once = _once(request, f"add to {session.entered.number}", pictures)
        adding = partial(add_to_entered, session.entered, sent.pictures(), once=once, store=node.store)
        try:
            added = await slot.run(adding, clock=node.clock)
        except CaseUnknown:
            raise _signed_out() from None
    await until_even(began, _STEP_S + _STEP_AN_ITEM_S * len(sent.items))
    return JSONResponse(AddedOut.of(added).model_dump(mode="json"), 201)


async def _body(request: Request, slot: Slot, service: Service) -> bytes:
    timeout_s = service.node.config.upload_timeout_s
    return await read_json_bytes(request, slot, max_bytes=_MOST_BYTES, timeout_s=timeout_s)


def _once(request: Request, what: str, content: bytes) -> Once:
    return Once.of(request.headers.get("idempotency-key", ""), what, content)


def _contact(sent: OpeningIn, request: Request, service: Service) -> Contact | None:
    """Raises: BadRequest."""
    if sent.contact is None:
        return None
    if service.node.mail is None:
        raise BadRequest("This node sends no letters, and keeps no contact.")
    return Contact.parse(sent.contact, language_of(request).code)


def _signed_out() -> SignedOut:
    return SignedOut("The case is not open in this browser any more.", hint="Enter number and PIN again.")


SENDING_ROUTES: Final = (
    Route("/{language:language}/open", open_, methods=["POST"], include_in_schema=False),
    Route("/{language:language}/items", add, methods=["POST"], include_in_schema=False),
)
