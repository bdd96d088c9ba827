"""What is said of many samples: one definition, for limits, tables, plots and comparisons."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from apdu_specs.language import Text
from harness.qualify.criterion import CannotMeasure

_ROUNDING = 1e-9  # 0.07 * 100 is a little more than 7


def rank(count: int, share: float) -> int:
    """The place, from 0, that ``percentile`` has among ``count`` samples in order."""
    return min(count - 1, max(0, ceil(share * count - _ROUNDING) - 1))


def percentile(samples: Sequence[float], share: float) -> float:
    """The smallest sample that at least ``share`` of all are not above; CannotMeasure without samples."""
    if not samples:
        raise CannotMeasure(Text("Nothing was measured.", "ไม่มีค่าที่วัดได้"))
    return sorted(samples)[rank(len(samples), share)]
