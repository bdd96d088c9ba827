"""The cards that are put into a reader to try it, beside the one at hand."""

from __future__ import annotations

from apdu_specs.odd_atrs import OddCard
from emulator.card.card import Card
from emulator.card.issue import MAX_SEED, card_from_seed, card_in_memory
from emulator.test_card import TestCard

_LAST_HOLDER = MAX_SEED
"""Whom hardly anybody chooses for the card at hand."""


def odd_card(which: OddCard) -> Card | TestCard:
    """A new one, fresh from its maker."""
    if which is OddCard.ANOTHER:
        return card_in_memory(card_from_seed(_LAST_HOLDER))
    return TestCard(which.atr)
