"""An actuator that moves the cards of a bench."""

from __future__ import annotations

import time

from apdu_specs.odd_atrs import OddCard
from emulator.odd_card import odd_card
from harness.bench import Bench
from harness.qualify.actuator import Actuator


class Hand(Actuator):
    """Moves the cards of a bench."""

    kind = "hand"
    precise = True
    can_pull_in_mid_apdu = True
    odd_cards = frozenset(OddCard)

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def insert(self) -> int | None:
        self._bench.push()
        return time.monotonic_ns()

    def remove(self) -> int | None:
        self._bench.pull()
        return time.monotonic_ns()

    def insert_odd(self, card: OddCard) -> int | None:
        self._bench.push(other=odd_card(card))
        return time.monotonic_ns()
