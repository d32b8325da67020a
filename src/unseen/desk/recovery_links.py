"""Nothing is left to her but a contact: a link is sent there, works three days later, and can be stopped until then.

One link in ten days for a case, stopped or not: whoever knows a number can have her sent one mail, and no more.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from unseen.base import CaseUnknown, Clock, TooSoon
from unseen.case.contact import LINK_HOLDS_FOR, LINK_OPENS_AFTER, LinkSigner, RecoveryLink
from unseen.case.records import CaseNumber, Note, NoteKind
from unseen.desk.enter_case import Entered, case_of
from unseen.desk.ports import Letter, Mail, Reader, Store, Transaction

#: Makes the letter in a language (BCP 47), from the link and its token.
Writer = Callable[[RecoveryLink, str, str], Letter]

_LIFE: Final = LINK_OPENS_AFTER + LINK_HOLDS_FOR


class LinkTooEarly(TooSoon):
    """The link is right and does not work yet."""

    code = "link_too_early"


def ask_for_link(number: CaseNumber, *, store: Store, clock: Clock) -> None:
    """Have a link sent to the case's contact.

    Nothing tells whether there is a case, a contact, or a link already; the surface sees to it that time does not.
    """
    now = clock.now()
    with store.write() as tx:
        contact, before = tx.find_contact(number), tx.find_link(number)
        if contact is not None and (before is None or before.ends_at <= now):
            tx.put_link(RecoveryLink(number=number, asked_at=now))
            tx.put_note(number, Note(kind=NoteKind.LINK_ASKED, at=now))


def stop_link(entered: Entered, *, store: Store, clock: Clock) -> None:
    """She wants no link.  Harmless where there is none.  Raises: CaseUnknown (the session ended)."""
    with store.write() as tx:
        case = case_of(tx, entered)
        link = tx.find_link(case.number)
        if link is not None and link.is_pending(clock.now()):
            _stop(tx, link, clock.now())


def stop_link_by_token(number: CaseNumber, token: str, *, links: LinkSigner, store: Store, clock: Clock) -> None:
    """Whoever got the link did not ask for it.  Raises: CaseUnknown (no such link, or it is over)."""
    with store.write() as tx:
        _stop(tx, known_link(tx, number, token, links=links, now=clock.now()), clock.now())


def known_link(reader: Reader, number: CaseNumber, token: str, *, links: LinkSigner, now: datetime) -> RecoveryLink:
    """The pending link of this case, for whoever has its token.  Raises: CaseUnknown."""
    link = reader.find_link(number)
    is_right = links.is_token(link or RecoveryLink(number=number, asked_at=now), token)  # as long for no link at all
    if link is None or not is_right or not link.is_pending(now):
        raise CaseUnknown
    return link


def send_links(*, letter: Writer, links: LinkSigner, mail: Mail, store: Store, clock: Clock) -> int:
    """Send every link that was asked for and not sent; returns how many were sent.

    A link counts as sent once the mail server took it: a crash in between sends the same letter twice, never none.
    Raises: MailNotSent (the others are tried again next time), StoreUnavailable, StorageFull.
    """
    with store.read() as reader:
        waiting = [(link, reader.find_contact(link.number)) for link in reader.unsent_links()]
    sent = 0
    for link, contact in waiting:
        if contact is None or not link.is_pending(clock.now()):
            continue
        mail.send(contact.address, letter(link, links.token(link), contact.language))
        with store.write() as tx:
            if tx.find_link(link.number) == link:  # not stopped meanwhile
                tx.put_link(link.sent(clock.now()))
        sent += 1
    return sent


def forget_links(tx: Transaction, now: datetime) -> None:
    """Forget links whose time is over."""
    tx.drop_links(asked_before=now - _LIFE)


def _stop(tx: Transaction, link: RecoveryLink, now: datetime) -> None:
    tx.put_link(link.stopped(now))
    tx.put_note(link.number, Note(kind=NoteKind.LINK_STOPPED, at=now))
