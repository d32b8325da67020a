"""A lost PIN: the recovery code, or a link to her contact; and a new PIN for her who fears that somebody saw it."""

import secrets
import time
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from unseen.base import CaseUnknown
from unseen.case.records import CaseNumber, Keys, Pin, RecoveryCode
from unseen.desk.once import Once
from unseen.desk.recover_case import Locksmith, renew_with_code, renew_with_link, renew_with_pin
from unseen.desk.recovery_links import LinkTooEarly, ask_for_link, stop_link_by_token
from unseen.http.pages import sessions
from unseen.http.pages.even import until_even
from unseen.http.pages.handling import (
    Fault,
    back_to_entrance,
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

_ASKED_S: Final = 1.0  # far longer than it takes to find out whether there is anybody to send a link to
_ONCE_BYTES: Final = 24
_TOKEN_CHARACTERS: Final = 40


async def recover(request: Request) -> Response:
    """Number and recovery code give a new PIN and a new code."""
    service = service_of(request)
    if request.method != "POST":
        return _recover_page(request, None)
    require_own_form(request)
    with service.cases.admit() as slot:
        form = await form_of(request, slot, service)
        fields = typed(form, "number", "code")
        if isinstance(fields, Fault):
            return _recover_page(request, fields)
        number, code = fields
        keys = await tried(request, slot, service, number, partial(_by_code, number, code, form, service))
    return _recover_page(request, keys) if isinstance(keys, Fault) else _keys_page(request, number, keys)


async def ask(request: Request) -> Response:
    """A number asks for a link; the answer, and how long it takes, is the same whatever number it is."""
    service, began = service_of(request), time.monotonic()
    require_own_form(request)
    if service.node.mail is None:
        return _recover_page(request, None)
    with service.cases.admit() as slot:
        fields = typed(await form_of(request, slot, service), "number")
        if isinstance(fields, Fault):
            return _recover_page(request, fields)
        asked = await tried(request, slot, service, fields[0], partial(_ask, fields[0], service))
    await until_even(began, _ASKED_S)
    if isinstance(asked, Fault) and not asked.is_unknown:
        return _recover_page(request, asked)
    return page(language_of(request), "link-asked.html", here="recover")


async def link(request: Request) -> Response:
    """What a letter leads to: the number gives a new PIN, or stops the link."""
    return _link_page(request, request.path_params["token"][:_TOKEN_CHARACTERS], None)


async def use_link(request: Request) -> Response:
    """As the link's page asks for."""
    service = service_of(request)
    require_own_form(request)
    with service.cases.admit() as slot:
        form = await form_of(request, slot, service)
        token, fields = form.get("token", "")[:_TOKEN_CHARACTERS], typed(form, "number")
        if isinstance(fields, Fault):
            return _link_page(request, token, fields)
        number = fields[0]
        act = _stop if form.get("stop") == "yes" else _by_link
        try:
            done = await tried(request, slot, service, number, partial(act, number, token, form, service))
        except LinkTooEarly as early:
            opens = (service.node.clock.now() + timedelta(seconds=early.wait_s)).date()
            return page(language_of(request), "link-early.html", here="recover", status=429, opens=opens)
    if isinstance(done, Fault):
        return _link_page(request, token, done)
    if done is None:
        return page(language_of(request), "link-stopped.html", here="recover")
    return _keys_page(request, number, done)


async def change_pin(request: Request) -> Response:
    """A new PIN for her who has the old one."""
    service = service_of(request)
    session = session_of(request, service)
    if session is None:
        return back_to_entrance(request)
    if request.method != "POST":
        return _change_page(request, session, None)
    with service.cases.admit() as slot:
        form = await form_of(request, slot, service)
        require_own_form(request, form, session)
        fields, number = typed(form, "pin"), str(session.entered.number)
        if isinstance(fields, Fault):
            return _change_page(request, session, fields)
        keys = await tried(request, slot, service, number, partial(_by_pin, fields[0], form, session, service))
    if isinstance(keys, Fault):
        return _change_page(request, session, keys)
    response = _keys_page(request, number, keys)
    sessions.end(response)
    return response


def _recover_page(request: Request, fault: Fault | None) -> Response:
    offers_link = service_of(request).node.mail is not None
    return form_page(request, "recover.html", fault, here="recover", once=_fresh(), offers_link=offers_link)


def _link_page(request: Request, token: str, fault: Fault | None) -> Response:
    return form_page(request, "link.html", fault, here=f"link/{token}", once=_fresh(), token=token)


def _change_page(request: Request, session: sessions.Session, fault: Fault | None) -> Response:
    return form_page(request, "change-pin.html", fault, here="pin", once=_fresh(), form_key=session.form_key)


def _keys_page(request: Request, number: str, keys: Keys) -> Response:
    """The only time that they are seen."""
    return page(language_of(request), "keys.html", here="recover", number=str(CaseNumber.parse(number)), keys=keys)


def _fresh() -> str:
    """What a form is known by when a browser sends it again."""
    return secrets.token_urlsafe(_ONCE_BYTES)


def _once(what: str, form: Mapping[str, str]) -> Once:
    return Once.of(form.get("once", ""), what, urlencode(sorted(form.items())).encode())


def _locksmith(service: Service) -> Locksmith:
    node = service.node
    return Locksmith(store=node.store, pins=node.pins, clock=node.clock, random_bits=node.random_bits)


def _by_code(number: str, code: str, form: Mapping[str, str], service: Service) -> Keys:
    its = CaseNumber.parse(number)
    return renew_with_code(its, RecoveryCode.parse(code), once=_once("code", form), by=_locksmith(service))


def _by_link(number: str, token: str, form: Mapping[str, str], service: Service) -> Keys | None:
    once, by = _once("link", form), _locksmith(service)
    return renew_with_link(CaseNumber.parse(number), token, links=service.node.links, once=once, by=by)


def _by_pin(pin: str, form: Mapping[str, str], session: sessions.Session, service: Service) -> Keys:
    return renew_with_pin(session.entered, Pin.parse(pin), once=_once("pin", form), by=_locksmith(service))


def _ask(number: str, service: Service) -> None:
    """Raises: CaseUnknown, always: asking proves nothing, and counts as a try."""
    ask_for_link(CaseNumber.parse(number), store=service.node.store, clock=service.node.clock)
    raise CaseUnknown


def _stop(number: str, token: str, _: Mapping[str, str], service: Service) -> Keys | None:
    node = service.node
    stop_link_by_token(CaseNumber.parse(number), token, links=node.links, store=node.store, clock=node.clock)
    return None


RECOVERY_ROUTES: Final = (
    route("recover", recover, "GET", "POST"),
    route("recover/link", ask, "POST"),
    route("link/{token}", link, "GET"),
    route("link", use_link, "POST"),
    route("pin", change_pin, "GET", "POST"),
)
