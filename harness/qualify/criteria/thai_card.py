"""The Thai ID card: what the reader is bought for. Nothing here spends a PIN try without its owner's word."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from apdu_specs import adm, keys
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from harness.client import CardClient, MatchStatus
from harness.client.card import refusal
from harness.client.safety import LEAST_TRIES
from harness.errors import CardRefused, PinLocked, PinSuspended, WrongPin
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
from harness.qualify.samples import percentile
from harness.qualify.subject import Subject

declare = Declarations(Family.THAI_CARD)
_THAI = (Need.THAI_CARD,)
_WITH_PIN = (Need.THAI_CARD, Need.PIN_CONSENT)
_NOT_TOLD = Text(
    "Right after a reset the card is said to have been given its PIN; its tries were not told.",
    "ทันทีหลังรีเซ็ต กลับได้รับแจ้งว่าใส่ PIN แล้ว จึงไม่ทราบจำนวนครั้งที่เหลือ",
)
_KEY_NOT_KNOWN = Text(
    "This virtual card has a key of its own, or the reader changes every challenge: use a card with the specimen key.",
    "บัตรเสมือนนี้ใช้กุญแจของตนเอง หรือเครื่องอ่านเปลี่ยนทุกคำท้า โปรดใช้บัตรที่ออกด้วยกุญแจตัวอย่าง",
)
_ONLY_DIFFERENCES = Text(
    "Seen is only that the number stays: what this card itself counts cannot be asked past the reader.",
    "ตรวจได้เพียงว่าจำนวนไม่เปลี่ยน เพราะถามจำนวนที่บัตรนับเองโดยไม่ผ่านเครื่องอ่านไม่ได้",
)
_ENDED = Text(
    "The PIN session was gone some seconds after the PIN, though nobody reset the card.",
    "สิทธิจาก PIN หายไปภายในไม่กี่วินาทีหลังใส่ PIN ทั้งที่ไม่มีผู้ใดรีเซ็ตบัตร",
)
_TOO_FEW = Text(
    "Fewer than three tries are told to be left after the right PIN: none is spent of so few.",
    "หลังใส่ PIN ถูกต้อง ได้รับแจ้งว่าเหลือโอกาสไม่ถึง 3 ครั้ง จึงไม่ทดลองใส่ PIN ผิด",
)
_REST_S = 12.0
"""In a login: as long as an officer may look at something else."""
_PAUSE_S = 1.5
"""After which a reader may have to wake up."""
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
    "The tries left are told right, and asking spends none",
    "แจ้งจำนวนครั้งที่เหลือของ PIN ถูกต้อง และการสอบถามไม่ทำให้เสียโอกาส",
    basis=proposed("VERIFY without data; ISO/IEC 7816-4 11.5.6"),
    needs=_THAI,
)
def free_question(subject: Subject) -> Measurement:
    """Asked five times after a reset: the same answer, suspended and locked cards included. It must be what the card counts
    where its holder can be asked past the reader, as of a virtual card."""
    with subject.terminal() as terminal:
        terminal.reset()
        client = CardClient(terminal)
        answers = {counter_of(client) for _ in range(5)}
    if None in answers:
        return Measurement(False, _NOT_TOLD)
    if len(answers) > 1:
        return Measurement(False)
    counts = subject.actuator.tries_left(subject.card.serial)
    if counts is None:
        return Measurement(True, _ONLY_DIFFERENCES)
    otherwise = _told_otherwise(answers.pop(), counts)
    return Measurement(otherwise is None, otherwise)


def _told_otherwise(told: str | None, counts: int | None) -> Text | None:
    """What is said where the card ``counts`` otherwise than was told; None where it does not, or nobody knows."""
    right = told == str(counts) if counts else told is None or not told.isdecimal()
    if counts is None or right:
        return None
    shown = Text(told, told) if told is not None and told.isdecimal() else Text("none", "ไม่เหลือ")
    return Text(
        f"Tries left: {shown.en} told, but the card itself counts {counts}.",
        f"จำนวนครั้งที่เหลือ: ได้รับแจ้ง {shown.th} แต่บัตรนับได้ {counts}",
    )


def counter_of(client: CardClient) -> str | None:
    """The tries left, or which refusal was told. None: the card says that the PIN was presented already."""
    try:
        left = client.tries_left()
    except (PinSuspended, PinLocked) as refused:
        return refused.code
    return None if left is None else str(left)


@dataclass(frozen=True, slots=True)
class Logins:
    """What a series of logins gave, a reset after each."""

    told: list[tuple[bytes, MatchStatus]]
    """Challenges, and what the card answered. Each login but the last has its second challenge in common with the next."""
    counters: set[str | None]
    """After each; see ``counter_of``."""
    took: list[float]
    """Seconds, PIN and first match status."""
    citizen_id: str = field(repr=False)
    """Of a virtual card; else empty."""


def logins(subject: Subject) -> Logins:
    """PIN and match status over and over. Raises CannotMeasure where the PIN is wrong, or cannot be presented."""
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        found = Logins([], set(), [], client.citizen_id() if subject.card.virtual else "")
        for number in subject.rounds(quick=10, full=100, least=5):
            challenge = challenge_of(number)
            started = time.monotonic()
            log_in(subject, client)
            found.told.append((challenge, client.match_status(challenge)))
            found.took.append(time.monotonic() - started)
            found.told.extend(_another(subject, client, challenge_of(number + 1)))
            terminal.reset()
            client.forget()
            found.counters.add(counter_of(client))
    return found


def log_in(subject: Subject, client: CardClient) -> None:
    """Present the right PIN. Raises CannotMeasure where it is wrong: it is tried no more, which would cost its owner another try."""
    try:
        client.verify_pin(subject.pin or "")
    except WrongPin:
        raise CannotMeasure(Text("The PIN that was given is wrong.", "รหัส PIN ที่ให้มาไม่ถูกต้อง")) from None
    except (PinSuspended, PinLocked) as refused:
        raise CannotMeasure(refused.message) from None


def _another(subject: Subject, client: CardClient, challenge: bytes) -> list[tuple[bytes, MatchStatus]]:
    """Match status in the session of the one before. Nobody knows whether a real card gives two in one: it may refuse."""
    try:
        return [(challenge, client.match_status(challenge))]
    except CardRefused:
        if subject.card.virtual:
            raise
        return []


def challenge_of(number: int) -> bytes:
    """Another one each time: every byte value goes to the card, and 00 is the first byte of some and the last of others."""
    values = bytes((number * keys.CHALLENGE_LENGTH + at) % 256 for at in range(keys.CHALLENGE_LENGTH))
    return values[::-1] if number // (256 // keys.CHALLENGE_LENGTH) % 2 else values


def _not_the_cards(subject: Subject, found: Logins) -> int:
    """Cryptograms that the card has not given to that challenge. Raises CannotMeasure where that cannot be known."""
    given: dict[bytes, set[bytes]] = {}
    for challenge, told in found.told:
        given.setdefault(challenge, set()).add(told.cryptogram)
    # No card signs two challenges alike; a real one may sign the same challenge otherwise the next time.
    replayed = sum(map(len, given.values())) - len(set().union(*given.values()))
    if not subject.card.virtual:
        return replayed
    same = [_same_as_specimen(subject, found.citizen_id, *each) for each in found.told]
    if max(same, default=0) > _BY_CHANCE:
        return sum(each < keys.CRYPTOGRAM_LENGTH for each in same)
    wrong = replayed + sum(len(each) - 1 for each in given.values())
    if not wrong:
        raise CannotMeasure(_KEY_NOT_KNOWN)
    return wrong


def _same_as_specimen(subject: Subject, citizen_id: str, challenge: bytes, told: MatchStatus) -> int:
    """How many bytes are those of a virtual card that was issued with the specimen key."""
    serial = subject.card.serial
    right = keys.match_cryptogram(
        keys.card_key(keys.SPECIMEN_MASTER_KEY, citizen_id, serial),
        challenge=challenge,
        citizen_id=citizen_id,
        serial=serial,
        key_id=adm.OFFICER_KEY_ID,
        match_status=told.matched,
    )
    return sum(one == other for one, other in zip(right, told.cryptogram, strict=True))


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
    """PIN and two match statuses, with a reset after each; in the full profile also one 12 s after its PIN. A virtual card's
    cryptograms are computed; those of a real card, whose key nobody here knows, must differ with the challenge."""
    found = subject.once(logins)
    rested = [_rested(subject)] if subject.times(quick=0, full=1) else []
    found.told.extend(each for each in rested if each is not None)
    refused = sum(told.matched != 1 for _, told in found.told)
    if None in rested:
        return Measurement(refused + 1, _ENDED)
    return Measurement(refused + _not_the_cards(subject, found))


def _rested(subject: Subject) -> tuple[bytes, MatchStatus] | None:
    """Challenge and match status a while after the PIN; None if the card does not give it any more."""
    challenge = challenge_of(0)
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        log_in(subject, client)
        threading.Event().wait(_REST_S)  # time itself is what is tried here; nothing is waited for
        try:
            return challenge, client.match_status(challenge)
        except CardRefused:
            return None


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
    counters = subject.once(logins).counters
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
    samples = subject.once(logins).took
    return Measurement(percentile(samples, 0.95), samples=samples)


@declare(
    "FL-4",
    "A wrong PIN costs one try, the right one gives it back",
    "ใส่ PIN ผิดเสียโอกาสหนึ่งครั้ง และเมื่อใส่ PIN ถูกต้องจะได้โอกาสคืนครบ",
    basis=manual("section 2, PIN: wrong ones in a row are counted"),
    needs=_WITH_PIN,
)
def wrong_then_right(subject: Subject) -> Measurement:
    """A wrong PIN, then the right one, which must be known to be right; two more tries must be left for it. In the full
    profile the wrong one is the first command after a pause; a virtual card gets another one that is not.

    What the wrong one cost is asked of the card three times: its answer to it, the counter then, and after a reset; and of its
    holder past the reader where that can be done.
    """
    subject.once(logins)  # a PIN that turned out to be wrong there is not tried here again
    with subject.terminal() as terminal:
        client = CardClient(terminal, real_card=subject.real_card)
        log_in(subject, client)
        before = _after_reset(client)
        otherwise = _told_otherwise(before, subject.actuator.tries_left(subject.card.serial))
        if otherwise is not None and before is not None:
            return Measurement(False, otherwise)
        # None: the reader did not reset the card.
        if before is None or not before.isdecimal() or int(before) <= LEAST_TRIES:
            raise CannotMeasure(_TOO_FEW)
        found = Measurement(True)
        for present in _ways_to_be_wrong(subject):
            if found.value:
                found = _wrong_one(subject, client, present, before)
    return found


_Present = Callable[[CardClient, str], None]


def _ways_to_be_wrong(subject: Subject) -> Sequence[_Present]:
    """How wrong PINs are presented. The owner of a real card agreed to one: the full profile's shows more."""
    if not subject.times(quick=0, full=1):
        return (CardClient.verify_pin,)
    return (CardClient.verify_pin, _after_a_pause) if subject.card.virtual else (_after_a_pause,)


