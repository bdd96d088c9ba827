"""Handing the outbox's messages to an SMTP server (RFC 5321), as UTF-8 e-mail (RFC 5322, RFC 2047)."""

from __future__ import annotations

import logging
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from enum import StrEnum

from emulator.offices.mail.outbox import Letter, Outbox

SENDER = "thnid <no-reply@thnid.invalid>"
"""Whom e-mail is from, where nobody says."""
_TIMEOUT_S = 15.0
_log = logging.getLogger(__name__)


class Encryption(StrEnum):
    """How the way to the server is protected; never less than was asked for."""

    NONE = "none"
    STARTTLS = "starttls"
    """TLS after the server's greeting (RFC 3207)."""
    TLS = "tls"
    """TLS from the first byte (RFC 8314)."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where e-mail is handed over, and as whose: ``sender`` is the From line, ``user`` who logs in there.

    With encryption the server's certificate has to be a trusted one.
    Trusted is what this system trusts, or SSL_CERT_FILE names.
    """

    host: str
    port: int = 25
    sender: str = SENDER
    encryption: Encryption = Encryption.NONE
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came of one round: messages sent, refused by the server for good, and to be tried again."""

    sent: int = 0
    refused: int = 0
    later: int = 0


def deliver(outbox: Outbox, server: SmtpServer) -> Delivery:
    """Hand over everything that is due, over one connection. A server that does not answer ends the round."""
    letter = outbox.take()
    if letter is None:
        return Delivery()
    sent = refused = later = 0
    try:
        with _connected(server) as smtp:
            while letter is not None:
                try:
                    smtp.send_message(compose(letter, server.sender))
                except (
                    smtplib.SMTPRecipientsRefused,
                    smtplib.SMTPSenderRefused,
                    smtplib.SMTPDataError,
                ) as error:
                    for_good = _refused(outbox, letter, error)
                    refused, later = refused + for_good, later + (not for_good)
                    letter = None
                    smtp.rset()
                else:
                    outbox.sent(letter)
                    sent += 1
                letter = outbox.take()
    except (OSError, smtplib.SMTPException) as error:
        # Addresses are in an exception's text: only its kind is kept.
        _log.warning("e-mail waits: %s", type(error).__name__)
        if letter is not None:
            outbox.failed(letter, type(error).__name__, for_good=False)
        return Delivery(sent, refused, later + 1)
    return Delivery(sent, refused, later)


def compose(letter: Letter, sender: str) -> EmailMessage:
    """The message as it goes over the wire."""
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = format_datetime(letter.written_at)
    message["Message-ID"] = letter.message_id
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = "th, en"
    # Base64 reaches every server; 8bit only those that announce it.
    message.set_content(letter.body, charset="utf-8", cte="base64")
    return message


@contextmanager
def _connected(server: SmtpServer) -> Iterator[smtplib.SMTP]:
    with _reached(server) as smtp:
        if server.encryption is Encryption.STARTTLS:
            smtp.starttls(context=ssl.create_default_context())
        if server.user is not None:
            smtp.login(server.user, server.password or "")
        yield smtp


def _reached(server: SmtpServer) -> smtplib.SMTP:
    if server.encryption is Encryption.TLS:
        trusted = ssl.create_default_context()
        return smtplib.SMTP_SSL(server.host, server.port, timeout=_TIMEOUT_S, context=trusted)
    return smtplib.SMTP(server.host, server.port, timeout=_TIMEOUT_S)


def _refused(outbox: Outbox, letter: Letter, error: smtplib.SMTPException) -> bool:
    """Note a refusal: True if it is for good (5yz), False if the server asks for patience (4yz)."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max((code for code, _ in error.recipients.values()), default=0)
    else:
        assert isinstance(error, smtplib.SMTPResponseException)
        code = error.smtp_code
    for_good = code >= 500
    outbox.failed(letter, f"SMTP {code}", for_good=for_good)
    return for_good
