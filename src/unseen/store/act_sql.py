"""Sightings and decisions, in SQL."""

from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import insert, select

from unseen.act.records import Decision, DecisionKind, Sighting
from unseen.bank.records import Response
from unseen.base import NotFound
from unseen.fingerprint.records import View
from unseen.store import tables
from unseen.store.bank_sql import BankReads


class ActReads(BankReads):
    """What can be asked of hits."""

    def sighting(self, hit_id: str) -> Sighting:
        row = self._connection.execute(
            select(tables.sightings).where(tables.sightings.c.hit_id == hit_id)
        ).one_or_none()
        if row is None:
            raise NotFound("There is no such hit.")
        return Sighting(
            hit_id=row.hit_id,
            entry_id=row.entry_id,
            bank=row.bank,
            response=Response(row.response),
            distance=row.distance,
            view=None if row.view is None else View(row.view),
            place=row.place,
            platform=row.platform,
            seen_at=row.seen_at,
            as_of_seq=row.as_of_seq,
        )

    def decisions(self, hit_id: str) -> tuple[Decision, ...]:
        made = select(tables.decisions).where(tables.decisions.c.hit_id == hit_id).order_by(tables.decisions.c.id)
        return tuple(
            Decision(hit_id=row.hit_id, kind=DecisionKind(row.kind), done=row.done, by=row.by, at=row.at)
            for row in self._connection.execute(made)
        )


class ActWrites(ActReads):
    """What can be done to hits."""

    def put_sightings(self, sightings: Sequence[Sighting]) -> None:
        if not sightings:
            return
        with self._connection.begin_nested():  # so that after a refusal the transaction goes on, in every database
            self._connection.execute(insert(tables.sightings), [asdict(sighting) for sighting in sightings])

    def put_decision(self, decision: Decision) -> None:
        self.sighting(decision.hit_id)
        self._connection.execute(insert(tables.decisions).values(asdict(decision)))
