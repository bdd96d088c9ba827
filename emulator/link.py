"""The link: the TCP connection that puts a card into a vpcd reader.

vpcd listens, the card connects and then answers what it is asked. ``CardLink`` is a blocking loop for one
card; ``LinkThread`` runs one in a thread.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import signal
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

from apdu_specs.language import Text
from apdu_specs.system_errors import reason_of
from apdu_specs.vpcd import CONTROLS, Control, frame, take_frame
from emulator.errors import EmulatorError

log = logging.getLogger(__name__)

_QUICKACK = getattr(socket, "TCP_QUICKACK", None)
_RECEIVE_SIZE = 0x10001
_CONNECT_TIMEOUT_S = 10.0
_FIRST_RETRY_S = 0.1
_LONGEST_RETRY_S = 5.0


class NoAnswer(Exception):
    """Raised by a card that stays silent on purpose: the link stays up and answers nothing."""


class TakenOut(Exception):
    """Raised by a card that leaves the reader on purpose: the link ends.

    In mid-command, or after ``answer``; for good, or for ``back_after_s`` seconds.
    """

    def __init__(self, answer: bytes | None = None, back_after_s: float | None = None) -> None:
        super().__init__()
        self.answer = answer
        self.back_after_s = back_after_s


class Late(Exception):
    """Raised by a card that takes its time: ``answer`` is to be sent after ``seconds``, unless the link is closed.

    ``overslept_s`` is by how much it became later still, once it was sent.
    """

    def __init__(self, answer: bytes, seconds: float) -> None:
        super().__init__(f"{len(answer)} bytes, late")
        self.answer = answer
        self.seconds = seconds
        self.overslept_s = 0.0


class CardPort(Protocol):
    """What a link needs of a card: contacts to power and bytes to exchange."""

    @property
    def atr(self) -> bytes:
        """The answer to reset, 2..33 bytes."""

    def power_on(self) -> object:
        """Supply power."""

    def power_off(self) -> object:
        """Take power away; also called when the link ends."""

    def reset(self) -> object:
        """Warm reset."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """The response APDU (data and status word) to a command APDU. Raises NoAnswer, TakenOut, Late."""


@runtime_checkable
class ReaderPort(CardPort, Protocol):
    """A card in a reader with ways of its own. The link asks it what it decides itself for a mere card."""

    @property
    def seen_after_s(self) -> float:
        """Seconds from the insertion until the reader shows the card."""

    def poll(self) -> bytes:
        """The answer to reset as told each time vpcd asks for it. Raises NoAnswer, TakenOut, Late."""

    def leave(self) -> bool:
        """The card is taken out: whether the reader goes on as if it were in."""


class LinkState(enum.Enum):
    """What a link is doing, for those who show it."""

    CONNECTING = "connecting"
    CONNECTED = "connected"
    WAITING = "waiting"
    CLOSED = "closed"


_NO_SUCH_HOST = Text("there is no such host", "ไม่พบเครื่องชื่อนี้")


class LinkRefused(EmulatorError):
    """No vpcd can be reached at host and port."""

    exit_status = 3

    def __init__(self, host: str, port: int, reason: Text) -> None:
        self.host = host
        self.port = port
        self.reason = reason
        super().__init__(
            Text(
                en=f"No vpcd answers at {host} port {port}: {reason.en}.",
                th=f"ไม่มี vpcd ตอบรับที่ {host} พอร์ต {port}: {reason.th}",
            ),
            Text(
                en="Check that pcscd with a vpcd reader runs there and that the port can be reached.",
                th="ตรวจสอบว่ามี pcscd พร้อมเครื่องอ่าน vpcd ทำงานอยู่ที่นั่น และเข้าถึงพอร์ตนั้นได้",
            ),
        )


class CardFailed(EmulatorError):
    """The card object raised, or answered what no frame can carry: a bug of the card. The cause is chained."""

    exit_status = 1

    def __init__(self) -> None:
        super().__init__(
            Text(
                en="The virtual card failed while answering; it was taken out of the reader.",
                th="บัตรเสมือนทำงานผิดพลาดระหว่างตอบ จึงถูกนำออกจากเครื่องอ่านแล้ว",
            ),
            Text(
                en="This is a fault of thnid: report it with the log.",
                th="นี่เป็นข้อผิดพลาดของ thnid โปรดแจ้งพร้อมแนบบันทึกการทำงาน",
            ),
        )


class CardLink:
    """Puts ``card`` into the vpcd at ``host`` (name, IPv4 or IPv6 address) and ``port``.

    ``served`` is set once vpcd has asked this link for something: vpcd serves one card at a time, and a
    second one connects and waits unheard. ``refused`` is why the last attempt to connect failed, if it did.
    """

    def __init__(
        self,
        card: CardPort,
        host: str,
        port: int,
        *,
        on_change: Callable[[LinkState], object] | None = None,
    ) -> None:
        self.card = card
        self._reader = card if isinstance(card, ReaderPort) else None
        self.host = host
        self.port = port
        self.served = threading.Event()
        self.refused: LinkRefused | None = None
        self._on_change = on_change
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Connect now. Raises LinkRefused. ``serve`` does it by itself when it was not done."""
        self._tell(LinkState.CONNECTING)
        self.refused = None
        self._socket = self._reach()
        self._tell(LinkState.CONNECTED)

    def serve(self) -> None:
        """Answer vpcd until it hangs up or ``close`` is called from another thread.

        Raises LinkRefused when there is no vpcd, CardFailed when the card raised (vpcd then sees the card
        leave, never a torn answer, which would kill pcscd).
        """
        pause: float | None = self.seen_after_s
        try:
            while pause is not None:
                self._closing.wait(pause)
                if self._socket is None and not self._closing.is_set():
                    self.connect()
                pause = self._serve_connected()
        finally:
            self._tell(LinkState.CLOSED)

    def serve_reconnecting(self) -> None:
        """As ``serve``, but connect again whenever vpcd is not there or hangs up. Returns after ``close``.

        The pauses double from 0.1 s to 5 s and end at once when the link is closed.
        """
        pause = _FIRST_RETRY_S
        while not self._closing.is_set():
            try:
                if self._socket is None:
                    self.connect()
                self._serve_connected()
            except LinkRefused as refused:
                self.refused = refused
                log.info("%s", refused)
            if self.served.is_set():
                pause = _FIRST_RETRY_S
                self.served.clear()
            self._tell(LinkState.WAITING)
            self._closing.wait(pause)
            pause = min(2 * pause, _LONGEST_RETRY_S)
        self._tell(LinkState.CLOSED)

    @property
    def seen_after_s(self) -> float:
        """Seconds that ``serve`` waits before it connects, because the reader is slow to see the card."""
        return 0.0 if self._reader is None else self._reader.seen_after_s

    def leave(self) -> bool:
        """Take the card out of a reader that may not notice: True if so, and the link lives on without the card."""
        return self._reader is not None and not self._closing.is_set() and self._reader.leave()

    def close(self) -> None:
        """Take the card out: ends ``serve`` at once, from any thread. Harmless when called again."""
        self._closing.set()
        with self._lock:
            if self._socket is not None:
                _hang_up(self._socket)

    def _tell(self, state: LinkState) -> None:
        if self._on_change is not None:
            self._on_change(state)

    def _reach(self) -> socket.socket:
        """A connected socket, or LinkRefused naming the last address tried."""
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except (OSError, OverflowError) as error:
            raise LinkRefused(self.host, self.port, _NO_SUCH_HOST) from error
        reason: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            connection = socket.socket(family, kind, protocol)
            with self._lock:
                self._socket = connection  # so that close() can interrupt the connecting
            try:
                if self._closing.is_set():
                    raise OSError("closed")
                _prepare(connection)
                connection.settimeout(_CONNECT_TIMEOUT_S)
                connection.connect(address)
                connection.settimeout(None)
                return connection
            except OSError as error:
                reason = error
                with self._lock:
                    self._socket = None
                connection.close()
        raise LinkRefused(self.host, self.port, reason_of(reason)) from reason

    def _serve_connected(self) -> float | None:
        """Serve to the end of the connection; seconds until the card comes back by itself, None if it does not."""
        connection = self._socket
        if connection is None:
            return None
        try:
            self._answer(connection)
        except TakenOut as left:
            log.debug("the card left on purpose")
            with contextlib.suppress(OSError):
                if left.answer is not None:
                    connection.sendall(frame(left.answer))
            return None if self._closing.is_set() else left.back_after_s
        except OSError as error:
            log.debug("link ended: %s", error)
        finally:
            with self._lock:
                self._socket = None
            connection.close()
            with contextlib.suppress(
                Exception
            ):  # the card is out of the reader; it lost its power whatever it says
                self.card.power_off()
        return None

    def _answer(self, connection: socket.socket) -> None:
        received = bytearray()
        while not self._closing.is_set():
            if _QUICKACK is not None:
                # vpcd sends length and payload apart; without an immediate ACK at every single recv, Nagle
                # holds the payload back for 44 ms. The kernel forgets the option, hence again and again.
                connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
            chunk = connection.recv(_RECEIVE_SIZE)
            if not chunk:
                return
            if not self.served.is_set():
                self.served.set()
            received += chunk
            while (payload := take_frame(received)) is not None:
                answer = self._answer_to(payload)
                if answer is not None:
                    connection.sendall(answer)

    def _answer_to(self, payload: bytes) -> bytes | None:
        """The whole frame to send back for one payload; None when it gets no reply."""
        try:
            control = CONTROLS.get(payload)
            if control is None:
                return frame(self._transmitted(payload))
            return self._control(control)
        except NoAnswer:
            return None
        except TakenOut:
            raise
        except Exception as error:  # whatever it was, it must end at a frame border
            raise CardFailed from error

    def _transmitted(self, apdu: bytes) -> bytes:
        try:
            return self.card.transmit(apdu)
        except Late as late:
            return self._awaited(late)

    def _awaited(self, late: Late) -> bytes:
        due = time.monotonic() + late.seconds
        self._closing.wait(max(late.seconds, 0.0))
        late.overslept_s = time.monotonic() - due
        return late.answer

    def _told_atr(self) -> bytes:
        if self._reader is None:
            return self.card.atr
        try:
            return self._reader.poll()
        except Late as late:
            return self._awaited(late)

    def _control(self, control: Control) -> bytes | None:
        if control is Control.ATR:
            return frame(self._told_atr())
        if control is Control.POWER_ON:
            self.card.power_on()
        elif control is Control.POWER_OFF:
            self.card.power_off()
        else:
            self.card.reset()
        return None


