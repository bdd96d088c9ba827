"""Readers that cannot carry everything: long answers, long commands, Le."""

from __future__ import annotations

from apdu_specs.apdu import HEADER_LENGTH, MAX_SHORT_DATA
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from emulator.layer import EXTENDED_LENGTHS, Layer, data_length, data_of, is_extended
from emulator.zoo.fault import Argument, Family, Fault

_SHORT_LENGTHS = 1


class _Truncated(Layer):
    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        return data[: self.argument] + sw


class _SmallBuffer(Layer):
    def changed(self, answer: bytes) -> bytes:
        return answer[: self.argument]


class _CommandCut(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        return self.ask(apdu[: max(self.argument, HEADER_LENGTH)])


class _RefusesLong(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        if data_length(apdu) > self.argument:
            return StatusWord.WRONG_LENGTH.raw
        return self.ask(apdu)


class _RefusesExtended(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        return StatusWord.WRONG_LENGTH.raw if is_extended(apdu) else self.ask(apdu)


class _LeStripped(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        lengths = EXTENDED_LENGTHS if is_extended(apdu) else _SHORT_LENGTHS
        data = data_length(apdu)
        return self.ask(apdu[: HEADER_LENGTH + lengths + data] if data else apdu)


class _ZerosLost(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        start = HEADER_LENGTH + (EXTENDED_LENGTHS if is_extended(apdu) else _SHORT_LENGTHS)
        end = start + data_length(apdu)
        if end - start < self.argument:
            return self.ask(apdu)
        rest = apdu[start:end].lstrip(b"\x00")
        return self.ask(apdu[:start] + rest + bytes(end - start - len(rest)) + apdu[end:])


class _LeZero(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        asks_256 = len(apdu) == HEADER_LENGTH + 1 and not apdu[HEADER_LENGTH]
        answer = self.ask(apdu)
        return data_of(answer)[1] if asks_256 else answer


class _ExtraByte(Layer):
    def changed(self, answer: bytes) -> bytes:
        return answer + b"\x00" if self.every() else answer


class _ShortAnswer(Layer):
    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        return data[:-1] + sw if self.every() else answer


_EVERY = Text("one in this many commands", "หนึ่งครั้งในกี่คำสั่ง")

FAULTS = (
    Fault(
        "truncate",
        Family.LENGTHS,
        Text(
            "long answers lose the end of their data; the status word is right",
            "คำตอบยาวถูกตัดท้ายข้อมูล แต่รหัสสถานะถูกต้อง",
        ),
        Argument(Text("bytes of data that pass", "จำนวนไบต์ข้อมูลที่ผ่านได้"), MAX_SHORT_DATA),
        ("TX-2", "TX-7"),
        _Truncated,
    ),
    Fault(
        "buffer",
        Family.LENGTHS,
        Text("long answers lose their end, status word and all", "คำตอบยาวถูกตัดท้ายรวมทั้งรหัสสถานะ"),
        Argument(Text("bytes that pass, status word included", "จำนวนไบต์ที่ผ่านได้ รวมรหัสสถานะ"), 256, least=2),
        ("TX-2", "TX-7", "TH-2"),
        _SmallBuffer,
    ),
    Fault(
        "command-buffer",
        Family.LENGTHS,
        Text("the card gets only the start of a long command", "บัตรได้รับเพียงส่วนต้นของคำสั่งยาว"),
        Argument(Text("bytes of a command that pass", "จำนวนไบต์ของคำสั่งที่ผ่านได้"), 261, least=4),
        ("EXT-4",),
        _CommandCut,
    ),
    Fault(
        "nak-long",
        Family.LENGTHS,
        Text(
            "long commands are refused with 67 00 and do not reach the card",
            "คำสั่งยาวถูกปฏิเสธด้วย 67 00 โดยไม่ถึงบัตร",
        ),
        Argument(Text("bytes of data that a command may have", "จำนวนไบต์ข้อมูลที่คำสั่งมีได้"), 128),
        ("TX-11",),
        _RefusesLong,
    ),
    Fault(
        "no-extended",
        Family.LENGTHS,
        Text("extended lengths are refused with 67 00", "ความยาวแบบขยายถูกปฏิเสธด้วย 67 00"),
        None,
        ("EXT-4",),
        _RefusesExtended,
    ),
    Fault(
        "strip-le",
        Family.LENGTHS,
        Text(
            "a command with data loses its Le (case 4 becomes case 3)",
            "Le ของคำสั่งแบบมีข้อมูลถูกตัดออก (กรณี 4 กลายเป็นกรณี 3)",
        ),
        None,
        ("TX-12",),
        _LeStripped,
    ),
    Fault(
        "zeros-lost",
        Family.LENGTHS,
        Text(
            "the leading 00 of a command's data are lost; as many come at its end",
            "ไบต์ 00 ที่นำหน้าข้อมูลของคำสั่งหายไป แล้วมี 00 จำนวนเท่ากันที่ท้ายข้อมูล",
        ),
        Argument(Text("from this many bytes of data on", "ตั้งแต่ข้อมูลกี่ไบต์"), 32, least=1),
        ("FL-1",),
        _ZerosLost,
    ),
    Fault(
        "le-zero",
        Family.LENGTHS,
        Text(
            "Le 00 is taken for no data instead of 256 bytes", "Le 00 ถูกตีความว่าไม่ต้องการข้อมูล แทนที่จะเป็น 256 ไบต์"
        ),
        None,
        ("TX-2", "TX-7"),
        _LeZero,
    ),
    Fault(
        "extra-byte",
        Family.LENGTHS,
        Text("an answer has one byte too many at its end", "คำตอบมีไบต์เกินท้ายหนึ่งไบต์"),
        Argument(_EVERY, 10, least=1),
        ("TX-1", "TX-3"),
        _ExtraByte,
    ),
    Fault(
        "short-answer",
        Family.LENGTHS,
        Text(
            "an answer lacks the last byte of its data; the status word is right",
            "คำตอบขาดไบต์ข้อมูลสุดท้าย แต่รหัสสถานะถูกต้อง",
        ),
        Argument(_EVERY, 10, least=1),
        ("TX-4", "TX-9"),
        _ShortAnswer,
    ),
)
