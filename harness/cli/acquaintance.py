"""How a whole office gets to know the cards that come into the reader after it began.

Every holder of a virtual card is a citizen on file, and the card is the holder's at the registry office; a right to log in is
not given by that. A real card's holder is never copied.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from apdu_specs import keys
from harness.cli.control import CONTROL_VARIABLE, cards_in_readers
from harness.cli.on_card import holder_on, virtual_holder
from harness.client import CardClient
from harness.errors import HarnessError
from harness.terminals.presence import Readers

if TYPE_CHECKING:
    from emulator.card import Card
    from emulator.holders import Holder

Meet = Callable[["Holder", bytes], object]
"""Told of a virtual card's holder and its serial (8 bytes)."""


class Acquaintance:
    """Has ``meet`` told once of every virtual card, however it is come across."""

    def __init__(self, meet: Meet) -> None:
        self._meet = meet
        self._met: set[bytes] = set()

    def of_client(self, client: CardClient, *_: object) -> None:
        """A card that somebody reads or logs in with just now. Raises as reads do."""
        serial = client.card_serial()
        if serial in self._met or not keys.is_virtual(serial):
            return
        self._told(virtual_holder(client))

    def of_card(self, card: Card) -> None:
        """A virtual card that is about to go into the reader."""
        if card.serial not in self._met:
            holder = holder_on(card)
            self._told(None if holder is None else (holder, card.serial))

    def at_reader(self, readers: Readers) -> None:
        """Readers or cards changed: ask whoever holds the virtual readers which cards are in them.

        The cards themselves are left alone: programs are just beginning to read them.
        """
        if os.environ.get(CONTROL_VARIABLE) and any(each.card for each in readers.seen):
            try:
                cards = cards_in_readers()
            except HarnessError:  # nobody there to ask any more
                return
            for card in cards:
                self.of_card(card)

    def _told(self, found: tuple[Holder, bytes] | None) -> None:
        if found is not None:
            self._meet(*found)
            self._met.add(found[1])
