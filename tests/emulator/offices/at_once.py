"""Work that many do at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

LIMIT_S = 60.0
Outcome = TypeVar("Outcome")


def at_once(work: Callable[[int], Outcome], times: int) -> list[Outcome]:
    """What ``work`` gave for 0, 1, ..., each called in a thread of its own; all begin together. Raises what the first raised."""
    together = threading.Barrier(times)

    def begun(number: int) -> Outcome:
        together.wait(LIMIT_S)
        return work(number)

    with ThreadPoolExecutor(times) as threads:
        return list(threads.map(begun, range(times), timeout=LIMIT_S))
