"""An NHSO of our own behind the SmartCard Agent: embedded offices that know whoever's virtual card is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from harness.cli.login import embedded_offices
from harness.cli.on_card import virtual_holder
from harness.client import CardClient

if TYPE_CHECKING:
    from emulator.holders import Holder
    from emulator.offices.embedded import EmbeddedOffices
    from harness.agent.patient import PatientCard


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
