"""Removal in use: never an answer from a card that has left."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from apdu_specs import test_card
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS, code_name
from harness.qualify.criterion import (
    CARD_MOVED,
    YES,
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    pcsc,
    proposed,
)
from harness.qualify.subject import Subject
from harness.qualify.task import Task
from harness.terminals.scard import SHORTEST_ANSWER, ResultCode

declare = Declarations(Family.REMOVAL)
IN_FLIGHT_MS = 2000
STARTED_S = 0.3


@dataclass(frozen=True, slots=True)
class Pulled:
    """The end of a stream of commands from which the card was pulled, and what the handle was worth afterwards."""

    answered_after: int
    """Commands begun after the contact was broken that were answered all the same."""
    code: int
    """Result code of the last command."""
    length: int
    """Bytes that came with it."""
    noticed_ms: float
    """From the break (or from being asked to) to the first command without an answer."""
    status: int
    """SCardStatus of the old handle afterwards."""
    connect: int
    """SCardConnect while the reader is empty."""


def pulled(subject: Subject) -> Pulled:
    """Pull the card while commands run without a pause (with a test card: in the middle of one), then put it back."""
    actuator = subject.actuator
    if not actuator.can_pull_in_mid_apdu:
        raise DoesNotApply(Text("The actuator is too slow.", "อุปกรณ์เสียบบัตรช้าเกินไป"))
    command = test_card.encode(wait_ms=IN_FLIGHT_MS) if subject.card.test else SELECT.encode()
    limit = actuator.patience_s + 10
    with subject.client(limit) as client:
        connection = client.connect()
        commands = Task(lambda: until_gone(connection.transmit, command, limit))
        commands.done_within(STARTED_S)
        # No sample of the delay until it is seen: a command meets it here.
        broken = actuator.remove() or time.monotonic_ns()
        last, ended, late = commands.outcome(limit)
        known = client.state()
        if client.await_presence(False, known, actuator.patience_s) is None:
            raise CannotMeasure(
                Text("The reader still shows a card that left.", "เครื่องอ่านยังแสดงบัตรที่ถอดออกแล้ว")
            )
        status, _ = connection.status()
        connect, _ = client.try_connect()
        connection.disconnect()
        subject.moved(client, client.state(), True, actuator.insert)
    answered_after = sum(start > broken for start in late) if actuator.precise else 0
    return Pulled(answered_after, last[0], len(last[1]), max(0.0, (ended - broken) / 1e6), status, connect)


def until_gone(
    transmit: Callable[[bytes], tuple[int, bytes]], command: bytes, limit_s: float
) -> tuple[tuple[int, bytes], int, list[int]]:
    """The first outcome without a status word, when it ended, and when the answered ones began."""
    answered: list[int] = []
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        began = time.monotonic_ns()
        code, answer = transmit(command)
        if code != SUCCESS or len(answer) < SHORTEST_ANSWER:
            return (code, answer), time.monotonic_ns(), answered
        answered.append(began)
    raise CannotMeasure(Text("Commands are answered without end.", "คำสั่งได้รับคำตอบไม่สิ้นสุด"))


@declare(
    "RM-1",
    "A card that was pulled in use answers nothing any more",
    "บัตรที่ถูกดึงออกขณะใช้งานไม่มีคำตอบอีก",
    unit="answers",
    limits=Limits(upper=0),
    basis=proposed("a program must not take a removed card for a present one"),
    needs=CARD_MOVED,
)
def no_answer(subject: Subject) -> Measurement:
    """Commands begun after the break that got a status word all the same."""
    return Measurement(subject.once(pulled).answered_after)


@declare(
    "RM-2",
    "A card pulled in the middle of a command is told by an error code",
    "บัตรที่ถูกดึงออกระหว่างคำสั่งต้องได้รหัสข้อผิดพลาด",
    limits=YES,
    basis=pcsc("part 5, SCardTransmit"),
    needs=CARD_MOVED,
)
def error_code(subject: Subject) -> Measurement:
    """The last command's result code: not success, which a program would take for an answer."""
    found = subject.once(pulled)
    name = code_name(found.code)
    if subject.virtual_reader:
        # Whether it happens depends on the moment; a verdict must not.
        raise DoesNotApply(
            Text(
                "The virtual driver is known to tell success without an answer here; no physical reader may.",
                "ไดรเวอร์เสมือนแจ้งว่าสำเร็จโดยไม่มีคำตอบ ซึ่งเป็นข้อจำกัดที่ทราบแล้ว แต่เครื่องอ่านจริงต้องไม่เป็นเช่นนี้",
            )
        )
    return Measurement(found.code != SUCCESS, Text(name, name))


@declare(
    "RM-3",
    "Time until a removed card is noticed in use",
    "เวลาจนกว่าจะทราบว่าบัตรถูกถอดขณะใช้งาน",
    unit="ms",
    limits=Limits(upper=3000, marginal_upper=1500),
    basis=proposed("UnitaryTests of pcsc-lite, transmit_card_removed"),
    needs=CARD_MOVED,
)
def noticed(subject: Subject) -> Measurement:
    """From the break to the first command that is not answered."""
    subject.require_moments()
    return Measurement(subject.once(pulled).noticed_ms)


@declare(
    "RM-4",
    "The handle of a removed card tells of the removal",
    "แฮนเดิลของบัตรที่ถูกถอดแจ้งว่าบัตรถูกถอด",
    limits=Limits(equals=("REMOVED_CARD", "NO_SMARTCARD", "READER_UNAVAILABLE")),
    basis=pcsc("part 5, SCARD_W_REMOVED_CARD"),
    needs=CARD_MOVED,
)
def old_handle(subject: Subject) -> Measurement:
    """SCardStatus, once the reader shows itself empty."""
    return Measurement(code_name(subject.once(pulled).status))


@declare(
    "RM-5",
    "An empty reader gives no connection",
    "เครื่องอ่านที่ไม่มีบัตรไม่ให้เชื่อมต่อ",
    limits=Limits(equals=("NO_SMARTCARD",)),
    basis=pcsc("part 5, SCardConnect"),
    needs=CARD_MOVED,
)
def empty(subject: Subject) -> Measurement:
    """SCardConnect while the card is out."""
    found = subject.once(pulled).connect
    return Measurement(code_name(ResultCode.NO_SMARTCARD if found == ResultCode.REMOVED_CARD else found))
