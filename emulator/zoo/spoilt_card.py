"""Faults of the card itself; they leave the reader with it."""

from __future__ import annotations

from apdu_specs.language import Text
from emulator.layer import Layer
from emulator.link import NoAnswer, TakenOut
from emulator.zoo.fault import Argument, Family, Fault, Place


class _Silent(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        if self.count > self.argument:
            raise NoAnswer
        return self.ask(apdu)


class _Removed(Layer):
    def changed(self, answer: bytes) -> bytes:
        if self.count == self.argument:
            raise TakenOut  # the card has done its work
        return answer


class _Slow(Layer):
    def delay(self, apdu: bytes, answer: bytes) -> float:
        return self.argument / 1000


FAULTS = (
    Fault(
        "silent",
        Family.CARD,
        Text("the card stops answering", "บัตรหยุดตอบ"),
        Argument(Text("commands answered before", "จำนวนคำสั่งที่ตอบก่อนหยุด"), 0),
        ("TX-1",),
        _Silent,
        Place.CARD,
    ),
    Fault(
        "removed",
        Family.CARD,
        Text("the card is pulled out in the middle of a command", "บัตรถูกดึงออกระหว่างคำสั่ง"),
        Argument(Text("number of that command", "คำสั่งลำดับที่"), 1),
        ("TX-13",),
        _Removed,
        Place.CARD,
    ),
    Fault(
        "slow",
        Family.CARD,
        Text("every command takes longer", "ทุกคำสั่งใช้เวลานานขึ้น"),
        Argument(Text("milliseconds", "มิลลิวินาที"), 100),
        ("TM-2",),
        _Slow,
        Place.CARD,
    ),
)
