"""E-mail: written with what it tells of, handed to a real SMTP server, kept while none answers."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import func, select, text

from emulator.offices.caretaker import Caretaker
from emulator.offices.errors import PortNotAllowed, PortTaken
from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.mail.delivery import Delivery, SmtpServer, deliver
from emulator.offices.mail.incoming import IncomingMails
from emulator.offices.mail.outbox import Outbox
from emulator.offices.storage import Storage
from emulator.offices.tables.mail import IncomingMail
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.letters import LETTER
from tests.emulator.offices.outgoing import Standing, standing
from tests.emulator.offices.rooms import Rooms

BODY = "เรียน ท่าน\n\nบรรทัดที่สอง\n.\nพ้นจุด\n"


@pytest.fixture
def outbox(rooms: Rooms) -> Outbox:
    return rooms.offices.mail


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


def at(catcher: MailCatcher) -> SmtpServer:
    return SmtpServer(catcher.host, catcher.port)


def nowhere() -> SmtpServer:
    """Where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return SmtpServer("127.0.0.1", taken.getsockname()[1])


def write(rooms: Rooms, recipient: str = "one@example.org") -> None:
    with rooms.storage.transaction() as session:
        rooms.offices.mail.put(session, recipient, "ผลการขอสิทธิ: อนุมัติ / granted", BODY)


def test_a_taken_port_is_told_from_one_that_is_not_allowed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(PortTaken):
        MailCatcher(port=taken.getsockname()[1]).start()
    with pytest.raises(PortNotAllowed) as caught:
        MailCatcher("192.0.2.1").start()  # an address of no machine
    assert "in use" not in caught.value.message.en and caught.value.message.th


def test_thai_arrives(rooms: Rooms, outbox: Outbox, catcher: MailCatcher) -> None:
    write(rooms)
    assert deliver(outbox, at(catcher)) == Delivery(sent=1)
    [mail] = catcher.wait_for(1)
    assert (mail.recipients, mail.subject) == (("one@example.org",), "ผลการขอสิทธิ: อนุมัติ / granted")
    assert mail.body.replace("\r\n", "\n") == BODY
    assert standing(rooms.storage) == Standing(waiting=0, sent=1, given_up=0)
    assert deliver(outbox, at(catcher)) == Delivery()


def test_what_was_undone_is_not_told(rooms: Rooms, outbox: Outbox) -> None:
    with pytest.raises(ZeroDivisionError), rooms.storage.transaction() as session:
        outbox.put(session, "one@example.org", "x", "x")
        raise ZeroDivisionError
    assert standing(rooms.storage) == Standing(0, 0, 0)


def test_nothing_is_lost_while_no_server_answers(rooms: Rooms, outbox: Outbox, catcher: MailCatcher) -> None:
    write(rooms)
    write(rooms, "two@example.org")
    assert deliver(outbox, nowhere()) == Delivery(later=1)
    assert standing(rooms.storage).waiting == 2
    assert deliver(outbox, at(catcher)).sent == 1  # the other one waits for its next try
    rooms.clock.advance(timedelta(minutes=1))
    assert deliver(outbox, at(catcher)).sent == 1
    assert {mail.recipients for mail in catcher.wait_for(2)} == {("one@example.org",), ("two@example.org",)}


def test_tries_grow_rarer_and_end_after_five_days(rooms: Rooms, outbox: Outbox) -> None:
    write(rooms)
    server, tries = nowhere(), 0
    for _ in range(6 * 24):
        tries += deliver(outbox, server).later
        rooms.clock.advance(timedelta(hours=1))
    assert standing(rooms.storage) == Standing(0, 0, 1)
    assert 100 < tries <= 5 * 24 + 2


