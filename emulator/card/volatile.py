"""What a card forgets when power goes: waiting data and open challenges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Volatile:
    """``waiting``: data that ``61 xx`` announced. The challenges are single-use; None when none is open."""

    waiting: bytes = b""
    pin_challenge: bytes | None = None
    office_challenge: bytes | None = None
    office_proved: bool = False

    def clear(self) -> None:
        """Forget everything."""
        self.waiting = b""
        self.pin_challenge = self.office_challenge = None
        self.office_proved = False
