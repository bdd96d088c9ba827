"""What NHSO remembers of officers and of the tokens that they work with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.names import LONGEST_NAME
from emulator.offices.storage import Base, Instant


class Officer(Base):
    """An officer as NHSO knows one: a single level; when the right was granted, used, ended, and why."""

    __tablename__ = "officer"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    organisation: Mapped[str] = mapped_column(String(5))
    level: Mapped[str | None] = mapped_column(String(20))
    granted_at: Mapped[datetime | None] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_because: Mapped[str | None] = mapped_column(String(20))


class OfficerSession(Base):
    """An smctoken (its digest). One per citizen: a new login replaces the older token (``assumed``)."""

    __tablename__ = "officer_session"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)
