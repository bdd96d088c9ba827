"""Readers that speak T=0 on their own account: fetch, repeat, send twice."""

from __future__ import annotations

from apdu_specs.apdu import HEADER_LENGTH
from apdu_specs.interindustry import GET_RESPONSE
from apdu_specs.language import Text
from apdu_specs.status import Family as Word
from apdu_specs.status import StatusWord
from emulator.layer import Layer, data_of, is_extended
from emulator.zoo.fault import Argument, Family, Fault

_MOST_ROUNDS = (
    300  # 65,536 bytes and more, 255 at a time: a card that announces for ever is not fetched for ever
)


def announced(answer: bytes, word: Word) -> int | None:
    """The number in the status word's second byte (0 means 256) if it is of that family, else None."""
    return answer[-1] or 256 if len(answer) > 1 and answer[-2] == word >> 8 else None


class _Fetches(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        joined = b""
        for _ in range(_MOST_ROUNDS):
            waiting = announced(answer, Word.BYTES_WAITING)
            if waiting is None:
                break
            joined += data_of(answer)[0]
            answer = self.ask(GET_RESPONSE.encode(p2=0, le=waiting))
        return joined + answer


class _Repeats(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        right = announced(answer, Word.WRONG_LE)
        short = HEADER_LENGTH <= len(apdu) <= HEADER_LENGTH + 1
        if right is None or not short or is_extended(apdu):
            return answer
        return self.ask(apdu[:HEADER_LENGTH] + bytes((right & 0xFF,)))


class _HidesWaiting(Layer):
    def changed(self, answer: bytes) -> bytes:
        waiting = announced(answer, Word.BYTES_WAITING) is not None
        return data_of(answer)[0] + StatusWord.OK.raw if waiting else answer


class _Doubles(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        if self.every():
            self.ask(apdu)
        return self.ask(apdu)


FAULTS = (
    Fault(
        "fetches",
        Family.T0,
        Text(
            "the reader swallows 61 xx: it sends GET RESPONSE itself and joins what comes",
            "เครื่องอ่านกลืน 61 xx โดยส่ง GET RESPONSE เองและต่อข้อมูลให้",
        ),
        None,
        ("TX-5",),
        _Fetches,
        only_marginal=True,
        note=Text(
            "Some readers do this on purpose; a program then never sees 61 xx. It sends P2 00, which not every generation takes.",
            "เครื่องอ่านบางรุ่นทำเช่นนี้โดยตั้งใจ โปรแกรมจะไม่เห็น 61 xx โดยใช้ P2 00 ซึ่งบัตรบางรุ่นไม่รับ",
        ),
    ),
    Fault(
        "repeats",
        Family.T0,
        Text(
            "the reader swallows 6C xx: it repeats the command with the right Le",
            "เครื่องอ่านกลืน 6C xx โดยส่งคำสั่งซ้ำด้วย Le ที่ถูกต้อง",
        ),
        None,
        ("TX-6",),
        _Repeats,
        only_marginal=True,
    ),
    Fault(
        "hides-waiting",
        Family.T0,
        Text(
            "61 xx becomes 90 00: what waits is never announced", "61 xx กลายเป็น 90 00 จึงไม่มีใครรู้ว่ามีข้อมูลรออยู่"
        ),
        None,
        ("TH-1",),
        _HidesWaiting,
    ),
    Fault(
        "doubles",
        Family.T0,
        Text(
            "a command reaches the card twice; the second answer is told. A wrong PIN costs two tries",
            "คำสั่งถึงบัตรสองครั้ง และได้คำตอบของครั้งที่สอง PIN ที่ผิดจึงเสียโอกาสสองครั้ง",
        ),
        Argument(Text("one in this many commands", "หนึ่งครั้งในกี่คำสั่ง"), 10, least=1),
        ("TX-8",),
        _Doubles,
    ),
)
