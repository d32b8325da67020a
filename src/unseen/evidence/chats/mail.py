"""E-mail as files, ``.eml`` (RFC 5322, MIME): headers, text and attachments, as the message has them."""

from collections.abc import Iterable, Iterator
from datetime import UTC
from email import policy
from email.errors import MessageError
from email.message import EmailMessage, MIMEPart
from email.parser import BytesParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Final

from unseen.base import BadImport
from unseen.evidence.chats.files import Files, irregular
from unseen.evidence.chats.records import (
    App,
    Chat,
    Media,
    MediaState,
    Message,
    MessageKind,
    Person,
    Read,
    Trouble,
    When,
)
from unseen.evidence.chats.times import from_aware, from_wall

METHOD: Final = "e-mail, RFC 5322"

_MAX_BYTES: Final = 128 << 20
_FAULTS: Final = (MessageError, LookupError, ValueError, TypeError, AttributeError, IndexError, RecursionError)
_MAX_PARTS: Final = 1_000


def read_mail(files: Files, names: Iterable[str]) -> Iterator[Read]:
    """A row for each file.  One that cannot be read is named, and the next one is read."""
    chat = Chat(app=App.EMAIL, key="email", kind="mailbox", method=METHOD)
    yield chat
    for name in names:
        try:
            with files.open(name) as file:
                data = file.read(_MAX_BYTES + 1)
            if len(data) > _MAX_BYTES:
                yield irregular(Trouble.TOO_LARGE, name, "more than 128 MiB")
                continue
            yield _message(chat, BytesParser(policy=policy.default).parsebytes(data))
        except BadImport as error:
            yield irregular(Trouble.UNREADABLE, name, error.what)
        except _FAULTS as error:  # the standard library's parser raises what it stumbles over
            yield irregular(Trouble.MALFORMED, name, f"no e-mail that can be read ({type(error).__name__})")


def _message(chat: Chat, mail: EmailMessage) -> Message:
    headers = [[name, str(value)] for name, value in mail.raw_items()]
    body = mail.get_body(("plain", "html"))
    details: dict[str, object] = {"headers": headers}  # as they are written
    if subject := mail.get("subject"):
        details["subject"] = str(subject)
    if body is not None and body.get_content_type() == "text/html":
        details["text_type"] = "text/html"  # as it was written: nobody renders it
    if mail.defects:
        details["defects"] = sorted({type(defect).__name__ for defect in mail.defects})
    recipients = [person for name in ("to", "cc", "bcc") for person in _people(mail, name)]
    return Message(
        chat=chat.key,
        number=_header(mail, "message-id"),
        kind=MessageKind.MESSAGE,
        when=_when(_header(mail, "date")),
        sender=next(iter(_people(mail, "from")), None),
        recipients=tuple(recipients),
        text="" if body is None else _content(body),
        media=tuple(_attached(mail, body)),
        reply_to=_header(mail, "in-reply-to"),
        details=details,
    )


def _header(mail: EmailMessage, name: str) -> str | None:
    said = next((str(value) for key, value in mail.raw_items() if key.lower() == name), None)
    return None if said is None else " ".join(said.split())


def _people(mail: EmailMessage, name: str) -> Iterator[Person]:
    for said, address in getaddresses([str(value) for value in mail.get_all(name, [])]):
        if said or address:
            yield Person(name=said or None, id=address or None)


def _when(written: str | None) -> When | None:
    if written is None:
        return None
    try:
        moment = parsedate_to_datetime(written)
    except (ValueError, TypeError, OverflowError, IndexError):
        return from_wall(written, None)
    if moment.tzinfo is None:  # ``-0000``: the time is UTC, and where it was written is not known (RFC 5322, 3.3)
        return When(written=written, at=moment.replace(tzinfo=UTC))
    return from_aware(written, moment)


def _content(part: MIMEPart) -> str:
    """Text in the encoding that the part says, or as near as can be."""
    data = part.get_payload(decode=True)
    raw = data if isinstance(data, bytes) else b""
    try:
        return raw.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def _attached(mail: EmailMessage, body: MIMEPart | None) -> Iterator[Media]:
    """Every part that is not the body, pictures within the text among them; a mail in a mail is one part."""
    for count, part in enumerate(mail.walk()):
        if count >= _MAX_PARTS:
            return
        if part is body or part.is_multipart() or (part is not mail and part.get_content_type() == "text/html"):
            continue
        data = part.get_payload(decode=True)
        if isinstance(data, bytes):
            yield Media(
                kind=part.get_content_maintype(),
                state=MediaState.PRESENT,
                name=part.get_filename(),
                media_type=part.get_content_type(),
                size=len(data),
                data=data,
            )
