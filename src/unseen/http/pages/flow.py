"""Opening a case in the browser, step by step: safe now, of age, what happened, the files.

The first steps are plain pages.  The step of the files is the browser's own work (``web/src/flow``): it makes the
fingerprints, shows them, and sends them to ``sending``.  An answer is never in an address, and none is kept here.
"""

from collections.abc import Mapping
from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from unseen.case.statements import Acting, Age, Sharing
from unseen.http.pages.assets import bundled
from unseen.http.pages.handling import back_to_entrance, form_of, language_of, require_own_form, route, session_of
from unseen.http.pages.view import FILES_POLICY, page
from unseen.http.service import service_of

_ANSWERS: Final = {"acting": frozenset(Acting), "sharing": frozenset(Sharing), "without_consent": frozenset({"yes"})}


async def start(request: Request) -> Response:
    """Whether it is safe to go on."""
    return page(language_of(request), "open.html", here="open")


async def age(request: Request) -> Response:
    """Whether anyone was under 18; only where nobody was, it goes on here."""
    language = language_of(request)
    if request.method != "POST":
        return page(language, "open-age.html", here="open/age", missing=())
    said = (await _answers(request)).get("age")
    if said not in frozenset(Age):
        return page(language, "open-age.html", here="open/age", status=422, missing=("age",))
    follows = "open/about" if said == Age.ADULT else "under-18"
    return RedirectResponse(f"/{language.code}/{follows}", 303)


async def about(request: Request) -> Response:
    """What is stated before any file is read."""
    return page(language_of(request), "open-about.html", here="open/about", missing=())


async def files(request: Request) -> Response:
    """Her answers in, the step of the files out, which sends them together with the fingerprints."""
    language = language_of(request)
    if request.method != "POST":  # from a bookmark, or in another language: the answers come first
        return RedirectResponse(f"/{language.code}/open", 303)
    said = await _answers(request)
    missing = tuple(name for name, known in _ANSWERS.items() if said.get(name) not in known)
    if missing:
        return page(language, "open-about.html", here="open/about", status=422, missing=missing)
    statements = {name: said[name] for name in _ANSWERS}
    asked = {
        "mode": "open",
        "to": f"/{language.code}/open",
        "acting": statements["acting"],
        "sharing": statements["sharing"],
    }
    return _files(request, asked, here="open", statements=statements)


async def add(request: Request) -> Response:
    """The step of the files for a case that she has entered."""
    session, code = session_of(request, service_of(request)), language_of(request).code
    if session is None:
        return back_to_entrance(request)
    asked = {"mode": "add", "to": f"/{code}/items", "page": f"/{code}/add", "form-key": session.form_key}
    return _files(request, asked, here="add", statements={})


def _files(request: Request, asked: Mapping[str, str], *, here: str, statements: Mapping[str, str]) -> Response:
    return page(
        language_of(request),
        "files.html",
        here=here,
        policy=FILES_POLICY,
        asked=asked,
        statements=statements,
        script=bundled("flow.js"),
        offers_contact=service_of(request).node.mail is not None,
    )


async def _answers(request: Request) -> Mapping[str, str]:
    """The fields of one of these pages' forms.  Raises: as ``form_of``, and OtherSite."""
    service = service_of(request)
    require_own_form(request)
    with service.desk.admit() as slot:
        return await form_of(request, slot, service)


FLOW_ROUTES: Final = (
    route("open", start, "GET"),
    route("open/age", age, "GET", "POST"),
    route("open/about", about, "GET"),
    route("open/files", files, "GET", "POST"),
    route("add", add, "GET"),
)
