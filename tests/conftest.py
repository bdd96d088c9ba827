"""What every test relies on."""

from __future__ import annotations

import signal


def pytest_configure() -> None:
    """Signals work as at a terminal, also where the suite runs in the background or under nohup.

    An ignored signal is inherited by every program that a test starts, and then nothing could interrupt it.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
