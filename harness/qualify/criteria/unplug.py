"""Unplugging the reader: bounded errors, and it comes back."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from apdu_specs import test_card
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS, CallFailed, Client, code_name
from harness.qualify.criteria.removal import IN_FLIGHT_MS, STARTED_S, until_gone
from harness.qualify.criterion import (
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    pcsc,
    proposed,
)
from harness.qualify.subject import Subject
from harness.qualify.task import Task
from harness.terminals import scard
from harness.terminals.scard import ReaderStatus, ResultCode

declare = Declarations(Family.UNPLUG)
_HAND = (Need.ANY_CARD, Need.UNPLUG)
_LIMIT_S = 90.0
_SERVICE_COMES_S = 0.2  # Windows ends its service with the last reader, and begins it with the first


@dataclass(frozen=True, slots=True)
class Unplugged:
    """What a connection in a transaction was worth after the reader went, and how the reader came back."""

    code: int
    error_ms: float
    pcscd_alive: bool
    listed_s: float
    usable: bool


def unplugged(subject: Subject) -> Unplugged:
    """Unplug while a transaction is open, ask, plug in again, ask once more."""
    with subject.client(_LIMIT_S) as client:
        connection = client.connect()
        connection.begin()
        subject.actuator.unplug()
        _await_listed(subject, False)
        started = time.monotonic()
        code, _ = connection.transmit(SELECT.encode())
        error_ms = (time.monotonic() - started) * 1000
        alive = _service_answers(subject)
        subject.actuator.replug()
        started = time.monotonic()
        _await_listed(subject, True)
        listed_s = time.monotonic() - started
    return Unplugged(code, error_ms, alive, listed_s, _usable(subject))


@dataclass(frozen=True, slots=True)
class Idle:
    """What a program that only waited, with a connection that did nothing, had of the reader's going and coming."""

    told_ms: float | None
    """From being unplugged, or asked for it, until the wait told of it; None if it never did."""
    old_handle: int
    """SCardStatus of the old connection once the reader was back."""
    usable: bool


def idle(subject: Subject) -> Idle:
    """Unplug while nothing is under way, wait for the news, plug in again, look at the old connection and a new one."""
    with subject.client(_LIMIT_S) as client:
        connection = client.connect()
        known = client.state()
        started = time.monotonic()
        subject.actuator.unplug()
        told_ms = _told_gone(client, known, started)
        _await_listed(subject, False)
        subject.actuator.replug()
        _await_listed(subject, True)
        subject.require_present()
        old_handle, _ = connection.status()
    return Idle(told_ms, old_handle, _usable(subject))


def _told_gone(client: Client, known: ReaderStatus, started: float) -> float | None:
    deadline = time.monotonic() + _LIMIT_S - 10
    while (left := deadline - time.monotonic()) > 0:
        try:
            after = client.change_of(known, left)
        except CallFailed:
            return (time.monotonic() - started) * 1000
        known = after or known
    return None


@dataclass(frozen=True, slots=True)
class InCommand:
    """How a command ended under which the reader was unplugged, and what came after."""

    code: int
    length: int
    error_ms: float
    """From being unplugged, or asked for it, to the end of the last command."""
    usable: bool


def in_command(subject: Subject) -> InCommand:
    """Unplug while commands run without a pause (with a test card: in the middle of one), then plug in again."""
    command = test_card.encode(wait_ms=IN_FLIGHT_MS) if subject.card.test else SELECT.encode()
    with subject.client(_LIMIT_S) as client:
        connection = client.connect()
        commands = Task(lambda: until_gone(connection.transmit, command, _LIMIT_S - 10))
        commands.done_within(STARTED_S)
        asked = time.monotonic_ns()
        subject.actuator.unplug()
        (code, answer), ended, _ = commands.outcome(_LIMIT_S)
        _await_listed(subject, False)
        subject.actuator.replug()
        _await_listed(subject, True)
    return InCommand(code, len(answer), max(0.0, (ended - asked) / 1e6), _usable(subject))


def _usable(subject: Subject) -> bool:
    """Whether a new connection gets a command answered."""
    subject.require_present()
    with subject.connection() as again:
        return again.transmit(SELECT.encode())[0] == SUCCESS


def _await_listed(subject: Subject, wanted: bool) -> None:
    """Until the reader is in the list, or is not; CannotMeasure if that does not happen."""
    deadline = time.monotonic() + _LIMIT_S - 10
    while _listed(subject) is not wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CannotMeasure(Text("The list of readers did not change.", "รายชื่อเครื่องอ่านไม่เปลี่ยนแปลง"))
        _await_change(subject, min(left, 1.0))


def _await_change(subject: Subject, seconds: float) -> None:
    """Until a reader comes or goes, or the time is over; where no service tells it, the time it is."""
    try:
        with subject.client() as client:
            client.watched(scard.wait, client.context, [(scard.PLUG_AND_PLAY, 0)], seconds)
    except scard.Code:
        return
    except CallFailed:
        threading.Event().wait(min(seconds, _SERVICE_COMES_S))


