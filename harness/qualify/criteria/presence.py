"""Presence: insertions and removals are told soon, all of them, and once."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass, field

from apdu_specs.language import Text
from harness.qualify.calls import code_name, events
from harness.qualify.criterion import (
    CARD_MOVED,
    FULL_ONLY,
    NONE,
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    pcsc,
    proposed,
)
from harness.qualify.samples import percentile
from harness.qualify.subject import Subject
from harness.qualify.task import Task
from harness.terminals import scard
from harness.terminals.scard import Presence, ReaderStatus

declare = Declarations(Family.PRESENCE)
_SAMPLES = 6
"""Delays of insertions, and of removals, that a quick campaign has."""
_LEAST_CYCLES = 3
_JUST_S = 1.0
_LONGEST_PAUSE_S = 0.35  # less than a poller's 0.4 s: it costs no time
_BETWEEN_CANCELS_S = 0.05
_POLLED = "a driver on Linux without an interrupt endpoint looks every 400 ms"


@dataclass(slots=True)
class Cycles:
    """What cycles of removal and insertion showed."""

    done: int = 0
    lost: int = 0
    unusable: int = 0
    first_ms: list[float] = field(default_factory=list)
    """Connection and first command after each insertion."""


def cycles(subject: Subject) -> Cycles:
    """Removals and insertions with random pauses; ends at the first event that is lost.

    Those that other criteria needed are not repeated: together there are at least ``_SAMPLES`` delays of each.
    """
    found = Cycles()
    actuator = subject.actuator
    pause = threading.Event()
    made = min(len(each) for each in subject.delays.values())
    with subject.client(actuator.patience_s + 10) as client:
        known = client.state()
        for _ in range(max(_LEAST_CYCLES, subject.times(quick=_SAMPLES, full=20) - made)):
            if not actuator.precise and found.done == _LEAST_CYCLES:
                break
            for present, move in ((False, actuator.remove), (True, actuator.insert)):
                # Not a wait for anything: hands are not regular, and a poller must not be met at one phase only.
                pause.wait(random.uniform(0, _LONGEST_PAUSE_S))
                after = subject.moved(client, known, present, move)
                if after is None:
                    found.lost += 1
                    return found
                known = after
            found.done += 1
            started = time.monotonic()
            found.unusable += not client.card_answers()
            found.first_ms.append((time.monotonic() - started) * 1000)
    return found


def _delay(subject: Subject, present: bool, name: str) -> Measurement:
    subject.require_moments()
    _completed(subject)
    series = list(subject.delays[present])
    samples = [ms for _, ms in series]
    return Measurement(percentile(samples, 0.95), samples=samples, series={name: series})


@declare(
    "PR-1",
    "From the card's contact to the event (p95)",
    "เวลาตั้งแต่บัตรสัมผัสจนถึงเหตุการณ์ (p95)",
    unit="ms",
    limits=Limits(upper=2000, marginal_upper=1000),
    basis=proposed(f"a person waits for it; {_POLLED}"),
    needs=CARD_MOVED,
)
def insertion(subject: Subject) -> Measurement:
    """Until SCardGetStatusChange returns with the card present."""
    return _delay(subject, True, "insertion delay")


@declare(
    "PR-2",
    "From the card's removal to the event (p95)",
    "เวลาตั้งแต่ถอดบัตรจนถึงเหตุการณ์ (p95)",
    unit="ms",
    limits=Limits(upper=2000, marginal_upper=1000),
    basis=proposed(f"a session must end with its card; {_POLLED}"),
    needs=CARD_MOVED,
)
def removal(subject: Subject) -> Measurement:
    """Until SCardGetStatusChange returns with the reader empty."""
    return _delay(subject, False, "removal delay")


@declare(
    "PR-3",
    "Insertions and removals that were never told",
    "การเสียบหรือถอดบัตรที่ไม่มีการแจ้ง",
    unit="events",
    limits=NONE,
    basis=pcsc("part 5, SCardGetStatusChange; CETK's random cycles"),
    needs=CARD_MOVED,
)
def lost(subject: Subject) -> Measurement:
    """Over the cycles; the first one ends them."""
    found = subject.once(cycles)
    return Measurement(found.lost, _cycles_done(found))


@declare(
    "PR-4",
    "Insertions and removals that were told twice",
    "การเสียบหรือถอดบัตรที่แจ้งซ้ำ",
    unit="events",
    limits=NONE,
    basis=pcsc("part 5, the event count of dwEventState"),
    needs=CARD_MOVED,
)
def doubled(subject: Subject) -> Measurement:
    """By PC/SC's own count of events, whatever the card was moved for."""
    found = _completed(subject)
    return Measurement(subject.told_twice, _cycles_done(found))


@declare(
    "PR-5",
    "A card that was just inserted can be used",
    "บัตรที่เพิ่งเสียบใช้งานได้ทันที",
    unit="insertions",
    limits=NONE,
    basis=proposed("the event is the moment at which programs begin"),
    needs=CARD_MOVED,
)
def usable(subject: Subject) -> Measurement:
    """Connections or commands that failed right after the event."""
    found = _completed(subject)
    return Measurement(found.unusable, _cycles_done(found))


