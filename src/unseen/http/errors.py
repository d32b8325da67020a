"""One shape for every error, and one table from an error to its status code."""

import math
from typing import Final

from pydantic import ValidationError
from starlette.responses import JSONResponse

from unseen.base import (
    BadFingerprint,
    BadImport,
    BadMedia,
    BadRequest,
    CallerError,
    CaseRefused,
    CaseUnknown,
    Conflict,
    Forbidden,
    NodeError,
    NotFound,
    StorageFull,
    TooSoon,
    Unauthenticated,
    UnseenError,
)
from unseen.desk.jobs import TooManyJobs

RETRY_AFTER_S: Final = 2


class BadBody(CallerError):
    """The request's values do not have the documented form."""

    code = "invalid"


class TooLarge(CallerError):
    """The body is larger than this node takes."""

    code = "too_large"


class UnsupportedBody(CallerError):
    """The body is of a type that this route does not read."""

    code = "unsupported_media_type"


class UploadTooSlow(CallerError):
    """The body did not arrive in time."""

    code = "upload_timeout"


#: The nearest class in an error's ancestry gives its status.
STATUS: Final[dict[type[UnseenError], int]] = {
    UnseenError: 500,
    CallerError: 400,
    BadRequest: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    CaseUnknown: 404,
    UploadTooSlow: 408,
    Conflict: 409,
    TooLarge: 413,
    UnsupportedBody: 415,
    BadBody: 422,
    BadFingerprint: 422,
    BadImport: 422,
    BadMedia: 422,
    CaseRefused: 422,
    TooManyJobs: 429,
    TooSoon: 429,
    NodeError: 503,
    StorageFull: 507,
}

_OF_ROUTER: Final = {
    400: ("bad_request", "The request cannot be read."),
    404: ("not_found", "There is no such address."),
    405: ("method_not_allowed", "This address does not take this method."),
}


def status_of(error: UnseenError) -> int:
    """The status code of ``error``."""
    return next(STATUS[kind] for kind in type(error).__mro__ if kind in STATUS)


def answer(error: UnseenError) -> JSONResponse:
    """``error`` in the one shape, with the headers that its status asks for."""
    headers: dict[str, str] = {}
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, Forbidden):
        headers["WWW-Authenticate"] = 'Bearer error="insufficient_scope"'  # RFC 6750, 3.1
    elif isinstance(error, TooSoon):
        headers["Retry-After"] = retry_after(error)
    elif isinstance(error, NodeError | TooManyJobs):
        headers["Retry-After"] = str(RETRY_AFTER_S)
    return JSONResponse(shape(error.code, error.what, error.hint), status_of(error), headers)


def retry_after(error: TooSoon) -> str:
    """The header's whole seconds."""
    return str(max(1, math.ceil(error.wait_s)))


def answer_of_router(status: int, headers: dict[str, str] | None) -> JSONResponse:
    """An error that arises before a route is reached, in the one shape."""
    code, message = _OF_ROUTER.get(status, ("bad_request", "The request cannot be answered."))
    return JSONResponse(shape(code, message), status, headers)


def answer_unexpected() -> JSONResponse:
    """A fault of ours: nothing of the request or of the fault is told."""
    return JSONResponse(
        shape("internal", "The node met an error that it does not know; the operator's log has it."), 500
    )


def shape(code: str, message: str, hint: str | None = None) -> dict[str, dict[str, str]]:
    """The one JSON shape of an error."""
    return {"error": {"code": code, "message": message} | ({} if hint is None else {"hint": hint})}


def bad_body(error: ValidationError) -> BadBody:
    """What is wrong with a body, told without repeating any of its values."""
    return bad_values([(tuple(e["loc"]), e["msg"]) for e in error.errors(include_input=False, include_context=False)])


def bad_values(faults: list[tuple[tuple[int | str, ...], str]]) -> BadBody:
    """The first of ``faults`` (where, what), and how many more there are."""
    where, what = faults[0]
    place = ".".join(str(part) for part in where) or "body"
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return BadBody(f"{place}: {what}{more}.", hint="The form of every request is at /openapi.json.")
