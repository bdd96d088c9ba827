"""Rings in every browser window that listens, whichever thread something changed in."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import suppress


class Bell:
    """``ring`` may be called from any thread; ``rings`` is listened to in an event loop."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}
        self._closed = False

    def ring(self) -> None:
        """Wake all listeners."""
        with self._guard:
            listeners = list(self._listeners.items())
        for event, loop in listeners:
            with suppress(RuntimeError):  # its loop has ended
                loop.call_soon_threadsafe(event.set)

    def close(self) -> None:
        """End all listening."""
        self._closed = True
        self.ring()

    async def rings(self, quiet_s: float) -> AsyncIterator[bool]:
        """True after every ring (several may become one), False after ``quiet_s`` without; ends when closed."""
        event = asyncio.Event()
        with self._guard:
            self._listeners[event] = asyncio.get_running_loop()
        try:
            while not self._closed:
                try:
                    await asyncio.wait_for(event.wait(), quiet_s)
                except TimeoutError:
                    yield False
                    continue
                event.clear()
                if not self._closed:
                    yield True
        finally:
            with self._guard:
                del self._listeners[event]
