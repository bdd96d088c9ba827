"""A time limit for PC/SC calls, which have none of their own: a silent card blocks SCardTransmit for ever.

``SocketWatchdog`` costs next to nothing per call: the call runs in the caller's thread, and a thread that
sleeps until the deadline cuts the context's socket to pcscd when it has passed, which makes the blocked call
return. ``WorkerWatchdog`` runs every call in a thread of its own and stops waiting for it; it needs to know
nothing of sockets, but two thread switches per call cost about as much as half an APDU. It serves where the
socket cannot be told (another thread opened one at the same moment, or the platform is not Linux).
"""

from __future__ import annotations

import contextlib
import os
import queue
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from harness.errors import CardSilent

Result = TypeVar("Result")
_establishing = threading.Lock()


class Watchdog(ABC):
    """Runs calls of one PC/SC context under a time limit; after the first that exceeds it, all raise CardSilent."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._silent = False

    @property
    def silent(self) -> bool:
        """Whether a call has exceeded the limit: the context is dead."""
        return self._silent

    @abstractmethod
    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """``function(*arguments)``, or CardSilent when it takes longer than the limit."""

    @property
    @abstractmethod
    def releasable(self) -> bool:
        """Whether releasing the context returns at once: not while a call still hangs in it."""

    @abstractmethod
    def close(self) -> None:
        """End the watchdog's thread. Call it before the context is released."""


class SocketWatchdog(Watchdog):
    """Cuts ``connection``, a duplicate of the context's socket to pcscd, when a call takes too long."""

    def __init__(self, timeout_s: float, connection: socket.socket) -> None:
        super().__init__(timeout_s)
        self._connection = connection
        self._guard = threading.Condition(threading.Lock())
        self._started_at: float | None = None
        self._idle = True  # the thread sleeps without a deadline and has to be woken
        self._closed = False
        self._thread = threading.Thread(target=self._watch, name="PC/SC watchdog", daemon=True)
        self._thread.start()

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Runs in the caller's thread."""
        with self._guard:
            if self._silent:
                raise CardSilent(self.timeout_s)
            self._started_at = time.monotonic()
            if self._idle:
                self._idle = False
                self._guard.notify()
        try:
            result = function(*arguments)
        except Exception:
            if self._ended_silent():
                raise CardSilent(self.timeout_s) from None
            raise
        if self._ended_silent():
            raise CardSilent(self.timeout_s)
        return result

    @property
    def releasable(self) -> bool:
        """Always: a call that hung has returned when its socket was cut."""
        return True

    def close(self) -> None:
        """Also closes the duplicate, without which pcscd would not see the context go."""
        with self._guard:
            self._closed = True
            self._guard.notify()
        self._thread.join()
        self._connection.close()

    def _ended_silent(self) -> bool:
        with self._guard:
            self._started_at = None
            return self._silent

    def _watch(self) -> None:
        # Woken once per time limit while calls go on, not once per call: a deadline that moved is looked at
        # when the old one passes.
        with self._guard:
            while not self._closed and not self._silent:
                if self._started_at is None:
                    self._idle = True
                    self._guard.wait()
                    continue
                left = self._started_at + self.timeout_s - time.monotonic()
                if left > 0:
                    self._guard.wait(left)
                    continue
                self._silent = True
                with contextlib.suppress(OSError):
                    self._connection.shutdown(socket.SHUT_RDWR)


class WorkerWatchdog(Watchdog):
    """Runs the calls in a worker thread. A silent card keeps that thread until pcscd ends; it is a daemon."""

    def __init__(self, timeout_s: float) -> None:
        super().__init__(timeout_s)
        self._calls: queue.SimpleQueue[tuple[Callable[..., Any], tuple[Any, ...]] | None] = (
            queue.SimpleQueue()
        )
        self._results: queue.SimpleQueue[tuple[Any, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._work, name="PC/SC worker", daemon=True).start()

    def call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        """Runs in the worker; whatever it raises is raised here."""
        if self._silent:
            raise CardSilent(self.timeout_s)
        self._calls.put((function, arguments))
        try:
            result: Result
            result, error = self._results.get(timeout=self.timeout_s)
        except queue.Empty:
            self._silent = True
            raise CardSilent(self.timeout_s) from None
        if error is not None:
            raise error
        return result

    @property
    def releasable(self) -> bool:
        """Not after silence: the worker still sits in the context."""
        return not self._silent

    def close(self) -> None:
        """The worker ends once its last call has returned."""
        self._calls.put(None)

    def _work(self) -> None:
        while (job := self._calls.get()) is not None:
            function, arguments = job
            try:
                self._results.put((function(*arguments), None))
            except BaseException as error:
                self._results.put((None, error))


def establish_watched(establish: Callable[[], int], path: str, timeout_s: float) -> tuple[int, Watchdog]:
    """A new context of the pcscd behind the socket ``path``, and the cheapest watchdog that can guard it."""
    with _establishing:
        before = _own_sockets(path)
        context = establish()
        new = _own_sockets(path) - before
    if len(new) == 1:
        with contextlib.suppress(OSError):
            connection = socket.socket(fileno=os.dup(new.pop()))
            return context, SocketWatchdog(timeout_s, connection)
    return context, WorkerWatchdog(timeout_s)


def _own_sockets(path: str) -> set[int]:
    """This process's descriptors that are connected to the AF_UNIX socket ``path``; none where that is not known."""
    found: set[int] = set()
    try:
        descriptors = list(Path("/proc/self/fd").iterdir())
    except OSError:
        return found
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            if not str(descriptor.readlink()).startswith("socket:"):
                continue
            number = int(descriptor.name)
            with socket.socket(fileno=os.dup(number)) as duplicate:
                if duplicate.family == socket.AF_UNIX and duplicate.getpeername() == path:
                    found.add(number)
    return found
