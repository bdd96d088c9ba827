"""The outbox: e-mail is written in the transaction of what it tells of, and leaves when a server takes it.

So nothing is lost while no server answers, and nothing is told that did not happen. A message may arrive twice
when a process dies between handing it over and noting so; its Message-ID is the same both times.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import event, select, update
from sqlalchemy.orm import Session

from emulator.offices.clock import Clock
from emulator.offices.storage import Storage
from emulator.offices.tables.mail import OutgoingMail

_LEASE = timedelta(minutes=2)
"""For how long a message is in the hands of whoever takes it out, before another may try."""
_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=1)
_GIVE_UP_AFTER = timedelta(days=5)  # assumed, as mail servers do


@dataclass(frozen=True, slots=True)
class Letter:
    """A message taken out to be handed to a server."""

    number: int
    message_id: str
    recipient: str = field(repr=False)
    subject: str = field(repr=False)
    body: str = field(repr=False)
    written_at: datetime


class Outbox:
    """Takes messages in and gives out those that are due, each to one taker at a time."""

    def __init__(self, storage: Storage, clock: Clock) -> None:
        self._storage = storage
        self._clock = clock
        self.written = threading.Event()
        """Set when a message was written, for whoever delivers in this process."""

    def put(self, session: Session, recipient: str, subject: str, body: str) -> None:
        """Write a message, in somebody's transaction."""
        now = self._clock.now()
        session.add(
            OutgoingMail(
                message_id=f"<{secrets.token_hex(16)}@thnid.invalid>",
                recipient=recipient,
                subject=subject,
                body=body,
                written_at=now,
                tries=0,
                next_try_at=now,
            )
        )
        event.listen(session, "after_commit", lambda _: self.written.set(), once=True)

    def take(self) -> Letter | None:
        """The oldest message that is due, for this taker alone; None when nothing is."""
        now = self._clock.now()
        due = (
            OutgoingMail.sent_at.is_(None),
            OutgoingMail.given_up_at.is_(None),
            OutgoingMail.next_try_at <= now,
        )
        with self._storage.transaction() as session:
            oldest = select(OutgoingMail).where(*due).order_by(OutgoingMail.number).limit(1)
            found = session.scalar(oldest.with_for_update(skip_locked=True))
            if found is None:
                return None
            found.next_try_at = now + _LEASE
            return Letter(
                found.number, found.message_id, found.recipient, found.subject, found.body, found.written_at
            )

    def sent(self, letter: Letter) -> None:
        """The server has taken it."""
        self._note(letter, sent_at=self._clock.now(), last_error=None, tries=OutgoingMail.tries + 1)

    def failed(self, letter: Letter, why: str, *, for_good: bool) -> None:
        """The server did not take it: try later, at growing intervals; or, for good, not again."""
        now = self._clock.now()
        with self._storage.transaction() as session:
            row = session.get_one(OutgoingMail, letter.number, with_for_update=True)
            row.last_error = why[:80]
            row.next_try_at = now + min(_FIRST_WAIT * 2 ** min(row.tries, 10), _LONGEST_WAIT)
            row.tries += 1
            if for_good or now - row.written_at > _GIVE_UP_AFTER:
                row.given_up_at = now

    def _note(self, letter: Letter, **values: object) -> None:
        with self._storage.transaction() as session:
            session.execute(update(OutgoingMail).where(OutgoingMail.number == letter.number).values(**values))
