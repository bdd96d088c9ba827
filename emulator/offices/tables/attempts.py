"""Refused logins, for as long as they count against whoever tries again."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, Index, Integer, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class RefusedAttempt(Base):
    """A login that was refused, or a letter received: when, by which officer or from which address (a keyed digest)."""

    __tablename__ = "refused_attempt"
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    who: Mapped[bytes] = mapped_column(LargeBinary(16))
    at: Mapped[datetime] = mapped_column(Instant, index=True)


Index("refused_attempt_by_whom", RefusedAttempt.who, RefusedAttempt.at)
