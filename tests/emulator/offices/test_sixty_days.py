"""The 60-day rule: calendar days in Bangkok; the 60th idle day is within, the 61st is not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.offices.sixty_days import has_lapsed, idle_days

# Written as a Thai wall clock, and apart from the offices' own zone.
THAI = timezone(timedelta(hours=7))
LAST_USED = datetime(2026, 1, 1, 0, 0, tzinfo=THAI)


@pytest.mark.parametrize(
    ("now", "days", "lapsed"),
    [
        (datetime(2026, 1, 1, 23, 59, tzinfo=THAI), 0, False),
        (datetime(2026, 1, 2, 0, 0, tzinfo=THAI), 1, False),
        (datetime(2026, 3, 2, 0, 0, tzinfo=THAI), 60, False),
        (datetime(2026, 3, 2, 23, 59, 59, tzinfo=THAI), 60, False),
        (datetime(2026, 3, 3, 0, 0, tzinfo=THAI), 61, True),
        (datetime(2025, 12, 1, 0, 0, tzinfo=THAI), 0, False),
    ],
)
def test_both_sides_of_the_sixtieth_day(now: datetime, days: int, lapsed: bool) -> None:
    assert idle_days(LAST_USED, now) == days
    assert has_lapsed(LAST_USED, now) is lapsed


instants = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))


@given(last_used=instants, later=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_right_stands_exactly_until_the_end_of_the_sixtieth_day(
    last_used: datetime, later: timedelta
) -> None:
    used_on: date = (last_used + timedelta(hours=7)).date()
    first_day_too_late = datetime.combine(used_on + timedelta(days=61), datetime.min.time(), THAI)
    assert has_lapsed(last_used, last_used + later) is (last_used + later >= first_day_too_late)


@given(last_used=instants, now=instants, zone_hours=st.integers(-12, 14))
def test_the_zone_an_instant_is_written_in_does_not_matter(
    last_used: datetime, now: datetime, zone_hours: int
) -> None:
    zone = timezone(timedelta(hours=zone_hours))
    assert idle_days(last_used.astimezone(zone), now) == idle_days(last_used, now.astimezone(zone))
