"""Days as people in Thailand read them: 10 มี.ค. 2569; in English with the Common Era's year."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from apdu_specs.language import Language
from apdu_specs.values import BUDDHIST_ERA

_MONTHS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "th": ("ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."),
}


def day_said(day: date, language: Language) -> str:
    """A day of the calendar, or an instant's day in its own zone."""
    return buddhist_day_said(day.year + BUDDHIST_ERA, day.month, day.day, language)


def buddhist_day_said(year: int, month: int | None, day: int | None, language: Language) -> str:
    """``year`` is of the Buddhist era; an unknown month or day is None and left out."""
    told = [str(day)] if day else []
    told += [_MONTHS[language][month - 1]] if month else []
    return " ".join([*told, str(year if language == "th" else year - BUDDHIST_ERA)])