def _listed(subject: Subject) -> bool:
    # A context of its own each time: where the last reader takes the service with it, the old one is worth nothing.
    try:
        with subject.client() as client:
            return client.reader in scard.reader_names(client.context)
    except (CallFailed, scard.Code):
        return False


def _service_answers(subject: Subject) -> bool:
    try:
        with subject.client() as client:
            return isinstance(scard.reader_names(client.context), list)
    except (CallFailed, scard.Code) as failed:
        code = failed.code if isinstance(failed, CallFailed) else failed.value
        return code == ResultCode.NO_READERS_AVAILABLE


@declare(
    "HU-1",
    "A command to an unplugged reader is an error",
    "คำสั่งถึงเครื่องอ่านที่ถอดแล้วต้องได้รหัสข้อผิดพลาด",
    basis=proposed("UnitaryTests of pcsc-lite, removed reader"),
    needs=_HAND,
)
def error(subject: Subject) -> Measurement:
    """The result code of a connection in a transaction."""
    name = code_name(subject.once(unplugged).code)
    return Measurement(subject.once(unplugged).code != SUCCESS, Text(name, name))


@declare(
    "HU-2",
    "Time of that error",
    "เวลาจนกว่าจะได้รหัสข้อผิดพลาดนั้น",
    unit="ms",
    limits=Limits(upper=5000, marginal_upper=1000),
    basis=proposed("a program must not hang"),
    needs=_HAND,
)
def bounded(subject: Subject) -> Measurement:
    """From the call to its return."""
    return Measurement(subject.once(unplugged).error_ms)


@declare(
    "HU-3",
    "PC/SC survives the reader",
    "บริการ PC/SC ยังทำงานหลังถอดเครื่องอ่าน",
    basis=proposed("the other readers of the computer go on"),
    needs=_HAND,
)
def survives(subject: Subject) -> Measurement:
    """Whether a new context lists readers."""
    return Measurement(subject.once(unplugged).pcscd_alive)


@declare(
    "HU-4",
    "The reader is listed again once it is plugged in",
    "เครื่องอ่านกลับมาในรายชื่อเมื่อเสียบใหม่",
    unit="s",
    limits=Limits(upper=60, marginal_upper=30),
    basis=proposed("5 s by machine; a hand takes some of the time"),
    needs=_HAND,
)
def listed(subject: Subject) -> Measurement:
    """From being asked for to being listed."""
    return Measurement(subject.once(unplugged).listed_s)


@declare(
    "HU-5",
    "The card can be used again after the reader came back",
    "ใช้บัตรได้อีกหลังเสียบเครื่องอ่านใหม่",
    basis=proposed("no restart of computer or service"),
    needs=_HAND,
)
def again(subject: Subject) -> Measurement:
    """A command by a new connection."""
    return Measurement(subject.once(unplugged).usable)


@declare(
    "HU-6",
    "A program that waits is told that the reader was unplugged",
    "โปรแกรมที่รออยู่ได้รับแจ้งว่าเครื่องอ่านถูกถอด",
    basis=pcsc("part 5, SCARD_STATE_UNAVAILABLE; UnitaryTests of pcsc-lite"),
    needs=_HAND,
)
def told(subject: Subject) -> Measurement:
    """SCardGetStatusChange, with the reader idle."""
    return Measurement(subject.once(idle).told_ms is not None)


@declare(
    "HU-7",
    "The handle of before is worth nothing when the reader is back",
    "แฮนเดิลเดิมใช้ไม่ได้เมื่อเครื่องอ่านกลับมา",
    basis=proposed("UnitaryTests of pcsc-lite, removed reader; another card may be in it"),
    needs=_HAND,
)
def old_handle(subject: Subject) -> Measurement:
    """SCardStatus of the old connection."""
    code = subject.once(idle).old_handle
    return Measurement(code != SUCCESS, Text(code_name(code), code_name(code)))


@declare(
    "HU-8",
    "A command during which the reader is unplugged ends with an error code",
    "คำสั่งที่กำลังทำงานเมื่อถอดเครื่องอ่านจบด้วยรหัสข้อผิดพลาด",
    basis=pcsc("part 5, SCardTransmit"),
    needs=_HAND,
)
def mid_command(subject: Subject) -> Measurement:
    """The last command's result code: not success, which a program would take for an answer."""
    found = subject.once(in_command)
    name = code_name(found.code)
    return Measurement(found.code != SUCCESS, Text(name, name))


@declare(
    "HU-9",
    "Time until that command ends",
    "เวลาจนกว่าคำสั่งนั้นจะสิ้นสุด",
    unit="ms",
    limits=Limits(upper=5000, marginal_upper=1000),
    basis=proposed("a program must not hang"),
    needs=_HAND,
)
def mid_command_time(subject: Subject) -> Measurement:
    """From being unplugged."""
    subject.require_moments()
    return Measurement(subject.once(in_command).error_ms)


@declare(
    "HU-10",
    "The card can be used again after that, too",
    "ใช้บัตรได้อีกหลังจากนั้น",
    basis=proposed("no restart of computer or service"),
    needs=_HAND,
)
def after_mid_command(subject: Subject) -> Measurement:
    """A command by a new connection, also after the reader went while idle."""
    return Measurement(subject.once(in_command).usable and subject.once(idle).usable)
