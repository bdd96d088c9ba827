"""PC/SC's calls, typed. The only place that touches pyscard, whose module has no types.

pyscard is imported at the first call, so that everything else works without it. Every function looks at the
result code first, because on an error pyscard hands back uninitialised memory as the answer; a code other
than success is raised as ``Code``, which the callers turn into the errors of ``harness.errors``.

libpcsclite reads ``PCSCLITE_CSOCK_NAME`` once in the life of a process. ``choose_socket`` sets it, and
``socket_path`` says what this process speaks to.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Any

from harness.errors import OtherStackInUse, StackUnavailable
from harness.terminals import libpcsclite

SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
SYSTEM_SOCKET = "/run/pcscd/pcscd.comm"
PLUG_AND_PLAY = "\\\\?PnP?\\Notification"
"""The reader whose state changes when another one comes or goes."""
GET_FEATURE_REQUEST = 0x42000000 + 3400
"""Control code (PC/SC part 10, as pcsc-lite makes it)."""
SHORTEST_ANSWER = 2
"""Bytes: a status word. With fewer, success is none: the card has left."""
PACKAGES = ("pcscd", "vsmartcard-vpcd")
_SUCCESS = 0
_INFINITE = 0xFFFFFFFF


class ResultCode(IntEnum):
    """The result codes told apart here (pcsclite.h)."""

    CANCELLED = 0x80100002
    INVALID_HANDLE = 0x80100003
    INVALID_PARAMETER = 0x80100004
    INSUFFICIENT_BUFFER = 0x80100008
    UNKNOWN_READER = 0x80100009
    TIMEOUT = 0x8010000A
    SHARING_VIOLATION = 0x8010000B
    NO_SMARTCARD = 0x8010000C
    PROTO_MISMATCH = 0x8010000F
    NOT_TRANSACTED = 0x80100016
    READER_UNAVAILABLE = 0x80100017
    COMM_ERROR = 0x80100013
    NO_SERVICE = 0x8010001D
    SERVICE_STOPPED = 0x8010001E
    NO_READERS_AVAILABLE = 0x8010002E
    UNRESPONSIVE_CARD = 0x80100066
    UNPOWERED_CARD = 0x80100067
    RESET_CARD = 0x80100068
    REMOVED_CARD = 0x80100069
    SECURITY_VIOLATION = 0x8010006A


class Share(IntEnum):
    """Share modes of a connection."""

    EXCLUSIVE = 1
    SHARED = 2
    DIRECT = 3


class Disposition(IntEnum):
    """What happens to the card at the end of a connection."""

    LEAVE = 0
    RESET = 1
    UNPOWER = 2
    EJECT = 3


class Protocol(IntFlag):
    """Transmission protocols."""

    NONE = 0
    T0 = 1
    T1 = 2
    T0_OR_T1 = 3


class Presence(IntFlag):
    """Bits of a reader's state, as SCardGetStatusChange gives them; the upper 16 bits count events."""

    UNAWARE = 0x0000
    CHANGED = 0x0002
    UNKNOWN = 0x0004
    UNAVAILABLE = 0x0008
    EMPTY = 0x0010
    PRESENT = 0x0020
    EXCLUSIVE = 0x0080
    INUSE = 0x0100
    MUTE = 0x0200


class Code(Exception):
    """A call gave ``value`` (unsigned) instead of success; ``call`` names it."""

    def __init__(self, value: int, call: str) -> None:
        super().__init__(f"{call}: 0x{value:08X}")
        self.value = value
        self.call = call


@dataclass(frozen=True, slots=True)
class ReaderStatus:
    """What SCardGetStatusChange tells of one reader. ``state`` is handed back to wait for what comes after it."""

    name: str
    state: int
    atr: bytes

    @property
    def present(self) -> bool:
        """Whether a card is in the reader."""
        return bool(self.state & Presence.PRESENT)

    @property
    def mute(self) -> bool:
        """Whether the card gives no usable answer to reset."""
        return bool(self.state & Presence.MUTE)

    @property
    def empty(self) -> bool:
        """Whether the reader is there and holds no card."""
        return bool(self.state & Presence.EMPTY)


@functools.cache
def _pyscard() -> Any:
    try:
        import smartcard.scard as pyscard
    except ImportError as error:
        raise StackUnavailable(f"pyscard cannot be loaded: {error}", ("libpcsclite1",)) from error
    return pyscard


_socket_lock = threading.Lock()
_asked_for: str | None = None
_read_by_libpcsclite: str | None = None


def choose_socket(path: str) -> None:
    """Make this process speak to the pcscd behind ``path``. Raises OtherStackInUse when it already spoke to another."""
    global _asked_for
    with _socket_lock:
        if _read_by_libpcsclite is not None and _read_by_libpcsclite != path:
            raise OtherStackInUse(_read_by_libpcsclite)
        _asked_for = path
        os.environ[SOCKET_VARIABLE] = path


