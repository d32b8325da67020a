"""The operator hands a platform or a helper the key to this node."""

from collections.abc import Collection
from dataclasses import dataclass, field

from unseen.base import Clock
from unseen.base.ids import RandomBits
from unseen.desk.ports import Store
from unseen.desk.tokens import Scope, Token, digest_of, new_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """The only time the secret is seen."""

    token: Token
    secret: str = field(repr=False)


def make_token(
    name: str, scopes: Collection[Scope], *, store: Store, clock: Clock, random_bits: RandomBits
) -> NewToken:
    """Make a token.  Raises: BadRequest (name or scopes), Conflict (the name is in use)."""
    secret = new_secret(random_bits)
    token = Token(name=name, digest=digest_of(secret), scopes=frozenset(scopes), created_at=clock.now())
    with store.write() as tx:
        tx.put_token(token)
    return NewToken(token=token, secret=secret)
