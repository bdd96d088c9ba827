"""Staff who are logged in at the offices' pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class StaffSession(Base):
    """A browser's session (the digest of its cookie) and whose it is."""

    __tablename__ = "staff_session"
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    user: Mapped[str] = mapped_column(String(40), index=True)
    used_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant, index=True)
