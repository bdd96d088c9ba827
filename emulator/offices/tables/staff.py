"""Who works in the offices: accounts with a user name and a password."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.names import LONGEST_NAME
from emulator.offices.storage import Base, Instant


class StaffAccount(Base):
    """One account: at which office, for which of NHSO's regions (None: all), and the password's scrypt hash."""

    __tablename__ = "staff_account"
    user: Mapped[str] = mapped_column(String(40), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    office: Mapped[str] = mapped_column(String(20))
    region: Mapped[int | None] = mapped_column(SmallInteger)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    password_hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    changed_at: Mapped[datetime] = mapped_column(Instant)
