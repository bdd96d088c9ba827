"""Unplugging the reader: bounded errors, and it comes back."""

from __future__ import annotations

import time
from dataclasses import dataclass

from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from harness.qualify.criterion import (
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    proposed,
)
from harness.qualify.subject import SUCCESS, Client, Subject, code_name
from harness.terminals import scard

declare = Declarations(Family.UNPLUG)
_HAND = (Need.ANY_CARD, Need.UNPLUG)
_NOTIFICATION = "\\\\?PnP?\\Notification"
_LIMIT_S = 90.0


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
        _await_listed(client, False)
        started = time.monotonic()
        code, _ = connection.transmit(SELECT.encode())
        error_ms = (time.monotonic() - started) * 1000
        with subject.client() as fresh:
            alive = isinstance(scard.reader_names(fresh.context), list)
        subject.actuator.replug()
        started = time.monotonic()
        _await_listed(client, True)
        listed_s = time.monotonic() - started
    subject.require_empty_or_present(True)
    with subject.connection() as again:
        usable = again.transmit(SELECT.encode())[0] == SUCCESS
    return Unplugged(code, error_ms, alive, listed_s, usable)


def _await_listed(client: Client, wanted: bool) -> None:
    deadline = time.monotonic() + _LIMIT_S - 10
    while (client.reader in scard.reader_names(client.context)) is not wanted:
        left = deadline - time.monotonic()
        if left <= 0:
            raise CannotMeasure(Text("The list of readers did not change.", "รายชื่อเครื่องอ่านไม่เปลี่ยนแปลง"))
        try:
            client.watched(scard.wait, client.context, [(_NOTIFICATION, 0)], min(left, 1.0))
        except scard.Code:
            continue


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
