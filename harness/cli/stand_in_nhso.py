"""An NHSO of our own behind the SmartCard Agent: embedded offices that know whoever's virtual card is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from apdu_specs.values import Address, BuddhistDate, Name, Sex
from harness.cli.login import embedded_offices
from harness.client import CardClient

if TYPE_CHECKING:
    from emulator.card import Card
    from emulator.holders import Holder
    from emulator.offices.embedded import EmbeddedOffices
    from harness.agent.patient import PatientCard
    from harness.client.contents import CardContents

_UNKNOWN_BIRTH = BuddhistDate(2500, None, None)


@dataclass(frozen=True, slots=True)
class StandInNhso:
    """Where it is, the token of the hospital that asks, and what it is told of cards."""

    url: str
    token: str = field(repr=False)
    offices: EmbeddedOffices = field(repr=False)

    def know(self, holder: Holder) -> None:
        """Put a card's holder on file."""
        self.offices.offices.citizens.admit_holder(holder)

    def seen(self, client: CardClient, card: PatientCard) -> None:
        """Put the holder of a virtual card that was read on file, with the rights that it tells, unless they are on it."""
        from harness.cli.on_card import virtual_holder

        if self.offices.offices.citizens.search(card.citizen_id) is None:
            found = virtual_holder(client)
            if found is not None:
                self.know(found[0])


@contextmanager
def stand_in_nhso() -> Iterator[StandInNhso]:
    """Serves until left; everything is in memory. Raises OfficesNotInstalled."""
    with embedded_offices() as offices:
        from emulator.offices.citizens.hospitals import hospitals

        token = offices.offices.agent_desk.issue_token(hospitals()[0].code)
        yield StandInNhso(offices.nhso_url, token, offices)


def holder_on(card: Card) -> Holder | None:
    """The holder of a virtual card that is in no reader; None if it does not tell."""
    from harness.cli.on_card import virtual_holder
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
