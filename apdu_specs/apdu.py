"""Command and response APDUs as T=0 carries them (ISO/IEC 7816-3 12.2, 7816-4 5.1).

``COMMAND_WITH_DATA``, ``COMMAND_WITHOUT_DATA`` and ``RESPONSE`` are the declarations. ``split_command`` and
``split_response`` are hand-flattened forms of them for hot paths; a test proves them equal.
"""

from __future__ import annotations

from typing import NamedTuple

from construct import Byte, FixedSized, GreedyBytes, Int16ub, Optional, Prefixed, Struct, Terminated

from apdu_specs.errors import SpecError

HEADER_LENGTH = 4
SW_LENGTH = 2
MAX_SHORT_DATA = 255
MAX_ANSWER = 256

COMMAND_WITH_DATA = Struct(
    "cla" / Byte,
    "ins" / Byte,
    "p1" / Byte,
    "p2" / Byte,
    "data" / Prefixed(Byte, GreedyBytes),
    "le" / Optional(Byte),
    Terminated,
)
"""A command with Lc and data, and a trailing Le that some stacks add."""

COMMAND_WITHOUT_DATA = Struct(
    "cla" / Byte, "ins" / Byte, "p1" / Byte, "p2" / Byte, "le" / Optional(Byte), Terminated
)
"""A bare header, or a header with Le (0 means 256)."""

RESPONSE = Struct("data" / FixedSized(lambda ctx: ctx._.length - SW_LENGTH, GreedyBytes), "sw" / Int16ub)
"""Data, then the status word; build and parse with ``length`` = number of bytes in all."""


class CommandApdu(NamedTuple):
    """A command's parts. ``le`` is None if absent, else 1..256."""

    cla: int
    ins: int
    p1: int
    p2: int
    data: bytes
    le: int | None


class Response(NamedTuple):
    """An answer's parts: data and status word."""

    data: bytes
    sw: int


def split_command(raw: bytes) -> CommandApdu | None:
    """The parts of a command of 4 bytes or more, or None if its lengths do not add up (extended ones included)."""
    size = len(raw)
    if size == HEADER_LENGTH:
        return CommandApdu(raw[0], raw[1], raw[2], raw[3], b"", None)
    if size < HEADER_LENGTH:
        return None
    p3 = raw[4]
    if size == HEADER_LENGTH + 1:
        return CommandApdu(raw[0], raw[1], raw[2], raw[3], b"", p3 or MAX_ANSWER)
    end = HEADER_LENGTH + 1 + p3
    if p3 == 0 or size not in (end, end + 1):
        return None
    le = None if size == end else raw[end] or MAX_ANSWER
    return CommandApdu(raw[0], raw[1], raw[2], raw[3], raw[HEADER_LENGTH + 1 : end], le)


def split_response(raw: bytes) -> Response:
    """Data and status word of an answer; SpecError if it is shorter than a status word."""
    if len(raw) < SW_LENGTH:
        raise SpecError(f"an answer ends with a status word of two bytes, got {len(raw)} bytes")
    return Response(raw[:-SW_LENGTH], raw[-2] << 8 | raw[-1])
