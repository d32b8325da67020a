"""Neither what runs nor how much is written tells whether another case protects the same picture."""

from sqlalchemy import event

from contract.store_makers import WHY, at, case, entry, pdq, protected, with_bank
from unseen.bank.records import EntryState
from unseen.store import SqliteStore


def statements_of_a_withdrawal(store: SqliteStore, ref: str) -> list[tuple[str, int]]:
    """Each statement, and how many rows of values it was given."""
    ran: list[tuple[str, int]] = []

    def note(_: object, __: object, statement: str, values: object, ___: object, many: bool) -> None:
        ran.append((statement, len(values) if many and isinstance(values, list) else 1))

    event.listen(store._plain, "before_cursor_execute", note)
    with store.write() as tx:
        tx.end_claims(case(ref, None), at=at(1), **WHY)
    event.remove(store._plain, "before_cursor_execute", note)
    return ran


def test_a_withdrawal_runs_the_same_statements_whether_or_not_another_case_stays(store: SqliteStore) -> None:
    with_bank(store)
    alone = protected(store, [pdq(1), pdq(2)], case("alone"))
    shared = protected(store, [pdq(3), pdq(4)], case("one of two"))
    protected(store, [pdq(3), pdq(4)], case("the other"))
    when_retiring = statements_of_a_withdrawal(store, "alone")
    when_kept = statements_of_a_withdrawal(store, "one of two")
    assert entry(store, alone[0]).state is EntryState.RETIRED
    assert entry(store, shared[0]).state is EntryState.ACTIVE
    assert [statement for statement, _ in when_retiring] == [statement for statement, _ in when_kept]
    differing = [pair for pair in zip(when_retiring, when_kept, strict=True) if pair[0] != pair[1]]
    assert [statement.split()[:3] for (statement, _), _ in differing] == [["INSERT", "INTO", "changes"]]
