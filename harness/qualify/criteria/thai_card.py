"""The Thai ID card: what the reader is bought for. Nothing here spends a PIN try without its owner's word."""

from __future__ import annotations

import time

from apdu_specs import keys
from apdu_specs.language import Text
from harness.client import CardClient
from harness.client.safety import LEAST_TRIES
from harness.errors import PinLocked, PinSuspended, WrongPin
from harness.qualify.criterion import (
    EVERY,
    NONE,
    YES,
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    manual,
    proposed,
)
from harness.qualify.subject import Subject, percentile

declare = Declarations(Family.THAI_CARD)
_THAI = (Need.THAI_CARD,)
_WITH_PIN = (Need.THAI_CARD, Need.PIN_CONSENT)
_CHALLENGE = bytes(range(keys.CHALLENGE_LENGTH))


def full_reads(subject: Subject) -> tuple[int, int, list[tuple[float, float]]]:
    """Reads that differ from the first, fields that did not decode, (seconds since the first, seconds) of each."""
    contents, took = [], []
    with subject.terminal() as terminal:
        begun = time.monotonic()
        for _ in subject.rounds(quick=10, full=20, least=2):
            started = time.monotonic()
            contents.append(CardClient(terminal).read_all())
            took.append((started - begun, time.monotonic() - started))
    differing = sum(each != contents[0] for each in contents)
    return differing, len(contents[0].unreadable), took


@declare(
    "TH-1",
    "The whole card is read, the same every time",
    "อ่านบัตรทั้งใบได้เหมือนเดิมทุกครั้ง",
    unit="reads that differ",
    limits=NONE,
    basis=manual("section 3.1: reads the national card"),
    needs=_THAI,
)
def read_all(subject: Subject) -> Measurement:
    """Byte for byte; nothing of the content is recorded."""
    return Measurement(subject.once(full_reads)[0])


@declare(
    "TH-2",
    "Every field that was read makes sense",
    "ทุกช่องข้อมูลที่อ่านถอดความได้",
    unit="fields that do not",
    limits=NONE,
    basis=manual("section 3.1: reads the national card"),
    needs=_THAI,
)
def decoded(subject: Subject) -> Measurement:
    """Fields that the card's declaration cannot decode."""
    return Measurement(subject.once(full_reads)[1])


@declare(
    "TH-3",
    "Time to read the whole card",
    "เวลาอ่านบัตรทั้งใบ",
    unit="s",
    limits=Limits(upper=30, marginal_upper=15),
    basis=manual("section 3.1: efficiently; the numbers are proposed"),
    needs=_THAI,
)
def read_time(subject: Subject) -> Measurement:
    """The median, photo included."""
    took = subject.once(full_reads)[2]
    samples = [seconds for _, seconds in took]
    return Measurement(percentile(samples, 0.5), samples=samples, series={"full reads (s)": took})


@declare(
    "TH-4",
    "The tries left can be asked for without spending one",
    "สอบถามจำนวนครั้งที่เหลือของ PIN โดยไม่เสียโอกาส",
    basis=proposed("VERIFY without data; ISO/IEC 7816-4 11.5.6"),
    needs=_THAI,
)
def free_question(subject: Subject) -> Measurement:
    """Asked five times: the same answer, suspended and locked cards included."""
    with subject.terminal() as terminal:
        client = CardClient(terminal)
        answers = {_counter(client) for _ in range(5)}
    return Measurement(len(answers) == 1)


def _counter(client: CardClient) -> str:
    try:
        return str(client.tries_left())
    except (PinSuspended, PinLocked) as refused:
        return refused.code


