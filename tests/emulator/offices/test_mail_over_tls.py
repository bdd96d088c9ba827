"""E-mail over TLS with a login, and the addresses of SMTP servers as people write them."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from emulator.offices.mail.address import (
    SCHEMES,
    SenderUnusable,
    SmtpAddressUnusable,
    sender_line,
    smtp_server,
)
from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.mail.delivery import Delivery, Encryption, SmtpServer, deliver
from tests.emulator.offices.outgoing import standing
from tests.emulator.offices.rooms import Rooms

USER, PASSWORD = "thnid@example.org", "correct horse"


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A self-made certificate of 127.0.0.1 with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "server.pem"
    path.write_bytes(secret + made.public_bytes(pem))
    return path


class Mailbox:
    """Takes e-mail of whoever logged in; ``taken`` tells as whom, and whether over TLS."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, bool]] = []

    async def handle_DATA(self, _server: Any, session: Any, _envelope: Any) -> str:
        self.taken.append((session.auth_data or "", session.ssl is not None))
        return "250 OK"


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, told: Any) -> AuthResult:
    right = (told.login, told.password) == (USER.encode(), PASSWORD.encode())
    return AuthResult(success=right, handled=right, auth_data=USER)


@contextmanager
def mail_server(certificate: Path, encryption: Encryption) -> Iterator[tuple[Mailbox, int]]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    mailbox = Mailbox()
    tls: dict[str, Any] = {"ssl_context": context}
    if encryption is Encryption.STARTTLS:
        tls = {"tls_context": context, "require_starttls": True}
    elif encryption is Encryption.NONE:
        tls = {}
    controller = Controller(
        mailbox,
        hostname="127.0.0.1",
        port=port,
        authenticator=authenticate,
        auth_required=encryption is Encryption.STARTTLS,
        auth_require_tls=encryption is Encryption.STARTTLS,
        **tls,
    )
    controller.start()
    try:
        yield mailbox, port
    finally:
        controller.stop()


def write(rooms: Rooms) -> None:
    with rooms.storage.transaction() as session:
        rooms.offices.mail.put(session, "one@example.org", "ผลการขอสิทธิ", "เรียน ท่าน")


ENCRYPTED = [("smtp+starttls", Encryption.STARTTLS), ("smtps", Encryption.TLS)]


@pytest.mark.parametrize(("scheme", "encryption"), ENCRYPTED)
def test_a_login_over_tls(
    rooms: Rooms, certificate: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, encryption: Encryption
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    write(rooms)
    with mail_server(certificate, encryption) as (mailbox, port):
        address = f"{scheme}://thnid%40example.org@127.0.0.1:{port}"
        wrong = smtp_server(address, "wrong")
        assert deliver(rooms.offices.mail, wrong) == Delivery(later=1)
        rooms.clock.advance(timedelta(minutes=1))
        assert deliver(rooms.offices.mail, smtp_server(address, PASSWORD)) == Delivery(sent=1)
    assert [as_whom for as_whom, _ in mailbox.taken] == [USER]


@pytest.mark.parametrize(("scheme", "encryption"), ENCRYPTED)
def test_nothing_goes_to_a_server_that_nobody_vouches_for(
    rooms: Rooms, certificate: Path, scheme: str, encryption: Encryption
) -> None:
    write(rooms)
    with mail_server(certificate, encryption) as (mailbox, port):
        server = smtp_server(f"{scheme}://thnid%40example.org@127.0.0.1:{port}", PASSWORD)
        assert deliver(rooms.offices.mail, server) == Delivery(later=1)
    assert (mailbox.taken, standing(rooms.storage).waiting) == ([], 1)


def test_nothing_goes_in_the_clear_where_starttls_was_asked_for(rooms: Rooms, certificate: Path) -> None:
    write(rooms)
    with mail_server(certificate, Encryption.NONE) as (mailbox, port):
        assert deliver(rooms.offices.mail, smtp_server(f"smtp+starttls://127.0.0.1:{port}")).later == 1
        rooms.clock.advance(timedelta(minutes=1))
        assert mailbox.taken == []
        assert deliver(rooms.offices.mail, smtp_server(f"smtp://127.0.0.1:{port}")).sent == 1


@pytest.mark.parametrize(
    ("address", "server"),
    [
        ("localhost:2525", SmtpServer("localhost", 2525)),
        ("[::1]:2525", SmtpServer("::1", 2525)),
        ("smtp://mail.example.org", SmtpServer("mail.example.org", 25)),
        ("smtp://[::1]:26/", SmtpServer("::1", 26)),
        ("smtps://mail.example.org", SmtpServer("mail.example.org", 465, encryption=Encryption.TLS)),
        (
            "smtp+starttls://mail.example.org",
            SmtpServer("mail.example.org", 587, encryption=Encryption.STARTTLS),
        ),
        (
            "smtp+starttls://a%40b@mail.example.org:25",
            SmtpServer("mail.example.org", 25, encryption=Encryption.STARTTLS, user="a@b", password="secret"),
        ),
    ],
)
def test_an_address(address: str, server: SmtpServer) -> None:
    read = smtp_server(address, "secret")
    assert read == server
    assert "secret" not in repr(read) and "a@b" not in repr(read)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("", "not the address"),
        ("localhost", "not the address"),
        (":25", "not the address"),
        ("localhost:0", "not the address"),
        ("localhost:65536", "not the address"),
        ("localhost:x", "not the address"),
        ("[::1:25", "not the address"),
        ("http://localhost:25", "not the address"),
        ("smtp://localhost/inbox", "not the address"),
        ("smtp://local host", "not the address"),
        ("smtps://me:secret@localhost", "carries a password"),
        ("smtp://me@localhost", "unprotected connection"),
        ("smtps://me@localhost", "no password"),
    ],
)
def test_what_is_no_address(address: str, told: str) -> None:
    with pytest.raises(SmtpAddressUnusable) as caught:
        smtp_server(address, None if "me@" in address else "secret")
    assert told in caught.value.message.en and "secret" not in str(caught.value)


