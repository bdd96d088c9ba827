"""What the registry office remembers of cards."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from emulator.offices.storage import Base, Instant


class IssuedCard(Base):
    """A card that the registry office issued. The citizen's latest is the one that nothing replaced."""

    __tablename__ = "issued_card"
    serial: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13), index=True)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)


Index(
    "one_latest_card_per_citizen",
    IssuedCard.citizen_id,
    unique=True,
    sqlite_where=IssuedCard.replaced_at.is_(None),
    postgresql_where=IssuedCard.replaced_at.is_(None),
)
