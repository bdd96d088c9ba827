"""What the offices do by themselves: hand e-mail over, and end rights that nobody used within 60 days."""

from __future__ import annotations

import logging
import threading
from datetime import timedelta
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from emulator.offices.clock import Clock
from emulator.offices.mail.delivery import SmtpServer, deliver
from emulator.offices.mail.outbox import Outbox
from emulator.offices.rights.office import RightsOffice
from emulator.offices.running import Running

_LOOK_EVERY_S = 30.0
_SWEEP_EVERY = timedelta(hours=1)
_STOP_DEADLINE_S = 20.0
_log = logging.getLogger(__name__)


class Caretaker(Running):
    """A thread; a context manager. Without a server, e-mail waits in the outbox and only rights are looked after."""

    def __init__(
        self, rights: RightsOffice, outbox: Outbox, clock: Clock, server: SmtpServer | None = None
    ) -> None:
        self._rights = rights
        self._outbox = outbox
        self._clock = clock
        self._server = server
        self._ending = False
        self._thread = threading.Thread(target=self._run, name="thnid-caretaker", daemon=True)

    def start(self) -> Self:
        self._thread.start()
        return self

    def stop(self) -> None:
        """End after what is under way. May be called twice."""
        self._ending = True
        self._outbox.written.set()
        if self._thread.is_alive():
            self._thread.join(_STOP_DEADLINE_S)

    def _run(self) -> None:
        swept_at = None
        while not self._ending:
            self._outbox.written.clear()
            now = self._clock.now()
            try:
                if swept_at is None or now - swept_at >= _SWEEP_EVERY:
                    self._rights.sweep()
                    swept_at = now
                if self._server is not None:
                    deliver(self._outbox, self._server)
            except SQLAlchemyError as error:  # a database that is away comes back
                _log.warning("the caretaker waits: %s", type(error).__name__)
            if not self._ending:
                self._outbox.written.wait(_LOOK_EVERY_S)
