"""She leaves a contact, or takes it back: for a link where PIN and recovery code are lost, and for nothing else."""

from unseen.base import Clock, Conflict
from unseen.case.contact import Contact
from unseen.case.records import CaseNumber, CaseStatus, Note, NoteKind
from unseen.desk.enter_case import Entered, case_of
from unseen.desk.ports import Store, Transaction


def keep_contact(entered: Entered, contact: Contact, *, store: Store, clock: Clock) -> None:
    """Keep a contact, in place of an earlier one; a link to that one works no more.

    Raises: CaseUnknown (the session ended), Conflict (the case was withdrawn).
    """
    with store.write() as tx:
        case = case_of(tx, entered)
        if case.status is CaseStatus.WITHDRAWN:
            raise Conflict("A case that is withdrawn keeps no contact.")
        forget_contact(tx, case.number)
        tx.put_contact(case.number, contact)
        tx.put_note(case.number, Note(kind=NoteKind.CONTACT_KEPT, at=clock.now()))


def delete_contact(entered: Entered, *, store: Store, clock: Clock) -> None:
    """Forget the contact, at once.  Harmless where there is none.  Raises: CaseUnknown (the session ended)."""
    with store.write() as tx:
        case = case_of(tx, entered)
        if tx.find_contact(case.number) is not None:
            forget_contact(tx, case.number)
            tx.put_note(case.number, Note(kind=NoteKind.CONTACT_DELETED, at=clock.now()))


def forget_contact(tx: Transaction, number: CaseNumber) -> None:
    """Forget a case's contact, and the link that was sent there."""
    tx.drop_contact(number)
    tx.drop_link(number)
