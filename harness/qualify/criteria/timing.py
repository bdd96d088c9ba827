"""Timing: latency, the photo's throughput against what the card allows, waiting time and silence."""

from __future__ import annotations

import math
import time
from collections.abc import Sequence

from apdu_specs import atr as declared
from apdu_specs import moi, test_card
from apdu_specs.apdu import MAX_SHORT_DATA
from apdu_specs.errors import SpecError
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from harness.errors import CardSilent
from harness.qualify.calls import SUCCESS, CallFailed
from harness.qualify.criteria.transfers import read_command, select_moi
from harness.qualify.criterion import (
    FULL_ONLY,
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    Need,
    iso,
    manual,
    proposed,
)
from harness.qualify.samples import percentile
from harness.qualify.subject import Subject

declare = Declarations(Family.TIMING)
_BITS_PER_BYTE = 12  # start, eight, parity and two of guard time (ISO/IEC 7816-3 7.2)
_SLOWEST_BAUD = 9600
_SILENCE_BOUND_S = 60.0


def latencies(subject: Subject) -> list[tuple[float, float]]:
    """(seconds since the first, milliseconds) of commands without data."""
    command = test_card.encode() if subject.card.test else SELECT.encode()
    samples: list[tuple[float, float]] = []
    with subject.connection() as connection:
        begun = time.monotonic()
        for _ in subject.rounds(quick=300, full=3000, least=100):
            started = time.monotonic()
            code, _ = connection.transmit_timed(command)
            ended = time.monotonic()
            if code != SUCCESS:
                raise CallFailed(code, "SCardTransmit")
            samples.append((started - begun, (ended - started) * 1000))
    return samples


def _milliseconds(subject: Subject) -> list[float]:
    return [ms for _, ms in subject.once(latencies)]


@declare(
    "LT-1",
    "Time of a short command, median",
    "เวลาของคำสั่งสั้น ค่ามัธยฐาน",
    unit="ms",
    limits=Limits(upper=200, marginal_upper=100),
    basis=proposed("a login takes some hundred commands"),
)
def p50(subject: Subject) -> Measurement:
    """p50 of a case 1 command."""
    samples = _milliseconds(subject)
    return Measurement(
        percentile(samples, 0.50), samples=samples, series={"latency": subject.once(latencies)}
    )


@declare(
    "LT-2",
    "Time of a short command, p95",
    "เวลาของคำสั่งสั้น p95",
    unit="ms",
    limits=Limits(upper=500, marginal_upper=250),
    basis=proposed("as LT-1"),
)
def p95(subject: Subject) -> Measurement:
    """p95 of the same commands."""
    return Measurement(percentile(_milliseconds(subject), 0.95))


@declare(
    "LT-3",
    "Time of a short command, p99",
    "เวลาของคำสั่งสั้น p99",
    unit="ms",
    limits=Limits(upper=750, marginal_upper=400),
    basis=proposed("a login takes some hundred commands; a stall in each of them is felt"),
)
def p99(subject: Subject) -> Measurement:
    """p99 of the same commands."""
    return Measurement(percentile(_milliseconds(subject), 0.99))


def photo_rates(subject: Subject) -> list[tuple[float, float]]:
    """(seconds since the first, bytes per second) of whole photos."""
    rates: list[tuple[float, float]] = []
    with subject.connection() as connection:
        select_moi(connection)
        begun = time.monotonic()
        for _ in subject.rounds(quick=12, full=20, least=2):
            started = time.monotonic()
            for at in range(0, moi.PHOTO_LENGTH, MAX_SHORT_DATA):
                length = min(MAX_SHORT_DATA, moi.PHOTO_LENGTH - at)
                data, sw = connection.fetch(read_command(subject, at, length))
                if sw != StatusWord.OK or len(data) != length:
                    raise CannotMeasure(Text("The photo does not arrive whole.", "ข้อมูลภาพมาไม่ครบ"))
            seconds = time.monotonic() - started
            rates.append((started - begun, moi.PHOTO_LENGTH / seconds))
    return rates


def _median_rate(subject: Subject) -> float:
    return percentile([rate for _, rate in subject.once(photo_rates)], 0.5)


@declare(
    "TM-1",
    "The photo's bytes per second",
    "ความเร็วในการอ่านภาพ (ไบต์ต่อวินาที)",
    unit="bytes/s",
    limits=Limits(lower=_SLOWEST_BAUD / _BITS_PER_BYTE * 0.75),
    basis=manual(
        "section 3.1: works with the national card efficiently; 9600 bit/s is the least of ISO/IEC 7816-3"
    ),
    needs=(Need.THAI_CARD,),
)
def photo(subject: Subject) -> Measurement:
    """The median of whole photos, GET RESPONSE included."""
    series = subject.once(photo_rates)
    return Measurement(
        _median_rate(subject), samples=[rate for _, rate in series], series={"photo throughput": series}
    )


