"""What the handlers of pages share: their routes, how errors are told, forms and whose they are."""

import math
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any, Final, TypeVar
from urllib.parse import parse_qs

from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from unseen.base import BadRequest, CaseUnknown, NotFound, UnseenError
from unseen.desk.attempts import TooManyTries
from unseen.http.bodies import media_type, read_bytes
from unseen.http.errors import UnsupportedBody, status_of
from unseen.http.lanes import Slot
from unseen.http.pages import sessions
from unseen.http.pages.languages import LANGUAGES, Language
from unseen.http.pages.view import page
from unseen.http.service import Service

_FORM_BYTES: Final = 4096
_FORM_FIELDS: Final = 10
_TYPED_CHARACTERS: Final = 300

T = TypeVar("T")
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


def route(path: str, handler: Handler, *methods: str) -> Route:
    """A page below each language."""
    return Route(f"/{{language:language}}/{path}", _as_page(handler), methods=list(methods), include_in_schema=False)


def _as_page(handler: Handler) -> Handler:
    """Errors are told as a page, in her language; a session that is over leads to the entrance."""

    @wraps(handler)
    async def handled(request: Request) -> Response:
        try:
            return await handler(request)
        except CaseUnknown:
            return back_to_entrance(request)
        except UnseenError as error:
            status = status_of(error)
            kind = "gone" if isinstance(error, NotFound) else "form" if status < 500 else "node"
            return page(language_of(request), "error.html", here="", status=status, kind=kind)

    return handled


def language_of(request: Request) -> Language:
    """The language in the address."""
    return LANGUAGES[request.path_params["language"]]


def session_of(request: Request, service: Service) -> sessions.Session | None:
    """Her session, which goes on by this request; None where there is none."""
    now = service.node.clock.now()
    session = sessions.session_of(request, service.node.session_key, now)
    return None if session is None else session.seen(now)


def back_to_entrance(request: Request) -> Response:
    """Where someone without a session is sent."""
    response = RedirectResponse(f"/{language_of(request).code}/enter", 303)
    sessions.end(response)
    return response


async def form_of(request: Request, slot: Slot, service: Service) -> Mapping[str, str]:
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


def require_own_form(
    request: Request, form: Mapping[str, str] | None = None, session: sessions.Session | None = None
) -> None:
    """Refuse what another site sent; the cookie's ``SameSite`` stands before this.  Raises: OtherSite."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise OtherSite("This form was sent from elsewhere.")
    if session is not None:
        sent = (form or {}).get("form_key", "")
        if not secrets.compare_digest(sent.encode(), session.form_key.encode()):
            raise OtherSite("This form is of another session.")


def address_of(request: Request, service: Service) -> str:
    """Whose tries these are: kept as a keyed digest, in memory, for a day."""
    header = service.node.config.address_header
    told = request.headers.get(header) if header else None
    return told or (request.client.host if request.client else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Why a form is shown again."""

    status: int = 422
    missing: tuple[str, ...] = ()  #: names of fields
    is_unknown: bool = False  #: what was typed belongs to no case
    wait_s: float = 0.0  #: until a try is looked at again

    @property
    def wait_min(self) -> int:
        """Whole minutes, so that the page says the same for a while."""
        return math.ceil(self.wait_s / 60)


def form_page(request: Request, template: str, fault: Fault | None, *, here: str, **values: Any) -> Response:  # noqa: ANN401  (what a template takes)
    """A page with a form, empty again whatever was typed: nothing that was typed is ever sent back."""
    status = 200 if fault is None else fault.status
    response = page(language_of(request), template, here=here, status=status, fault=fault, **values)
    if fault is not None and fault.wait_s:
        response.headers["Retry-After"] = str(math.ceil(fault.wait_s))
    return response


def typed(form: Mapping[str, str], *names: str) -> tuple[str, ...] | Fault:
    """What was typed into these fields, cut to what any of them can hold."""
    missing = tuple(name for name in names if not form.get(name, "").strip())
    return Fault(missing=missing) if missing else tuple(form[name][:_TYPED_CHARACTERS] for name in names)


async def tried(request: Request, slot: Slot, service: Service, number: str, check: Callable[[], T]) -> T | Fault:
    """What ``check`` gives; counted as a try at this number, as it was typed, unless it succeeds."""
    try:
        begun = service.attempts.begin(number, address_of(request, service))
        checked = await slot.run(check)
    except CaseUnknown:
        return Fault(status=404, is_unknown=True)
    except TooManyTries as error:
        return Fault(status=429, wait_s=error.wait_s)
    service.attempts.succeeded(begun)
    return checked
