"""All criteria, by id, in the order in which a campaign measures them: one module a family.

What leaves the reader without its card for a moment comes late, and the soak last.
"""

from __future__ import annotations

from harness.qualify.criteria import (
    atr,
    buffers,
    identity,
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
    thai_card,
    timing,
    transfers,
    unplug,
)
from harness.qualify.criterion import Criterion

CRITERIA: dict[str, Criterion] = {
    criterion.id: criterion
    for family in (
        identity,
        pin_pad,
        atr,
        protocols,
        transfers,
        buffers,
        timing,
        thai_card,
        resets,
        power,
        sharing,
        presence,
        odd_cards,
        removal,
        unplug,
        paper,
        soak,
    )
    for criterion in family.declare.criteria
}
