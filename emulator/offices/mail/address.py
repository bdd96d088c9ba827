"""The address of an SMTP server as people write it: HOST:PORT, or a URL that says how the connection is protected; and whom
e-mail is from.
"""

from __future__ import annotations

import re
from email.headerregistry import Address
from urllib.parse import unquote, urlsplit

from apdu_specs.language import Text
from emulator.errors import EmulatorError
from emulator.offices.mail.delivery import SENDER, Encryption, SmtpServer
from emulator.offices.names import LONGEST_NAME

SCHEMES = {
    "smtp": (Encryption.NONE, 25),
    "smtp+starttls": (Encryption.STARTTLS, 587),
    "smtps": (Encryption.TLS, 465),
}
"""What each kind of URL means, and its port when none is given (RFC 5321, RFC 6409, RFC 8314)."""

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
HOST_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@{HOST_LABEL}(?:\.{HOST_LABEL})*")
_NAMED = re.compile(r"([^<>]*)<([^<>]*)>")
_FORMS = Text(
    "Write HOST:PORT, smtp://HOST[:PORT], smtp+starttls://[USER@]HOST[:PORT] or smtps://[USER@]HOST[:PORT].",
    "ระบุเป็น HOST:PORT, smtp://HOST[:PORT], smtp+starttls://[USER@]HOST[:PORT] หรือ smtps://[USER@]HOST[:PORT]",
)


class SmtpAddressUnusable(EmulatorError):
    """What was given is no address of an SMTP server, or the password does not go with it. It is not repeated."""

    def __init__(self, message: Text, what_to_do: Text = _FORMS) -> None:
        super().__init__(message, what_to_do)


class SenderUnusable(EmulatorError):
    """What was given is no address to send e-mail from."""

    def __init__(self) -> None:
        super().__init__(
            Text("This is not an address that e-mail can be from.", "ที่อยู่นี้ใช้เป็นผู้ส่งอีเมลไม่ได้"),
            Text(
                "Write ADDRESS or NAME <ADDRESS>, one of them: 'NHSO region 7 <no-reply@example.org>'.",
                "ระบุเป็น ADDRESS หรือ NAME <ADDRESS> เพียงรายเดียว เช่น 'สปสช. เขต 7 <no-reply@example.org>'",
            ),
        )


def sender_line(told: str) -> str:
    """The From line of a sender, ``ADDRESS`` or ``NAME <ADDRESS>``; the address is ASCII. Raises SenderUnusable."""
    named = _NAMED.fullmatch(told.strip())
    name, mailbox = ("", told.strip()) if named is None else (named[1].strip().strip('"'), named[2].strip())
    local, _, _ = mailbox.partition("@")
    if _MAILBOX.fullmatch(mailbox) is None or len(local) > 64 or len(mailbox) > 254:  # RFC 5321 4.5.3.1
        raise SenderUnusable
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise SenderUnusable
    return str(Address(display_name=name, addr_spec=mailbox))


def smtp_server(address: str, password: str | None = None, sender: str | None = None) -> SmtpServer:
    """The server at an address, which may name a user; a user has a password, and it goes over TLS only.

    ``sender``: whom e-mail is from, as ``sender_line`` takes it. Raises SmtpAddressUnusable, SenderUnusable.
    """
    try:
        parts = urlsplit(address if "://" in address else f"smtp://{address}")
        port = parts.port
    except ValueError:
        raise SmtpAddressUnusable(_NO_ADDRESS) from None
    if parts.password is not None:
        raise SmtpAddressUnusable(_PASSWORD_IN_ADDRESS, _ELSEWHERE)
    more = parts.path.strip("/") or parts.query or parts.fragment
    if parts.scheme not in SCHEMES or more or port == 0 or not _HOST.fullmatch(parts.hostname or ""):
        raise SmtpAddressUnusable(_NO_ADDRESS)
    if "://" not in address and port is None:
        raise SmtpAddressUnusable(_NO_ADDRESS)
    encryption, usual_port = SCHEMES[parts.scheme]
    user = unquote(parts.username) if parts.username else None
    if user is not None and encryption is Encryption.NONE:
        raise SmtpAddressUnusable(_IN_THE_CLEAR)
    if user is not None and not password:
        raise SmtpAddressUnusable(_NO_PASSWORD, _ELSEWHERE)
    return SmtpServer(
        host=parts.hostname or "",
        port=port or usual_port,
        sender=SENDER if sender is None else sender_line(sender),
        encryption=encryption,
        user=user,
        password=password if user is not None else None,
    )


_NO_ADDRESS = Text("This is not the address of an SMTP server.", "ไม่ใช่ที่อยู่ของเซิร์ฟเวอร์ SMTP")
_PASSWORD_IN_ADDRESS = Text(
    "The address of the SMTP server carries a password, which everybody on this machine can see.",
    "ที่อยู่ของเซิร์ฟเวอร์ SMTP มีรหัสผ่านอยู่ด้วย ซึ่งผู้ใช้เครื่องนี้ทุกคนเห็นได้",
)
_IN_THE_CLEAR = Text(
    "A user's password does not go over an unprotected connection.",
    "ไม่ส่งรหัสผ่านของผู้ใช้ผ่านการเชื่อมต่อที่ไม่เข้ารหัส",
)
_NO_PASSWORD = Text(
    "The address of the SMTP server names a user, and there is no password.",
    "ที่อยู่ของเซิร์ฟเวอร์ SMTP ระบุชื่อผู้ใช้ แต่ไม่มีรหัสผ่าน",
)
_ELSEWHERE = Text(
    "Give it with --smtp-password-file FILE, or in THNID_SMTP_PASSWORD.",
    "ระบุด้วย --smtp-password-file FILE หรือใน THNID_SMTP_PASSWORD",
)
