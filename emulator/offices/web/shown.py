"""Dates, citizen ids and telephone numbers as Thai offices write them; dates in Bangkok's time."""

from __future__ import annotations

import itertools
import re
from datetime import datetime

from apdu_specs.bangkok import BANGKOK
from apdu_specs.dates import day_said
from apdu_specs.language import Language, Text

_ID_CUTS = (0, 1, 5, 10, 12, 13)
_PHONE = re.compile(r"(0[0-9]{8,9})(?:(ต่อ|ext\.?|#)([0-9]{1,5}))?")


def buddhist_day(instant: datetime, language: Language) -> str:
    """As 10 มี.ค. 2569; in English with the Common Era's year."""
    return day_said(instant.astimezone(BANGKOK), language)


def buddhist_time(instant: datetime, language: Language) -> str:
    """As 10 มี.ค. 2569 เวลา 12:00 น."""
    clock = f"{instant.astimezone(BANGKOK):%H:%M}"
    day = buddhist_day(instant, language)
    return f"{day} เวลา {clock} น." if language == "th" else f"{day}, {clock}"


def grouped_id(citizen_id: str) -> str:
    """As it is printed on the card: 1 2345 67890 12 3."""
    return " ".join(citizen_id[start:end] for start, end in itertools.pairwise(_ID_CUTS))


def grouped_phone(number: str) -> str:
    """02-123-4567, 043-123-456, 081-234-5678, with an extension behind; what is no such number as it is."""
    found = _PHONE.fullmatch(number)
    if found is None:
        return number
    digits, word, extension = found.groups()
    area = 2 if digits.startswith("02") else 3
    shown = f"{digits[:area]}-{digits[area : area + 3]}-{digits[area + 3 :]}"
    return f"{shown} {word} {extension}" if word else shown


def waiting_time(seconds: int) -> Text:
    """How long to wait: 45 seconds, 1 minute, 1 minute 30 seconds."""
    parts = [
        (count, english, thai)
        for count, english, thai in ((seconds // 60, "minute", "นาที"), (seconds % 60, "second", "วินาที"))
        if count
    ]
    return Text(
        " ".join(f"{count} {english}{'' if count == 1 else 's'}" for count, english, _ in parts),
        " ".join(f"{count} {thai}" for count, _, thai in parts),
    )