class Picky:
    """Refuses one recipient for good and asks for patience with another."""

    async def handle_RCPT(
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if address.startswith("no@"):
            return "550 no such mailbox"
        if address.startswith("later@"):
            return "451 try later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, _envelope: Any) -> str:
        return "250 OK"


@contextmanager
def picky_server() -> Iterator[SmtpServer]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    controller = Controller(Picky(), hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield SmtpServer("127.0.0.1", port)
    finally:
        controller.stop()


def test_one_refused_recipient_stops_nobody(rooms: Rooms, outbox: Outbox) -> None:
    for recipient in ("no@example.org", "later@example.org", "one@example.org"):
        write(rooms, recipient)
    with picky_server() as server:
        assert deliver(outbox, server) == Delivery(sent=1, refused=1, later=1)
    assert standing(rooms.storage) == Standing(waiting=1, sent=1, given_up=1)


def test_two_takers_never_hold_the_same_message(rooms: Rooms, outbox: Outbox) -> None:
    write(rooms)
    assert outbox.take() is not None
    assert outbox.take() is None
    rooms.clock.advance(timedelta(minutes=2))  # the first taker died
    assert outbox.take() is not None


def send(catcher: MailCatcher, subject: str) -> None:
    with smtplib.SMTP(catcher.host, catcher.port) as smtp:
        smtp.sendmail("a@example.org", "b@example.org", f"Subject: {subject}\r\n\r\nx\r\n")


def test_what_was_acknowledged_is_stored(database: str) -> None:
    storage = Storage(database)
    with MailCatcher(database=database) as catcher:
        for number in range(3):
            send(catcher, str(number))
            kept = IncomingMails(storage).newest(10)  # as whoever starts after a kill finds it
            assert [mail.subject for mail in kept] == [str(each) for each in range(number, -1, -1)]
        assert kept == catcher.mail
    storage.close()


def test_what_cannot_be_stored_is_not_acknowledged_and_waits(
    rooms: Rooms, outbox: Outbox, database: str
) -> None:
    write(rooms)
    storage = Storage(database)
    with MailCatcher(database=database) as catcher:
        with storage.transaction() as session:
            session.execute(text("ALTER TABLE incoming_mail RENAME TO away"))
        assert deliver(outbox, at(catcher)) == Delivery(later=1)
        with pytest.raises(smtplib.SMTPDataError) as refused:
            send(catcher, "x")
        assert refused.value.smtp_code == 451
        with storage.transaction() as session:
            session.execute(text("ALTER TABLE away RENAME TO incoming_mail"))
        rooms.clock.advance(timedelta(minutes=1))
        assert deliver(outbox, at(catcher)) == Delivery(sent=1)
        assert [mail.recipients for mail in catcher.mail] == [("one@example.org",)]
    storage.close()


def test_what_cannot_be_read_is_refused_and_spoils_nothing(catcher: MailCatcher) -> None:
    with smtplib.SMTP(catcher.host, catcher.port) as smtp, pytest.raises(smtplib.SMTPDataError):
        odd = "Subject: x\r\nContent-Type: text/plain; charset=nonsense\r\n\r\nx\r\n"
        smtp.sendmail("a@example.org", "b@example.org", odd)
    send(catcher, "y")
    assert [mail.subject for mail in catcher.mail] == ["y"]


def test_the_newest_are_kept(database: str) -> None:
    storage = Storage(database)
    mails = IncomingMails(storage, kept=3)
    for number in range(7):
        mails.put((f"{number}@example.org", "ก@example.org"), f"Subject: {number}\r\n\r\nx".encode())
        with storage.reading() as session:
            assert session.scalar(select(func.count()).select_from(IncomingMail)) == min(number + 1, 3)
    assert [mail.subject for mail in mails.newest(10)] == ["6", "5", "4"]
    assert mails.newest(1)[0].recipients == ("6@example.org", "ก@example.org")
    assert [mail.subject for mail in mails.newest(1, before=mails.newest(1)[0].number)] == ["5"]
    storage.close()


def test_many_at_once_are_all_kept(database: str) -> None:
    with ExitStack() as stack:
        catchers = [stack.enter_context(MailCatcher(database=database)) for _ in range(2)]
        at_once(lambda number: send(catchers[number % 2], str(number)), 8)
        for catcher in catchers:
            assert {mail.subject for mail in catcher.mail} == {str(number) for number in range(8)}


def test_no_address_is_in_a_repr(rooms: Rooms, outbox: Outbox) -> None:
    write(rooms)
    assert "one@" not in repr(outbox.take())


def test_the_caretaker_delivers_as_soon_as_something_is_written(rooms: Rooms, catcher: MailCatcher) -> None:
    rights = rooms.offices.rights
    reference = rights.receive(LETTER).reference
    with Caretaker(rights, rooms.offices.mail, rooms.clock, at(catcher)):
        rights.approve(reference, 1, by="nhso")
        rights.refuse(reference, 2, "ข้อมูลไม่ครบ", by="nhso")
        refused, approved = catcher.wait_for(2)
    assert (approved.recipients, refused.recipients) == (("one@example.org",), ("two@example.org",))
    assert "อนุมัติสิทธิการเข้าใช้งาน" in approved.subject
    assert "ข้อมูลไม่ครบ" in refused.body
