"""Letters, handed to the operator's mail server (SMTP, RFC 5321; submission, RFC 6409)."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Final

from unseen.base import MailNotSent
from unseen.desk.ports import Letter

_TIMEOUT_S: Final = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpMail:
    """One mail server, and who signs in to it."""

    host: str
    port: int
    tls: str  #: ``starttls``, ``tls`` or ``none``
    sender: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    def send(self, address: str, letter: Letter) -> None:
        """Hand ``letter`` to the server.  Raises: MailNotSent, which tells nothing of the address or the letter."""
        with self._signed_in() as server:
            server.send_message(self._message(address, letter))

    def check(self) -> None:
        """Greet the server and sign in, and no more.  Raises: MailNotSent."""
        with self._signed_in() as server:
            server.noop()

    @contextmanager
    def _signed_in(self) -> Iterator[smtplib.SMTP]:
        try:
            with self._connected() as server:
                if self.tls == "starttls":
                    server.starttls(context=ssl.create_default_context())
                if self.user is not None:
                    server.login(self.user, self.password or "")
                yield server
        except (smtplib.SMTPException, OSError) as error:
            raise MailNotSent(
                f"The mail server did not do as it should ({type(error).__name__}).",
                hint="Check UNSEEN_MAIL_HOST and what is set with it; letters wait and are tried again.",
            ) from None

    def _connected(self) -> smtplib.SMTP:
        if self.tls == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=_TIMEOUT_S, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=_TIMEOUT_S)

    def _message(self, address: str, letter: Letter) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self.sender, address, letter.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
        message.set_content(letter.text)
        return message
