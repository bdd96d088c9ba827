"""An SMTP server that keeps what it is sent, for tests and for the page ``/mail``. It sends nothing on."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from apdu_specs.bangkok import BANGKOK
from emulator.offices.errors import PortTaken
from emulator.offices.running import Running

_KEPT = 500
_LARGEST = 1024 * 1024


@dataclass(frozen=True, slots=True)
class CaughtMail:
    """One message as it came: its number here, recipients as the envelope has them, and what a reader sees; empty what is not
    there.
    """

    number: int
    recipients: tuple[str, ...] = field(repr=False)
    sender: str = field(repr=False)
    subject: str = field(repr=False)
    date: str
    """The Date header as it came; empty without one."""
    dated: datetime | None
    """The instant that it tells; None where it tells none."""
    body: str = field(repr=False)
    message_id: str


class MailCatcher(Running):
    """Listens on a loopback port and keeps the last 500 messages in memory; a context manager. Raises PortTaken."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._mail: deque[CaughtMail] = deque(maxlen=_KEPT)
        self._came = threading.Condition()
        self._count = 0
        self._controller = _Controller(self, hostname=host, port=port, data_size_limit=_LARGEST)

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
        with self._came:
            return tuple(reversed(self._mail))

    def wait_for(self, count: int, timeout_s: float = 20.0) -> tuple[CaughtMail, ...]:
        """Return when ``count`` messages have come in all, newest first. Raises TimeoutError."""
        with self._came:
            if not self._came.wait_for(lambda: self._count >= count, timeout_s):
                raise TimeoutError(f"{self._count} of {count} messages came")
            return tuple(reversed(self._mail))

    def start(self) -> Self:
        try:
            self._controller.start()
        except OSError as error:
            self._controller.loop.close()  # aiosmtpd leaves that to the collector, which says so
            raise PortTaken(self.host, self.port) from error
        return self

    def stop(self) -> None:
        """May be called twice."""
        self._controller.stop(no_assert=True)

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """What aiosmtpd calls for each message."""
        raw = envelope.content
        parsed = message_from_bytes(raw if isinstance(raw, bytes) else str(raw).encode(), policy=default)
        assert isinstance(parsed, EmailMessage)
        with self._came:
            self._count += 1
            self._mail.append(
                CaughtMail(
                    number=self._count,
                    recipients=tuple(envelope.rcpt_tos),
                    sender=str(parsed["From"] or ""),
                    subject=str(parsed["Subject"] or ""),
                    date=str(parsed["Date"] or ""),
                    dated=_instant(parsed),
                    body=_text_of(parsed),
                    message_id=str(parsed["Message-ID"]),
                )
            )
            self._came.notify_all()
        return "250 OK"


def _text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    return "" if part is None else str(part.get_content())


def _instant(message: EmailMessage) -> datetime | None:
    told = getattr(message["Date"], "datetime", None)
    if not isinstance(told, datetime):
        return None
    try:
        # Without a zone it is UTC that is told (RFC 5322, 3.3, "-0000"). Year 1 and year 9999 may leave the calendar.
        return (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(BANGKOK)
    except (OverflowError, ValueError):
        return None


class _Controller(Controller):
    """aiosmtpd's server in a thread, which also takes port 0 and then says which it got."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        sockets: Any = getattr(self.server, "sockets", ())
        self.port = sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]
