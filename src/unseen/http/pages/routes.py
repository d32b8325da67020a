"""The pages' addresses.  None of them ever holds a number, a PIN or an answer: those are sent in forms."""

import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Final
from urllib.parse import parse_qs

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from unseen.base import BadRequest, CaseUnknown, NotFound, UnseenError
from unseen.case.records import CaseNumber, CaseStatus, Pin
from unseen.desk.attempts import TooManyTries
from unseen.desk.enter_case import Entered, enter_case
from unseen.desk.follow_case import follow_case
from unseen.desk.withdraw_case import withdraw_entered, withdraw_item
from unseen.http.bodies import media_type, read_bytes
from unseen.http.errors import UnsupportedBody, status_of
from unseen.http.lanes import Slot
from unseen.http.pages import sessions
from unseen.http.pages.assets import serve_asset
from unseen.http.pages.languages import LANGUAGES, Language, language_for
from unseen.http.pages.minors import CHECKED_ON, SERVICES
from unseen.http.pages.view import page
from unseen.http.service import Service, service_of

_FORM_BYTES: Final = 4096
_FORM_FIELDS: Final = 10
_TYPED_CHARACTERS: Final = 60

Handler = Callable[[Request], Awaitable[Response]]


class _LanguageConvertor(Convertor[str]):
    """Only the pages' languages, so that no other address is taken for a page."""

    regex = "|".join(LANGUAGES)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("language", _LanguageConvertor())


class OtherSite(BadRequest):
    """A form that no page of ours has sent, or one from a session that is over."""


def _as_page(handler: Handler) -> Handler:
    """Errors are told as a page, in her language."""

    @wraps(handler)
    async def handled(request: Request) -> Response:
        try:
            return await handler(request)
        except UnseenError as error:
            status = status_of(error)
            kind = "gone" if isinstance(error, NotFound) else "form" if status < 500 else "node"
            return page(_language(request), "error.html", here="", status=status, kind=kind)

    return handled


async def root(request: Request) -> Response:
    """To the pages in the browser's language."""
    language = language_for(request.headers.get("accept-language", ""))
    return RedirectResponse(f"/{language.code}/", 303, {"Vary": "Accept-Language"})


async def home(request: Request) -> Response:
    """What this is."""
    return page(_language(request), "home.html", here="")


async def under_18(request: Request) -> Response:
    """Who helps where someone was under 18."""
    return page(_language(request), "under-18.html", here="under-18", services=SERVICES, checked_on=CHECKED_ON)


async def leave(request: Request) -> Response:
    """Quick exit: her case is closed here, and the next page is another's."""
    response = RedirectResponse(_language(request).leave_for, 303)
    sessions.end(response)
    return response


async def enter(request: Request) -> Response:
    """Number and PIN; the right ones lead to the case."""
    if request.method != "POST":
        return _entrance(request)
    service, node = service_of(request), service_of(request).node
    _require_own_form(request)
    with service.cases.admit() as slot:
        form = await _form(request, slot, service)
        number, pin = (form.get(name, "")[:_TYPED_CHARACTERS] for name in ("number", "pin"))
        if not number.strip() or not pin.strip():
            return _entrance(request, 422, missing=tuple(n for n in ("number", "pin") if not form.get(n, "").strip()))
        try:
            begun = service.attempts.begin(_canonical(number), _address(request, service))
            entered = await slot.run(_checked, number, pin, service)
            service.attempts.succeeded(begun)
        except CaseUnknown:
            return _entrance(request, 404, is_unknown=True)
        except TooManyTries as error:
            answer = _entrance(request, 429, wait_min=max(1, math.ceil(error.wait_s / 60)))
            answer.headers["Retry-After"] = str(math.ceil(error.wait_s))
            return answer
    response = RedirectResponse(f"/{_language(request).code}/case", 303)
    sessions.keep(response, sessions.Session.new(entered, node.clock.now()), node.session_key)
    return response


async def case(request: Request) -> Response:
    """What became of her case."""
    service, node = service_of(request), service_of(request).node
    session = _session(request, service)
    if session is None:
        return _back_to_entrance(request)
    with service.desk.admit() as slot:
        try:
            followed = await slot.run(follow_case, session.entered, store=node.store, clock=node.clock)
        except CaseUnknown:
            return _back_to_entrance(request)
    is_withdrawn = followed.case.status is CaseStatus.WITHDRAWN
    response = page(
        _language(request),
        "case.html",
        here="case",
        case=followed,
        form_key=session.form_key,
        is_withdrawn=is_withdrawn,
    )
    sessions.keep(response, session, node.session_key)
    return response


