"""Commands that serve until somebody stops them: which signals that is, and which thread gets them."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextmanager
def stopped_by_signals() -> Iterator[Callable[[], object]]:
    """Gives a function that waits for Ctrl-C, SIGTERM or SIGHUP; threads begun inside leave these to it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        yield lambda: signal.sigwait(_STOPPING)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def signals_elsewhere() -> Iterator[None]:
    """Threads begun inside get no signals: these are for the main thread."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