def _after_a_pause(client: CardClient, pin: str) -> None:
    """Present ``pin`` in the first command after a pause; ``verify_pin`` would ask for the counter first.

    ADM is selected, and the right PIN was presented to this card with its owner's consent.
    """
    threading.Event().wait(_PAUSE_S)  # time itself is what is tried here; nothing is waited for
    sw = client.transmit(adm.VERIFY.encode(pin.encode("ascii"))).sw
    if sw != StatusWord.OK:
        raise refusal(sw, adm.VERIFY)


def _wrong_one(subject: Subject, client: CardClient, present: _Present, before: str) -> Measurement:
    """What one wrong PIN cost, and whether the right one gave it back."""
    try:
        present(client, f"{(int(subject.pin or '') + 1) % 10000:04d}")
    except WrongPin as told:
        left = [str(told.tries_left), counter_of(client), _after_reset(client)]
    else:
        return Measurement(False, Text("A wrong PIN was accepted.", "บัตรยอมรับ PIN ที่ผิด"))
    if any(each is not None and not each.isdecimal() for each in left):
        return Measurement(False, _costs(before, left))  # suspended: no PIN is presented to such a card
    otherwise = _told_otherwise(left[-1], subject.actuator.tries_left(subject.card.serial))
    client.verify_pin(subject.pin or "")
    given_back = _after_reset(client) == before
    if set(left) != {str(int(before) - 1)}:
        return Measurement(False, _costs(before, left))
    return Measurement(given_back and otherwise is None, otherwise)


def _after_reset(client: CardClient) -> str | None:
    client.terminal.reset()
    client.forget()
    return counter_of(client)


def _costs(before: str, left: Sequence[str | None]) -> Text:
    counts = ", ".join("–" if each is None else each for each in left)
    return Text(
        f"Tries left: {before} before, then {counts}: its answer, the counter, and the counter after a reset.",
        f"จำนวนครั้งที่เหลือ: ก่อนหน้า {before} แล้วเป็น {counts} คือคำตอบของบัตร ตัวนับ และตัวนับหลังรีเซ็ต",
    )


@declare(
    "TH-5",
    "The card is the kind that the reader is bought for",
    "บัตรเป็นชนิดที่จัดหาเครื่องอ่านมาเพื่อใช้งาน",
    basis=manual("section 3.1: the national card of the Department of Provincial Administration"),
    needs=(Need.ANY_CARD, Need.THAI_CARD),
    profiles=EVERY,
)
def kind(subject: Subject) -> Measurement:
    """Whether the card tells a serial, as every Thai card does."""
    return Measurement(len(subject.card.serial) > 0)
