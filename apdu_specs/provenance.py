"""Where a declaration comes from, and how far it can be trusted.

There is no public specification of the card, so every declaration says whose word it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """Whose word a declaration is."""

    PUBLIC = "public"
    STANDARD = "standard"
    MANUAL = "manual"
    ASSUMED = "assumed"


class Confidence(Enum):
    """How many voices agree: many independent programs, a few, one lineage, or none (our choice)."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Kind, source in words, and confidence of a declaration. Shown in the reference page."""

    kind: Kind
    source: str
    confidence: Confidence

    def __str__(self) -> str:
        return f"{self.kind.value}: {self.source} ({self.confidence.value})"


def public(source: str, confidence: Confidence = Confidence.HIGH) -> Provenance:
    """Seen in public programs that read real cards; ``source`` says which and how many."""
    return Provenance(Kind.PUBLIC, source, confidence)


def standard(clause: str) -> Provenance:
    """Laid down by a standard; ``clause`` names it, e.g. ``ISO/IEC 7816-4 7.1.1``."""
    return Provenance(Kind.STANDARD, clause, Confidence.HIGH)


def manual(section: str) -> Provenance:
    """Told by the National Health Security Office's user manual for officers."""
    return Provenance(Kind.MANUAL, section, Confidence.HIGH)


def assumed(reason: str) -> Provenance:
    """Our choice, because nothing public says it; ``reason`` says why this one."""
    return Provenance(Kind.ASSUMED, reason, Confidence.NONE)
