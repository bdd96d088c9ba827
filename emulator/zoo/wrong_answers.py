"""Readers that give another answer than the card's: flipped bits, old answers, spoilt status words."""

from __future__ import annotations

from random import Random

from apdu_specs.apdu import HEADER_LENGTH
from apdu_specs.language import Text
from emulator.layer import Layer, data_of
from emulator.link import CardPort
from emulator.zoo.fault import Argument, Family, Fault
from emulator.zoo.speed import PAUSE_MS, AfterPause


class _FlipsABit(Layer):
    """Once in every ``argument`` answers; which of them, and which bit, is by chance."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._victim = 0

    def changed(self, answer: bytes) -> bytes:
        place = (self.count - 1) % self.argument
        if place == 0:
            self._victim = self.chance.randrange(self.argument)
        if place != self._victim:
            return answer
        bit = self.chance.randrange(8 * len(answer))
        spoilt = bytearray(answer)
        spoilt[bit // 8] ^= 1 << bit % 8
        return bytes(spoilt)


class _Stale(Layer):
    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._previous: bytes | None = None

    def changed(self, answer: bytes) -> bytes:
        previous, self._previous = self._previous, answer
        return previous if previous is not None and self._is_stale() else answer

    def _is_stale(self) -> bool:
        return self.every()


class _OffByOne(_Stale):
    def _is_stale(self) -> bool:
        return self.count > self.argument


class _NoStatusWord(Layer):
    def changed(self, answer: bytes) -> bytes:
        # An empty answer would hang pcscd itself, so a lone status word leaves its first byte behind.
        return (data_of(answer)[0] or answer[:1]) if self.every() else answer


class _SwappedStatusWord(Layer):
    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        return data + sw[::-1] if self.every() else answer


class _NewLines(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        start = HEADER_LENGTH + 1
        data, sw = data_of(self.ask(apdu[:start] + _one_end_of_line(apdu[start:])))
        return _one_end_of_line(data) + sw


def _one_end_of_line(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n\n")


class _GeneralStatus(Layer):
    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        if sw[:1] == b"\x69":
            sw = b"\x69\x00"
        elif sw[:1] in (b"\x6b", b"\x6d", b"\x6e"):
            sw = b"\x6f\x00"
        return data + sw


class _OldAfterPause(AfterPause, _Stale):
    def _is_stale(self) -> bool:
        return self.pause.over


_EVERY = Text("one in this many commands", "หนึ่งครั้งในกี่คำสั่ง")

FAULTS = (
    Fault(
        "bit-flip",
        Family.ANSWERS,
        Text("a bit of an answer is flipped, by chance", "บิตหนึ่งของคำตอบกลับค่าแบบสุ่ม"),
        Argument(Text("once in this many answers", "หนึ่งครั้งในกี่คำตอบ"), 50, least=1),
        ("TX-9",),
        _FlipsABit,
    ),
    Fault(
        "stale",
        Family.ANSWERS,
        Text(
            "the card does its work, but the previous answer is told again",
            "บัตรทำงานแล้ว แต่ได้คำตอบของคำสั่งก่อนหน้าซ้ำ",
        ),
        Argument(_EVERY, 20, least=1),
        ("TX-9", "TH-1"),
        _Stale,
    ),
    Fault(
        "off-by-one",
        Family.ANSWERS,
        Text("every answer is the one to the command before", "คำตอบทุกครั้งเป็นของคำสั่งก่อนหน้า"),
        Argument(Text("commands answered rightly before", "จำนวนคำสั่งที่ตอบถูกก่อนหน้านั้น"), 20),
        ("TX-12", "TH-1"),
        _OffByOne,
    ),
    Fault(
        "no-status",
        Family.ANSWERS,
        Text("an answer comes without its status word", "คำตอบไม่มีรหัสสถานะ"),
        Argument(_EVERY, 10, least=1),
        ("TX-1", "TX-3"),
        _NoStatusWord,
        note=Text(
            "An answer that is a status word alone keeps its first byte: an empty one would hang pcscd, not the program.",
            "คำตอบที่มีเพียงรหัสสถานะจะเหลือไบต์แรกไว้ เพราะคำตอบว่างทำให้ pcscd ค้าง",
        ),
    ),
    Fault(
        "swapped-status",
        Family.ANSWERS,
        Text("SW2 comes before SW1", "SW2 มาก่อน SW1"),
        Argument(_EVERY, 10, least=1),
        ("TX-1", "TX-9"),
        _SwappedStatusWord,
    ),
    Fault(
        "newlines",
        Family.ANSWERS,
        Text("0D 0A becomes 0A 0A, both ways", "0D 0A กลายเป็น 0A 0A ทั้งขาไปและขากลับ"),
        None,
        ("TX-16",),
        _NewLines,
    ),
    Fault(
        "general-status",
        Family.ANSWERS,
        Text(
            "69 xx becomes 69 00; 6B xx, 6D xx and 6E xx become 6F 00",
            "69 xx กลายเป็น 69 00 ส่วน 6B xx, 6D xx และ 6E xx กลายเป็น 6F 00",
        ),
        None,
        ("TX-17",),
        _GeneralStatus,
    ),
    Fault(
        "old-after-pause",
        Family.ANSWERS,
        Text(
            "the first command after a pause gets the answer of the one before it",
            "คำสั่งแรกหลังหยุดใช้ชั่วครู่ได้คำตอบของคำสั่งก่อนหน้า",
        ),
        Argument(PAUSE_MS, 400, least=1),
        ("RS-6",),
        _OldAfterPause,
    ),
)