def logins(subject: Subject) -> tuple[int, bool, list[float]]:
    """Logins that failed, whether the counter is as before, and how long each took in seconds."""
    took, failed = [], 0
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        before = _counter(client)
        for _ in subject.rounds(quick=10, full=100, least=5):
            started = time.monotonic()
            try:
                client.verify_pin(subject.pin or "")
                failed += client.match_status(_CHALLENGE).matched != 1
            except WrongPin:
                # Nothing is tried twice: another wrong one would cost the owner another try.
                raise CannotMeasure(
                    Text("The PIN that was given is wrong.", "รหัส PIN ที่ให้มาไม่ถูกต้อง")
                ) from None
            except (PinSuspended, PinLocked) as refused:
                raise CannotMeasure(refused.message) from None
            took.append(time.monotonic() - started)
            terminal.reset()
            client.forget()
        after = _counter(client)
    return failed, before == after, took


@declare(
    "FL-1",
    "The officer's login succeeds every time",
    "การเข้าใช้งานของเจ้าหน้าที่สำเร็จทุกครั้ง",
    unit="failures",
    limits=NONE,
    basis=manual("section 3.1 and the login: PIN, then the card confirms the identity"),
    needs=_WITH_PIN,
)
def login(subject: Subject) -> Measurement:
    """PIN and match status, with a reset after each."""
    return Measurement(subject.once(logins)[0])


@declare(
    "FL-2",
    "Logins leave the PIN's counter as it was",
    "การเข้าใช้งานไม่เปลี่ยนตัวนับ PIN",
    limits=YES,
    basis=manual("section 2, PIN: five wrong ones in a row lock the card"),
    needs=_WITH_PIN,
)
def counter(subject: Subject) -> Measurement:
    """Tries left before and after."""
    return Measurement(subject.once(logins)[1])


@declare(
    "FL-3",
    "Time of a login (p95)",
    "เวลาเข้าใช้งาน (p95)",
    unit="s",
    limits=Limits(upper=10, marginal_upper=5),
    basis=proposed("a person waits for it"),
    needs=_WITH_PIN,
)
def login_time(subject: Subject) -> Measurement:
    """PIN and match status."""
    samples = subject.once(logins)[2]
    return Measurement(percentile(samples, 0.95), samples=samples)


@declare(
    "FL-4",
    "A wrong PIN costs one try, the right one gives it back",
    "PIN ผิดเสียหนึ่งครั้ง และ PIN ถูกคืนให้ครบ",
    basis=manual("section 2, PIN: wrong ones in a row are counted"),
    needs=_WITH_PIN,
)
def wrong_then_right(subject: Subject) -> Measurement:
    """One wrong PIN, then the right one, which must be known to be right; two more tries must be left for it."""
    subject.once(logins)  # a PIN that turned out to be wrong there is not tried here again
    right = subject.pin or ""
    other = f"{(int(right) + 1) % 10000:04d}"
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        try:
            client.verify_pin(right)
            terminal.reset()
            client.forget()
            before = client.tries_left()
        except (WrongPin, PinSuspended, PinLocked) as refused:
            raise CannotMeasure(refused.message) from None
        if before is None or before <= LEAST_TRIES:  # None: the reader did not reset the card
            raise CannotMeasure(Text("Too few tries are left.", "เหลือโอกาสน้อยเกินไป"))
        try:
            client.verify_pin(other)
        except WrongPin as told:
            spent = told.tries_left
        else:
            return Measurement(False, Text("A wrong PIN was accepted.", "บัตรยอมรับ PIN ที่ผิด"))
        client.verify_pin(right)
        terminal.reset()
        client.forget()
        return Measurement(spent == before - 1 and client.tries_left() == before)


@declare(
    "TH-5",
    "The card is the kind that the reader is bought for",
    "บัตรเป็นชนิดที่ใช้กับเครื่องอ่านนี้จริง",
    basis=manual("section 3.1: the national card of the Department of Provincial Administration"),
    needs=(Need.ANY_CARD, Need.THAI_CARD),
    profiles=EVERY,
)
def kind(subject: Subject) -> Measurement:
    """Whether the card tells a serial, as every Thai card does."""
    return Measurement(len(subject.card.serial) > 0)
