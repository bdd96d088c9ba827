"""Power: when a card that nobody uses loses it, and that it comes back."""

from __future__ import annotations

import threading

from apdu_specs import moi, test_card
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.qualify.criteria.transfers import read_command, select_moi
from harness.qualify.criterion import (
    FULL_ONLY,
    RECORDED,
    Declarations,
    Family,
    Measurement,
    Need,
    proposed,
)
from harness.qualify.subject import Subject
from harness.terminals.scard import SHORTEST_ANSWER, Disposition

declare = Declarations(Family.RESETS)
_GAP_S = 3.0
"""Between two programs of one person. pcsc-lite and Windows take the power away some seconds after the last one left."""
_LONG_GAP_S = 12.0
_NO_ONES = b"\xf0" + b"\x5a" * 15  # an identifier that no card has
_BASIS = "UnitaryTests of pcsc-lite, automatic power-off"


@declare(
    "PW-1",
    "Power of a card that no program uses: kept, or taken away",
    "ไฟของบัตรที่ไม่มีโปรแกรมใดใช้ ยังมีอยู่หรือถูกตัด",
    limits=RECORDED,
    basis=proposed(f"{_BASIS}; either is right, and tells a cold start from a bug"),
    needs=(Need.THAI_CARD,),
    profiles=FULL_ONLY,
)
def kept(subject: Subject) -> Measurement:
    """Selected, left alone for 3 s without any program, read by the next."""
    with subject.connection() as connection:
        select_moi(connection)
        connection.disconnect(Disposition.LEAVE)
    _wait(_GAP_S)
    with subject.connection() as connection:
        data, sw = connection.send(read_command(subject, 0, 16))
        selected = StatusFamily.BYTES_WAITING.number(sw) is not None or (
            len(data) == 16 and sw == StatusWord.OK
        )
    seconds = f"{_GAP_S:g}"
    return Measurement(
        "kept" if selected else "taken away", Text(f"after {seconds} s", f"หลังจาก {seconds} วินาที")
    )


@declare(
    "PW-2",
    "A card that nobody used for a while gives its own answers at once",
    "บัตรที่ไม่มีใครใช้ชั่วครู่ให้คำตอบที่ถูกต้องทันที",
    basis=proposed(f"{_BASIS}; its power comes back with the next program"),
    profiles=FULL_ONLY,
)
def back(subject: Subject) -> Measurement:
    """After 12 s without any program the answers to two commands are those of before, and none takes longer than a second."""
    commands = _two_commands(subject)
    with subject.connection() as connection:
        before = [connection.transmit(each) for each in commands]
        connection.disconnect(Disposition.LEAVE)
    _wait(_LONG_GAP_S)
    waited = len(subject.long_commands)
    with subject.connection() as connection:
        after = [connection.transmit_timed(each) for each in commands]
    if subject.long_commands[waited:]:
        return Measurement(False, too_long(max(subject.long_commands[waited:])))
    return Measurement(after == before and all(len(raw) >= SHORTEST_ANSWER for _, raw in after))


def _two_commands(subject: Subject) -> tuple[bytes, bytes]:
    """Two that a card answers differently, whatever came before: an old answer is then seen."""
    if subject.card.test:
        return test_card.encode(le=1), test_card.encode(le=2)
    return SELECT.encode(moi.AID if subject.card.thai else b""), SELECT.encode(_NO_ONES)


def too_long(seconds: float) -> Text:
    """What is said of a command that took so long."""
    return Text(f"answered after {seconds:.1f} s", f"ตอบหลังจาก {seconds:.1f} วินาที")


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)  # time itself is what is tried here; nothing is waited for
