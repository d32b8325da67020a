"""The pages' addresses.  None of them ever holds a number, a PIN or an answer: those are sent in forms."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from unseen.base import NotFound
from unseen.case import minors
from unseen.http.pages import sessions
from unseen.http.pages.assets import serve_asset, serve_bundled
from unseen.http.pages.entering import ENTERING_ROUTES
from unseen.http.pages.flow import FLOW_ROUTES
from unseen.http.pages.handling import language_of, route
from unseen.http.pages.her_case import CASE_ROUTES
from unseen.http.pages.languages import language_for
from unseen.http.pages.minors import services_for
from unseen.http.pages.recovering import RECOVERY_ROUTES
from unseen.http.pages.sending import SENDING_ROUTES
from unseen.http.pages.view import page


async def root(request: Request) -> Response:
    """To the pages in the browser's language."""
    language = language_for(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language.code}/", 303, {"Vary": "Accept-Language"})


async def home(request: Request) -> Response:
    """What this is."""
    return page(language_of(request), "home.html", here="")


async def under_18(request: Request) -> Response:
    """Who helps where someone was under 18."""
    language = language_of(request)
    return page(
        language, "under-18.html", here="under-18", services=services_for(language), checked_on=minors.checked_on()
    )


async def leave(request: Request) -> Response:
    """Quick exit: her case is closed here, and the next page is another's."""
    response = RedirectResponse(language_of(request).leave_for, 303)
    sessions.end(response)
    return response


async def missing(request: Request) -> Response:
    """No such page."""
    raise NotFound("There is no such page.")


ROUTES: Final = (
    Route("/", root, methods=["GET"], include_in_schema=False),
    Route("/assets/{name}", serve_asset, methods=["GET"], include_in_schema=False),
    Route("/assets/{version}/{name}", serve_bundled, methods=["GET"], include_in_schema=False),
    route("", home, "GET"),
    route("under-18", under_18, "GET"),
    route("leave", leave, "GET"),
    *ENTERING_ROUTES,
    *CASE_ROUTES,
    *RECOVERY_ROUTES,
    *FLOW_ROUTES,
    *SENDING_ROUTES,
    route("{rest:path}", missing, "GET"),
)
