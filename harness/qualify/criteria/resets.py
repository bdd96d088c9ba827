"""Resets: seen by everyone who shares the card, real ones, and none that nobody asked for."""

from __future__ import annotations

import threading

from apdu_specs.interindustry import SELECT
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.qualify.criteria.power import too_long
from harness.qualify.criteria.transfers import read_command, select_moi
from harness.qualify.criterion import (
    NONE,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    pcsc,
    proposed,
)
from harness.qualify.subject import SUCCESS, CallFailed, Connection, Subject, code_name
from harness.terminals.scard import Disposition, ResultCode

declare = Declarations(Family.RESETS)
_SEEN = Limits(equals=("RESET_CARD",))


def _seen_by_other(subject: Subject, reset: Disposition, *, by_disconnect: bool = False) -> str:
    """What another program's next command gives; it must be able to go on after SCardReconnect, told once only."""
    with subject.connection() as first, subject.connection() as other:
        other.send(SELECT.encode())
        code = first.disconnect(reset) if by_disconnect else first.reconnect(reset)
        if code != SUCCESS:
            raise CallFailed(code, "SCardDisconnect" if by_disconnect else "SCardReconnect")
        told, _ = other.transmit(SELECT.encode())
        if told in (ResultCode.PROTO_MISMATCH, ResultCode.UNPOWERED_CARD):
            told = ResultCode.RESET_CARD  # other words of the same news, depending on the moment
        if other.reconnect() != SUCCESS:
            return "cannot go on"
        after, answer = other.transmit(SELECT.encode())
        if after != SUCCESS or len(answer) < 2:
            return f"then {code_name(after)}"
    return code_name(told)


@declare(
    "RS-1",
    "A reset by one program is told to another, once",
    "การรีเซ็ตโดยโปรแกรมหนึ่งถูกแจ้งให้อีกโปรแกรมทราบครั้งเดียว",
    limits=_SEEN,
    basis=pcsc("part 5, SCARD_W_RESET_CARD"),
)
def by_reconnect(subject: Subject) -> Measurement:
    """SCardReconnect(RESET) by the first, a command by the second, who then goes on after SCardReconnect."""
    return Measurement(_seen_by_other(subject, Disposition.RESET))


@declare(
    "RS-2",
    "A reset at the end of one program's connection is told to another",
    "การรีเซ็ตเมื่อโปรแกรมหนึ่งเลิกใช้ถูกแจ้งให้อีกโปรแกรมทราบ",
    limits=_SEEN,
    basis=pcsc("part 5, SCardDisconnect"),
)
def by_disconnect(subject: Subject) -> Measurement:
    """SCardDisconnect(RESET) by the first."""
    return Measurement(_seen_by_other(subject, Disposition.RESET, by_disconnect=True))


@declare(
    "RS-3",
    "Taking the power away is told to another program",
    "การตัดไฟบัตรถูกแจ้งให้อีกโปรแกรมทราบ",
    limits=_SEEN,
    basis=pcsc("part 5, SCARD_UNPOWER_CARD"),
)
def by_unpower(subject: Subject) -> Measurement:
    """SCardReconnect(UNPOWER) by the first."""
    return Measurement(_seen_by_other(subject, Disposition.UNPOWER))


def _selected(subject: Subject, connection: Connection) -> bool:
    """Whether the card still has its applet selected: it then announces what READ asks for."""
    data, sw = connection.send(read_command(subject, 0, 16))
    return StatusFamily.BYTES_WAITING.number(sw) is not None or (len(data) == 16 and sw == StatusWord.OK)


@declare(
    "RS-4",
    "A reset reaches the card: what was selected is not selected any more",
    "การรีเซ็ตไปถึงบัตร สิ่งที่เลือกไว้ถูกยกเลิก",
    unit="resets that did not",
    limits=NONE,
    basis=proposed("a PIN session ends with a reset, or the next person inherits it; ISO/IEC 7816-4 12.1"),
    needs=(Need.THAI_CARD,),
)
def reaches(subject: Subject) -> Measurement:
    """Selected, reset by each disposition, read without selecting."""
    missed = 0
    with subject.connection() as connection:
        for _ in subject.rounds(quick=30, full=100, least=10):
            for disposition in (Disposition.RESET, Disposition.UNPOWER):
                select_moi(connection)
                code = connection.reconnect(disposition)
                if code != SUCCESS:
                    raise CallFailed(code, "SCardReconnect")
                missed += _selected(subject, connection)
    return Measurement(missed)


@declare(
    "RS-5",
    "The card is not reset while nobody asks for it",
    "บัตรไม่ถูกรีเซ็ตเองโดยไม่มีใครสั่ง",
    unit="resets",
    limits=NONE,
    basis=proposed("what is selected, and a PIN session, stays until somebody resets"),
    needs=(Need.THAI_CARD,),
)
def unasked(subject: Subject) -> Measurement:
    """Selected once, then read many times without selecting."""
    lost = 0
    with subject.connection() as connection:
        select_moi(connection)
        for _ in subject.rounds(quick=500, full=3000, least=100):
            if not _selected(subject, connection):
                lost += 1
                select_moi(connection)
    return Measurement(lost)


@declare(
    "RS-6",
    "The card keeps its power between a reconnection and its use, and then answers at once",
    "บัตรไม่ถูกตัดไฟระหว่างการเชื่อมต่อใหม่กับการใช้งาน และตอบทันที",
    basis=proposed("UnitaryTests of pcsc-lite, automatic power-off"),
    needs=(Need.THAI_CARD,),
)
def keeps_power(subject: Subject) -> Measurement:
    """Selected, reconnected, left alone for half a second (full profile: 12), read."""
    with subject.connection() as connection:
        code = connection.reconnect(Disposition.RESET)
        if code != SUCCESS:
            raise CallFailed(code, "SCardReconnect")
        select_moi(connection)
        # Time itself is what is tried here; nothing is waited for.
        threading.Event().wait(subject.times(quick=1, full=24) / 2)
        before = len(subject.long_commands)
        selected = _selected(subject, connection)
        if subject.long_commands[before:]:
            return Measurement(False, too_long(max(subject.long_commands[before:])))
        return Measurement(selected)
