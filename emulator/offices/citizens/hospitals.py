"""Synthetic hospitals: a main hospital, a district hospital and primary care units in every province.

Codes begin with 99, which no real hospital's code does as far as is public (``assumed``); names carry the word
ตัวอย่าง (example), as the hospitals on virtual cards do. English names are put together from the same parts; the parts'
spellings are the customary ones (``assumed`` where several are in use).
"""

from __future__ import annotations

from functools import cache

from apdu_specs import provinces
from apdu_specs.language import Text
from emulator.holders.places import PLACES
from emulator.offices.citizens.citizen import Hospital
from emulator.offices.citizens.provinces import BANGKOK, PROVINCES, province_code

UNITS_A_PROVINCE = 9
NEWCOMERS_FROM = 99_900
"""Codes from here on are given to hospitals that a card names and nobody knew."""

_VILLAGES = (
    Text("Ban Suk Chai", "บ้านสุขใจ"),
    Text("Ban Rom Yen", "บ้านร่มเย็น"),
    Text("Ban Samakkhi", "บ้านสามัคคี"),
    Text("Ban Ruam Phatthana", "บ้านร่วมพัฒนา"),
    Text("Ban Mai", "บ้านใหม่"),
    Text("Ban Nong Nam Sai", "บ้านหนองน้ำใส"),
    Text("Ban Pho Thong", "บ้านโพธิ์ทอง"),
)
_TAMBONS = {
    "สุเทพ": "Suthep",
    "แม่เหียะ": "Mae Hia",
    "ริมใต้": "Rim Tai",
    "เวียง": "Wiang",
    "แม่สาย": "Mae Sai",
    "วังทอง": "Wang Thong",
    "นครไทย": "Nakhon Thai",
    "ศิลา": "Sila",
    "ชุมแพ": "Chum Phae",
    "หมากแข้ง": "Mak Khaeng",
    "กุมภวาปี": "Kumphawapi",
    "วารินชำราบ": "Warin Chamrap",
    "ในเมือง": "Nai Mueang",
    "หมูสี": "Mu Si",
    "บางกระสอ": "Bang Kraso",
    "ปากเกร็ด": "Pak Kret",
    "หนองปรือ": "Nong Prue",
    "สุรศักดิ์": "Surasak",
    "ตลาดใหญ่": "Talat Yai",
    "ป่าตอง": "Patong",
    "ท่าข้าม": "Tha Kham",
    "อ่างทอง": "Ang Thong",
    "หาดใหญ่": "Hat Yai",
    "บ่อยาง": "Bo Yang",
}
"""The subdistricts of ``PLACES`` outside Bangkok."""


@cache
def hospitals() -> tuple[Hospital, ...]:
    """All of them, in the order of their codes: of each province the main hospital first, then the district's."""
    made: list[Hospital] = []
    for province in PROVINCES:
        for name in _names(province):
            made.append(Hospital(f"{99_000 + len(made):05d}", name.th, province, name.en))
    return tuple(made)


@cache
def hospitals_of(province: str) -> tuple[Hospital, ...]:
    """Those of one province (its code); the first is the main one, the second the district's."""
    return tuple(each for each in hospitals() if each.province == province)


def _names(province: str) -> list[Text]:
    name = provinces.PROVINCES[province]
    large = [
        Text(f"{name.en} Example Hospital", f"โรงพยาบาลตัวอย่าง{name.th}"),
        Text(f"{name.en} Example Community Hospital", f"โรงพยาบาลชุมชนตัวอย่าง{name.th}"),
    ]
    if province == BANGKOK:
        return large + [
            Text(f"Example Public Health Center {number}", f"ศูนย์บริการสาธารณสุขตัวอย่าง {number}")
            for number in range(1, 61)
        ]
    tambons = [
        Text(_TAMBONS[place.tambon], place.tambon)
        for place in PLACES
        if province_code(place.changwat) == province
    ]
    villages = [Text(f"{village.en} {name.en}", f"{village.th}{name.th}") for village in _VILLAGES]
    return large + [_promoting(unit) for unit in (tambons + villages)[:UNITS_A_PROVINCE]]


def _promoting(unit: Text) -> Text:
    return Text(
        f"{unit.en} Example Subdistrict Health Promoting Hospital", f"โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่าง{unit.th}"
    )
