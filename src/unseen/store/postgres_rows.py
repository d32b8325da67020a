"""What PostgreSQL is asked and told in words of its own, for speed: probes by code, and rows in bulk."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from psycopg import sql
from sqlalchemy import ARRAY, BigInteger, FromClause, LargeBinary, Table, bindparam, func, select, true, update

from unseen.bank.records import EntryEvent, EntryState
from unseen.fingerprint.records import Kind
from unseen.store.claim_sql import Because
from unseen.store.entry_sql import EntryReads, standing
from unseen.store.postgres_errors import driver_of, our_errors
from unseen.store.sql import SqlReader, SqlTransaction
from unseen.store.tables import Text, UtcMicros, entries, frame_codes, ledger, region_codes

CHANNEL: Final = "unseen_changes"  #: on which every transaction that made changes notifies


class _Probing(EntryReads):
    def last_seq(self) -> int:
        return int(self._connection.execute(_LAST_SEQ).scalar_one())

    def _standing_with(self, kind: Kind, codes: Sequence[bytes]) -> FromClause:
        """One probe of the index for each code: nothing tells the planner that codes are rare, see ``tables``."""
        asked = func.unnest(bindparam(None, list(codes), ARRAY(LargeBinary))).table_valued("code")
        asked = asked.render_derived()
        same = standing & (entries.c.kind == kind) & (entries.c.code == asked.c.code)
        held = select(entries).where(same).offset(0).lateral()  # the offset keeps it from being joined otherwise
        return select(held).select_from(asked.join(held, true())).subquery()


#: Naming what holds codes keeps it from being rewritten, so that a scrub waits for this view or the view for it.
_LAST_SEQ: Final = select(
    ledger.c.last_seq,
    select(entries.c.id).limit(0).scalar_subquery(),
    select(region_codes.c.entry_id).limit(0).scalar_subquery(),
    select(frame_codes.c.entry_id).limit(0).scalar_subquery(),
)


class PostgresReader(_Probing, SqlReader):
    """Everything that can be asked, of one moment."""


class PostgresTransaction(_Probing, SqlTransaction):
    """Everything that can be asked and done, all of it or nothing."""

    def _insert(self, table: Table, rows: Sequence[Mapping[str, object]]) -> None:
        """COPY: many times as fast as an insert for each row."""
        if not rows:
            return
        names = list(rows[0])
        dialect = self._connection.dialect
        converters = [table.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
        columns = sql.SQL(", ").join(map(sql.Identifier, names))
        statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
        with our_errors(), driver_of(self._connection).cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                values = zip(converters, row.values(), strict=True)
                copy.write_row([value if convert is None else convert(value) for convert, value in values])

    def _update_states(self, moved: Mapping[int, EntryState], at: datetime) -> None:
        since = [at if state is EntryState.RETIRED else None for state in moved.values()]
        rows = func.unnest(
            bindparam(None, list(moved), ARRAY(BigInteger)),
            bindparam(None, list(moved.values()), ARRAY(Text)),
            bindparam(None, since, ARRAY(UtcMicros)),
        ).table_valued("id", "state", "since")
        rows = rows.render_derived()
        moving = update(entries).where(entries.c.id == rows.c.id).values(state=rows.c.state, retired_at=rows.c.since)
        self._connection.execute(moving)

    def _record(self, steps: Sequence[tuple[int, EntryEvent]], because: Because) -> None:
        super()._record(steps, because)
        if steps:
            self._connection.execute(select(func.pg_notify(CHANNEL, "")))
