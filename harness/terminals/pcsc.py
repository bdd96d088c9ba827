"""A terminal over PC/SC: any reader that pcscd (or the platform's own PC/SC) knows, virtual or real."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from apdu_specs.language import Text
from harness.errors import (
    ApduTooShort,
    CardRemoved,
    CardSilent,
    CardWasReset,
    HarnessError,
    NoCard,
    NoReader,
    NotConnected,
    PcscFailed,
    ReaderBusy,
    StackUnavailable,
)
from harness.terminals import Terminal, scard
from harness.terminals.scard import Code, Disposition, Protocol, ResultCode, Share
from harness.terminals.watchdog import Watchdog, establish_watched

ShareName = Literal["shared", "exclusive", "direct"]
DispositionName = Literal["leave", "reset", "unpower", "eject"]

_SHORTEST_APDU = 4  # vpcd takes a single byte for a control and would hang; shorter ones are no APDUs anyway
_MOST_RESETS = 100  # that other programs may put between taking a card and asking for its answer to reset
_NO_PCSCD = {
    ResultCode.NO_SERVICE,
    ResultCode.SERVICE_STOPPED,
    ResultCode.COMM_ERROR,
    ResultCode.SECURITY_VIOLATION,  # libpcsclite's word for a pcscd that hung up
}
_GONE = {ResultCode.REMOVED_CARD, ResultCode.NOT_TRANSACTED, ResultCode.READER_UNAVAILABLE}
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ReaderState:
    """A reader as PC/SC shows it: its name, whether a card is in it, and that card's answer to reset."""

    name: str
    card: bool
    atr: bytes | None


def list_readers() -> list[ReaderState]:
    """All readers, in PC/SC's order. Raises StackUnavailable when no pcscd answers."""
    try:
        context = scard.establish()
        try:
            names = scard.reader_names(context)
            states = scard.wait(context, [(name, 0) for name in names], 0) if names else []
        finally:
            scard.release(context)
    except Code as code:
        raise error_for(code, "") from code
    return [ReaderState(s.name, s.present, s.atr if s.present and s.atr else None) for s in states]


def error_for(code: Code, reader: str) -> HarnessError:
    """The error a PC/SC result code means when it comes from ``reader``."""
    value = code.value
    if value in _NO_PCSCD:
        return StackUnavailable(
            Text("no PC/SC service (pcscd) answers", "ไม่มีบริการ PC/SC (pcscd) ตอบรับ"),
            what_to_do=Text(
                "Start pcscd, or run this inside `thnid run -- ...`; `thnid doctor` checks what is needed.",
                "โปรดเริ่มบริการ pcscd หรือเรียกใช้ภายใน `thnid run -- ...` ตรวจสอบสิ่งที่ต้องมีด้วย `thnid doctor`",
            ),
            pcsc_code=value,
        )
    if value in (ResultCode.UNKNOWN_READER, ResultCode.NO_READERS_AVAILABLE):
        return NoReader(reader, pcsc_code=value)
    if value in (ResultCode.NO_SMARTCARD, ResultCode.UNRESPONSIVE_CARD):
        return NoCard(reader, pcsc_code=value)
    if value == ResultCode.SHARING_VIOLATION:
        return ReaderBusy(reader, pcsc_code=value)
    # After a reset no protocol is agreed on; pcscd says so when it comes to it before it tells of the reset.
    unagreed = value == ResultCode.PROTO_MISMATCH and code.call != "SCardConnect"
    if unagreed or value in (ResultCode.RESET_CARD, ResultCode.UNPOWERED_CARD):
        return CardWasReset(reader, pcsc_code=value)
    if value in _GONE:
        return CardRemoved(reader, pcsc_code=value)
    return PcscFailed(value, code.call)


