"""Citizens to be asked about, each in one of the states that matter, and who asks."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from apdu_specs import citizen_id
from apdu_specs.values import BuddhistDate, Sex
from emulator.offices.citizens.citizen import Citizen, Entitlement, Home
from emulator.offices.citizens.hospitals import hospitals_of
from tests.emulator.offices.rooms import CITIZEN, Rooms

ENTITLED, WITHOUT_RIGHT, DECEASED, CHANGING, INSURED = (citizen_id.synthetic(n) for n in range(900, 905))
NOBODY = citizen_id.synthetic(999)
MAIN, DISTRICT, UNIT = hospitals_of("40")[:3]

RIGHT = Entitlement(
    main="UCS",
    sub="89",
    card_number="0000000042",
    since=datetime(2021, 3, 15, 17, 0, tzinfo=UTC),  # 16 March 2021, midnight in Bangkok
    until=None,
    registered_at=datetime(2021, 3, 16, 6, 11, 56, tzinfo=UTC),
    main_hospital=MAIN,
    outpatient_hospital=DISTRICT,
    sub_hospital=UNIT,
    province="40",
    paid_model="1",
)
PERSON = Citizen(
    citizen_id=ENTITLED,
    title="นาย",
    first_name="ทดสอบ",
    last_name="ระบบ",
    birth_date=BuddhistDate(2535, 3, 20),
    sex=Sex.MALE,
    home=Home("หมู่ที่ 4", "ตำบลศิลา", "อำเภอเมืองขอนแก่น", "40"),
    entitlement=RIGHT,
)


def admit_people(rooms: Rooms) -> None:
    """Put all of them on file."""
    elsewhere = hospitals_of("50")[2]
    waiting = replace(RIGHT, sub_hospital=elsewhere, since=datetime(2026, 3, 31, 17, 0, tzinfo=UTC))
    insured = replace(
        RIGHT,
        main="SSS",
        sub="S1",
        outpatient_hospital=None,
        sub_hospital=None,
        paid_model="",
        card_number="",
    )
    for person in (
        PERSON,
        replace(PERSON, citizen_id=WITHOUT_RIGHT, entitlement=None),
        replace(PERSON, citizen_id=DECEASED, deceased_at=datetime(2025, 1, 1, tzinfo=UTC)),
        replace(PERSON, citizen_id=CHANGING, pending=waiting),
        replace(PERSON, citizen_id=INSURED, title="นางสาว", sex=Sex.FEMALE, entitlement=insured),
    ):
        rooms.offices.citizens.admit(person)


def officer_token(rooms: Rooms, level: str = "authenticate") -> str:
    """The smctoken of CITIZEN, who becomes an officer of that level."""
    rooms.grant(level)
    return rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken
