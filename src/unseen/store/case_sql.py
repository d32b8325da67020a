"""Cases and their items, in SQL."""

from sqlalchemy import ColumnElement, case, delete, func, insert, select, update

from unseen.act.records import DecisionKind
from unseen.bank.records import SourceKind
from unseen.case.records import Case, CaseNumber, CaseStatus, Item
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.desk.ports import ConfirmedMatch, ItemClaim
from unseen.store.bank_sql import BankReads
from unseen.store.tables import cases, decisions, items, provenances, sightings


class CaseReads(BankReads):
    """What can be asked of cases."""

    def find_case(self, number: CaseNumber) -> Case | None:
        row = self._connection.execute(select(cases).where(cases.c.number == number.text)).one_or_none()
        held = self._connection.execute(
            select(items).where(items.c.case_number == number.text).order_by(items.c.number)
        ).all()
        if row is None:
            return None
        return Case(
            number=number,
            pin_hash=row.pin_hash,
            recovery_hash=row.recovery_hash,
            opened_at=row.opened_at,
            statements=Statements(
                acting=Acting(row.acting),
                sharing=Sharing(row.sharing),
                without_consent=row.without_consent,
                age=Age(row.age),
            ),
            status=CaseStatus(row.status),
            items=tuple(
                Item(
                    number=item.number,
                    day=item.day,
                    media=item.media,
                    is_perceptual=item.is_perceptual,
                    has_regions=item.has_regions,
                )
                for item in held
            ),
            session_round=row.session_round,
        )

    def case_claims(self, number: CaseNumber) -> tuple[ItemClaim, ...]:
        live = func.sum(case((provenances.c.ended_at.is_(None), 1), else_=0)).label("live")
        grouped = (
            select(
                provenances.c.item,
                func.min(provenances.c.since).label("since"),
                func.max(provenances.c.ended_at).label("ended_at"),
                live,
            )
            .where(_of_case(number))
            .group_by(provenances.c.item)
            .order_by(provenances.c.item)
        )
        return tuple(
            ItemClaim(item=row.item, since=row.since, ended_at=None if row.live else row.ended_at)
            for row in self._connection.execute(grouped)
        )

    def case_matches(self, number: CaseNumber) -> tuple[ConfirmedMatch, ...]:
        later = decisions.alias()
        newest = select(func.max(later.c.id)).where(later.c.hit_id == sightings.c.hit_id).scalar_subquery()
        ended = provenances.c.ended_at
        found = (
            select(
                provenances.c.item,
                sightings.c.hit_id,
                sightings.c.platform,
                sightings.c.seen_at,
                decisions.c.at.label("confirmed_at"),
            )
            .distinct()
            .join_from(provenances, sightings, sightings.c.entry_id == provenances.c.entry_id)
            .join(decisions, decisions.c.id == newest)
            .where(
                _of_case(number),
                sightings.c.seen_at >= provenances.c.since,
                ended.is_(None) | (sightings.c.seen_at < ended),
                decisions.c.kind == DecisionKind.CONFIRMED,
            )
            .order_by(sightings.c.seen_at, sightings.c.hit_id, provenances.c.item)
        )
        return tuple(
            ConfirmedMatch(item=row.item, platform=row.platform, seen_at=row.seen_at, confirmed_at=row.confirmed_at)
            for row in self._connection.execute(found)
        )


def _of_case(number: CaseNumber) -> ColumnElement[bool]:
    """Every claim that this case ever made."""
    return (
        (provenances.c.source_ref == number.text)
        & (provenances.c.source_kind == SourceKind.CASE)
        & provenances.c.item.is_not(None)
    )


class CaseWrites(CaseReads):
    """What can be done to cases."""

    def put_case(self, case: Case) -> None:
        number = case.number.text
        columns = {
            "pin_hash": case.pin_hash,
            "recovery_hash": case.recovery_hash,
            "opened_at": case.opened_at,
            "acting": case.statements.acting,
            "sharing": case.statements.sharing,
            "without_consent": case.statements.without_consent,
            "age": case.statements.age,
            "status": case.status,
            "session_round": case.session_round,
        }
        if not self._connection.execute(update(cases).where(cases.c.number == number).values(columns)).rowcount:
            self._connection.execute(insert(cases).values(number=number, **columns))
        self._connection.execute(delete(items).where(items.c.case_number == number))
        if case.items:
            self._connection.execute(
                insert(items),
                [
                    {
                        "case_number": number,
                        "number": item.number,
                        "day": item.day,
                        "media": item.media,
                        "is_perceptual": item.is_perceptual,
                        "has_regions": item.has_regions,
                    }
                    for item in case.items
                ],
            )
