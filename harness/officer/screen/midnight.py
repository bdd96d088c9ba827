"""Midnight in Bangkok, when NHSO clears all tokens: calls somebody then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from apdu_specs.bangkok import next_midnight
from harness.errors import HarnessError
from harness.officer.offices import NhsoClient

LOOK_S = 30.0
"""A machine that slept, or whose clock was set, is noticed this late at most."""
TEST_LOOK_S = 1.0
"""Where tests move the clock, midnight comes at any time."""


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


def never_moved() -> float:
    """How often to look at a clock that nobody moves."""
    return LOOK_S


class OfficesClock:
    """The clock of offices in test mode, which tests move; of all others the machine's. Call it for the time."""

    def __init__(self, nhso: NhsoClient) -> None:
        """``nhso`` should be impatient: whoever asks for the time waits for it."""
        self._nhso = nhso
        self._tell = True
        self._told = False

    def __call__(self) -> datetime:
        told = self._asked() if self._tell else None
        return told or now()

    def look_s(self) -> float:
        """Seconds until one should look again."""
        return TEST_LOOK_S if self._told else LOOK_S

    def _asked(self) -> datetime | None:
        try:
            told = self._nhso.clock()
        except HarnessError:  # not there now; it may tell later
            return None
        self._tell = self._told = told is not None
        return told


class Midnight:
    """Calls ``at_midnight`` in a thread of its own, every midnight, until it is closed. ``look_s``: as ``never_moved``."""

    def __init__(
        self,
        at_midnight: Callable[[], object],
        clock: Callable[[], datetime] = now,
        look_s: Callable[[], float] = never_moved,
    ) -> None:
        self._at_midnight = at_midnight
        self._clock = clock
        self._look_s = look_s
        self._due = next_midnight(clock())
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="thnid-midnight", daemon=True)

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def close(self) -> None:
        """Stop waiting."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join()

    def look(self) -> float:
        """Call if midnight has passed; gives the seconds until the next look is due."""
        current = self._clock()
        if current >= self._due:
            self._due = next_midnight(current)
            self._at_midnight()
        return min(self._look_s(), max(0.0, (self._due - current).total_seconds()))

    def _run(self) -> None:
        wait_s = self.look()
        while not self._ending.wait(wait_s):
            wait_s = self.look()
