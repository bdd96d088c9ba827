"""Dates as Thai offices write them: Bangkok's time, years of the Buddhist era."""

from __future__ import annotations

from datetime import datetime

from apdu_specs.language import Language
from emulator.offices.clock import BANGKOK

_MONTHS = {
    "th": ["ม.ค.", "ก.พ.", "มี.ค.", "เม.ย.", "พ.ค.", "มิ.ย.", "ก.ค.", "ส.ค.", "ก.ย.", "ต.ค.", "พ.ย.", "ธ.ค."],
    "en": ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
}
_BUDDHIST_ERA = 543


def buddhist_day(instant: datetime, language: Language) -> str:
    """As 10 มี.ค. 2569; in English with the Common Era's year."""
    there = instant.astimezone(BANGKOK)
    year = there.year + _BUDDHIST_ERA if language == "th" else there.year
    return f"{there.day} {_MONTHS[language][there.month - 1]} {year}"


def buddhist_time(instant: datetime, language: Language) -> str:
    """As 10 มี.ค. 2569 เวลา 12:00 น."""
    clock = f"{instant.astimezone(BANGKOK):%H:%M}"
    day = buddhist_day(instant, language)
    return f"{day} เวลา {clock} น." if language == "th" else f"{day}, {clock}"
