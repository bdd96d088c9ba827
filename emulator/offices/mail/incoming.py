"""What the catcher was sent: kept in the database, the newest thousand messages, and read again when somebody looks."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from sqlalchemy import delete, select

from apdu_specs.bangkok import BANGKOK
from emulator.offices.storage import Storage
from emulator.offices.tables.mail import IncomingMail

KEPT = 1000


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One message as it came: its number here, recipients as the envelope has them, and what a reader sees; empty what is not
    there.
    """

    number: int
    recipients: tuple[str, ...] = field(repr=False)
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    date: str
    """The Date header as it came; empty without one."""
    dated: datetime | None
    """The instant that it tells; None where it tells none."""
    body: str = field(repr=False)
    message_id: str


class IncomingMails:
    """The messages of one database, from whichever server's catcher they came."""

    def __init__(self, storage: Storage, kept: int = KEPT) -> None:
        self._storage = storage
        self._kept = kept

    def put(self, recipients: tuple[str, ...], message: bytes) -> None:
        """Keep a message; it is stored on return. What is no longer among the newest goes."""
        read(0, recipients, message)  # what cannot be shown is not taken: every look at the page would fail
        numbers = select(IncomingMail.number).order_by(IncomingMail.number.desc())
        too_old = numbers.offset(self._kept).limit(1).scalar_subquery()
        with self._storage.transaction() as session:
            session.add(
                IncomingMail(caught_at=datetime.now(UTC), recipients=json.dumps(recipients), message=message)
            )
            session.flush()
            session.execute(delete(IncomingMail).where(IncomingMail.number <= too_old))

    def newest(self, count: int, *, before: int | None = None) -> tuple[CaughtMail, ...]:
        """The newest messages, newest first; with ``before`` those that came before that number."""
        wanted = select(IncomingMail).order_by(IncomingMail.number.desc()).limit(count)
        if before is not None:
            wanted = wanted.where(IncomingMail.number < before)
        with self._storage.reading() as session:
            found = session.scalars(wanted).all()
        return tuple(read(row.number, tuple(json.loads(row.recipients)), row.message) for row in found)


def read(number: int, recipients: tuple[str, ...], message: bytes) -> CaughtMail:
    """What a reader sees of a message."""
    parsed = message_from_bytes(message, policy=default)
    assert isinstance(parsed, EmailMessage)
    return CaughtMail(
        number=number,
        recipients=recipients,
        sender=str(parsed["From"] or ""),
        subject=str(parsed["Subject"] or ""),
        date=str(parsed["Date"] or ""),
        dated=_instant(parsed),
        body=_text_of(parsed),
        message_id=str(parsed["Message-ID"]),
    )


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return "" if part is None else str(part.get_content())


def _instant(message: EmailMessage) -> datetime | None:
    told = getattr(message["Date"], "datetime", None)
    if not isinstance(told, datetime):
        return None
    try:
        # Without a zone it is UTC that is told (RFC 5322, 3.3, "-0000"). Year 1 and year 9999 may leave the calendar.
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(BANGKOK)
    except (OverflowError, ValueError):
        return None