@declare(
    "PR-6",
    "The answer to reset told at insertion is the card's",
    "ATR ที่แจ้งเมื่อเสียบบัตรตรงกับบัตร",
    unit="insertions",
    limits=NONE,
    basis=pcsc("part 5, SCARD_READERSTATE"),
    needs=CARD_MOVED,
)
def told_atr(subject: Subject) -> Measurement:
    """Insertions, whatever for, whose answer differs from the one seen when the campaign began, or from the one that the card
    in its place has."""
    _completed(subject)
    times = len(subject.told_atrs)
    own = subject.card.atr
    wrong = sum(told != (own if card is None else card.atr) for card, told in subject.told_atrs)
    return Measurement(wrong, Text(f"{times} insertions", f"เสียบ {times} ครั้ง"))


def _just_inserted(subject: Subject) -> bool:
    return subject.inserted_at is not None and time.monotonic() - subject.inserted_at < _JUST_S


def _completed(subject: Subject) -> Cycles:
    """What the cycles showed; CannotMeasure if not one was completed."""
    found = subject.once(cycles)
    if not found.done:
        raise CannotMeasure(Text("No cycle was completed.", "ไม่มีรอบใดสำเร็จ"))
    return found


def _cycles_done(found: Cycles) -> Text:
    return Text(f"{found.done} cycles", f"{found.done} รอบ")


@declare(
    "PR-7",
    "Nothing is told while nobody touches the card",
    "ไม่มีการแจ้งเหตุการณ์เมื่อไม่มีใครแตะต้องบัตร",
    unit="events",
    limits=NONE,
    basis=proposed("a ghost removal ends a person's session"),
)
def ghosts(subject: Subject) -> Measurement:
    """Events within 2 s, in the full profile 10 s; after an insertion, where a machine can do one."""
    if subject.actuator.precise and not _just_inserted(subject):
        subject.reinsert()
    deadline = time.monotonic() + subject.times(quick=2, full=10)
    with subject.client(20.0) as client:
        first = known = client.state()
        while (left := deadline - time.monotonic()) > 0:
            known = client.change_of(known, left) or known
    return Measurement((events(known) - events(first)) % 0x10000)


@declare(
    "PR-11",
    "Time until a card that was just inserted has answered (slowest)",
    "เวลาจนกว่าบัตรที่เพิ่งเสียบจะตอบคำสั่งแรก (ช้าที่สุด)",
    unit="ms",
    limits=Limits(upper=2000, marginal_upper=1000),
    basis=proposed("a person waits for it; the event is the moment at which programs begin"),
    needs=CARD_MOVED,
)
def first_answer(subject: Subject) -> Measurement:
    """From the event to the first command's answer, SCardConnect included; over the cycles."""
    found = _completed(subject)
    return Measurement(max(found.first_ms), _cycles_done(found), samples=found.first_ms)


@declare(
    "PR-8",
    "New readers can be waited for",
    "รอการเสียบเครื่องอ่านใหม่ได้",
    limits=Limits(equals=("TIMEOUT",)),
    basis=pcsc(r"part 5, the reader name \\?PnP?\Notification"),
    needs=(),
)
def plug_and_play(subject: Subject) -> Measurement:
    """The result code of a wait in which no reader comes."""
    return Measurement(_code_of_wait(subject, scard.PLUG_AND_PLAY))


@declare(
    "PR-9",
    "A reader that does not exist is told as unknown",
    "แจ้งว่าไม่รู้จักเครื่องอ่านที่ไม่มีอยู่",
    limits=Limits(equals=("UNKNOWN_READER", "UNKNOWN")),
    basis=pcsc("part 5, SCardGetStatusChange"),
    needs=(),
)
def unknown_reader(subject: Subject) -> Measurement:
    """The result code, or the state, of a made-up name."""
    return Measurement(_code_of_wait(subject, "no such reader"))


@declare(
    "PR-10",
    "After a cancelled wait a removal and an insertion are told",
    "หลังยกเลิกการรอ การถอดและเสียบบัตรยังได้รับแจ้ง",
    unit="events that were not told",
    limits=NONE,
    basis=pcsc("part 5, SCardCancel; UnitaryTests of pcsc-lite"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def after_cancel(subject: Subject) -> Measurement:
    """Of the two, by the context whose wait was cancelled."""
    actuator = subject.actuator
    missed = 0
    with subject.client(actuator.patience_s + 10) as client:
        known = client.state()
        waiting = Task(lambda: client.change_of(known, actuator.patience_s))
        while not waiting.done_within(_BETWEEN_CANCELS_S):
            scard.cancel(client.context)  # again: the first may come before the wait
        for present, move in ((False, actuator.remove), (True, actuator.insert)):
            move()
            after = client.await_presence(present, known, actuator.patience_s)
            missed += after is None
            known = after or known
    return Measurement(missed)


def _code_of_wait(subject: Subject, name: str) -> str:
    with subject.client() as client:
        try:
            status: list[ReaderStatus] = client.watched(scard.wait, client.context, [(name, 0)], 0.2)
        except scard.Code as code:
            return code_name(code.value)
    return "UNKNOWN" if status[0].state & Presence.UNKNOWN else "SUCCESS"
