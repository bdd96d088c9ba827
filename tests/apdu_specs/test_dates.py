"""Days in words."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from apdu_specs.bangkok import local_time
from apdu_specs.dates import buddhist_day_said, day_said
from apdu_specs.language import Language


@pytest.mark.parametrize(
    ("day", "language", "said"),
    [
        (date(2026, 3, 10), "th", "10 มี.ค. 2569"),
        (date(2026, 3, 10), "en", "10 Mar 2026"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "th", "31 ธ.ค. 2569"),
        (date(1, 1, 1), "en", "1 Jan 1"),
    ],
)
def test_a_day(day: date, language: Language, said: str) -> None:
    assert day_said(day, language) == said


@pytest.mark.parametrize(
    ("month", "day", "thai", "english"),
    [
        (5, 9, "9 พ.ค. 2500", "9 May 1957"),
        (5, None, "พ.ค. 2500", "May 1957"),
        (None, None, "2500", "1957"),
        (None, 9, "9 2500", "9 1957"),
    ],
)
def test_what_is_unknown_is_left_out(month: int | None, day: int | None, thai: str, english: str) -> None:
    assert buddhist_day_said(2500, month, day, "th") == thai
    assert buddhist_day_said(2500, month, day, "en") == english


def test_an_instant_as_services_write_it() -> None:
    assert local_time(datetime(2026, 3, 9, 17, 0, 1, 999999, tzinfo=UTC)) == "2026-03-10T00:00:01"
