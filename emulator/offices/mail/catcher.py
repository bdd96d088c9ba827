"""An SMTP server that keeps what it is sent, for tests and for the page ``/mail``. It sends nothing on."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.exc import SQLAlchemyError

from apdu_specs.system_errors import reason_of
from emulator.offices.errors import PortNotAllowed, PortTaken
from emulator.offices.mail.incoming import KEPT, CaughtMail, IncomingMails
from emulator.offices.running import Running
from emulator.offices.storage import Storage

_LARGEST = 1024 * 1024
_START_DEADLINE_S = 60.0
_TAKEN = "250 OK"
_TRY_LATER = "451 4.3.0 Not stored; try again later"
_log = logging.getLogger(__name__)


class MailCatcher(Running):
    """Listens on a loopback port and keeps the newest 1,000 messages; a context manager.

    ``database`` (file or URL) is where they are kept, with those that other servers of it caught; None keeps them in memory. A
    message is acknowledged when it is stored. Raises PortTaken and PortNotAllowed (on start), DatabaseUnusable and DatabaseTooNew.
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0, *, database: Path | str | None = None) -> None:
        self._storage = Storage(database)
        self._kept = IncomingMails(self._storage)
        self._came = threading.Condition()
        self._count = 0
        self._controller = _Controller(
            _Taker(self._take),
            hostname=host,
            port=port,
            data_size_limit=_LARGEST,
            ready_timeout=_START_DEADLINE_S,
        )

    @property
    def host(self) -> str:
        return str(self._controller.hostname)

    @property
    def port(self) -> int:
        """The port that it listens on, once started."""
        return int(self._controller.port)

    @property
    def mail(self) -> tuple[CaughtMail, ...]:
        """What came, newest first."""
        return self.newest(KEPT)

    def newest(self, count: int, *, before: int | None = None) -> tuple[CaughtMail, ...]:
        """The newest messages, newest first; with ``before`` those that came before that number."""
        return self._kept.newest(count, before=before)

    def wait_for(self, count: int, timeout_s: float = 20.0) -> tuple[CaughtMail, ...]:
        """Return what is there, newest first, when ``count`` messages have come to this catcher. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: self._count >= count, timeout_s):
                raise TimeoutError(f"{self._count} of {count} messages came")
        return self.mail

    def start(self) -> Self:
        try:
            self._controller.start()
        except OSError as error:
            self._controller.loop.close()  # aiosmtpd leaves that to the collector, which says so
            self._storage.close()
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(self.host, self.port) from error
            raise PortNotAllowed(self.host, self.port, reason_of(error)) from error
        return self

    def stop(self) -> None:
        """May be called twice."""
        self._controller.stop(no_assert=True)
        self._storage.close()

    def _take(self, envelope: Envelope) -> str:
        """Store a message; what SMTP is answered."""
        raw = envelope.content
        try:
            self._kept.put(tuple(envelope.rcpt_tos), raw if isinstance(raw, bytes) else str(raw).encode())
        except SQLAlchemyError as error:  # whoever sent it keeps it and comes again
            _log.warning("a caught e-mail was not stored: %s", type(error).__name__)
            return _TRY_LATER
        with self._came:
            self._count += 1
            self._came.notify_all()
        return _TAKEN


class _Taker:
    """What aiosmtpd calls; nothing else is here, as it looks at every attribute for each connection."""

    def __init__(self, take: Callable[[Envelope], str]) -> None:
        self._take = take

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """For each message."""
        return self._take(envelope)


class _Controller(Controller):
    """aiosmtpd's server in a thread, which also takes port 0 and then says which it got."""

    def _run(self, ready_event: threading.Event) -> None:
        super()._run(ready_event)
        ready_event.set()  # also when it ended at once: a port that is taken is told now, not after the whole wait

    def _trigger_server(self) -> None:
        if self._thread_exception is not None:
            raise self._thread_exception
        assert self.server is not None
        sockets: Any = getattr(self.server, "sockets", ())
        self.port = sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
