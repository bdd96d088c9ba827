"""All criteria, by id, in the order in which a campaign measures them: one module a family.

What leaves the reader without its card for a moment comes late, and the soak last.
"""

from __future__ import annotations

from harness.qualify.criteria import (
    atr,
    buffers,
    identity,
    paper,
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
        atr,
        protocols,
        transfers,
        buffers,
        timing,
        thai_card,
        resets,
        sharing,
        presence,
        removal,
        unplug,
        paper,
        soak,
    )
    for criterion in family.declare.criteria
}
