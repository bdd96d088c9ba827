"""The time of Thailand: the zone of everything a person reads, and the midnight at which NHSO's tokens end."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone

BANGKOK = timezone(timedelta(hours=7), "Asia/Bangkok")
"""Thailand has one time zone and no summer time, so no zone database is needed."""


def local_time(instant: datetime) -> str:
    """As services write it, ISO without zone and fraction: ``2025-11-07T17:26:31``."""
    return instant.astimezone(BANGKOK).replace(tzinfo=None).isoformat(timespec="seconds")


def next_midnight(instant: datetime) -> datetime:
    """The first 00:00 in Bangkok that is later than ``instant``, which has a time zone."""
    tomorrow = instant.astimezone(BANGKOK).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, BANGKOK)
