"""What time the offices think it is, so that 60 days can pass and midnight can be met on purpose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol, runtime_checkable


class Clock(Protocol):
    """Whatever can say what time it is."""

    def now(self) -> datetime:
        """The present instant, always with a time zone."""
        ...


@runtime_checkable
class MovableClock(Clock, Protocol):
    """A clock that tests may move."""

    def advance(self, by: timedelta) -> None:
        """Move forwards (or, with a negative ``by``, backwards)."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class MovedClock:
    """The machine's own clock, moved by however much it was told to."""

    def __init__(self) -> None:
        self._moved = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._moved

    def advance(self, by: timedelta) -> None:
        """Move forwards (or, with a negative ``by``, backwards)."""
        self._moved += by


class SetClock:
    """A clock that stands still until it is told to move."""

    def __init__(self, start: datetime) -> None:
        """``start`` must have a time zone."""
        self._now = start.astimezone(UTC)

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forwards (or, with a negative ``by``, backwards)."""
        self._now += by
