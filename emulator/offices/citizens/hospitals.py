"""Synthetic hospitals: a main hospital, a district hospital and primary care units in every province.

Codes begin with 99, which no real hospital's code does as far as is public (``assumed``); names carry the word
ตัวอย่าง (example), as the hospitals on virtual cards do.
"""

from __future__ import annotations

from functools import cache

from emulator.holders.places import PLACES
from emulator.offices.citizens.citizen import Hospital
from emulator.offices.citizens.provinces import BANGKOK, PROVINCES, province_code

UNITS_A_PROVINCE = 9
NEWCOMERS_FROM = 99_900
"""Codes from here on are given to hospitals that a card names and nobody knew."""

_VILLAGES = ("บ้านสุขใจ", "บ้านร่มเย็น", "บ้านสามัคคี", "บ้านร่วมพัฒนา", "บ้านใหม่", "บ้านหนองน้ำใส", "บ้านโพธิ์ทอง")


@cache
def hospitals() -> tuple[Hospital, ...]:
    """All of them, in the order of their codes: of each province the main hospital first, then the district's."""
    made: list[Hospital] = []
    for province in PROVINCES:
        for name in _names(province):
            made.append(Hospital(f"{99_000 + len(made):05d}", name, province))
    return tuple(made)


@cache
def hospitals_of(province: str) -> tuple[Hospital, ...]:
    """Those of one province (its code); the first is the main one, the second the district's."""
    return tuple(each for each in hospitals() if each.province == province)


def _names(province: str) -> list[str]:
    name = PROVINCES[province]
    large = [f"โรงพยาบาลตัวอย่าง{name}", f"โรงพยาบาลชุมชนตัวอย่าง{name}"]
    if province == BANGKOK:
        return large + [f"ศูนย์บริการสาธารณสุขตัวอย่าง {number}" for number in range(1, 61)]
    tambons = [place.tambon for place in PLACES if province_code(place.changwat) == province]
    villages = [f"{village}{name}" for village in _VILLAGES]
    units = (tambons + villages)[:UNITS_A_PROVINCE]
    return large + [f"โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่าง{unit}" for unit in units]
