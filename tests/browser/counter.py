"""An officer's counter for the tests: a virtual card in a real PC/SC stack, the offices, and the officer's screen."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from emulator.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.embedded import EmbeddedOffices
from harness.bench import Bench
from harness.cli.on_card import holder_of
from harness.client import CardClient
from harness.officer.entitlement import EntitlementClient
from harness.officer.new_card import NewCard
from harness.officer.new_pin import NewPin
from harness.officer.offices import AuthorityClient
from harness.officer.screen.desk import Desk, Places
from harness.officer.screen.server import ScreenServer
from harness.officer.token_file import Place
from harness.stack import Stack
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.pcsc import PcscTerminal

PIN, WRONG_PIN = "1234", "9999"
OFFICER = 7
LIMIT_S = 60.0
REGISTRY_DESK = "http://127.0.0.1:8180/registry/desk"
PIN_COUNTER = "http://127.0.0.1:8187"
READER = "ACS ACR39U ICC Reader"


@dataclass
class Counter:
    """What stands on the counter, and behind it."""

    stack: Stack
    bench: Bench
    offices: EmbeddedOffices
    desk: Desk
    url: str
    tokens: Path
    card: Card

    def put(self, card: Card, *, officer: bool = True) -> None:
        """Make this card the officer's and put it into the reader."""
        self.card = card
        if officer:
            self.make_officer(card)
        self.bench.insert(card)

    def put_with_failures(self, failures: int) -> None:
        """A card whose PIN was entered wrongly this often in a row."""
        self.put(card_in_memory(card_from_seed(OFFICER), pin=PIN, failures=failures))

    def make_officer(self, card: Card) -> None:
        """The offices know the card; its holder is an officer of the highest level, and a citizen."""
        with InProcessTerminal(card) as terminal:
            holder = holder_of(CardClient(terminal).read_all())
        self.offices.know_card(card.citizen_id, card.serial)
        self.offices.grant(card.citizen_id, level="authenticate")
        self.offices.offices.citizens.admit_holder(holder)

    def present(self, pin: str) -> int:
        """Some other program gives the card in the reader a PIN; the status word."""
        return self._verify("04" + pin.encode().hex())

    def has_open_session(self) -> bool:
        """Whether another program would find the PIN session open."""
        return self._verify("") == 0x9000

    def settle(self) -> None:
        """Wait until a login that was given up is let go: the officer's page does not wait for that."""
        for thread in threading.enumerate():
            if thread.name == "thnid-let-go":
                thread.join(LIMIT_S)

    def _verify(self, data: str) -> int:
        with PcscTerminal(self.stack.reader_names[0]) as terminal:
            terminal.transmit(bytes.fromhex("00A4040008A000000084060002"))
            return int.from_bytes(terminal.transmit(bytes.fromhex("00200001" + data))[-2:], "big")


@contextmanager
def counter(folder: Path, *, srm: bool = False, with_tokens: bool = True) -> Iterator[Counter]:
    """With E-Form Agent grey and no card in the reader."""
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(Stack((READER,)))
        bench = cleanup.enter_context(Bench(stack))
        offices = cleanup.enter_context(EmbeddedOffices())
        desk = Desk(
            cleanup.enter_context(AuthorityClient(offices.authority_url)),
            cleanup.enter_context(EntitlementClient(offices.nhso_url)),
            lambda name: PcscTerminal(name or stack.reader_names[0], disposition="reset"),
            places=Places((Place(folder),) if with_tokens else (), folder if srm else None),
            way_to_new_card=lambda serial: NewCard(serial, desk=REGISTRY_DESK),
            way_to_new_pin=lambda _serial: NewPin(PIN_COUNTER),
        )
        cleanup.enter_context(desk)
        server = cleanup.enter_context(ScreenServer(desk))
        card = card_in_memory(card_from_seed(OFFICER), pin=PIN)
        yield Counter(stack, bench, offices, desk, server.url, folder, card)
