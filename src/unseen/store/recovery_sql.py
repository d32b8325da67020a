"""What helps her who lost her PIN, and what tells of it on the timeline, in SQL; contacts are sealed (``sealing``)."""

from datetime import datetime

from sqlalchemy import Row, delete, insert, select

from unseen.case.contact import Contact, RecoveryLink
from unseen.case.records import CaseNumber, Note, NoteKind
from unseen.store.bank_sql import BankReads
from unseen.store.tables import answers, case_notes, contacts, links


class RecoveryReads(BankReads):
    """What can be asked of notes, contacts, links and kept answers."""

    def case_notes(self, number: CaseNumber) -> tuple[Note, ...]:
        its = select(case_notes).where(case_notes.c.case_number == number.text)
        rows = self._connection.execute(its.order_by(case_notes.c.at, case_notes.c.id))
        return tuple(Note(kind=NoteKind(row.kind), at=row.at) for row in rows)

    def find_contact(self, number: CaseNumber) -> Contact | None:
        sealed = self._connection.scalar(select(contacts.c.contact).where(contacts.c.case_number == number.text))
        if sealed is None:
            return None
        language, address = self._sealer.opened_contact(number.text, bytes(sealed)).split("\n")
        return Contact(address=address, language=language)

    def find_link(self, number: CaseNumber) -> RecoveryLink | None:
        row = self._connection.execute(select(links).where(links.c.case_number == number.text)).one_or_none()
        return None if row is None else _link(row)

    def unsent_links(self) -> tuple[RecoveryLink, ...]:
        unsent = select(links).where(links.c.sent_at.is_(None), links.c.stopped_at.is_(None))
        return tuple(map(_link, self._connection.execute(unsent.order_by(links.c.asked_at, links.c.case_number))))

    def find_answer(self, digest: bytes, *, kept_after: datetime) -> bytes | None:
        its = (answers.c.digest == digest) & (answers.c.kept_at > kept_after)
        sealed = self._connection.scalar(select(answers.c.answer).where(its))
        return None if sealed is None else bytes(sealed)


class RecoveryWrites(RecoveryReads):
    """What can be done to notes, contacts, links and kept answers."""

    def put_note(self, number: CaseNumber, note: Note) -> None:
        self._connection.execute(insert(case_notes).values(case_number=number.text, kind=note.kind, at=note.at))

    def put_contact(self, number: CaseNumber, contact: Contact) -> None:
        self.drop_contact(number)
        sealed = self._sealer.sealed_contact(number.text, f"{contact.language}\n{contact.address}")
        self._connection.execute(insert(contacts).values(case_number=number.text, contact=sealed))

    def drop_contact(self, number: CaseNumber) -> None:
        self._connection.execute(delete(contacts).where(contacts.c.case_number == number.text))

    def give_up_contacts(self) -> None:
        """Forget what nobody can open any more, and the links that would be sent there."""
        self._connection.execute(delete(contacts))
        self._connection.execute(delete(links))

    def put_link(self, link: RecoveryLink) -> None:
        self.drop_link(link.number)
        self._connection.execute(
            insert(links).values(
                case_number=link.number.text,
                asked_at=link.asked_at,
                sent_at=link.sent_at,
                stopped_at=link.stopped_at,
            )
        )

    def drop_link(self, number: CaseNumber) -> None:
        self._connection.execute(delete(links).where(links.c.case_number == number.text))

    def drop_links(self, *, asked_before: datetime) -> None:
        self._connection.execute(delete(links).where(links.c.asked_at < asked_before))

    def keep_answer(self, digest: bytes, sealed: bytes, *, at: datetime) -> None:
        self._connection.execute(delete(answers).where(answers.c.digest == digest))
        self._connection.execute(insert(answers).values(digest=digest, answer=sealed, kept_at=at))

    def drop_answers(self, *, kept_before: datetime) -> None:
        self._connection.execute(delete(answers).where(answers.c.kept_at < kept_before))


def _link(row: Row[tuple[object, ...]]) -> RecoveryLink:
    return RecoveryLink(
        number=CaseNumber(row.case_number), asked_at=row.asked_at, sent_at=row.sent_at, stopped_at=row.stopped_at
    )
