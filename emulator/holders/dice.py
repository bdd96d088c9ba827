"""Chance that makes synthetic people: the same on every machine and Python for one seed."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeVar

_Item = TypeVar("_Item")


class Dice:
    """All chance of one seed, from ``random.Random(seed).random()``: the one method whose sequence Python promises to keep."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed).random
        """The next number, at least 0 and below 1."""

    def below(self, bound: int) -> int:
        return int(self.chance() * bound)

    def pick(self, items: Sequence[_Item]) -> _Item:
        return items[int(self.chance() * len(items))]

    def one_in(self, bound: int) -> bool:
        return self.below(bound) == 0

    def digits(self, count: int) -> str:
        return f"{self.below(10**count):0{count}d}"
