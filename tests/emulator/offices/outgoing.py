"""What became of the e-mail that the offices wrote."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import select

from emulator.offices.storage import Storage
from emulator.offices.tables.mail import OutgoingMail


class Standing(NamedTuple):
    """How many messages wait, were sent, were given up."""

    waiting: int
    sent: int
    given_up: int


def standing(storage: Storage) -> Standing:
    """How the outbox stands."""
    with storage.reading() as session:
        rows = session.execute(select(OutgoingMail.sent_at, OutgoingMail.given_up_at)).all()
    sent = sum(row.sent_at is not None for row in rows)
    given_up = sum(row.given_up_at is not None for row in rows)
    return Standing(len(rows) - sent - given_up, sent, given_up)
