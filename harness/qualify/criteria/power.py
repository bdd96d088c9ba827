"""Power: when a card that nobody uses loses it, and that it comes back."""

from __future__ import annotations

import threading

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
from harness.terminals.scard import Disposition

declare = Declarations(Family.RESETS)
_GAP_S = 3.0
"""Between two programs of one person. pcsc-lite and Windows take the power away some seconds after the last one left."""
_LONG_GAP_S = 12.0
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
    "A card that nobody used for a while can be used at once",
    "บัตรที่ไม่มีใครใช้ชั่วครู่ใช้งานได้ทันที",
    basis=proposed(f"{_BASIS}; its power comes back with the next program"),
    profiles=FULL_ONLY,
)
def back(subject: Subject) -> Measurement:
    """A command after 12 s without any program."""
    with subject.connection() as connection:
        connection.disconnect(Disposition.LEAVE)
    _wait(_LONG_GAP_S)
    with subject.connection() as connection:
        return Measurement(connection.answers())


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)  # time itself is what is tried here; nothing is waited for
