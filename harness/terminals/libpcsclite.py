"""Calls straight from libpcsclite: SCardGetStatusChange for names that are not ASCII, SCardTransmit with little room.

pyscard 2.3 encodes the names it waits on as ASCII and crashes the process on any other, a Thai one for
example; its other calls are sound. Contexts are libpcsclite's own, so this call and pyscard's share them.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Sequence

_LONGEST_ATR = 33


class _ReaderState(ctypes.Structure):
    """SCARD_READERSTATE of pcsclite.h, where a DWORD is an unsigned long."""

    _fields_ = (
        ("reader", ctypes.c_char_p),
        ("user_data", ctypes.c_void_p),
        ("current_state", ctypes.c_ulong),
        ("event_state", ctypes.c_ulong),
        ("atr_length", ctypes.c_ulong),
        ("atr", ctypes.c_ubyte * _LONGEST_ATR),
    )


class _RequestHeader(ctypes.Structure):
    """SCARD_IO_REQUEST."""

    _fields_ = (("protocol", ctypes.c_ulong), ("length", ctypes.c_ulong))


@functools.cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libpcsclite.so.1")
    library.SCardGetStatusChange.argtypes = (
        ctypes.c_long,
        ctypes.c_ulong,
        ctypes.POINTER(_ReaderState),
        ctypes.c_ulong,
    )
    library.SCardGetStatusChange.restype = ctypes.c_long
    library.SCardTransmit.argtypes = (
        ctypes.c_long,
        ctypes.POINTER(_RequestHeader),
        ctypes.c_char_p,
        ctypes.c_ulong,
        ctypes.c_void_p,
        ctypes.c_char_p,
        ctypes.POINTER(ctypes.c_ulong),
    )
    library.SCardTransmit.restype = ctypes.c_long
    return library


def get_status_change(
    context: int, milliseconds: int, known: Sequence[tuple[str, int]]
) -> tuple[int, list[tuple[str, int, bytes]]]:
    """Result code, and name, state and answer to reset of every reader, as pyscard's call of that name gives them."""
    states = (_ReaderState * len(known))()
    for state, (name, current) in zip(states, known, strict=True):
        state.reader = name.encode()
        state.current_state = current
    code: int = _library().SCardGetStatusChange(context, milliseconds, states, len(known))
    return code, [
        (name, state.event_state, bytes(state.atr[: min(state.atr_length, _LONGEST_ATR)]))
        for state, (name, _) in zip(states, known, strict=True)
    ]


def transmit_into(handle: int, protocol: int, apdu: bytes, room: int) -> tuple[int, int, bytes]:
    """SCardTransmit with a receive buffer of ``room`` bytes: result code (unsigned), length told, what was written.

    pyscard's own call always has room for everything; ``OSError`` where libpcsclite cannot be loaded.
    """
    header = _RequestHeader(protocol, ctypes.sizeof(_RequestHeader))
    buffer = ctypes.create_string_buffer(max(room, 1))
    length = ctypes.c_ulong(room)
    library = _library()
    code = library.SCardTransmit(
        handle, ctypes.byref(header), apdu, len(apdu), None, buffer, ctypes.byref(length)
    )
    return code & 0xFFFFFFFF, length.value, buffer.raw[: min(length.value, room)]
