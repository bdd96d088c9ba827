"""The holder of a virtual card, read from the card, for the offices to know."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from apdu_specs import keys
from apdu_specs.citizen_id import is_valid
from apdu_specs.values import Address, BuddhistDate, Name, Sex
from harness.client import CardClient

if TYPE_CHECKING:
    from emulator.card import Card
    from emulator.holders import Holder
    from harness.client.contents import CardContents

_UNKNOWN_BIRTH = BuddhistDate(2500, None, None)


def virtual_holder(client: CardClient) -> tuple[Holder, bytes] | None:
    """Holder and serial (8 bytes) of the card, if it is a virtual one that tells who its holder is; else None.

    A real person's data is never copied from a real card. Raises as reads do.
    """
    serial = client.card_serial()
    if not keys.is_virtual(serial):
        return None
    holder = holder_of(client.read_all())
    return (holder, serial) if is_valid(holder.citizen_id) else None


def holder_on(card: Card) -> Holder | None:
    """The holder of a virtual card that is in no reader; None if it does not tell."""
    from harness.terminals.in_process import InProcessTerminal

    with InProcessTerminal(card) as terminal:
        found = virtual_holder(CardClient(terminal))
    return None if found is None else found[0]


def holder_of(contents: CardContents) -> Holder:
    """Whom a card speaks of. What it does not tell is blank."""
    from emulator.holders import Holder, Rights

    person, rights = contents.person, contents.rights
    texts = ("request_number", "issuer", "issuer_code", "card_type", "photo_number")
    return Holder(
        citizen_id=person.citizen_id or "",
        thai_name=person.thai_name or Name("", "", "", ""),
        english_name=person.english_name or Name("", "", "", ""),
        birth_date=person.birth_date or _UNKNOWN_BIRTH,
        sex=person.sex or Sex.MALE,
        issue_date=person.issue_date or BuddhistDate.LIFELONG,
        expiry_date=person.expiry_date or BuddhistDate.LIFELONG,
        photo=b"",
        address=person.address or Address("", "", "", "", "", "", "", ""),
        signature=b"",
        laser_number="",
        rights=None if rights is None else Rights(**_told(rights)),
        **{name: getattr(person, name) or "" for name in texts},
    )


def _told(rights: Any) -> dict[str, Any]:
    """The card's rights; a blank date stays None."""
    dates = ("issue_date", "expiry_date", "update_date")
    texts = ("main_inscl", "sub_inscl", "main_hospital", "sub_hospital", "paid_type", "hospital_changes")
    return {name: getattr(rights, name) for name in dates} | {
        name: getattr(rights, name) or "" for name in texts
    }
