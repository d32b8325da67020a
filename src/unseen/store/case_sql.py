"""Cases and their items, in SQL."""

from sqlalchemy import delete, insert, select, update

from unseen.case.records import Case, CaseNumber, CaseStatus, Item
from unseen.case.statements import Acting, Age, Sharing, Statements
from unseen.store.bank_sql import BankReads
from unseen.store.tables import cases, items


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
        )


class CaseWrites(CaseReads):
    """What can be done to cases."""

    def put_case(self, case: Case) -> None:
        number = case.number.text
        columns = {
            "pin_hash": case.pin_hash,
            "opened_at": case.opened_at,
            "acting": case.statements.acting,
            "sharing": case.statements.sharing,
            "without_consent": case.statements.without_consent,
            "age": case.statements.age,
            "status": case.status,
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
