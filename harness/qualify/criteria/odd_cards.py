"""Cards that no reader may stumble over: of inverse convention, with the longest ATR, and mute.

They come in the place of the campaign's card, if there is someone or something that has them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from apdu_specs.atr import INVERSE_CONVENTION, MAX_LENGTH
from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from harness.qualify.calls import code_name
from harness.qualify.criterion import (
    CARD_MOVED,
    FULL_ONLY,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    iso,
    proposed,
)
from harness.qualify.subject import Subject
from harness.terminals.scard import ResultCode

declare = Declarations(Family.ATR)
_REFUSALS = (ResultCode.UNRESPONSIVE_CARD, ResultCode.NO_SMARTCARD, ResultCode.UNPOWERED_CARD)


@dataclass(frozen=True, slots=True)
class Met:
    """What the reader made of an odd card, and whether the campaign's own could be used after it."""

    atr: bytes
    """As the reader showed it; empty if it showed none."""
    code: int
    """Of SCardConnect."""
    took_s: float
    """From the card's contact, or from being asked for it, until the connection was made or refused."""
    answered: bool
    """Whether a command was answered."""
    good_again: bool


def met(subject: Subject, card: OddCard) -> Met:
    """Put ``card`` in, connect, send a command; then put the campaign's card back and send it one.

    Raises DoesNotApply where nobody has such a card.
    """
    actuator = subject.actuator
    if card not in actuator.odd_cards:
        raise DoesNotApply(Text(f"Needs {card.text.en}.", f"ต้องมี{card.text.th}"))
    with subject.client(actuator.patience_s + 10) as client:
        known = client.state()
        actuator.remove()
        known = client.await_presence(False, known, actuator.patience_s) or known
        try:
            began = actuator.insert_odd(card) or time.monotonic_ns()
            deadline = time.monotonic() + actuator.patience_s
            # A mute card is seen, too; it has no ATR to wait for.
            while not known.present and (left := deadline - time.monotonic()) > 0:
                known = client.change_of(known, left) or known
            code, connection = client.try_connect()
            took_s = (time.monotonic_ns() - began) / 1e9
            answered = False
            if connection is not None:
                answered = connection.answers()
                connection.disconnect()
            shown = client.state().atr
        finally:
            actuator.remove()
            client.await_presence(False, client.state(), actuator.patience_s)
            actuator.insert()
    return Met(shown, code, took_s, answered, _good_again(subject))


def _good_again(subject: Subject) -> bool:
    with subject.client(subject.actuator.patience_s + 10) as client:
        if client.await_presence(True, client.state(), subject.actuator.patience_s) is None:
            return False
        return client.card_answers()


def _mute(subject: Subject) -> Met:
    return met(subject, OddCard.MUTE)


def _present_card_answers(subject: Subject) -> Measurement:
    with subject.connection() as connection:
        return Measurement(connection.answers())


@declare(
    "AT-6",
    "A card of inverse convention (ATR 3F) can be used",
    "ใช้บัตรแบบ inverse convention (ATR 3F) ได้",
    basis=iso("7816-3 8.1; HLK asks for direct and inverse convention"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def inverse(subject: Subject) -> Measurement:
    """Its ATR told as it is, and a command answered. If the campaign's card is one, that is the one."""
    if subject.card.atr[:1] == bytes((INVERSE_CONVENTION,)):
        return _present_card_answers(subject)
    found = met(subject, OddCard.INVERSE)
    return Measurement(found.answered and found.atr == OddCard.INVERSE.atr, _told(found))


@declare(
    "AT-7",
    "A card with the longest answer to reset (33 bytes) can be used",
    "ใช้บัตรที่มี ATR ยาวที่สุด (33 ไบต์) ได้",
    basis=iso("7816-3 8.2; EMVCo L1 tries every form"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def longest(subject: Subject) -> Measurement:
    """All of its ATR told, and a command answered. If the campaign's card is one, that is the one."""
    if len(subject.card.atr) == MAX_LENGTH:
        return _present_card_answers(subject)
    found = met(subject, OddCard.LONGEST)
    return Measurement(found.answered and found.atr == OddCard.LONGEST.atr, _told(found))


@declare(
    "AT-8",
    "A card that gives no answer to reset is refused with an error code",
    "บัตรที่ไม่ให้ ATR ถูกปฏิเสธด้วยรหัสข้อผิดพลาด",
    limits=Limits(equals=tuple(code.name for code in _REFUSALS)),
    basis=proposed("a card put in the wrong way round; HLK asks for it"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def mute(subject: Subject) -> Measurement:
    """The result code of SCardConnect."""
    return Measurement(code_name(subject.once(_mute).code))


@declare(
    "AT-9",
    "Time until that card is refused",
    "เวลาจนกว่าบัตรนั้นจะถูกปฏิเสธ",
    unit="s",
    limits=Limits(upper=10, marginal_upper=5),
    basis=proposed("a person waits for it"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def refused_within(subject: Subject) -> Measurement:
    """From its contact to the error of SCardConnect."""
    subject.require_moments()
    return Measurement(subject.once(_mute).took_s)


@declare(
    "AT-10",
    "After that card the next one can be used",
    "บัตรใบถัดไปใช้งานได้หลังบัตรนั้น",
    basis=proposed("no restart of computer or service"),
    needs=CARD_MOVED,
    profiles=FULL_ONLY,
)
def next_card(subject: Subject) -> Measurement:
    """The campaign's card, a command. Where it could not be used, both cards once more: a reader at fault fails again."""
    again = subject.once(_mute).good_again or _mute(subject).good_again
    return Measurement(again)


def _told(found: Met) -> Text:
    name = code_name(found.code)
    shown = found.atr.hex(" ").upper() or "–"
    return Text(f"{name}, ATR {shown}", f"{name}, ATR {shown}")
