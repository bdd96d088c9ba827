"""SRM's key, and which refresh token of each login is the living one."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class SrmKey(Base):
    """The key (64 random bytes) that this database's JWTs are signed with. A single row, number 1."""

    __tablename__ = "srm_key"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    key: Mapped[bytes] = mapped_column(LargeBinary(64))


class SrmFamily(Base):
    """The tokens that descend from one login. Only the newest refresh token lives."""

    __tablename__ = "srm_family"
    family: Mapped[str] = mapped_column(String(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13), index=True)
    refresh_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    expires_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
