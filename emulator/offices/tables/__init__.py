"""Every table of the offices, one module per owner. Importing this package makes them all known to the metadata."""

from emulator.offices.storage import Base
from emulator.offices.tables import (
    attempts,
    audit,
    authen_codes,
    authority,
    cards,
    citizens,
    mail,
    officers,
    requests,
    sessions,
    srm,
    staff,
)

__all__ = [
    "METADATA",
    "attempts",
    "audit",
    "authen_codes",
    "authority",
    "cards",
    "citizens",
    "mail",
    "officers",
    "requests",
    "sessions",
    "srm",
    "staff",
]

METADATA = Base.metadata
"""Of every table."""
