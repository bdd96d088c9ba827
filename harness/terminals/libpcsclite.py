"""SCardGetStatusChange straight from libpcsclite, for reader names that are not ASCII.

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
