"""A stamp that is the same means that nothing was committed, in every store."""

from contract.store_makers import at, last_seq, pdq, protected, with_bank
from unseen.bank.records import Bank
from unseen.desk.ports import Store
from unseen.desk.tokens import Scope, Token


def test_every_commit_changes_the_stamp_also_where_no_change_is_numbered(store: Store) -> None:
    with_bank(store)
    token = Token(name="chat", digest=bytes(32), scopes=frozenset({Scope.SCREEN}), created_at=at(0))
    stamps = [store.stamp()]
    protected(store, [pdq(1)])
    stamps.append(store.stamp())
    for _ in range(3):  # none of these is a change of an entry
        with store.write() as tx:
            tx.put_bank(Bank(name="main", radius_bits=len(stamps)))
        stamps.append(store.stamp())
        with store.write() as tx:
            tx.put_token(token)
        stamps.append(store.stamp())
        with store.write() as tx:
            tx.revoke_token("chat", at=at(1))
        stamps.append(store.stamp())
        token = Token(name="chat", digest=bytes([len(stamps)]) * 32, scopes=token.scopes, created_at=at(0))
    assert len(set(stamps)) == len(stamps)
    assert last_seq(store) == 1


def test_questions_leave_the_stamp_as_it_is(store: Store) -> None:
    with_bank(store)
    before = store.stamp()
    for _ in range(3):
        with store.read() as reader:
            assert reader.last_seq() == 0
    assert store.stamp() == before
    protected(store, [pdq(2)])
    after = store.stamp()
    assert after != before
    assert store.stamp() == after


def test_a_commit_is_in_the_stamp_before_its_writer_is_told(store: Store) -> None:
    with_bank(store)
    for number in range(50):
        before = store.stamp()
        protected(store, [pdq(number)])
        assert store.stamp() != before
