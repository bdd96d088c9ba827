"""Authentication codes that were given out, drafts of requests, and the tokens hospitals ask with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class AuthenCode(Base):
    """One code. ``day`` is YYYYMMDD in Bangkok, ``nth`` its number that day for the same person, service and hospital."""

    __tablename__ = "authen_code"
    code: Mapped[str] = mapped_column(String(12), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    claim_type: Mapped[str] = mapped_column(String(9))
    hospital: Mapped[str] = mapped_column(String(5))
    day: Mapped[str] = mapped_column(String(8))
    nth: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(Instant)
    mobile: Mapped[str] = mapped_column(String(10))
    hn: Mapped[str | None] = mapped_column(String(20))
    correlation_id: Mapped[str] = mapped_column(String(36))

    __table_args__ = (
        # Two requests at the same time cannot both be the day's first.
        UniqueConstraint("citizen_id", "claim_type", "hospital", "day", "nth", name="one_authen_code_a_day"),
    )


Index("latest_authen_codes", AuthenCode.citizen_id, AuthenCode.created_at)


class AuthenDraft(Base):
    """A request kept for later, by the correlation id of the read it came from and the hospital."""

    __tablename__ = "authen_draft"
    correlation_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    hospital: Mapped[str] = mapped_column(String(5), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    claim_type: Mapped[str] = mapped_column(String(9))
    mobile: Mapped[str] = mapped_column(String(10))
    hn: Mapped[str | None] = mapped_column(String(20))
    created_at: Mapped[datetime] = mapped_column(Instant)


class HospitalToken(Base):
    """A hospital's own token (the digest of a UUID) for the SmartCard Agent."""

    __tablename__ = "hospital_token"
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hospital: Mapped[str] = mapped_column(String(5), index=True)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
