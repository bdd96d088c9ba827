"""A letter that is in order, to be spoilt."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from emulator.offices.rights.letter import Letter, OfficerEntry
from tests.emulator.offices.rooms import CITIZEN, OTHER_CITIZEN

ENTRY = OfficerEntry(
    name="นางสาวทดสอบ ระบบ",
    level="register",
    pid=CITIZEN,
    office_phone="043123456",
    mobile="0812345678",
    email="one@example.org",
)
OTHER_ENTRY = OfficerEntry(
    name="นายตัวอย่าง ระบบ",
    level="search",
    pid=OTHER_CITIZEN,
    office_phone="043123456ต่อ12",
    mobile="0912345678",
    email="two@example.org",
)
LETTER = Letter(
    organisation_name="โรงพยาบาลตัวอย่าง",
    organisation="99999",
    region="7",
    letter_number="ตย 0001/1",
    address="1 หมู่ที่ 1 ตำบลศิลา อำเภอเมืองขอนแก่น จังหวัดขอนแก่น",
    phone="043123456",
    fax="",
    superior_name="นายใจดี มีสุข",
    superior_position="ผู้อำนวยการ",
    officers=(ENTRY, OTHER_ENTRY),
)


def as_json(letter: Letter = LETTER) -> dict[str, Any]:
    """As the API takes it."""
    return {
        **asdict(letter),
        "region": int(letter.region),
        "officers": [asdict(each) for each in letter.officers],
    }


def as_form(letter: Letter = LETTER) -> dict[str, str]:
    """As the page sends it."""
    fields = {name: value for name, value in asdict(letter).items() if name != "officers"}
    for number, officer in enumerate(letter.officers):
        fields |= {f"officers-{number}-{name}": value for name, value in asdict(officer).items()}
    return fields
