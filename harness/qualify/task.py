"""A call in a thread of its own, for what may wait for ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from apdu_specs.language import Text
from harness.qualify.calls import LIMIT_S
from harness.qualify.criterion import CannotMeasure


class Task:
    """A call in a thread of its own, started at once: how long it took and what it gave, or that it still waits."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        self._done = threading.Event()
        self.result: Any = None
        self.error: Exception | None = None
        self.started = time.monotonic()
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._run, name="qualify task", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self.result = self._function()
        except Exception as error:  # handed to whoever waits
            self.error = error
        self.seconds = time.monotonic() - self.started
        self._done.set()

    def done_within(self, seconds: float) -> bool:
        """Whether it ended within ``seconds`` from now."""
        return self._done.wait(seconds)

    def outcome(self, within_s: float = LIMIT_S) -> Any:
        """Its result; raises what it raised, CannotMeasure if it does not end."""
        if not self._done.wait(within_s):
            raise CannotMeasure(Text("A call does not return.", "คำสั่งไม่สิ้นสุด"))
        if self.error is not None:
            raise self.error
        return self.result
