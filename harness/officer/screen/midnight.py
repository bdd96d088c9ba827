"""Midnight in Bangkok, when NHSO clears all tokens: calls somebody then."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from harness.officer.token_file import next_midnight

_LOOK_S = 30.0  # a machine that slept, or whose clock was set, is noticed this late at most


def now() -> datetime:
    """The machine's clock."""
    return datetime.now(UTC)


class Midnight:
    """Calls ``at_midnight`` in a thread of its own, every midnight, until it is closed."""

    def __init__(self, at_midnight: Callable[[], object], clock: Callable[[], datetime] = now) -> None:
        self._at_midnight = at_midnight
        self._clock = clock
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
        return min(_LOOK_S, max(0.0, (self._due - current).total_seconds()))

    def _run(self) -> None:
        wait_s = self.look()
        while not self._ending.wait(wait_s):
            wait_s = self.look()
