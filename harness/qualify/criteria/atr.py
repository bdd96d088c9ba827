"""The answer to reset: the same cold, warm and told by the reader, and well-formed."""

from __future__ import annotations

import time
from dataclasses import dataclass

from apdu_specs import atr as declared
from apdu_specs.errors import SpecError
from apdu_specs.generations import by_atr
from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS, CallFailed
from harness.qualify.criterion import (
    NONE,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    Need,
    iso,
    proposed,
)
from harness.qualify.samples import percentile
from harness.qualify.subject import Subject
from harness.terminals.scard import Disposition

declare = Declarations(Family.ATR)


@dataclass(frozen=True, slots=True)
class Resets:
    """Answers of cold and warm resets, how long each took, and what the reader's state shows."""

    shown: bytes
    cold: list[bytes]
    warm: list[bytes]
    cold_ms: list[float]
    warm_ms: list[float]


def resets(subject: Subject) -> Resets:
    """Warm resets by SCardReconnect, cold ones by its disposition UNPOWER."""
    found = Resets(b"", [], [], [], [])
    with subject.client() as client:
        connection = client.connect()
        for _ in subject.rounds(quick=10, full=100, least=10):
            for disposition, answers, took in (
                (Disposition.RESET, found.warm, found.warm_ms),
                (Disposition.UNPOWER, found.cold, found.cold_ms),
            ):
                started = time.monotonic()
                code = connection.reconnect(disposition)
                took.append((time.monotonic() - started) * 1000)
                if code != SUCCESS:
                    raise CallFailed(code, "SCardReconnect")
                code, answer = connection.status()
                if code != SUCCESS:
                    raise CallFailed(code, "SCardStatus")
                answers.append(answer)
        shown = client.state().atr
        connection.disconnect()
    return Resets(shown, found.cold, found.warm, found.cold_ms, found.warm_ms)


@declare(
    "AT-1",
    "Cold, warm and reported answers to reset are the same, over many resets",
    "ATR เหมือนกันทุกครั้ง ทั้งรีเซ็ตแบบเย็น รีเซ็ตแบบอุ่น และที่เครื่องอ่านแจ้ง",
    unit="mismatches",
    limits=NONE,
    basis=iso("7816-3 6.2.3 and 8.1"),
)
def same(subject: Subject) -> Measurement:
    """Answers that differ from the one that was seen when the campaign began."""
    found = subject.once(resets)
    answers = [found.shown, *found.cold, *found.warm]
    return Measurement(sum(each != subject.card.atr for each in answers))


@declare(
    "AT-2",
    "The answer to reset is the card's",
    "ATR ตรงกับที่บัตรควรให้",
    basis=proposed(
        "the answers of the Thai card families are known; another card's is named with --expect-atr"
    ),
)
def expected(subject: Subject) -> Measurement:
    """Whether it is the one that was named, else one of a Thai card family."""
    if subject.expected_atr is not None:
        return Measurement(subject.card.atr == subject.expected_atr)
    if not subject.card.thai:
        raise DoesNotApply(
            Text(
                "What this card's answer should be is not known (--expect-atr names it).",
                "ไม่ทราบว่า ATR ของบัตรนี้ควรเป็นอย่างไร (ระบุด้วย --expect-atr)",
            )
        )
    known = by_atr(subject.card.atr)
    return Measurement(known is not None, Text(known.name, known.name) if known else None)


@declare(
    "AT-3",
    "The answer to reset is well-formed",
    "ATR มีรูปแบบถูกต้อง",
    basis=iso("7816-3 8.2"),
)
def well_formed(subject: Subject) -> Measurement:
    """Convention, interface and historical bytes, and the check byte where there is one."""
    raw = subject.card.atr
    try:
        parts = declared.parse(raw)
    except SpecError as error:
        return Measurement(False, Text(str(error), str(error)))
    if not any(parts.protocols):
        return Measurement(True)
    check = 0
    for byte in raw[1:]:
        check ^= byte
    return Measurement(check == 0)


@declare(
    "AT-4",
    "Time of a warm reset (p95)",
    "เวลารีเซ็ตแบบอุ่น (p95)",
    unit="ms",
    limits=Limits(upper=3000, marginal_upper=1500),
    basis=proposed("a program resets after another one did; a person waits for it"),
)
def warm_time(subject: Subject) -> Measurement:
    """From SCardReconnect's call to its return."""
    samples = subject.once(resets).warm_ms
    return Measurement(percentile(samples, 0.95), samples=samples)


@declare(
    "AT-5",
    "Time of a cold reset (p95)",
    "เวลารีเซ็ตแบบเย็น (p95)",
    unit="ms",
    limits=Limits(upper=3000, marginal_upper=1500),
    basis=proposed("as AT-4, with power taken away"),
    needs=(Need.ANY_CARD,),
)
def cold_time(subject: Subject) -> Measurement:
    """From SCardReconnect's call to its return."""
    samples = subject.once(resets).cold_ms
    return Measurement(percentile(samples, 0.95), samples=samples)
