"""Banks, their tallies, and the ledger's numbers, in SQL."""

from collections.abc import Mapping

from sqlalchemy import Column, Connection, Row, insert, select, update

from unseen.bank.records import Bank, EntryState, Purpose, Response
from unseen.base import Conflict, NotFound
from unseen.desk.ports import Tally
from unseen.store.sealing import Sealer
from unseen.store.tables import banks, ledger, tallies


class BankReads:
    """What can be asked of banks and the ledger."""

    def __init__(self, connection: Connection, sealer: Sealer) -> None:
        """``connection`` is inside a transaction, so that every answer is of the same moment."""
        self._connection = connection
        self._sealer = sealer

    def last_seq(self) -> int:
        return int(self._connection.execute(select(ledger.c.last_seq)).scalar_one())

    def lineage(self) -> bytes:
        return bytes(self._connection.execute(select(ledger.c.lineage)).scalar_one())

    def banks(self) -> tuple[Bank, ...]:
        return tuple(_bank(row) for row in self._connection.execute(select(banks).order_by(banks.c.name)))

    def bank(self, name: str) -> Bank:
        return _bank(self._bank_row(name))

    def tallies(self) -> tuple[Tally, ...]:
        counted = (
            select(banks.c.name, tallies.c.state, tallies.c.entries)
            .join_from(tallies, banks)
            .where(tallies.c.entries > 0)
            .order_by(banks.c.name, tallies.c.state)
        )
        return tuple(
            Tally(bank=name, state=EntryState(state), entries=count)
            for name, state, count in self._connection.execute(counted)
        )

    def _bank_row(self, name: str) -> Row[tuple[object, ...]]:
        row = self._connection.execute(select(banks).where(banks.c.name == name)).one_or_none()
        if row is None:
            raise NotFound(f"There is no bank {name}.")
        return row


class BankWrites(BankReads):
    """What can be done to banks and the ledger."""

    def put_bank(self, bank: Bank) -> None:
        held = self._connection.execute(select(banks.c.purpose).where(banks.c.name == bank.name)).scalar()
        settings = {
            "purpose": bank.purpose,
            "radius_bits": bank.radius_bits,
            "on_unconfirmed": bank.on_unconfirmed,
            "on_confirmed": bank.on_confirmed,
            "on_region": bank.on_region,
        }
        if held is None:
            self._connection.execute(insert(banks).values(name=bank.name, **settings))
            its = self._bank_row(bank.name).id
            none_yet = [{"bank_id": its, "state": state, "entries": 0} for state in EntryState]
            self._connection.execute(insert(tallies), none_yet)
        elif held == bank.purpose:
            self._connection.execute(update(banks).where(banks.c.name == bank.name).values(settings))
        else:
            raise Conflict(f"Bank {bank.name} is there to {held}; make another bank for another purpose.")

    def _recount(self, changed: Mapping[tuple[int, EntryState], int]) -> None:
        """Let so many more entries, or fewer, be counted in these (bank's id, state)."""
        for (bank_id, state), by in changed.items():
            its = (tallies.c.bank_id == bank_id) & (tallies.c.state == state)
            self._connection.execute(update(tallies).where(its).values(entries=tallies.c.entries + by))

    def _next(self, last: Column[int], count: int) -> range:
        """The next ``count`` numbers of a kind; the ledger's row stays ours until the transaction ends."""
        self._connection.execute(update(ledger).values({last: last + count}))
        reached = int(self._connection.execute(select(last)).scalar_one())
        return range(reached - count + 1, reached + 1)


def _bank(row: Row[tuple[object, ...]]) -> Bank:
    return Bank(
        name=row.name,
        purpose=Purpose(row.purpose),
        radius_bits=row.radius_bits,
        on_unconfirmed=Response(row.on_unconfirmed),
        on_confirmed=Response(row.on_confirmed),
        on_region=Response(row.on_region),
    )
