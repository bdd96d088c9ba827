"""Raw PC/SC calls with their result codes, by programs of the subject's reader.

No call waits longer than ``LIMIT_S``: a silent card ends in CardSilent, raised by the watchdog.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from apdu_specs.apdu import Response, split_response
from apdu_specs.errors import SpecError
from apdu_specs.interindustry import GET_RESPONSE, SELECT
from apdu_specs.status import Family as StatusFamily
from harness.terminals import scard
from harness.terminals.scard import (
    SHORTEST_ANSWER,
    Disposition,
    Presence,
    Protocol,
    ReaderStatus,
    ResultCode,
    Share,
)
from harness.terminals.watchdog import Watchdog, establish_watched

if TYPE_CHECKING:
    from harness.qualify.subject import Subject

SUCCESS = 0
LIMIT_S = 10.0
"""Longest that any call may take, unless a criterion says otherwise."""
LONG_S = 1.0
"""What a command may take that a card answers at once, beside the time of its bytes on the slowest line."""
_SLOWEST_BYTE_S = 12 / 9600  # twelve bit times (ISO/IEC 7816-3 7.2)
_WAITS_TRIED = 10
_TIMEOUT_UNIT_S = 0.001
_GONE = {
    ResultCode.UNKNOWN_READER,
    ResultCode.READER_UNAVAILABLE,
    ResultCode.NO_READERS_AVAILABLE,
    ResultCode.NO_SERVICE,
    ResultCode.SERVICE_STOPPED,
}
LEFT = {
    ResultCode.REMOVED_CARD,
    ResultCode.NO_SMARTCARD,
    ResultCode.NOT_TRANSACTED,
    ResultCode.READER_UNAVAILABLE,
}
"""Result codes by which a command is told that its card has left."""
Outcome = TypeVar("Outcome")


class CallFailed(Exception):
    """A PC/SC call that had to succeed gave ``code``; ``call`` names it."""

    def __init__(self, code: int, call: str) -> None:
        super().__init__(f"{call}: {code_name(code)}")
        self.code = code
        self.call = call

    @property
    def reader_gone(self) -> bool:
        """Whether there is no reader, or no PC/SC, to go on with."""
        return self.code in _GONE


def code_name(code: int) -> str:
    """``SHARING_VIOLATION`` and the like, SUCCESS, or the code in hex."""
    if code == SUCCESS:
        return "SUCCESS"
    try:
        return ResultCode(code).name
    except ValueError:
        return f"0x{code:08X}"


def succeed(code: int, call: str) -> None:
    """Raises CallFailed for any other code than success."""
    if code != SUCCESS:
        raise CallFailed(code, call)


class Connection:
    """A card handle. Methods give result codes; ``send`` insists on success."""

    def __init__(self, client: Client, handle: int, protocol: Protocol) -> None:
        self.client = client
        self.handle = handle
        self.protocol = protocol
        self.left = False
        """Whether the card is known to have left. pcscd, asked to reset it then, would show the next card as mute."""

    def call(self, name: str, *arguments: Any) -> tuple[int, tuple[Any, ...]]:
        """Any call with this handle first: its code and what came with it."""
        return self.client.call(name, self.handle, *arguments)

    def transmit(self, apdu: bytes, protocol: Protocol | None = None) -> tuple[int, bytes]:
        """Result code and the answer as it came."""
        pci = scard.pci(self.protocol if protocol is None else protocol)
        code, values = self.call("SCardTransmit", pci, list(apdu))
        answer = bytes(values[0]) if values else b""
        self.left = code in LEFT or (code == SUCCESS and len(answer) < SHORTEST_ANSWER)
        return code, answer

    def transmit_timed(self, apdu: bytes) -> tuple[int, bytes]:
        """As ``transmit``, of a command that a card answers at once: what takes long goes into ``long_commands``."""
        started = time.monotonic()
        code, answer = self.transmit(apdu)
        took = time.monotonic() - started
        if took > LONG_S + len(apdu + answer) * _SLOWEST_BYTE_S:
            self.client.subject.long_commands.append(took)
        return code, answer

    def answers(self, apdu: bytes = SELECT.encode()) -> bool:
        """Whether a command is answered, be it with a refusal."""
        code, answer = self.transmit(apdu)
        return code == SUCCESS and len(answer) >= SHORTEST_ANSWER

    def send(self, apdu: bytes) -> Response:
        """Data and status word as they came; CallFailed or, for an answer without status word, CannotMeasure."""
        code, answer = self.transmit_timed(apdu)
        if code != SUCCESS:
            raise CallFailed(code, "SCardTransmit")
        try:
            return split_response(answer)
        except SpecError:
            raise CallFailed(ResultCode.REMOVED_CARD, "SCardTransmit") from None

    def fetch(self, apdu: bytes) -> Response:
        """As ``send``, with what 61 xx announces fetched."""
        data, sw = self.send(apdu)
        for _ in range(64):
            waiting = StatusFamily.BYTES_WAITING.number(sw)
            if waiting is None:
                break
            more, sw = self.send(GET_RESPONSE.encode(p2=self.client.subject.get_response_p2, le=waiting))
            data += more
        return Response(data, sw)

    def status(self) -> tuple[int, bytes]:
        """Result code and ATR."""
        code, values = self.call("SCardStatus")
        return code, bytes(values[3]) if values else b""

    def begin(self) -> int:
        """SCardBeginTransaction."""
        return self.call("SCardBeginTransaction")[0]

    def end(self, disposition: Disposition = Disposition.LEAVE) -> int:
        """SCardEndTransaction."""
        return self.call("SCardEndTransaction", int(disposition))[0]

    def reconnect(
        self,
        disposition: Disposition = Disposition.LEAVE,
        *,
        share: Share = Share.SHARED,
        protocols: Protocol = Protocol.T0_OR_T1,
    ) -> int:
        """SCardReconnect; the new protocol is used from then on. A card that has left is not reset: REMOVED_CARD."""
        if self.left and disposition is not Disposition.LEAVE:
            return ResultCode.REMOVED_CARD
        code, values = self.call("SCardReconnect", int(share), int(protocols), int(disposition))
        if values:
            self.protocol = Protocol(values[0])
            self.left = False
        return code

    def disconnect(self, disposition: Disposition = Disposition.LEAVE) -> int:
        """SCardDisconnect; a card that has left is left alone."""
        return self.call("SCardDisconnect", int(Disposition.LEAVE if self.left else disposition))[0]


class Client:
    """One PC/SC context of the subject's reader, each as a program of its own to pcscd. A context manager."""

    def __init__(self, subject: Subject, limit_s: float = LIMIT_S) -> None:
        self.subject = subject
        self.reader = subject.reader
        try:
            context, watchdog = establish_watched(scard.establish, scard.socket_path(), limit_s)
        except scard.Code as code:
            raise CallFailed(code.value, code.call) from code
        self.context: int = context
        self._watchdog: Watchdog = watchdog
        self._open = True

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Release the context and all that hangs on it."""
        if not self._open:
            return
        self._open = False
        self._watchdog.close()
        if self._watchdog.releasable:
            scard.release(self.context)

    def call(self, name: str, *arguments: Any) -> tuple[int, tuple[Any, ...]]:
        """Any call: its code and what came with it. Raises CardSilent, OutOfTime."""
        self.subject.check_time()
        return self._watchdog.call(scard.raw, name, *arguments)

    def watched(self, function: Callable[..., Outcome], *arguments: Any) -> Outcome:
        """Any function under the same time limit."""
        self.subject.check_time()
        return self._watchdog.call(function, *arguments)

    def try_connect(
        self, share: Share = Share.SHARED, protocols: Protocol = Protocol.T0_OR_T1
    ) -> tuple[int, Connection | None]:
        """Result code, and the connection if it is success."""
        wanted = Protocol.NONE if share is Share.DIRECT else protocols
        code, values = self.call("SCardConnect", self.context, self.reader, int(share), int(wanted))
        return code, Connection(self, int(values[0]), Protocol(values[1])) if values else None

    def connect(self, share: Share = Share.SHARED, protocols: Protocol = Protocol.T0_OR_T1) -> Connection:
        """A connection; CallFailed without one."""
        code, connection = self.try_connect(share, protocols)
        if connection is None:
            raise CallFailed(code, "SCardConnect")
        return connection

    def card_answers(self) -> bool:
        """Whether the card can be connected to and answers a command."""
        _, connection = self.try_connect()
        if connection is None:
            return False
        answered = connection.answers()
        connection.disconnect()
        return answered

    def state(self) -> ReaderStatus:
        """The reader's state now."""
        return self._wait(ReaderStatus(self.reader, 0, b""), 0)

    def change_of(self, known: ReaderStatus, timeout_s: float) -> ReaderStatus | None:
        """The state after the next change; None when there was none in time."""
        deadline = time.monotonic() + timeout_s
        left = timeout_s
        for _ in range(_WAITS_TRIED):
            try:
                return self._wait(known, left)
            except CallFailed as failed:
                if failed.code != ResultCode.TIMEOUT:
                    raise
            # TIMEOUT before the time is over says nothing of the card: the rest of it is waited, too.
            left = deadline - time.monotonic()
            if left < _TIMEOUT_UNIT_S:
                break
        return None

    def await_presence(self, present: bool, known: ReaderStatus, within_s: float) -> ReaderStatus | None:
        """The first state from ``known`` on with a card, or without; None when it never came."""
        deadline = time.monotonic() + within_s
        while known.present is not present or (present and known.mute):
            left = deadline - time.monotonic()
            after = self.change_of(known, left) if left > 0 else None
            if after is None:
                return None
            known = after
        return known

    def _wait(self, known: ReaderStatus, timeout_s: float) -> ReaderStatus:
        self.subject.check_time()
        try:
            status = self._watchdog.call(scard.wait, self.context, [(known.name, known.state)], timeout_s)[0]
        except scard.Code as code:
            raise CallFailed(code.value, code.call) from code
        if status.state & (Presence.UNKNOWN | Presence.UNAVAILABLE):
            raise CallFailed(ResultCode.READER_UNAVAILABLE, "SCardGetStatusChange")
        return status


def events(status: ReaderStatus) -> int:
    """PC/SC's count of the reader's insertions and removals: the upper 16 bits of the state."""
    return status.state >> 16 & 0xFFFF
