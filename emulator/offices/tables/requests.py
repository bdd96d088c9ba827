"""Organisations' letters that ask for rights, the officers that each names, and how to reach officers."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, SmallInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.names import LONGEST_NAME
from emulator.offices.storage import Base, Instant


class RequestLetter(Base):
    """One letter to a regional office. ``receipt_digest``: of what its organisation asks with how it stands."""

    __tablename__ = "request_letter"
    number: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    reference: Mapped[str] = mapped_column(String(16), unique=True)
    receipt_digest: Mapped[bytes] = mapped_column(LargeBinary(32))
    received_at: Mapped[datetime] = mapped_column(Instant)
    region: Mapped[int] = mapped_column(SmallInteger, index=True)
    letter_number: Mapped[str] = mapped_column(String(60))
    letter_date: Mapped[str] = mapped_column(String(40))
    organisation_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    organisation: Mapped[str] = mapped_column(String(5))
    address: Mapped[str] = mapped_column(String(300))
    phone: Mapped[str] = mapped_column(String(20))
    fax: Mapped[str] = mapped_column(String(20))
    superior_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    superior_position: Mapped[str] = mapped_column(String(LONGEST_NAME))


class RequestedOfficer(Base):
    """One officer in a letter, and what the regional office decided. ``replaces``: whose right ends with it."""

    __tablename__ = "requested_officer"
    letter: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), ForeignKey("request_letter.number"), primary_key=True
    )
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    level: Mapped[str] = mapped_column(String(20))
    office_phone: Mapped[str] = mapped_column(String(20))
    mobile: Mapped[str] = mapped_column(String(20))
    email: Mapped[str] = mapped_column(String(254))
    replaces: Mapped[str | None] = mapped_column(String(13))
    decision: Mapped[str | None] = mapped_column(String(10))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(String(40))
    why: Mapped[str | None] = mapped_column(String(300))


Index(
    "requested_officers_that_wait",
    RequestedOfficer.letter,
    sqlite_where=RequestedOfficer.decision.is_(None),
    postgresql_where=RequestedOfficer.decision.is_(None),
)


class OfficerContact(Base):
    """Where an officer with a right is reached, of which region they are, and whether a lapse has been told."""

    __tablename__ = "officer_contact"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    organisation_name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    region: Mapped[int] = mapped_column(SmallInteger, index=True)
    email: Mapped[str] = mapped_column(String(254))
    office_phone: Mapped[str] = mapped_column(String(20))
    mobile: Mapped[str] = mapped_column(String(20))
    lapse_told_at: Mapped[datetime | None] = mapped_column(Instant)