def _prepare(connection: socket.socket) -> None:
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):  # a remote vpcd that lost its network is noticed in half a minute
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)


def _hang_up(connection: socket.socket) -> None:
    """Wake whoever blocks on ``connection``; only its own thread closes it, so that no number is reused under it."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _leave_signals_alone() -> None:
    """Signals are for the main thread, which may be waiting for them; here they would take their default effect."""
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())


class LinkThread:
    """A card in a reader, answered by a thread of this process. A context manager.

    ``failure`` holds what ended the link other than a hang-up (CardFailed); ``on_end`` is called, in that
    thread, when the link is over.
    """

    def __init__(
        self, card: CardPort, host: str, port: int, *, on_end: Callable[[], object] | None = None
    ) -> None:
        self.link = CardLink(card, host, port)
        self.failure: Exception | None = None
        self._on_end = on_end
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"card link {host}:{port}", daemon=True)

    @property
    def served(self) -> threading.Event:
        """Set once vpcd has asked this link for something."""
        return self.link.served

    @property
    def running(self) -> bool:
        """Whether the link is still up."""
        return self._thread.ident is not None and not self._ended.is_set()

    def start(self) -> None:
        """Connect (raises LinkRefused here, not in the thread), then serve in the background."""
        if not self.link.seen_after_s:
            self.link.connect()
        self._thread.start()

    def leave(self) -> bool:
        """Take the card out of a reader that may not notice: True if so; ``close`` then ends the pretence."""
        return self.running and self.link.leave()

    def close(self, timeout_s: float = 5.0) -> None:
        """Take the card out and wait until its thread has ended, at most ``timeout_s``."""
        self.link.close()
        if self._thread.ident is not None and self._thread is not threading.current_thread():
            self._thread.join(timeout_s)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        _leave_signals_alone()
        try:
            self.link.serve()
        except Exception as failure:  # handed to whoever asks; a thread has nobody to raise to
            self.failure = failure
            log.error("card link failed: %s", failure, exc_info=failure)
        finally:
            self._ended.set()
            if self._on_end is not None:
                self._on_end()
