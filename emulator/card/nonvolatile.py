"""What a card remembers without power: counters and the PIN."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from apdu_specs.pin_policy import PinPolicy


@dataclass(frozen=True, slots=True)
class Counters:
    """The card's changing state.

    ``failures``: consecutive VERIFY failures (f). ``office_failures``: consecutive wrong proofs of a registration
    office. ``pin``: ASCII digits.
    """

    failures: int
    office_failures: int
    pin: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What one card remembered at one moment. Opaque: made by ``Card.snapshot``, taken by ``Card.restore``."""

    serial: bytes
    policy: PinPolicy
    counters: Counters = field(repr=False)


class NonVolatile(Protocol):
    """Memory that keeps ``Counters``. After ``write`` returns, they survive a power cut."""

    @property
    def counters(self) -> Counters:
        """What was last written."""

    def write(self, counters: Counters) -> None:
        """Remember durably; raises WriteFailed, and then ``counters`` stays what it was."""

    def close(self) -> None:
        """Let go of the memory."""


class MemoryStore:
    """Memory of a card that lives no longer than its process."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    @property
    def counters(self) -> Counters:
        return self._counters

    def write(self, counters: Counters) -> None:
        self._counters = counters

    def close(self) -> None:
        pass
