"""What stands around a desk in these tests: a watch that tells what the test says, cards in process."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from apdu_specs.bangkok import BANGKOK
from emulator.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.embedded import EmbeddedOffices
from harness.errors import HarnessError, NoReader
from harness.officer import srm_file, token_file
from harness.officer.entitlement import EntitlementClient
from harness.officer.new_card import WayToNewCard, nowhere
from harness.officer.new_pin import WayToNewPin
from harness.officer.offices import AuthorityClient
from harness.officer.screen.desk import Desk, Places
from harness.officer.screen.view import Page
from harness.officer.token_file import Place
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.presence import Readers, Seen

READER = "Reader"
PIN, WRONG = "1234", "9999"
ME, OTHER = "me", "other"
NOON = datetime(2026, 3, 10, 12, 0, tzinfo=BANGKOK)
LIMIT_S = 60.0


class StillWatch:
    """A watch of readers that tells what it is told to."""

    def __init__(self, on_change: Callable[[Readers], object]) -> None:
        self._on_change = on_change
        self._now = Readers(service=True)

    @property
    def now(self) -> Readers:
        return self._now

    def start(self) -> object:
        return self

    def close(self) -> None:
        pass

    def tell(self, *, card: bool, visit: int, name: str = READER) -> None:
        """There is one reader, with a card or without."""
        self._now = Readers(service=True, seen=(Seen(name, card, False, visit),))
        self._on_change(self._now)

    def unplug(self) -> None:
        """There is no reader."""
        self._now = Readers(service=True)
        self._on_change(self._now)


def no_reader(_name: str | None) -> Terminal:
    """There is none."""
    raise NoReader


class Room:
    """A desk with a card in its reader and the offices behind it."""

    def __init__(
        self,
        offices: EmbeddedOffices,
        folder: Path,
        *,
        tokens: bool = True,
        way: WayToNewCard = nowhere,
        way_to_new_pin: WayToNewPin = nowhere,
    ) -> None:
        self.offices = offices
        self.folder = folder
        self.watches: list[StillWatch] = []
        self.cards: list[Card] = []
        self.clock = NOON
        self.held = threading.Event()
        self.held.set()
        self.put(0)
        places = Places((Place(folder),), folder) if tokens else Places()
        self.authority = AuthorityClient(offices.authority_url)
        self.nhso = EntitlementClient(offices.nhso_url)
        self.desk = Desk(
            self.authority,
            self.nhso,
            self._open,
            places=places,
            clock=lambda: self.clock,
            way_to_new_card=way,
            way_to_new_pin=way_to_new_pin,
            watch=self._watch,
        )

    def put(self, failures: int) -> None:
        self.card = card_in_memory(card_from_seed(7), pin=PIN, failures=failures)
        self.offices.know_card(self.card.citizen_id, self.card.serial)
        self.offices.grant(self.card.citizen_id, level="authenticate")

    def log_in_with(self, failures: int) -> None:
        """A card with that many failures, put in while the agent runs; then the login's button."""
        self.put(failures)
        self.desk.start_agent()
        self.watch.tell(card=True, visit=1)
        self.desk.press_login(ME)

    @property
    def watch(self) -> StillWatch:
        return self.watches[0]

    def to(self, page: Page) -> None:
        """Press what brings this window to the page."""
        self.desk.start_agent()
        self.watch.tell(card=True, visit=1)
        presses: dict[Page, Callable[[], None]] = {
            Page.PIN: lambda: self.desk.press_login(ME),
            Page.CONFIRMED: lambda: self.desk.enter_pin(ME, PIN),
            Page.MENU: lambda: self.desk.enter_program(ME),
            Page.MODULES: lambda: self.desk.open_erm(ME),
            Page.MODULE: lambda: self.desk.open_module(ME),
        }
        for reached, press in presses.items():
            press()
            assert self.page is reached, self.error
            if reached is page:
                return

    @property
    def page(self) -> Page:
        return self.desk.view(ME).page

    @property
    def error(self) -> HarnessError | None:
        return self.desk.view(ME).error

    @property
    def has_token_file(self) -> bool:
        return (self.folder / token_file.FILE_NAME).exists()

    @property
    def has_srm_file(self) -> bool:
        return (self.folder / srm_file.FOLDER / srm_file.FILE_NAME).exists()

    def settle(self) -> None:
        """Wait until what was broken off is let go."""
        for thread in threading.enumerate():
            if thread.name == "thnid-let-go":
                thread.join(LIMIT_S)

    def _watch(self, on_change: object) -> StillWatch:
        self.watches.append(StillWatch(on_change))  # type: ignore[arg-type]
        return self.watches[-1]

    def _open(self, _name: str | None) -> Terminal:
        return InProcessTerminal(self.card)
