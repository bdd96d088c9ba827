"""All criteria, by id, in the order in which a campaign measures them: one module a family.

What leaves the reader without its card for a moment comes late, what counts over all of it later, and the soak last. What
needs the test card comes together, so that it is put in once where it takes the place of the campaign's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import ModuleType

from harness.qualify.criteria import (
    atr,
    buffers,
    echoes,
    identity,
    next_person,
    odd_cards,
    paper,
    pin_pad,
    power,
    presence,
    protocols,
    removal,
    resets,
    sharing,
    soak,
    stalls,
    thai_card,
    timing,
    transfers,
    unplug,
)
from harness.qualify.criterion import Criterion, Declarations, Need

_WITH_CARD_AT_REST = (
    identity,
    pin_pad,
    atr,
    protocols,
    transfers,
    echoes,
    buffers,
    timing,
    thai_card,
    resets,
    power,
    sharing,
)
_WITH_CARD_MOVED = (removal, next_person, presence, odd_cards, unplug, stalls, paper, soak)


def _of(families: Iterable[ModuleType]) -> Iterator[Criterion]:
    for family in families:
        declared: Declarations = family.declare
        yield from declared.criteria


def _in_order() -> Iterator[Criterion]:
    at_rest = list(_of(_WITH_CARD_AT_REST))
    yield from (each for each in at_rest if Need.FAULT_CARD not in each.needs)
    yield from (each for each in at_rest if Need.FAULT_CARD in each.needs)
    yield from _of(_WITH_CARD_MOVED)


CRITERIA: dict[str, Criterion] = {criterion.id: criterion for criterion in _in_order()}
