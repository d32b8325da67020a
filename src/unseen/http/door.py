"""Who may come in: a bearer token, looked up by its digest, with the scope that the route asks for.

The door is a dependency of every route but ``/healthz`` and ``/readyz``, and runs before any of the body is read.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Final

from fastapi import Depends
from fastapi.exceptions import RequestValidationError
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from starlette.requests import Request

from unseen.base import Forbidden, StoreUnavailable, Unauthenticated
from unseen.desk.ports import Store
from unseen.desk.recall import Recall
from unseen.desk.tokens import Scope, Token, digest_of
from unseen.http.service import Service, service_of

_BEARER: Final = HTTPBearer(
    auto_error=False,
    scheme_name="token",
    description="A token made with `unseen token new`. Each route says which scope it asks for; `admin` opens all.",
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


def needs(*scopes: Scope, is_confirmed_later: bool = False) -> Callable[..., Awaitable[Token]]:
    """A dependency that lets in a token with any of ``scopes``.

    ``is_confirmed_later``: the route calls ``require_in_force`` before it answers, so that a token which was in force
    at the last look may begin to send its body without a question to the store.
    It raises Unauthenticated for no token or one that is not in force, Forbidden for one without the scope.
    """

    async def door(request: Request, sent: Credentials) -> Token:
        service = service_of(request)
        token = _known(service, sent) if is_confirmed_later else None
        token = token or await find_token(service, sent)
        if token is None:
            raise _not_in_force()
        if not any(token.allows(scope) for scope in scopes):
            raise Forbidden("This token does not open this route.", hint=f"It needs the scope {' or '.join(scopes)}.")
        _require_each_once(request)
        return token

    return door


def require_in_force(token: Token, store: Store, recall: Recall | None) -> None:
    """Look again, at what is true now.  ``recall``: if it was just found to be exactly what the store has.

    Raises: Unauthenticated where it was revoked meanwhile, StoreUnavailable.
    """
    if recall is not None:
        known = recall.token(token.digest)
    else:
        with store.read() as reader:
            known = reader.token(token.digest)
    if known is None:
        raise _not_in_force()


def _require_each_once(request: Request) -> None:
    """Which of two values is meant, nobody can tell.  Raises: RequestValidationError."""
    names = [name for name, _ in request.query_params.multi_items()]
    repeated = next((name for name in names if names.count(name) > 1), None)
    if repeated is not None:
        raise RequestValidationError([{"loc": ("query", repeated), "msg": "sent more than once"}])


def _not_in_force() -> Unauthenticated:
    return Unauthenticated(
        "This route needs a token that is in force.", hint="Send it as `Authorization: Bearer unseen_...`."
    )


def _known(service: Service, sent: HTTPAuthorizationCredentials | None) -> Token | None:
    """The token that was sent, if memory has it and the store is there to confirm it later."""
    if sent is None or service.guard.is_away:
        return None
    return service.recall.token(digest_of(sent.credentials))


async def find_token(service: Service, sent: HTTPAuthorizationCredentials | None) -> Token | None:
    """The token that was sent, if it is in force; while the store is away, if it was when last heard of.

    Raises: StoreUnavailable, NodeBusy.
    """
    if sent is None:
        return None
    with service.door.admit() as slot:
        try:
            service.guard.require_store()
            return await service.guard.ask(slot.run(_look_up, service.node.store, sent.credentials))
        except StoreUnavailable:
            known = service.recall.token(digest_of(sent.credentials)) if service.may_answer_alone else None
            if known is None:
                raise
            return known


def _look_up(store: Store, secret: str) -> Token | None:
    with store.read() as reader:
        return reader.token(digest_of(secret))


#: For uploads; whoever uses it calls ``require_in_force``.
Screener = Annotated[Token, Depends(needs(Scope.SCREEN, is_confirmed_later=True))]
Asker = Annotated[Token, Depends(needs(Scope.SCREEN))]  #: of what became of its uploads
Decider = Annotated[Token, Depends(needs(Scope.SCREEN, Scope.BANK))]
Banker = Annotated[Token, Depends(needs(Scope.BANK))]
CaseHelper = Annotated[Token, Depends(needs(Scope.CASE))]
Admin = Annotated[Token, Depends(needs(Scope.ADMIN))]
Anyone = Annotated[Token, Depends(needs(*Scope))]  #: any token that is in force
