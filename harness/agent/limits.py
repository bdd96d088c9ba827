"""The limits on asking for authentication codes given before, as one hospital system quotes them; off unless asked for.

Public (one program): 5 seconds between calls, 3,000 calls a day. That they are answered with 429 is ``assumed``.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from http import HTTPStatus

from apdu_specs.language import Text
from harness.agent.refusals import Refusal

BETWEEN_S = 5.0
A_DAY = 3000
DAY_S = 24 * 3600.0

TOO_SOON = Text(
    f"Wait {BETWEEN_S:g} seconds between two calls.", f"กรุณาเว้นระยะการเรียกอย่างน้อย {BETWEEN_S:g} วินาที"
)
TOO_MANY = Text(f"No more than {A_DAY:,} calls a day.", f"เรียกใช้เกิน {A_DAY:,} ครั้งต่อวัน")


class Limits:
    """Counts calls; ``clock`` gives seconds that only grow."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._last: float | None = None
        self._day_began = clock()
        self._calls = 0

    def count(self) -> None:
        """One more call. Raises Refusal (429); a refused call does not count."""
        now = self._clock()
        if self._last is not None and now - self._last < BETWEEN_S:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_SOON)
        if now - self._day_began >= DAY_S:
            self._day_began, self._calls = now, 0
        if self._calls >= A_DAY:
            raise Refusal(HTTPStatus.TOO_MANY_REQUESTS, TOO_MANY)
        self._last = now
        self._calls += 1
