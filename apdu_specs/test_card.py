"""The test card: a card that echoes, takes its time, falls silent and gives any status word when told to.

A national card cannot exercise a reader's extended lengths, its longest commands, its waiting time or each status word. The
test card can, with two commands. The form of ECHO follows ISO/IEC 7816-3's four cases, short and extended:

* case 1: no data either way, ``90 00``
* case 2: Le bytes of ``PATTERN`` and ``90 00``
* case 3: ``90 00`` if the data is ``pattern(Lc)``, else ``6A 80``
* case 4: the data as it came, at most Le bytes of it, and ``90 00``

P1 P2 is a time to take before the answer, in units of ``WAIT_UNIT_MS``; ``NEVER`` is no answer at all.

TELL gives its P1 P2 as the status word, after Le bytes of ``PATTERN`` if it has a Le. Words that ISO/IEC 7816-3 10.3.3 does
not allow (60 and what is neither 6X nor 9X) get ``6A 86``.

``echo`` and ``tell`` are what the card does, so that every implementation does the same. Source: assumed (ours; nothing
public does this).
"""

from __future__ import annotations

from typing import NamedTuple

from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, MAX_SHORT_DATA
from apdu_specs.language import Text
from apdu_specs.provenance import assumed
from apdu_specs.status import StatusWord

AID = b"\xf0THNIDTST"
"""Identifier of the test card's applet; F0 begins proprietary ones (ISO/IEC 7816-5)."""

NAME = Text("test card", "บัตรทดสอบ")
PROVENANCE = assumed("a card that echoes lengths is needed to try a reader's; no public one is at hand")
CLA, INS, INS_TELL = 0x90, 0xEC, 0xEE
WAIT_UNIT_MS = 10
NEVER = 0xFFFF
MAX_EXTENDED_ANSWER = 65536
_EXTENDED = b"\x00"
_NULL = 0x60


class Echo(NamedTuple):
    """What the test card does with a command: ``answer`` after ``wait_ms``; None means never."""

    answer: bytes
    wait_ms: int | None


def pattern(length: int) -> bytes:
    """The first ``length`` bytes of 00 01 02 ... FF 00 01 ..."""
    return bytes(range(256)) * (length // 256) + bytes(range(length % 256))


def encode(data: bytes = b"", *, le: int | None = None, wait_ms: int = 0, never: bool = False) -> bytes:
    """ECHO's bytes; extended where a length asks for it. ``wait_ms`` is rounded down to ``WAIT_UNIT_MS``."""
    delay = NEVER if never else wait_ms // WAIT_UNIT_MS
    header = bytes((CLA, INS)) + delay.to_bytes(2, "big")
    if len(data) > MAX_SHORT_DATA or (le is not None and le > MAX_ANSWER):
        lc = len(data).to_bytes(2, "big") if data else b""
        tail = b"" if le is None else (le % MAX_EXTENDED_ANSWER).to_bytes(2, "big")
        return header + _EXTENDED + lc + data + tail
    lc = bytes((len(data),)) if data else b""
    return header + lc + data + (b"" if le is None else bytes((le % MAX_ANSWER,)))


def encode_tell(sw: int, *, le: int | None = None) -> bytes:
    """TELL's bytes; ``le`` is 1..256."""
    return bytes((CLA, INS_TELL)) + sw.to_bytes(2, "big") + (b"" if le is None else bytes((le % MAX_ANSWER,)))


def may_be_told(sw: int) -> bool:
    """Whether T=0 can carry ``sw`` as a status word: 60 asks for patience, what is neither 6X nor 9X is no SW1."""
    return sw >> 12 in (6, 9) and sw >> 8 != _NULL


def tell(apdu: bytes) -> bytes | None:
    """What TELL is answered; None if ``apdu`` is another command."""
    if len(apdu) < HEADER_LENGTH or apdu[:2] != bytes((CLA, INS_TELL)):
        return None
    sw, body = apdu[2:HEADER_LENGTH], apdu[HEADER_LENGTH:]
    if len(body) > 1:
        return StatusWord.WRONG_LENGTH.raw
    if not may_be_told(int.from_bytes(sw, "big")):
        return StatusWord.WRONG_PARAMETERS.raw
    return pattern((body[0] or MAX_ANSWER) if body else 0) + sw


def echo(apdu: bytes) -> Echo | None:
    """What ECHO does; None if ``apdu`` is another command."""
    if len(apdu) < HEADER_LENGTH or apdu[:2] != bytes((CLA, INS)):
        return None
    delay = int.from_bytes(apdu[2:HEADER_LENGTH], "big")
    wait_ms = None if delay == NEVER else delay * WAIT_UNIT_MS
    parts = _lengths(apdu[HEADER_LENGTH:])
    if parts is None:
        return Echo(StatusWord.WRONG_LENGTH.raw, wait_ms)
    data, le = parts
    if data and le is None:
        right = data == pattern(len(data))
        return Echo((StatusWord.OK if right else StatusWord.WRONG_DATA).raw, wait_ms)
    return Echo((data[:le] if data else pattern(le or 0)) + StatusWord.OK.raw, wait_ms)


def _lengths(body: bytes) -> tuple[bytes, int | None] | None:
    """Data and Le of what follows the header (ISO/IEC 7816-3 12.1.3); None if its lengths do not add up."""
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or MAX_ANSWER
    wide, most = (2, MAX_EXTENDED_ANSWER) if body[:1] == _EXTENDED else (1, MAX_ANSWER)
    rest = body[1:] if wide == 2 else body
    if wide == 2 and len(rest) == wide:
        return b"", int.from_bytes(rest, "big") or most
    size = int.from_bytes(rest[:wide], "big")
    data, tail = rest[wide : wide + size], rest[wide + size :]
    if not size or len(data) != size or len(tail) not in (0, wide):
        return None
    return data, (int.from_bytes(tail, "big") or most) if tail else None
