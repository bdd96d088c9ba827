"""Resets: seen by everyone who shares the card, real ones, and none that nobody asked for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from enum import Enum

from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.qualify.calls import SUCCESS, Connection, code_name, succeed
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
from harness.qualify.subject import Subject
from harness.terminals.scard import Disposition, ResultCode

declare = Declarations(Family.RESETS)
_SEEN = Limits(equals=("RESET_CARD",))
_RESETS = (Disposition.RESET, Disposition.UNPOWER)
_BY_EACH_CALL = 3
_OTHERS = 3
"""Programs that come and go."""


class Way(Enum):
    """The calls with which a program resets the card."""

    RECONNECT = "SCardReconnect"
    DISCONNECT = "SCardDisconnect"
    END = "SCardEndTransaction"

    def reset(self, connection: Connection, reset: Disposition) -> None:
        """By this call, of a transaction of its own if it takes one. Raises CallFailed."""
        if self is Way.RECONNECT:
            succeed(connection.reconnect(reset), self.value)
        elif self is Way.DISCONNECT:
            succeed(connection.disconnect(reset), self.value)
        else:
            succeed(connection.begin(), "SCardBeginTransaction")
            succeed(connection.end(reset), self.value)


def _seen_by_other(subject: Subject, reset: Disposition, *ways: Way) -> Measurement:
    """What another program is told of each, and by which call it was told something else than of a reset."""
    for way in ways:
        told = _told_other(subject, reset, way)
        if told != ResultCode.RESET_CARD.name:
            by = f"{way.value}({reset.name})"
            return Measurement(told, Text(f"after {by}", f"หลังจาก {by}"))
    return Measurement(ResultCode.RESET_CARD.name)


def _told_other(subject: Subject, reset: Disposition, way: Way) -> str:
    """What another program's next command gives; it must be able to go on after SCardReconnect, told once only."""
    with subject.connection() as first, subject.connection() as other:
        other.send(SELECT.encode())
        way.reset(first, reset)
        told, _ = other.transmit(SELECT.encode())
        if told in (ResultCode.PROTO_MISMATCH, ResultCode.UNPOWERED_CARD):
            told = ResultCode.RESET_CARD  # other words of the same news, depending on the moment
        # Who leaves without power leaves the card without it: only a reset brings that back to those who stay.
        dark = way is Way.DISCONNECT and reset is Disposition.UNPOWER
        if other.reconnect(Disposition.RESET if dark else Disposition.LEAVE) != SUCCESS:
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
    return _seen_by_other(subject, Disposition.RESET, Way.RECONNECT)


@declare(
    "RS-2",
    "A reset at the end of one program's connection, or transaction, is told to another",
    "การรีเซ็ตเมื่อโปรแกรมหนึ่งเลิกใช้หรือสิ้นสุดธุรกรรมถูกแจ้งให้อีกโปรแกรมทราบ",
    limits=_SEEN,
    basis=pcsc("part 5, SCardDisconnect; SCardEndTransaction"),
)
def by_disconnect(subject: Subject) -> Measurement:
    """SCardDisconnect(RESET), then SCardEndTransaction(RESET) by the first."""
    return _seen_by_other(subject, Disposition.RESET, Way.DISCONNECT, Way.END)


@declare(
    "RS-3",
    "Taking the power away is told to another program",
    "การตัดไฟบัตรถูกแจ้งให้อีกโปรแกรมทราบ",
    limits=_SEEN,
    basis=pcsc("part 5, SCARD_UNPOWER_CARD"),
)
def by_unpower(subject: Subject) -> Measurement:
    """UNPOWER by the first, with each call that takes it."""
    return _seen_by_other(subject, Disposition.UNPOWER, *Way)


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
    """Selected, reset by each disposition, read without selecting; a few times by each call that resets."""
    missed = 0
    for _ in range(_BY_EACH_CALL):
        for way in (Way.DISCONNECT, Way.END):
            missed += sum(_selected_after(subject, way, disposition) for disposition in _RESETS)
    with subject.connection() as connection:
        for _ in subject.rounds(quick=30, full=100, least=10):
            for disposition in _RESETS:
                select_moi(connection)
                Way.RECONNECT.reset(connection, disposition)
                missed += _selected(subject, connection)
    return Measurement(missed)


def _selected_after(subject: Subject, way: Way, disposition: Disposition) -> bool:
    """Whether the card, as the next program finds it, still has selected what one selected that then reset it."""
    with subject.connection() as connection:
        select_moi(connection)
        way.reset(connection, disposition)
        with subject.connection() as following:
            return _selected(subject, following)


@declare(
    "RS-5",
    "The card is not reset while nobody asks for it, whoever comes and goes",
    "บัตรไม่ถูกรีเซ็ตเองโดยไม่มีใครสั่ง แม้มีโปรแกรมอื่นเข้ามาใช้และเลิกใช้",
    unit="resets",
    limits=NONE,
    basis=proposed("what is selected, and a PIN session, stays until somebody resets"),
    needs=(Need.THAI_CARD,),
)
def unasked(subject: Subject) -> Measurement:
    """Selected once, then read many times without selecting, at last while another program comes, has its turn and leaves."""
    lost = 0
    with subject.connection() as connection:

        def look() -> None:
            nonlocal lost
            if not _selected(subject, connection):
                lost += 1
                select_moi(connection)

        select_moi(connection)
        for _ in subject.rounds(quick=500, full=3000, least=100):
            look()
        for _ in range(_OTHERS):
            _come_and_go(subject, look)
    return Measurement(lost)


def _come_and_go(subject: Subject, look: Callable[[], None]) -> None:
    """Another program, which leaves the card as it is; ``look`` after each thing it does."""
    with subject.connection() as other:
        look()
        succeed(other.begin(), "SCardBeginTransaction")
        succeed(other.end(), "SCardEndTransaction")
        look()
        succeed(other.disconnect(), "SCardDisconnect")
        look()


@declare(
    "RS-6",
    "The card keeps its power between a reconnection and its use (full: for 25 s), and then answers at once",
    "บัตรไม่ถูกตัดไฟระหว่างการเชื่อมต่อใหม่กับการใช้งาน (แบบเต็ม: นาน 25 วินาที) และตอบทันที",
    basis=proposed("UnitaryTests of pcsc-lite, automatic power-off"),
    needs=(Need.THAI_CARD,),
)
def keeps_power(subject: Subject) -> Measurement:
    """Selected, reconnected, left alone for half a second (full profile: 25), read."""
    with subject.connection() as connection:
        Way.RECONNECT.reset(connection, Disposition.RESET)
        select_moi(connection)
        # Time itself is what is tried here; nothing is waited for.
        threading.Event().wait(subject.times(quick=1, full=50) / 2)
        before = len(subject.long_commands)
        selected = _selected(subject, connection)
        if subject.long_commands[before:]:
            return Measurement(False, too_long(max(subject.long_commands[before:])))
        return Measurement(selected)
