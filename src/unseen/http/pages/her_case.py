"""What became of her case, and what she can change about it."""

from collections.abc import Mapping
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from unseen.base import BadRequest, Clock
from unseen.case.contact import Contact
from unseen.case.records import CaseStatus
from unseen.desk.enter_case import Entered
from unseen.desk.follow_case import FollowedCase, follow_case
from unseen.desk.keep_contact import delete_contact, keep_contact
from unseen.desk.ports import Store
from unseen.desk.recovery_links import stop_link
from unseen.desk.withdraw_case import withdraw_entered, withdraw_item
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
from unseen.http.service import Service, service_of


async def case(request: Request) -> Response:
    """What became of her case."""
    service, node = service_of(request), service_of(request).node
    session = session_of(request, service)
    if session is None:
        return back_to_entrance(request)
    with service.desk.admit() as slot:
        followed = await slot.run(follow_case, session.entered, store=node.store, clock=node.clock)
    response = _shown(request, followed, session, service)
    sessions.keep(response, session, node.session_key)
    return response


async def withdraw(request: Request) -> Response:
    """Asks whether she is sure, then withdraws one item or everything."""
    service, node = service_of(request), service_of(request).node
    language, session = language_of(request), session_of(request, service)
    if session is None:
        return back_to_entrance(request)
    with service.desk.admit() as slot:
        form = await form_of(request, slot, service)
        require_own_form(request, form, session)
        item = _item(form)
        if form.get("sure") == "yes":
            if item is None:
                await slot.run(withdraw_entered, session.entered, store=node.store, clock=node.clock)
            else:
                await slot.run(withdraw_item, session.entered, item, store=node.store, clock=node.clock)
            response: Response = RedirectResponse(f"/{language.code}/case", 303)
        else:
            response = page(language, "withdraw.html", here="case", item=item, form_key=session.form_key)
    sessions.keep(response, session, node.session_key)
    return response


async def contact(request: Request) -> Response:
    """Keeps a contact, or says that it is none."""
    service, node = service_of(request), service_of(request).node
    language, session = language_of(request), session_of(request, service)
    if session is None:
        return back_to_entrance(request)
    with service.desk.admit() as slot:
        form = await form_of(request, slot, service)
        require_own_form(request, form, session)
        if node.mail is None:
            raise BadRequest("This node sends no letters, and keeps no contact.")
        try:
            given = Contact.parse(form.get("contact", ""), language.code)
        except BadRequest:
            followed = await slot.run(follow_case, session.entered, store=node.store, clock=node.clock)
            response = _shown(request, followed, session, service, is_no_contact=True)
        else:
            await slot.run(keep_contact, session.entered, given, store=node.store, clock=node.clock)
            response = RedirectResponse(f"/{language.code}/case", 303)
    sessions.keep(response, session, node.session_key)
    return response


class _Change(Protocol):
    """A use case that changes an entered case."""

    def __call__(self, entered: Entered, /, *, store: Store, clock: Clock) -> None: ...


def _at_once(change: _Change) -> Handler:
    """A handler of a button: one change to her case, and the case again."""

    async def handle(request: Request) -> Response:
        service, node = service_of(request), service_of(request).node
        session = session_of(request, service)
        if session is None:
            return back_to_entrance(request)
        with service.desk.admit() as slot:
            require_own_form(request, await form_of(request, slot, service), session)
            await slot.run(change, session.entered, store=node.store, clock=node.clock)
        response = RedirectResponse(f"/{language_of(request).code}/case", 303)
        sessions.keep(response, session, node.session_key)
        return response

    return handle


def _shown(
    request: Request,
    followed: FollowedCase,
    session: sessions.Session,
    service: Service,
    *,
    is_no_contact: bool = False,
) -> Response:
    return page(
        language_of(request),
        "case.html",
        here="case",
        status=422 if is_no_contact else 200,
        case=followed,
        form_key=session.form_key,
        is_withdrawn=followed.case.status is CaseStatus.WITHDRAWN,
        offers_contact=service.node.mail is not None,
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
    route("case", case, "GET"),
    route("withdraw", withdraw, "POST"),
    route("contact", contact, "POST"),
    route("contact/delete", _at_once(delete_contact), "POST"),
    route("link/stop", _at_once(stop_link), "POST"),
)
