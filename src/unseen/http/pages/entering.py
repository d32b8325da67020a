"""She comes back with number and PIN, and signs out."""

from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from unseen.base import CaseUnknown, NodeError
from unseen.case.records import CaseNumber, Pin
from unseen.desk.enter_case import Entered, end_sessions, enter_case
from unseen.http.errors import status_of
from unseen.http.pages import sessions
from unseen.http.pages.handling import (
    Fault,
    form_of,
    form_page,
    language_of,
    require_own_form,
    route,
    session_of,
    tried,
    typed,
)
from unseen.http.pages.view import page
from unseen.http.service import Service, service_of


async def enter(request: Request) -> Response:
    """Number and PIN; the right ones lead to the case."""
    if request.method != "POST":
        return form_page(request, "enter.html", None, here="enter")
    service, node = service_of(request), service_of(request).node
    require_own_form(request)
    with service.cases.admit() as slot:
        fields = typed(await form_of(request, slot, service), "number", "pin")
        if isinstance(fields, Fault):
            return form_page(request, "enter.html", fields, here="enter")
        number, pin = fields
        entered = await tried(request, slot, service, number, partial(_checked, number, pin, service))
    if isinstance(entered, Fault):
        return form_page(request, "enter.html", entered, here="enter")
    response = RedirectResponse(f"/{language_of(request).code}/case", 303)
    sessions.keep(response, sessions.Session.new(entered, node.clock.now()), node.session_key)
    return response


async def close(request: Request) -> Response:
    """The case is closed, here and wherever else it is open.

    Where the store does not answer, this browser forgets it all the same, and the page says that something is wrong.
    """
    service = service_of(request)
    response: Response = RedirectResponse(f"/{language_of(request).code}/", 303)
    session = session_of(request, service)
    if session is not None:
        with service.desk.admit() as slot:
            require_own_form(request, await form_of(request, slot, service), session)
            try:
                await slot.run(end_sessions, session.entered, store=service.node.store)
            except CaseUnknown:
                pass  # it was closed elsewhere
            except NodeError as error:
                response = page(language_of(request), "error.html", here="", status=status_of(error), kind="node")
    sessions.end(response)
    return response


def _checked(number: str, pin: str, service: Service) -> Entered:
    """Raises: CaseUnknown."""
    node = service.node
    return enter_case(CaseNumber.parse(number), Pin.parse(pin), store=node.store, pins=node.pins)


ENTERING_ROUTES: Final = (
    route("enter", enter, "GET", "POST"),
    route("close", close, "POST"),
)
