"""What every test relies on."""

from __future__ import annotations

import signal

from hypothesis import HealthCheck, settings

# A machine that is busy with other things is no fault of what is tested.
settings.register_profile("thnid", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("thnid")


def pytest_configure() -> None:
    """Signals work as at a terminal, also where the suite runs in the background or under nohup.

    An ignored signal is inherited by every program that a test starts, and then nothing could interrupt it.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        if signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