class PcscTerminal(Terminal):
    """The card in the PC/SC reader ``reader_name``.

    No call takes longer than ``timeout_s``: a silent card is CardSilent, after which this terminal only says
    so again. ``disposition`` is what becomes of the card at ``disconnect``. An error carries its PC/SC code
    as ``pcsc_code``.
    """

    def __init__(
        self,
        reader_name: str,
        *,
        share: ShareName = "shared",
        timeout_s: float = 10.0,
        disposition: DispositionName = "leave",
    ) -> None:
        super().__init__(reader_name)
        self._share = Share[share.upper()]
        self._protocols = Protocol.NONE if share == "direct" else Protocol.T0_OR_T1
        self._timeout_s = timeout_s
        self._disposition = Disposition[disposition.upper()]
        self._context: int | None = None
        self._handle: int | None = None
        self._pci: Any = None
        self._watchdog: Watchdog | None = None
        self._card_left = False

    def connect(self) -> bytes:
        """Connect to the card. Raises NoReader, NoCard, ReaderBusy, StackUnavailable, CardSilent."""
        self.disconnect()
        self._card_left = False
        try:
            self._context, self._watchdog = establish_watched(
                scard.establish, scard.socket_path(), self._timeout_s
            )
        except Code as code:
            raise error_for(code, self.name) from code
        try:
            self._handle, protocol = self._call(
                scard.connect, self._context, self.name, self._share, self._protocols
            )
            self._pci = scard.pci(protocol)
            self._atr = self._answer_to_reset()
        except BaseException:
            self.disconnect()
            raise
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        """One APDU of at least 4 bytes. Raises CardRemoved, CardWasReset, CardSilent, ApduTooShort."""
        if len(apdu) < _SHORTEST_APDU:
            raise ApduTooShort(len(apdu), _SHORTEST_APDU)
        answer = self._call(scard.transmit, self._handle, self._pci, apdu)
        if len(answer) < scard.SHORTEST_ANSWER:
            # pcscd says success with nothing in it when the card leaves while it has a command
            self._card_left = True
            raise CardRemoved(self.name)
        return answer

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """A transaction: others wait for its end, and this one waits for theirs. May be nested.

        Raises CardSilent where another program keeps the card for longer than ``timeout_s``.
        """
        self._begin()
        try:
            yield
        finally:
            # What ends it in any case is that the card was reset, has left, or was let go.
            with contextlib.suppress(HarnessError):
                self._call(scard.end, self._handle)

    def _begin(self) -> None:
        for _ in range(_MOST_RESETS):
            with contextlib.suppress(CardWasReset):
                return self._call(scard.begin, self._handle)
            self.recover()
        return self._call(scard.begin, self._handle)

    def reset(self) -> bytes:
        """Warm reset; also how to go on after CardWasReset."""
        return self.reconnect("reset")

    def recover(self) -> bytes:
        """Take the card back after CardWasReset, as another program left it."""
        return self.reconnect()

    def reconnect(self, disposition: DispositionName = "leave") -> bytes:
        """Take the card back after CardWasReset, with ``leave`` as it now is. Returns the answer to reset."""
        with contextlib.suppress(CardWasReset):  # by another program, just now: it is taken back below
            self._take_back(Disposition[disposition.upper()])
        self._atr = self._answer_to_reset()
        return self._atr

    def _take_back(self, disposition: Disposition) -> None:
        protocol = self._call(scard.reconnect, self._handle, self._share, self._protocols, disposition)
        self._pci = scard.pci(protocol)

    def _answer_to_reset(self) -> bytes:
        """Of a card that was just taken. If another program resets it meanwhile nothing is lost: take it again."""
        for _ in range(_MOST_RESETS):
            with contextlib.suppress(CardWasReset):
                return self._call(scard.atr, self._handle)
            with contextlib.suppress(CardWasReset):
                self._take_back(Disposition.LEAVE)
        return self._call(scard.atr, self._handle)

    def disconnect(self) -> None:
        """Leaves the card as ``disposition`` says and closes the context."""
        # pcscd, asked to reset a card that left before it noticed, would show the next card as mute.
        disposition = Disposition.LEAVE if self._card_left else self._disposition
        self._atr = None
        watchdog, self._watchdog = self._watchdog, None
        context, self._context = self._context, None
        handle, self._handle = self._handle, None
        if watchdog is None or context is None:
            return
        if handle is not None:
            with contextlib.suppress(CardSilent):
                watchdog.call(scard.disconnect, handle, disposition)
        watchdog.close()
        if watchdog.releasable:
            scard.release(context)

    def _call(self, function: Callable[..., Result], *arguments: Any) -> Result:
        if self._watchdog is None:
            raise NotConnected(self.name)
        try:
            return self._watchdog.call(function, *arguments)
        except Code as code:
            self._card_left = self._card_left or code.value in _GONE
            raise error_for(code, self.name) from code
