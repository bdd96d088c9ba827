"""What a scenario happens in: cards, a reader, programs that use it, and the offices with a clock of their own."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Self

from emulator.card import Card
from emulator.card.issue import blank_counters, card_from_seed, reissued
from emulator.holders.odd import odd_holder
from harness.bench.scenario.held_card import CardMaker, HeldCard
from harness.bench.scenario.kinds import NEW
from harness.bench.scenario.model import GivenCard, Scenario
from harness.bench.scenario.readers import Reader
from harness.client import CardClient
from harness.officer.offices import RegistryClient

if TYPE_CHECKING:
    from emulator.offices.embedded import EmbeddedOffices

THIS_PROGRAM = "this program"
OTHER_PROGRAM = "other program"
FIRST_DAY = datetime.fromisoformat("2026-01-05T10:00:00+07:00")
"""When every scenario begins: on no particular day, so that it goes the same way on every day."""


class World:
    """The world of one scenario; a context manager that leaves the reader empty and the offices closed."""

    def __init__(self, scenario: Scenario, reader: Reader, make: CardMaker = Card) -> None:
        self.reader = reader
        self._make = make
        self._officer = scenario.officer
        self.cards = [_given_card(scenario.card, make)]
        self.in_reader: HeldCard | None = None
        self.in_hand = self.cards[0]
        self._clients: dict[str, CardClient] = {}
        self._offices: EmbeddedOffices | None = None
        self._days = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.take_out()
        finally:
            offices, self._offices = self._offices, None
            if offices is not None:
                offices.stop()

    # --- cards and reader -------------------------------------------------------------------------------------------

    def card(self, which: str) -> HeldCard:
        """The newest card, or the one before it."""
        return self.cards[-1 if which == NEW else -2]

    def put_in(self, card: HeldCard) -> None:
        """Put a card into the reader; one that is in it comes out first."""
        self.take_out()
        self.reader.insert(card)
        self.in_reader = self.in_hand = card

    def take_out(self) -> None:
        """Leave the reader empty."""
        self.leave_card()
        self.in_reader = None
        self.reader.remove()

    def issue_next_card(self, pin: str) -> HeldCard:
        """The card after the newest, for the same holder; it becomes the newest when it is added to ``cards``."""
        personalisation = reissued(self.cards[-1].personalisation)
        counters = blank_counters(pin, 0, personalisation.policy)
        return HeldCard(personalisation, counters, self._make)

    # --- programs ---------------------------------------------------------------------------------------------------

    def client(self, program: str = THIS_PROGRAM) -> CardClient:
        """The program's client of the card in the reader, connected since its first command. Raises NoCard."""
        client = self._clients.get(program)
        if client is None:
            terminal = self.reader.terminal()
            terminal.connect()
            client = self._clients[program] = CardClient(terminal)
        return client

    def leave_card(self, program: str | None = None) -> None:
        """That program, or all of them, let the card go."""
        for name in list(self._clients) if program is None else [program]:
            client = self._clients.pop(name, None)
            if client is not None:
                client.terminal.disconnect()

    # --- offices ----------------------------------------------------------------------------------------------------

    @property
    def offices(self) -> EmbeddedOffices:
        """The offices, which have known card and officer since the first day."""
        if self._offices is None:
            self._offices = self._open_offices()
        return self._offices

    def registry(self) -> RegistryClient:
        """A client of the registry office's counter."""
        return RegistryClient(self.offices.registry_url, counter_key=self.offices.counter_key)

    def let_days_pass(self, days: int) -> None:
        """For the offices; a card has no clock."""
        self._days += days
        if self._offices is not None:
            self._clock.advance(timedelta(days=days))

    def _open_offices(self) -> EmbeddedOffices:
        from emulator.offices.clock import SetClock
        from emulator.offices.embedded import EmbeddedOffices

        card = self.cards[0].personalisation
        self._clock = SetClock(FIRST_DAY)
        offices = EmbeddedOffices(clock=self._clock).start()
        offices.know_card(card.citizen_id, card.serial)
        if self._officer.right:
            offices.grant(card.citizen_id, level=self._officer.level)
            offices.set_idle_days(card.citizen_id, self._officer.idle_days)
        self._clock.advance(timedelta(days=self._days))
        return offices


def _given_card(given: GivenCard, make: CardMaker) -> HeldCard:
    holder = None if given.holder is None else odd_holder(given.holder, given.seed)
    personalisation = card_from_seed(
        given.seed, generation=given.generation, policy=given.policy, holder=holder
    )
    return HeldCard(personalisation, blank_counters(given.pin, given.failures, given.policy), make)
