"""Midnight in Bangkok, wherever the machine is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.bangkok import BANGKOK, next_midnight

ZONES = st.integers(-12 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
INSTANTS = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=ZONES)


def test_the_zone() -> None:
    noon = datetime(2026, 3, 10, 12, 0, tzinfo=BANGKOK)
    assert noon == datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
    assert noon.tzname() == "Asia/Bangkok"


def test_midnight_itself_is_followed_by_the_next() -> None:
    midnight = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
    assert next_midnight(midnight - timedelta(microseconds=1)) == midnight
    assert next_midnight(midnight) == datetime(2026, 3, 11, 17, 0, tzinfo=UTC)


@given(INSTANTS)
def test_the_next_midnight_is_ahead_within_a_day_and_the_first(instant: datetime) -> None:
    midnight = next_midnight(instant)
    assert timedelta(0) < midnight - instant <= timedelta(days=1)
    assert midnight.utcoffset() == timedelta(hours=7)
    assert midnight.time().isoformat() == "00:00:00"
    # 17:00 UTC, told without the module's own zone.
    assert midnight.astimezone(UTC).time().isoformat() == "17:00:00"
    assert next_midnight(midnight - timedelta(microseconds=1)) == midnight


@given(INSTANTS, ZONES)
def test_it_is_the_same_from_every_zone(instant: datetime, zone: timezone) -> None:
    assert next_midnight(instant.astimezone(zone)) == next_midnight(instant)