async def withdraw(request: Request) -> Response:
    """Asks whether she is sure, then withdraws one item or everything."""
    service, node = service_of(request), service_of(request).node
    language, session = _language(request), _session(request, service)
    if session is None:
        return _back_to_entrance(request)
    with service.desk.admit() as slot:
        form = await _form(request, slot, service)
        _require_own_form(request, form, session)
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


async def close(request: Request) -> Response:
    """The case is closed in this browser; nothing else changes."""
    service = service_of(request)
    session = _session(request, service)
    if session is not None:
        with service.desk.admit() as slot:
            _require_own_form(request, await _form(request, slot, service), session)
    response = RedirectResponse(f"/{_language(request).code}/", 303)
    sessions.end(response)
    return response


async def missing(request: Request) -> Response:
    """No such page."""
    raise NotFound("There is no such page.")


def _entrance(
    request: Request,
    status: int = 200,
    *,
    missing: tuple[str, ...] = (),
    is_unknown: bool = False,
    wait_min: int = 0,
) -> Response:
    """The form, empty again whatever was typed: the PIN is never sent back."""
    return page(
        _language(request),
        "enter.html",
        here="enter",
        status=status,
        missing=missing,
        is_unknown=is_unknown,
        wait_min=wait_min,
    )


def _back_to_entrance(request: Request) -> Response:
    response = RedirectResponse(f"/{_language(request).code}/enter", 303)
    sessions.end(response)
    return response


def _checked(number: str, pin: str, service: Service) -> Entered:
    """Raises: CaseUnknown."""
    node = service.node
    return enter_case(CaseNumber.parse(number), Pin.parse(pin), store=node.store, pins=node.pins)


def _canonical(typed: str) -> str:
    """One spelling for all the ways to type a number, so that tries at it are counted together."""
    try:
        return str(CaseNumber.parse(typed))
    except CaseUnknown:
        return typed


def _address(request: Request, service: Service) -> str:
    """Whose tries these are: kept as a keyed digest, in memory, for a day."""
    header = service.node.config.address_header
    told = request.headers.get(header) if header else None
    return told or (request.client.host if request.client else "")


def _language(request: Request) -> Language:
    return LANGUAGES[request.path_params["language"]]


def _session(request: Request, service: Service) -> sessions.Session | None:
    now = service.node.clock.now()
    session = sessions.session_of(request, service.node.session_key, now)
    return None if session is None else session.seen(now)


async def _form(request: Request, slot: Slot, service: Service) -> Mapping[str, str]:
    """The fields of a form, each once.  Raises: UnsupportedBody, BadRequest, TooLarge, UploadTooSlow."""
    if media_type(request) != "application/x-www-form-urlencoded":
        raise UnsupportedBody("This page reads forms.")
    timeout_s = service.node.config.upload_timeout_s
    body = await read_bytes(request, slot, max_bytes=_FORM_BYTES, timeout_s=timeout_s)
    try:
        fields = parse_qs(body.decode("ascii"), keep_blank_values=True, max_num_fields=_FORM_FIELDS)
    except ValueError:
        raise BadRequest("This is not a form.") from None
    return {name: values[0] for name, values in fields.items()}


def _item(form: Mapping[str, str]) -> int | None:
    """The item that a form names; None for everything.  Raises: BadRequest."""
    said = form.get("item", "")
    if said == "all":
        return None
    if not (said.isascii() and said.isdecimal() and len(said) < 6):
        raise BadRequest("The form names no item.")
    return int(said)


def _require_own_form(
    request: Request, form: Mapping[str, str] | None = None, session: sessions.Session | None = None
) -> None:
    """Refuse what another site sent; the cookie's ``SameSite`` stands before this.  Raises: OtherSite."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise OtherSite("This form was sent from elsewhere.")
    if session is not None:
        sent = (form or {}).get("form_key", "")
        if not secrets.compare_digest(sent.encode(), session.form_key.encode()):
            raise OtherSite("This form is of another session.")


def _route(path: str, handler: Handler, *methods: str) -> Route:
    return Route(f"/{{language:language}}/{path}", _as_page(handler), methods=list(methods), include_in_schema=False)


ROUTES: Final = (
    Route("/", root, methods=["GET"], include_in_schema=False),
    Route("/assets/{name}", serve_asset, methods=["GET"], include_in_schema=False),
    _route("", home, "GET"),
    _route("under-18", under_18, "GET"),
    _route("leave", leave, "GET"),
    _route("enter", enter, "GET", "POST"),
    _route("case", case, "GET"),
    _route("withdraw", withdraw, "POST"),
    _route("close", close, "POST"),
    _route("{rest:path}", missing, "GET"),
)
