"""The citizens that NHSO can be asked about, their entitlements, and hospitals."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.names import LONGEST_NAME
from emulator.offices.storage import Base, Instant


class HospitalRow(Base):
    """A hospital that a card names and that is not among the synthetic ones: five digits, name, province (2 digits)."""

    __tablename__ = "hospital"
    code: Mapped[str] = mapped_column(String(5), primary_key=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME), index=True)
    province: Mapped[str] = mapped_column(String(2))


class CitizenRow(Base):
    """A person as the register of the population tells NHSO. ``birth_date`` is YYYYMMDD of the Buddhist era."""

    __tablename__ = "citizen"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    title: Mapped[str] = mapped_column(String(100))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    birth_date: Mapped[str] = mapped_column(String(8))
    sex: Mapped[str] = mapped_column(String(1))
    moo: Mapped[str] = mapped_column(String(60))
    tambon: Mapped[str] = mapped_column(String(160))
    amphoe: Mapped[str] = mapped_column(String(160))
    province: Mapped[str] = mapped_column(String(2))
    deceased_at: Mapped[datetime | None] = mapped_column(Instant)


class EntitlementRow(Base):
    """A citizen's entitlement, and at most one that waits to take its place."""

    __tablename__ = "entitlement"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    pending: Mapped[bool] = mapped_column(Boolean, primary_key=True)
    main: Mapped[str] = mapped_column(String(3))
    sub: Mapped[str] = mapped_column(String(2))
    card_number: Mapped[str] = mapped_column(String(20))
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    registered_at: Mapped[datetime] = mapped_column(Instant)
    main_hospital: Mapped[str | None] = mapped_column(String(5))
    outpatient_hospital: Mapped[str | None] = mapped_column(String(5))
    sub_hospital: Mapped[str | None] = mapped_column(String(5))
    province: Mapped[str] = mapped_column(String(2))
    paid_model: Mapped[str] = mapped_column(String(1))
