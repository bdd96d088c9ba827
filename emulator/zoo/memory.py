"""Readers that remember what they must not: a PIN, a counter, the answers of the card before."""

from __future__ import annotations

from random import Random

from apdu_specs import adm
from apdu_specs.command import Command
from apdu_specs.interindustry import GET_RESPONSE, READ, SELECT
from apdu_specs.language import Text
from apdu_specs.status import Family as Word
from apdu_specs.status import StatusWord
from emulator.layer import Layer, data_length, data_of
from emulator.link import CardPort
from emulator.zoo.fault import Family, Fault

_PIN = b"PIN"


def _is(apdu: bytes, command: Command) -> bool:
    return apdu[1:2] == bytes((command.ins,))


def _presents_a_pin(apdu: bytes) -> bool:
    return _is(apdu, adm.VERIFY) and data_length(apdu) > 0


class _PinTwice(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        wrong = Word.TRIES_LEFT.number(int.from_bytes(answer[-2:], "big")) is not None
        if _presents_a_pin(apdu) and wrong:
            self.ask(apdu)
        return answer


class _UntilReset(Layer):
    """What is told once is told again until the card is reset."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._told: dict[bytes, bytes] = {}

    def power_on(self) -> object:
        self._told.clear()
        return super().power_on()

    def reset(self) -> object:
        self._told.clear()
        return super().reset()


class _CounterCached(_UntilReset):
    def exchange(self, apdu: bytes) -> bytes:
        if not _is(apdu, adm.VERIFY) or _presents_a_pin(apdu):
            return self.ask(apdu)
        if _PIN not in self._told:
            self._told[_PIN] = self.ask(apdu)
        return self._told[_PIN]


class _CryptogramReplayed(_UntilReset):
    _matching = False

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        fetched = self._matching and _is(apdu, GET_RESPONSE) and data_of(answer)[1] == StatusWord.OK.raw
        self._matching = _is(apdu, adm.GET_MATCH_STATUS)
        return self._told.setdefault(bytes(apdu), answer) if fetched else answer


class _PinKept(Layer):
    """Presents it on its own account when a card that just got power is to confirm its holder."""

    _due = False

    def power_on(self) -> object:
        self._due = True
        return super().power_on()

    def reset(self) -> object:
        self._due = False
        return super().reset()

    def exchange(self, apdu: bytes) -> bytes:
        if _presents_a_pin(apdu):
            self._due = False
            answer = self.ask(apdu)
            if answer == StatusWord.OK.raw:
                self.kept[_PIN] = bytes(apdu)
            return answer
        if _is(apdu, adm.GET_MATCH_STATUS) and self._due and _PIN in self.kept:
            self._due = False
            self.ask(self.kept[_PIN])
        return self.ask(apdu)


class _Reads(Layer):
    """Knows which answer of GET RESPONSE belongs to which READ of which applet."""

    _applet = b""
    _read = b""

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        if _is(apdu, SELECT):
            self._applet = bytes(apdu)
        read, self._read = self._read, bytes(apdu) if _is(apdu, READ) else b""
        if read and _is(apdu, GET_RESPONSE) and data_of(answer)[1] == StatusWord.OK.raw:
            return self.instead(self._applet + read + bytes(apdu), answer)
        return answer

    def instead(self, what: bytes, answer: bytes) -> bytes:
        """What is told in the place of ``answer``."""
        return self.kept.setdefault(what, answer)


class _FirstReadIsOld(_Reads):
    _first = True

    def instead(self, what: bytes, answer: bytes) -> bytes:
        before, self.kept[what] = self.kept.get(what, answer), answer
        first, self._first = self._first, False
        return before if first else answer


FAULTS = (
    Fault(
        "pin-twice",
        Family.MEMORY,
        Text(
            "a wrong PIN is presented twice, and the first answer told: it costs two tries",
            "PIN ที่ผิดถูกส่งให้บัตรสองครั้งแต่แจ้งคำตอบแรก จึงเสียโอกาสสองครั้ง",
        ),
        None,
        ("FL-4",),
        _PinTwice,
    ),
    Fault(
        "old-counter",
        Family.MEMORY,
        Text(
            "the tries left are told from memory until the next reset",
            "จำนวนครั้งที่เหลือของ PIN ที่แจ้งเป็นค่าที่จำไว้ จนกว่าจะรีเซ็ต",
        ),
        None,
        ("FL-4",),
        _CounterCached,
    ),
    Fault(
        "replayed-cryptogram",
        Family.MEMORY,
        Text(
            "whatever the challenge, the first cryptogram is told again until the next reset",
            "ไม่ว่าคำท้าใด ได้ cryptogram ชุดแรกซ้ำจนกว่าจะรีเซ็ต",
        ),
        None,
        ("FL-1",),
        _CryptogramReplayed,
    ),
    Fault(
        "keeps-pin",
        Family.MEMORY,
        Text(
            "the reader keeps the PIN and presents it by itself to a card that just got power",
            "เครื่องอ่านจำ PIN ไว้และส่งให้บัตรเองเมื่อบัตรเพิ่งได้รับไฟ",
        ),
        None,
        ("FL-5",),
        _PinKept,
    ),
    Fault(
        "keeps-data",
        Family.MEMORY,
        Text(
            "what was read once is told again of every card that comes later",
            "ข้อมูลที่เคยอ่านถูกแจ้งซ้ำสำหรับบัตรทุกใบที่เสียบทีหลัง",
        ),
        None,
        ("TH-6",),
        _Reads,
    ),
    Fault(
        "old-first-read",
        Family.MEMORY,
        Text(
            "the first data read of a card are those of the card before",
            "ข้อมูลแรกที่อ่านจากบัตรเป็นของบัตรใบก่อน",
        ),
        None,
        ("TH-6",),
        _FirstReadIsOld,
    ),
)
