"""What became of her case, and what she can change about it."""

from collections.abc import Mapping
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from unseen.base import BadRequest, Clock
from unseen.case.contact import Contact
from unseen.case.records import CaseStatus
from unseen.desk.enter_case import Entered
from unseen.desk.follow_case import follow_case
from unseen.desk.keep_contact import delete_contact, keep_contact
from unseen.desk.ports import Store
from unseen.desk.recovery_links import stop_link
from unseen.desk.withdraw_case import withdraw_entered, withdraw_item
from unseen.http.lanes import Slot
from unseen.http.pages import sessions
from unseen.http.pages.handling import (
    Handler,
    back_to_entrance,
    form_of,
    language_of,
    require_own_form,
    route,
    session_of,
)
from unseen.http.pages.view import page
from unseen.http.service import service_of


class _Step(Protocol):
    """What is done in her case."""

    async def __call__(self, request: Request, slot: Slot, session: sessions.Session, /) -> Response: ...


def _entered(step: _Step) -> Handler:
    """A handler for whoever has entered; anybody else is sent to the entrance.  The session goes on by it."""

    async def handle(request: Request) -> Response:
        service = service_of(request)
        session = session_of(request, service)
        if session is None:
            return back_to_entrance(request)
        with service.desk.admit() as slot:
            response = await step(request, slot, session)
        sessions.keep(response, session, service.node.session_key)
        return response

    return handle


async def _withdraw(request: Request, slot: Slot, session: sessions.Session) -> Response:
    """Asks whether she is sure, then withdraws one item or everything."""
    node, form = service_of(request).node, await _own_form(request, slot, session)
    item = _item(form)
    if form.get("sure") != "yes":
        return page(language_of(request), "withdraw.html", here="case", item=item, form_key=session.form_key)
    if item is None:
        await slot.run(withdraw_entered, session.entered, store=node.store, clock=node.clock)
    else:
        await slot.run(withdraw_item, session.entered, item, store=node.store, clock=node.clock)
    return _back(request)


async def _contact(request: Request, slot: Slot, session: sessions.Session) -> Response:
    """Keeps a contact, or says that it is none."""
    node, form = service_of(request).node, await _own_form(request, slot, session)
    if node.mail is None:
        raise BadRequest("This node sends no letters, and keeps no contact.")
    try:
        given = Contact.parse(form.get("contact", ""), language_of(request).code)
    except BadRequest:
        return await _shown(request, slot, session, is_no_contact=True)
    await slot.run(keep_contact, session.entered, given, store=node.store, clock=node.clock)
    return _back(request)


class _Change(Protocol):
    """A use case that changes an entered case."""

    def __call__(self, entered: Entered, /, *, store: Store, clock: Clock) -> None: ...


def _at_once(change: _Change) -> Handler:
    """A handler of a button: one change to her case, and the case again."""

    async def step(request: Request, slot: Slot, session: sessions.Session) -> Response:
        await _own_form(request, slot, session)
        node = service_of(request).node
        await slot.run(change, session.entered, store=node.store, clock=node.clock)
        return _back(request)

    return _entered(step)


async def _own_form(request: Request, slot: Slot, session: sessions.Session) -> Mapping[str, str]:
    form = await form_of(request, slot, service_of(request))
    require_own_form(request, form, session)
    return form


def _back(request: Request) -> Response:
    return RedirectResponse(f"/{language_of(request).code}/case", 303)


async def _shown(request: Request, slot: Slot, session: sessions.Session, *, is_no_contact: bool = False) -> Response:
    """What became of her case."""
    node = service_of(request).node
    followed = await slot.run(follow_case, session.entered, store=node.store, clock=node.clock)
    return page(
        language_of(request),
        "case.html",
        here="case",
        status=422 if is_no_contact else 200,
        case=followed,
        form_key=session.form_key,
        is_withdrawn=followed.case.status is CaseStatus.WITHDRAWN,
        offers_contact=node.mail is not None,
        is_no_contact=is_no_contact,
    )


def _item(form: Mapping[str, str]) -> int | None:
    """The item that a form names; None for everything.  Raises: BadRequest."""
    said = form.get("item", "")
    if said == "all":
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 6):
        raise BadRequest("The form names no item.")
    return int(said)


CASE_ROUTES: Final = (
    route("case", _entered(_shown), "GET"),
    route("withdraw", _entered(_withdraw), "POST"),
    route("contact", _entered(_contact), "POST"),
    route("contact/delete", _at_once(delete_contact), "POST"),
    route("link/stop", _at_once(stop_link), "POST"),
)
