"""Tokens, in SQL; one that was revoked stays as a row, so that its digest is never taken again."""

from datetime import datetime

from sqlalchemy import Row, insert, select, update

from unseen.base import Conflict, NotFound
from unseen.desk.tokens import Scope, Token
from unseen.store import tables
from unseen.store.bank_sql import BankReads

_IN_FORCE = tables.tokens.c.revoked_at.is_(None)


class TokenReads(BankReads):
    """What can be asked of tokens."""

    def token(self, digest: bytes) -> Token | None:
        found = select(tables.tokens).where(_IN_FORCE, tables.tokens.c.digest == digest)
        row = self._connection.execute(found).one_or_none()
        return None if row is None else _token(row)

    def tokens(self) -> tuple[Token, ...]:
        found = select(tables.tokens).where(_IN_FORCE).order_by(tables.tokens.c.name)
        return tuple(_token(row) for row in self._connection.execute(found))


class TokenWrites(TokenReads):
    """What can be done to tokens."""

    def put_token(self, token: Token) -> None:
        if any(held.name == token.name for held in self.tokens()):
            raise Conflict(f"A token named {token.name} is in force.", hint="Revoke it first, or take another name.")
        self._connection.execute(
            insert(tables.tokens).values(
                name=token.name,
                digest=token.digest,
                scopes=" ".join(sorted(token.scopes)),
                created_at=token.created_at,
            )
        )

    def revoke_token(self, name: str, *, at: datetime) -> None:
        ended = update(tables.tokens).where(_IN_FORCE, tables.tokens.c.name == name).values(revoked_at=at)
        if not self._connection.execute(ended).rowcount:
            raise NotFound(f"No token named {name} is in force.")


def _token(row: Row[tuple[object, ...]]) -> Token:
    return Token(
        name=row.name,
        digest=row.digest,
        scopes=frozenset(map(Scope, row.scopes.split())),
        created_at=row.created_at,
    )
