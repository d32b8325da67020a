"""The app: routes, errors and the envelope over one node."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

import unseen
from unseen.base import UnseenError
from unseen.compose import Node
from unseen.http.envelope import Envelope
from unseen.http.errors import answer, answer_of_router, bad_values
from unseen.http.pages import ROUTES
from unseen.http.routes import ROUTERS
from unseen.http.service import Seat, make_service

_ABOUT: Final = """\
Acts on intimate images shared without consent, without anyone having to look at them.

Send every upload to `POST /v1/screen`, act on its verdict, and say what your reviewers found with
`POST /v1/hits/{hit_id}/decision`. A match is a reason to look, never proof. Where the node cannot answer, it says 503
with `Retry-After`: hold the upload and ask again; only a verdict of `allow` allows.

Every error has one shape: `{"error": {"code", "message", "hint"}}`.
"""


def create_app(node: Node, seat: Seat | None = None) -> FastAPI:
    """The service over ``node``.  Its threads live as long as the app's lifespan.

    ``seat``: which of its node's processes this is; the only one, if not said.
    """
    service = make_service(node, seat or Seat.alone())

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        try:
            yield
        finally:
            await asyncio.to_thread(service.stop)

    app = FastAPI(
        title="Unseen",
        version=unseen.__version__,
        description=_ABOUT,
        lifespan=lifespan,
        openapi_url=None,  # served by a route of ours, behind the door
        docs_url=None,  # these two pages would load scripts from elsewhere
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.service = service
    for router in ROUTERS:
        app.router.routes.extend(router.routes)  # flat, so that a test can walk over every route
    app.router.routes.extend(ROUTES)
    app.add_exception_handler(UnseenError, _unseen_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _of_router)
    app.add_middleware(Envelope, metrics=service.metrics)
    return app


async def _unseen_error(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, UnseenError)
    return answer(error)


async def _invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return answer(bad_values([(tuple(fault["loc"]), str(fault["msg"])) for fault in error.errors()]))


async def _of_router(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    return answer_of_router(error.status_code, dict(error.headers) if error.headers else None)