@declare(
    "TM-2",
    "The photo's rate against the one that the card's TA1 allows",
    "ความเร็วในการอ่านภาพเทียบกับที่ TA1 ของบัตรอนุญาต",
    unit="of the allowed rate",
    limits=Limits(lower=0.15, marginal_lower=0.4),
    basis=manual("section 3.1: efficiently; ISO/IEC 7816-3 8.3, TA1 at 3.58 MHz and 12 bit times a byte"),
    needs=(Need.THAI_CARD,),
)
def against_ta1(subject: Subject) -> Measurement:
    """1 means that the card's own speed is the limit; 0.08 a card of 115 200 bit/s driven at 9600."""
    try:
        allowed = declared.parse(subject.card.atr).baud / _BITS_PER_BYTE
    except SpecError as error:
        raise CannotMeasure(Text(f"{error}.", f"{error}")) from None
    return Measurement(_median_rate(subject) / allowed)


_WAITS_S: Sequence[float] = (1.5, 0.8, 0.2)  # a card's waiting time is 1 s if its ATR says nothing
_LONG_WAITS_S: Sequence[float] = (5.0, 30.0)
_LATE, _LATE_S = 1.2, 0.1  # times and seconds that an answer may come later than the card gives it
LATE_TRIES = 3


@declare(
    "TM-3",
    "A card that takes its time is waited for, and not asked again",
    "รอบัตรที่ใช้เวลานานในการตอบโดยไม่ส่งคำสั่งซ้ำ",
    unit="s",
    limits=Limits(lower=max(_WAITS_S)),
    basis=iso("7816-3 10.2 and 11.6.2.3, waiting time extension; HLK asks for x1, 2, 5, 30"),
    needs=(Need.FAULT_CARD,),
)
def waiting_time(subject: Subject) -> Measurement:
    """The longest time that ECHO took and was still answered: 1.5 s or, failing that, less; in the full profile 30 s.

    0 if an answer came much later than the card gave it: a command that is sent again costs two tries of a PIN.
    """
    try:
        return Measurement(_longest_wait(subject))
    except _TooLate as late:
        return Measurement(0.0, late.reason)


class _TooLate(Exception):
    """What the card gives after ``seconds`` came after ``took``."""

    def __init__(self, seconds: float, took: float) -> None:
        super().__init__(seconds, took)
        self.reason = Text(
            f"an answer that takes {seconds:g} s came after {took:.1f} s, as if the command had been sent again",
            f"คำตอบที่ใช้เวลา {seconds:g} วินาทีมาถึงหลังจาก {took:.1f} วินาที เหมือนคำสั่งถูกส่งซ้ำ",
        )


def _longest_wait(subject: Subject) -> float:
    longest = next((seconds for seconds in _WAITS_S if _waits_for(subject, seconds)), 0.0)
    if longest == max(_WAITS_S):
        for seconds in _LONG_WAITS_S[: subject.times(quick=0, full=len(_LONG_WAITS_S))]:
            if not _waits_for(subject, seconds):
                break
            longest = seconds
    return longest


def _waits_for(subject: Subject, seconds: float) -> bool:
    """Whether the answer came, in its time. Raises _TooLate, LATE_TRIES times late: a busy computer is late now and then."""
    soonest = math.inf
    for _ in range(LATE_TRIES):
        usual = _answered_after(subject, 0.0) or 0.0
        took = _answered_after(subject, seconds)
        if took is None or took < seconds * 0.9:
            return False
        if took <= seconds * _LATE + usual + _LATE_S:
            return True
        soonest = min(soonest, took)
    raise _TooLate(seconds, soonest)


def _answered_after(subject: Subject, seconds: float) -> float | None:
    """Seconds until ECHO was answered that takes ``seconds``; None if it was not."""
    with subject.client(60.0) as client:  # of its own: a reader that gave up may have ended the connection
        connection = client.connect()
        started = time.monotonic()
        code, answer = connection.transmit(test_card.encode(wait_ms=round(seconds * 1000)))
        took = time.monotonic() - started
        connection.disconnect()
    return took if code == SUCCESS and answer == StatusWord.OK.raw else None


@declare(
    "TM-4",
    "A card that never answers ends in an error within a minute",
    "บัตรที่ไม่ตอบทำให้เกิดข้อผิดพลาดภายในหนึ่งนาที",
    unit="s",
    limits=Limits(upper=_SILENCE_BOUND_S),
    basis=proposed("a program must not hang; a reader that waited 13 minutes is known"),
    needs=(Need.FAULT_CARD,),
    profiles=FULL_ONLY,
)
def silence(subject: Subject) -> Measurement:
    """From the command to the reader's error."""
    if subject.virtual_reader:
        raise DoesNotApply(
            Text(
                "A virtual reader has no waiting time that could run out.",
                "เครื่องอ่านเสมือนไม่มีเวลารอที่จะหมดลง",
            )
        )
    with subject.client(_SILENCE_BOUND_S + 5) as client:
        connection = client.connect()
        started = time.monotonic()
        try:
            code, _ = connection.transmit(test_card.encode(never=True))
        except CardSilent:
            return Measurement(time.monotonic() - started)
        took = time.monotonic() - started
    if code == SUCCESS:
        raise CannotMeasure(Text("The card answered.", "บัตรตอบกลับ"))
    return Measurement(took)
