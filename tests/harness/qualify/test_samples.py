"""Percentiles: by their definition, and one for limits, tables, plots and comparisons."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.qualify import compare
from harness.qualify.criteria import timing
from harness.qualify.criterion import CannotMeasure
from harness.qualify.report import plots
from harness.qualify.samples import percentile


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=200), st.integers(1, 100))
def test_the_smallest_sample_that_a_share_is_not_above(samples: list[int], percent: int) -> None:
    enough = Fraction(percent, 100) * len(samples)
    expected = min(each for each in samples if sum(other <= each for other in samples) >= enough)
    assert percentile(samples, percent / 100) == expected


@pytest.mark.parametrize(
    ("samples", "share", "expected"), [([1, 2], 0.5, 1), ([5], 0.99, 5), (list(range(1, 41)), 0.95, 38)]
)
def test_by_hand(samples: list[float], share: float, expected: float) -> None:
    assert percentile(samples, share) == expected


def test_nothing_has_no_percentile() -> None:
    with pytest.raises(CannotMeasure):
        percentile([], 0.5)


@given(st.lists(st.floats(0, 1000), min_size=1, max_size=60))
def test_the_bootstrap_s_median_is_the_same(samples: list[float]) -> None:
    many = np.asarray([samples, samples[::-1]])
    assert compare._median(many).tolist() == [percentile(samples, 0.5)] * 2


def test_there_is_one_definition() -> None:
    for module in (timing, plots, compare):
        assert vars(module)["percentile"] is percentile
