"""A new card for the owner of an old one, made at the desk: from the old card's file, which nobody here has seen before."""

from __future__ import annotations

import hmac
from dataclasses import replace
from pathlib import Path

from apdu_specs import adm, keys, replies
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.moi import MOI
from apdu_specs.values import BuddhistDate
from apdu_specs.weak_pin import weaknesses
from emulator.card.card_file import card_bytes, card_in_bytes
from emulator.card.issue import blank_counters, reissued
from emulator.card.personalisation import Personalisation
from emulator.errors import CardFileError
from emulator.offices.errors import Fault, Refused
from emulator.offices.registry_desk.desk import NewCard, Order

LONGEST_FILE = 64 * 1024
"""Bytes; a card's file has about 8 KiB."""

_NO_FILE = Text("is missing: choose the old card's file", "ยังไม่ได้เลือก โปรดเลือกแฟ้มของบัตรเดิม")
_TOO_LONG = Text("is too long to be a card's file (more than 64 KiB)", "ใหญ่เกินกว่าจะเป็นแฟ้มบัตร (เกิน 64 KiB)")
_NO_CARD = Text(
    "is no card file, is damaged, or is of a newer thnid",
    "ไม่ใช่แฟ้มบัตร หรือแฟ้มเสียหาย หรือสร้างด้วย thnid รุ่นที่ใหม่กว่า",
)
_ELSEWHERE = Text("is of a card that this registry office never issued", "เป็นของบัตรที่สำนักทะเบียนนี้ไม่ได้ออกให้")
_SOMEBODY_ELSES = Text("is of somebody else's card", "เป็นของบัตรของบุคคลอื่น")
_FOUR_DIGITS = Text("must be 4 digits", "ต้องเป็นตัวเลข 4 หลัก")
_NOT_THE_SAME = Text("must be the same as the first", "ต้องตรงกับรหัสที่กรอกครั้งแรก")
_SERIAL_BEGINNING = (
    len(keys.VIRTUAL_SERIAL_MARK) + 4
)  # mark and holder; behind them stands which card of the holder's it is


def new_card(order: Order, person: str, known: frozenset[bytes], master_key: bytes) -> NewCard:
    """The next card of ``person``, whose cards so far are ``known`` (serials). Raises Refused (request-not-valid, weak-pin)."""
    faults = _faults_of_pin(order)
    try:
        old = _card_of(order.card_file, person, known, master_key)
    except Refused as refused:
        raise Refused(replies.REQUEST_NOT_VALID, faults=(*refused.faults, *faults)) from None
    if faults:
        raise Refused(replies.REQUEST_NOT_VALID, faults=faults)
    reasons = weaknesses(order.pin, citizen_id=person, born=_born(old))
    if reasons and not order.insist:
        why = Text(", ".join(each.en for each in reasons), ", ".join(each.th for each in reasons))
        sentence = Text(f"is easily guessed: {why.en}", f"คาดเดาได้ง่าย: {why.th}")
        raise Refused(replies.REGISTRY_WEAK_PIN, faults=(Fault("pin", sentence),))
    theirs = [each for each in known if each[:_SERIAL_BEGINNING] == old.serial[:_SERIAL_BEGINNING]]
    new = reissued(replace(old, serial=max(theirs)), master_key=master_key)
    return NewCard(new.serial, card_bytes(new, blank_counters(order.pin, policy=new.policy)))


def _card_of(content: bytes, person: str, known: frozenset[bytes], master_key: bytes) -> Personalisation:
    """The card in a file that was sent. Raises Refused unless it is one of this person's cards, as the office made it."""
    if not content:
        raise _at_file(_NO_FILE)
    if len(content) > LONGEST_FILE:
        raise _at_file(_TOO_LONG)
    try:
        card = card_in_bytes(Path("sent"), content)
    except CardFileError:
        raise _at_file(_NO_CARD) from None
    right = keys.card_key(master_key, card.citizen_id, card.serial)
    if not hmac.compare_digest(right, card.card_key) or not keys.is_virtual(card.serial):
        raise _at_file(_ELSEWHERE)
    if card.citizen_id != person:
        raise _at_file(_SOMEBODY_ELSES)
    if card.serial not in known:
        raise _at_file(_ELSEWHERE)
    return card


def _at_file(why: Text) -> Refused:
    return Refused(replies.REQUEST_NOT_VALID, faults=(Fault("card_file", why),))


def _faults_of_pin(order: Order) -> tuple[Fault, ...]:
    pin = order.pin
    if not adm.is_pin(pin):
        return (Fault("pin", _FOUR_DIGITS),)
    if not hmac.compare_digest(pin.encode(), order.pin_again.encode()):
        return (Fault("pin_again", _NOT_THE_SAME),)
    return ()


def _born(card: Personalisation) -> BuddhistDate | None:
    try:
        born = card.text_fields[MOI.name]["birth_date"]
    except SpecError:  # a date that is none cannot be guessed either
        return None
    return born if isinstance(born, BuddhistDate) else None
