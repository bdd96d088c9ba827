"""E-mail that the offices have to send, kept until a server has taken it; and e-mail that the catcher was sent."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class OutgoingMail(Base):
    """One message. Due from ``next_try_at`` on, until ``sent_at`` or ``given_up_at`` says otherwise."""

    __tablename__ = "outgoing_mail"
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    message_id: Mapped[str] = mapped_column(String(80), unique=True)
    recipient: Mapped[str] = mapped_column(String(254))
    subject: Mapped[str] = mapped_column(String(200))
    body: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(Instant)
    tries: Mapped[int] = mapped_column(Integer)
    next_try_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    given_up_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(String(80))


Index(
    "mail_that_is_due",
    OutgoingMail.next_try_at,
    sqlite_where=OutgoingMail.sent_at.is_(None),
    postgresql_where=OutgoingMail.sent_at.is_(None),
)


class IncomingMail(Base):
    """One message that the catcher took, as it came. A higher number came later."""

    __tablename__ = "incoming_mail"
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    caught_at: Mapped[datetime] = mapped_column(Instant)
    recipients: Mapped[str] = mapped_column(Text)
    """Those of the envelope: a JSON list."""
    message: Mapped[bytes] = mapped_column(LargeBinary)
