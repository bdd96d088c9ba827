"""What ``ci/soak`` makes of the memory it saw."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

SCRIPT = Path(__file__).resolve().parents[3] / "ci" / "soak.py"
SPEC = importlib.util.spec_from_file_location("soak", SCRIPT)
assert SPEC and SPEC.loader
soak = importlib.util.module_from_spec(SPEC)
SPEC.loader.exec_module(soak)


def test_growth_is_carried_on_to_an_hour() -> None:
    seen = [(float(at), (50 * 1024) + at * 2) for at in range(301)]  # 2 KiB a second
    assert soak.judged(seen, 300.0) == {
        "median": 50.4,
        "highest": 50.6,
        "growth_per_hour": 7.0,
        "after_an_hour": 57.6,
    }


def test_what_comes_after_the_soak_is_no_growth() -> None:
    seen = [(float(at), 50 * 1024) for at in range(300)] + [(300.0, 90 * 1024), (301.0, 95 * 1024)]
    figures = soak.judged(seen, 299.0)
    assert (figures["growth_per_hour"], figures["highest"], figures["after_an_hour"]) == (0.0, 95.0, 95.0)


@given(st.lists(st.integers(1, 400_000), min_size=20, max_size=60))
def test_an_hour_is_never_below_what_was_seen(sizes: list[int]) -> None:
    figures = soak.judged([(float(at), size) for at, size in enumerate(sizes)], len(sizes) - 1.0)
    assert figures["after_an_hour"] >= figures["highest"] >= figures["median"]
