"""Contacts, links, notes and kept answers, in every store."""

from dataclasses import replace

import pytest

from contract.store_makers import at
from support.node import GOOD
from unseen.case import Case, CaseNumber, Contact, Note, NoteKind, RecoveryLink
from unseen.desk.ports import Store

NUMBER, OTHER = CaseNumber("0000-0000-0001"), CaseNumber("0000-0000-0002")
HERS = Contact(address="ada.lovelace@example.org", language="ko")


@pytest.fixture(autouse=True)
def _cases(store: Store) -> None:
    with store.write() as tx:
        for number in (NUMBER, OTHER):
            tx.put_case(Case(number=number, pin_hash="p", recovery_hash="r", opened_at=at(0), statements=GOOD))


def test_a_case_keeps_its_recovery_hash_and_its_round_of_sessions(store: Store) -> None:
    with store.write() as tx:
        case = tx.find_case(NUMBER)
        assert case is not None
        assert (case.recovery_hash, case.session_round) == ("r", 0)
        tx.put_case(replace(case, recovery_hash=None, session_round=7))
    with store.read() as reader:
        case = reader.find_case(NUMBER)
        assert case is not None
        assert (case.recovery_hash, case.session_round) == (None, 7)


def test_a_contact_is_one_cases_own_until_it_is_dropped(store: Store) -> None:
    with store.write() as tx:
        tx.put_contact(NUMBER, Contact(address="old@example.org", language="en"))
        tx.put_contact(NUMBER, HERS)
    with store.read() as reader:
        assert reader.find_contact(NUMBER) == HERS
        assert reader.find_contact(OTHER) is None
    for _ in range(2):
        with store.write() as tx:
            tx.drop_contact(NUMBER)
    with store.read() as reader:
        assert reader.find_contact(NUMBER) is None


def test_the_longest_contact_fits(store: Store) -> None:
    longest = Contact(address="a" * 64 + "@" + ".".join(["b" * 62] * 3), language="zh-Hant")
    assert len(longest.address) > 250
    with store.write() as tx:
        tx.put_contact(NUMBER, longest)
    with store.read() as reader:
        assert reader.find_contact(NUMBER) == longest


def test_links_wait_until_they_are_sent_or_stopped(store: Store) -> None:
    first, second = RecoveryLink(number=NUMBER, asked_at=at(2)), RecoveryLink(number=OTHER, asked_at=at(1))
    with store.write() as tx:
        tx.put_link(first)
        tx.put_link(second)
    with store.read() as reader:
        assert reader.unsent_links() == (second, first)
    with store.write() as tx:
        tx.put_link(first.sent(at(3)))
        tx.put_link(second.stopped(at(4)))
    with store.read() as reader:
        assert reader.unsent_links() == ()
        assert reader.find_link(NUMBER) == first.sent(at(3))
        assert reader.find_link(OTHER) == second.stopped(at(4))
    with store.write() as tx:
        tx.drop_links(asked_before=at(2))
    with store.read() as reader:
        assert reader.find_link(NUMBER) is not None
        assert reader.find_link(OTHER) is None
    with store.write() as tx:
        tx.drop_link(NUMBER)
    with store.read() as reader:
        assert reader.find_link(NUMBER) is None


def test_notes_are_a_cases_own_by_time(store: Store) -> None:
    asked, stopped = Note(kind=NoteKind.LINK_ASKED, at=at(1)), Note(kind=NoteKind.LINK_STOPPED, at=at(2))
    with store.write() as tx:
        tx.put_note(NUMBER, stopped)
        tx.put_note(NUMBER, asked)
        tx.put_note(OTHER, Note(kind=NoteKind.KEYS_RENEWED, at=at(1)))
    with store.read() as reader:
        assert reader.case_notes(NUMBER) == (asked, stopped)


def test_an_answer_is_kept_for_its_time_and_then_forgotten(store: Store) -> None:
    with store.write() as tx:
        tx.keep_answer(b"a" * 32, b"first", at=at(0))
        tx.keep_answer(b"a" * 32, b"second", at=at(1))
        tx.keep_answer(b"b" * 32, b"other", at=at(2))
    with store.read() as reader:
        assert reader.find_answer(b"a" * 32, kept_after=at(0)) == b"second"
        assert reader.find_answer(b"a" * 32, kept_after=at(1)) is None
        assert reader.find_answer(b"c" * 32, kept_after=at(0)) is None
    with store.write() as tx:
        tx.drop_answers(kept_before=at(2))
    with store.read() as reader:
        assert reader.find_answer(b"a" * 32, kept_after=at(0)) is None
        assert reader.find_answer(b"b" * 32, kept_after=at(0)) == b"other"
