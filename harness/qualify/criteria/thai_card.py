"""The Thai ID card: what the reader is bought for. Nothing here spends a PIN try without its owner's word."""

from __future__ import annotations

import time

from apdu_specs import adm, keys
from apdu_specs.language import Text
from harness.client import CardClient, MatchStatus
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
_NOT_TOLD = Text(
    "Right after a reset the card is said to have been given its PIN; its tries were not told.",
    "หลังรีเซ็ตใหม่ ๆ กลับแจ้งว่าใส่ PIN แล้ว จึงไม่ทราบจำนวนครั้งที่เหลือ",
)
_BY_CHANCE = 8
"""More bytes than these are not the same by chance in two cryptograms of 32."""


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
    """Asked five times after a reset: the same answer, suspended and locked cards included."""
    with subject.terminal() as terminal:
        terminal.reset()
        client = CardClient(terminal)
        answers = {_counter(client) for _ in range(5)}
    if None in answers:
        return Measurement(False, _NOT_TOLD)
    return Measurement(len(answers) == 1)


def _counter(client: CardClient) -> str | None:
    """The tries left, or which refusal was told. None: the card says that the PIN was presented already."""
    try:
        left = client.tries_left()
    except (PinSuspended, PinLocked) as refused:
        return refused.code
    return None if left is None else str(left)


def logins(subject: Subject) -> tuple[int, set[str | None], list[float]]:
    """Logins that failed, the counter after each, and how long each took in seconds."""
    took, failed, counters = [], 0, set()
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        citizen_id = client.citizen_id() if subject.card.virtual else ""
        for number in subject.rounds(quick=10, full=100, least=5):
            challenge = _challenge(number)
            started = time.monotonic()
            try:
                client.verify_pin(subject.pin or "")
                told = client.match_status(challenge)
            except WrongPin:
                # Nothing is tried twice: another wrong one would cost the owner another try.
                raise CannotMeasure(
                    Text("The PIN that was given is wrong.", "รหัส PIN ที่ให้มาไม่ถูกต้อง")
                ) from None
            except (PinSuspended, PinLocked) as refused:
                raise CannotMeasure(refused.message) from None
            took.append(time.monotonic() - started)
            spoilt = subject.card.virtual and _spoilt(subject, citizen_id, challenge, told)
            failed += told.matched != 1 or spoilt
            terminal.reset()
            client.forget()
            counters.add(_counter(client))
    return failed, counters, took


def _challenge(number: int) -> bytes:
    """Another one each time; over the logins every byte value goes to the card."""
    return bytes((number * keys.CHALLENGE_LENGTH + at) % 256 for at in range(keys.CHALLENGE_LENGTH))


def _spoilt(subject: Subject, citizen_id: str, challenge: bytes, told: MatchStatus) -> bool:
    """Whether a cryptogram is that of a virtual card but for some bytes. One with a key of its own shares none with it."""
    serial = subject.card.serial
    right = keys.match_cryptogram(
        keys.card_key(keys.SPECIMEN_MASTER_KEY, citizen_id, serial),
        challenge=challenge,
        citizen_id=citizen_id,
        serial=serial,
        key_id=adm.OFFICER_KEY_ID,
        match_status=told.matched,
    )
    same = sum(one == other for one, other in zip(right, told.cryptogram, strict=True))
    return _BY_CHANCE < same < len(right)


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
    """PIN and match status, with a reset after each. Of a virtual card with the specimen key the cryptogram is computed."""
    return Measurement(subject.once(logins)[0])


@declare(
    "FL-2",
    "Logins cost no try of the PIN",
    "การเข้าใช้งานไม่ทำให้เสียโอกาสใส่ PIN",
    limits=YES,
    basis=manual("section 2, PIN: five wrong ones in a row lock the card"),
    needs=_WITH_PIN,
)
def counter(subject: Subject) -> Measurement:
    """The same number is left after each. What was spent before is none of the reader's: the right PIN gives it back."""
    counters = subject.once(logins)[1]
    if None in counters:
        return Measurement(False, _NOT_TOLD)
    return Measurement(len(counters) == 1)


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
