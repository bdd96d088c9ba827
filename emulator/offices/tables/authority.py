"""What the authority remembers: challenges and confirmed identities."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class Challenge(Base):
    """An XKey that the authority gave out, what it is bound to, and whether it is spent."""

    __tablename__ = "challenge"
    xkey: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    serial: Mapped[bytes] = mapped_column(LargeBinary(8))
    office: Mapped[str] = mapped_column(String(5))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class Consent(Base):
    """A citizen's consent, by card and PIN, to the use of their data by whoever holds a TKey (its digest)."""

    __tablename__ = "consent"
    tkey_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class ConfirmedIdentity(Base):
    """A TKey (its digest) and whose identity it confirms."""

    __tablename__ = "confirmed_identity"
    tkey_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    serial: Mapped[bytes] = mapped_column(LargeBinary(8))
    office: Mapped[str] = mapped_column(String(5))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
