"""Commands that every applet answers: SELECT and GET RESPONSE."""

from __future__ import annotations

from collections.abc import Mapping

from construct import Byte, Const, GreedyBytes, Prefixed, Struct

from apdu_specs.apdu import MAX_ANSWER
from apdu_specs.command import Command, Outgoing, Vector, any_byte, fixed, one_of
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, assumed, public
from apdu_specs.status import Family, StatusWord

FCI = Struct("tag" / Const(b"\x84"), "aid" / Prefixed(Byte, GreedyBytes))
"""What SELECT answers: tag 84, length, the applet's identifier.

Source: public, real cards announce ``61 0A``, which fits these ten bytes; the bytes themselves are inferred.
"""

SELECT = Command(
    name="SELECT",
    meaning=Text("choose an applet; without an identifier the card manager", "เลือกแอปเพล็ต"),
    cla=(0x00,),
    ins=0xA4,
    p1=fixed(0x04, "by applet identifier"),
    p2=fixed(0x00, "first occurrence, FCI wanted"),
    data=GreedyBytes,
    lengths=frozenset(range(17)),
    answer=FCI,
    outgoing=Outgoing.WAITING,
    statuses=(Family.BYTES_WAITING, Family.WRONG_LE, StatusWord.OK, StatusWord.NOT_FOUND),
    provenance=public("every reader of Thai cards; 61 xx as one Android reader demands it"),
    vectors=(
        Vector("00A4040008A000000054480001", 0x04, 0x00, bytes.fromhex("A000000054480001")),
        Vector("00A40400", 0x04, 0x00),
        Vector("00A4040012", 0x04, 0x00, le=18),
    ),
)

GET_RESPONSE = Command(
    name="GET RESPONSE",
    meaning=Text("fetch what 61 xx announced", "อ่านข้อมูลที่รออยู่"),
    cla=(0x00, 0x80),
    ins=0xC0,
    p1=fixed(0x00),
    p2=one_of(0x00, 0x01, meaning="01 is what readers send to the 3B 67 family"),
    answer=GreedyBytes,
    outgoing=Outgoing.AT_ONCE,
    statuses=(StatusWord.OK, Family.BYTES_WAITING, Family.WRONG_LE),
    provenance=public("all readers; class 80 as Java's javax.smartcardio sends it; P2 01 by ATR family"),
    vectors=(
        Vector("00C000000A", 0x00, 0x00, le=10),
        Vector("80C0000000", 0x00, 0x00, le=MAX_ANSWER),
        Vector("00C000010D", 0x00, 0x01, le=13),
    ),
)

BLOCK = Struct("block" / Byte, "length" / Byte)
"""Data of READ: block id, then length (0 means 256)."""

READ = Command(
    name="READ",
    meaning=Text("read from a block of the applet's flat memory", "อ่านข้อมูลจากบล็อกของแอปเพล็ต"),
    cla=(0x80,),
    ins=0xB0,
    p1=any_byte("offset, high byte"),
    p2=any_byte("offset, low byte"),
    data=BLOCK,
    lengths=frozenset({2}),
    answer=GreedyBytes,
    outgoing=Outgoing.WAITING,
    wrong_parameters=StatusWord.OUTSIDE_FILE,
    statuses=(Family.BYTES_WAITING, StatusWord.OUTSIDE_FILE),
    provenance=public("every reader of Thai cards; block ids: two middlewares"),
    vectors=(
        Vector("80B0000402000D", 0x00, 0x04, {"block": 0, "length": 13}),
        Vector("80B0017B0200FF", 0x01, 0x7B, {"block": 0, "length": 255}),
        Vector("80B01627020100", 0x16, 0x27, {"block": 1, "length": 0}),
    ),
)

PARTLY_PAST_THE_END = assumed(
    "a read that starts inside a block and ends past it is answered with what is there, shorter than asked"
)
"""The one place that says what a read partly past the end does; ``piece`` applies it."""


TWO_BYTE_LENGTH = public(
    "one point-of-sale program reads 256 bytes of current cards with the data 01 00: two bytes of length instead of "
    "block id and length; both readings are served, as block 1 is absent where block 0 holds everything",
    Confidence.LOW,
)


def piece(images: Mapping[int, bytes], offset: int, data: bytes) -> bytes:
    """What READ gives for its two data bytes over ``images`` (block id -> bytes); empty if there is nothing there."""
    block, length = data
    if block not in images and data == MAX_ANSWER.to_bytes(2, "big"):
        block = 0
    return images.get(block, b"")[offset : offset + (length or MAX_ANSWER)]