def chosen_socket() -> str | None:
    """The socket path this process is bound to or was told to use; "" is the system's pcscd; None: still free."""
    return _read_by_libpcsclite if _read_by_libpcsclite is not None else _asked_for


def socket_path() -> str:
    """The socket of the pcscd that this process speaks to, or will speak to with its first context."""
    bound_to = chosen_socket()
    return (os.environ.get(SOCKET_VARIABLE) if bound_to is None else bound_to) or SYSTEM_SOCKET


def _checked(code: int, call: str) -> None:
    if code != _SUCCESS:
        raise Code(code & 0xFFFFFFFF, call)


def establish() -> int:
    """A new context. From the first one on, the process is bound to its pcscd."""
    global _read_by_libpcsclite
    pyscard = _pyscard()
    with _socket_lock:
        if _read_by_libpcsclite is None:
            _read_by_libpcsclite = os.environ.get(SOCKET_VARIABLE, "")
    code, context = pyscard.SCardEstablishContext(pyscard.SCARD_SCOPE_SYSTEM)
    _checked(code, "SCardEstablishContext")
    return int(context)


def release(context: int) -> None:
    """Give a context back; a dead one is not an error."""
    _pyscard().SCardReleaseContext(context)


def cancel(context: int) -> None:
    """End a ``wait`` of ``context`` that another thread is in."""
    _pyscard().SCardCancel(context)


def raw(name: str, *arguments: Any) -> tuple[int, tuple[Any, ...]]:
    """Any PC/SC call by its name: its result code (unsigned; 0 is success) and, on success only, what came with it."""
    answer = getattr(_pyscard(), name)(*arguments)
    code, values = (answer[0], tuple(answer[1:])) if isinstance(answer, list | tuple) else (answer, ())
    return code & 0xFFFFFFFF, values if code == _SUCCESS else ()


def reader_names(context: int) -> list[str]:
    """All readers of the context; none is an empty list."""
    code, names = _pyscard().SCardListReaders(context, [])
    if code & 0xFFFFFFFF == ResultCode.NO_READERS_AVAILABLE:
        return []
    _checked(code, "SCardListReaders")
    return list(names)


def wait(context: int, known: Sequence[tuple[str, int]], timeout_s: float | None) -> list[ReaderStatus]:
    """Wait until one of the readers is in another state than the known one. Raises Code(TIMEOUT), Code(CANCELLED)."""
    milliseconds = _INFINITE if timeout_s is None else max(0, int(timeout_s * 1000))
    if all(name.isascii() for name, _ in known):
        code, states = _pyscard().SCardGetStatusChange(context, milliseconds, list(known))
    else:
        code, states = libpcsclite.get_status_change(context, milliseconds, known)
    _checked(code, "SCardGetStatusChange")
    return [ReaderStatus(name, state, bytes(atr)) for name, state, atr in states]


def connect(context: int, reader: str, share: Share, protocols: Protocol) -> tuple[int, Protocol]:
    """A card handle and the protocol in use."""
    code, handle, protocol = _pyscard().SCardConnect(context, reader, int(share), int(protocols))
    _checked(code, "SCardConnect")
    return int(handle), Protocol(protocol)


def reconnect(handle: int, share: Share, protocols: Protocol, disposition: Disposition) -> Protocol:
    """Take the card back after a reset, or reset it."""
    code, protocol = _pyscard().SCardReconnect(handle, int(share), int(protocols), int(disposition))
    _checked(code, "SCardReconnect")
    return Protocol(protocol)


def begin(handle: int) -> None:
    """Keep the card to oneself; waits for whoever has it."""
    _checked(_pyscard().SCardBeginTransaction(handle), "SCardBeginTransaction")


def end(handle: int) -> None:
    """Let others have their turn; the card stays as it is."""
    _checked(_pyscard().SCardEndTransaction(handle, int(Disposition.LEAVE)), "SCardEndTransaction")


def disconnect(handle: int, disposition: Disposition) -> None:
    """Let the card go; a card that is gone already is not an error."""
    _pyscard().SCardDisconnect(handle, int(disposition))


def atr(handle: int) -> bytes:
    """The answer to reset of the connected card; empty when there is no card."""
    code, _, _, _, answer = _pyscard().SCardStatus(handle)
    _checked(code, "SCardStatus")
    return bytes(answer)


def pci(protocol: Protocol) -> Any:
    """What SCardTransmit wants to be told about the protocol."""
    pyscard = _pyscard()
    return pyscard.SCARD_PCI_T1 if protocol == Protocol.T1 else pyscard.SCARD_PCI_T0


def transmit(handle: int, protocol_pci: Any, apdu: bytes) -> bytes:
    """The response APDU as the reader gave it; 0 or 1 bytes mean that the card left in mid-command."""
    code, answer = _transmit()(handle, protocol_pci, list(apdu))
    if code != _SUCCESS:
        raise Code(code & 0xFFFFFFFF, "SCardTransmit")
    return bytes(answer)


@functools.cache
def _transmit() -> Any:
    return _pyscard().SCardTransmit
