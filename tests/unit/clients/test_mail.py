"""Letters reach the operator's mail server, and nothing of them reaches anybody else."""

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from unseen.base import MailNotSent, Misconfigured
from unseen.clients.mail import SmtpMail
from unseen.compose import mail_of
from unseen.config import Config
from unseen.desk.ports import Letter

LETTER = Letter(subject="您的链接", text="https://help.example.org/ko/link/ABC\n")


class Server(socketserver.ThreadingTCPServer):
    """As much of an SMTP server as a letter needs; it knows no TLS."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, refuses: bytes = b"") -> None:
        super().__init__(("127.0.0.1", 0), Talk)
        self.refuses = refuses
        self.said: list[bytes] = []
        self.letters: list[bytes] = []


class Talk(socketserver.StreamRequestHandler):
    server: Server

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            self.server.said.append(line)
            word = line.split()[0].upper()
            if self.server.refuses and word == self.server.refuses:
                self.wfile.write(b"550 ada@example.org is not known here\r\n")
            elif word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = iter(self.rfile.readline, b".\r\n")
                self.server.letters.append(b"".join(lines))
                self.wfile.write(b"250 taken\r\n")
            elif word == b"QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 yes\r\n")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(getattr(request, "param", b"")) as made:
        thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


def mail(server: Server, **settings: Any) -> SmtpMail:
    plain = {"host": "127.0.0.1", "port": server.server_address[1], "tls": "none", "sender": "help@example.org"}
    return SmtpMail(**{**plain, **settings})


def test_a_letter_arrives_as_it_was_written(server: Server) -> None:
    mail(server).send("ada@example.org", LETTER)
    (taken,) = server.letters
    message = email.message_from_bytes(taken, policy=email.policy.default)
    assert (message["To"], message["From"], message["Subject"]) == ("ada@example.org", "help@example.org", "您的链接")
    assert message.get_content().strip() == LETTER.text.strip()
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"].endswith("@example.org>")


@pytest.mark.parametrize("server", [b"RCPT", b"MAIL", b"DATA"], indirect=True)
def test_what_a_server_refuses_is_told_without_the_address(server: Server) -> None:
    with pytest.raises(MailNotSent) as refused:
        mail(server).send("ada@example.org", LETTER)
    assert "ada" not in str(refused.value)
    assert server.letters == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_no_letter_goes_over_a_way_that_was_to_be_encrypted_and_is_not(server: Server, tls: str) -> None:
    sending = mail(server, tls=tls)
    with pytest.raises(MailNotSent):
        sending.send("ada@example.org", LETTER)
    assert server.letters == []


def test_a_server_that_is_not_there_is_told(server: Server) -> None:
    sending = mail(server)
    server.shutdown()
    server.server_close()
    with pytest.raises(MailNotSent, match="UNSEEN_MAIL_HOST"):
        sending.check()


def test_looking_at_a_server_sends_nothing(server: Server) -> None:
    mail(server).check()
    assert server.letters == []
    assert not any(line.upper().startswith((b"MAIL", b"RCPT")) for line in server.said)


def test_half_of_a_mail_server_is_a_mistake_of_the_settings() -> None:
    assert mail_of(Config()) is None
    whole = {"mail_host": "mail.example.org", "mail_from": "help@example.org", "public_url": "https://help.example.org"}
    assert mail_of(Config(**whole)) is not None
    for missing in ("mail_from", "public_url"):
        with pytest.raises(Misconfigured):
            mail_of(Config(**{**whole, missing: None}))
    with pytest.raises(Misconfigured, match="this machine"):
        mail_of(Config(**whole, mail_tls="none"))


def test_the_password_is_in_no_text_of_it() -> None:
    sending = SmtpMail(host="h", port=1, tls="tls", sender="s", user="u", password="hunter2")
    assert "hunter2" not in repr(sending)