@given(address=st.one_of(st.text(max_size=40), st.from_regex(r"(smtp|smtps|smtp\+starttls)://.{0,30}")))
def test_any_text_is_an_address_or_said_to_be_none(address: str) -> None:
    try:
        server = smtp_server(address, "secret")
    except SmtpAddressUnusable:
        return
    assert server.host and 0 < server.port < 2**16
    assert server.encryption in {encryption for encryption, _ in SCHEMES.values()}
    assert server.user is None or server.encryption is not Encryption.NONE


@pytest.mark.parametrize(
    ("told", "line"),
    [
        ("no-reply@example.org", "no-reply@example.org"),
        (" <no-reply@localhost> ", "no-reply@localhost"),
        ("NHSO <a@example.org>", "NHSO <a@example.org>"),
        ("สปสช. เขต 7 <a@example.org>", '"สปสช. เขต 7" <a@example.org>'),
        ('"A, B" <a@example.org>', '"A, B" <a@example.org>'),
        ("A, B <a@example.org>", '"A, B" <a@example.org>'),
    ],
)
def test_whom_mail_is_from(told: str, line: str) -> None:
    assert smtp_server("localhost:25", sender=told) == SmtpServer("localhost", 25, sender=line)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "nobody",
        "NHSO",
        "<>",
        "a@example.org, b@example.org",
        "a@example.org\nBcc: b@example.org",
        "A\nB <a@example.org>",
        "A <a@example.org",
        "A <a@example.org> b",
        "group: a@example.org;",
        "ก@example.org",
        "a@ไทย.example",
        "a..b@example.org",
        "a@-.example",
        f"{'a' * 65}@example.org",
        f"{'ก' * 121} <a@example.org>",
    ],
)
def test_whom_mail_cannot_be_from(told: str) -> None:
    with pytest.raises(SenderUnusable):
        smtp_server("localhost:25", sender=told)


@given(told=st.one_of(st.text(max_size=40), st.from_regex(r"[^\n<>]{0,30}<a@example\.org>", fullmatch=True)))
def test_any_text_is_one_sender_or_said_to_be_none(told: str) -> None:
    try:
        line = sender_line(told)
    except SenderUnusable:
        return
    message = EmailMessage(policy=SMTP)
    message["From"] = line
    [sender] = message_from_bytes(message.as_bytes(), policy=SMTP)["From"].addresses
    assert f"<{sender.addr_spec}>" in told or sender.addr_spec == told.strip()


def test_mail_arrives_from_whom_was_said(rooms: Rooms) -> None:
    write(rooms)
    with MailCatcher() as catcher:
        server = smtp_server(f"{catcher.host}:{catcher.port}", sender="สปสช. เขต 7 <region7@example.org>")
        assert deliver(rooms.offices.mail, server) == Delivery(sent=1)
        [mail] = catcher.wait_for(1)
    assert mail.sender == '"สปสช. เขต 7" <region7@example.org>'
