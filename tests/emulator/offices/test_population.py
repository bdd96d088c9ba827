"""The synthetic population: the same from the same seed, nobody twice, rights that fit ages, every kind of fate."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import citizen_id, entitlements
from apdu_specs import provinces as apdu_provinces
from apdu_specs.values import BuddhistDate
from emulator.holders import holder_from_seed
from emulator.holders.dice import Dice
from emulator.holders.odd import ODD_HOLDERS
from emulator.offices.citizens.citizen import Entitlement, age_on, today_in_bangkok
from emulator.offices.citizens.hospitals import NEWCOMERS_FROM, hospitals, hospitals_of
from emulator.offices.citizens.population import (
    SHARES,
    _change,
    citizen_from_seed,
    citizen_number,
    citizens,
)
from emulator.offices.citizens.provinces import PROVINCES, province_code
from tests.emulator.offices.rooms import Rooms

ON = date(2026, 3, 10)
seeds = st.integers(0, 2**40)
numbers = st.integers(0, 10**7 - 1)
days = st.dates(date(2026, 1, 1), date(2060, 12, 31))


@given(seeds, numbers, days)
def test_a_citizen_is_their_seed_and_number(seed: int, number: int, on: date) -> None:
    person = citizen_from_seed(seed, number, on)
    assert person == citizen_from_seed(seed, number, on)
    assert person.citizen_id == citizen_number(seed, number)
    assert citizen_id.is_valid(person.citizen_id) and person.citizen_id.startswith("19999")
    assert person.citizen_id not in repr(person) and person.first_name not in repr(person)


@given(seeds, numbers, days, days)
def test_only_rights_and_titles_follow_the_day(seed: int, number: int, one: date, other: date) -> None:
    here, there = citizen_from_seed(seed, number, one), citizen_from_seed(seed, number, other)
    for name in ("citizen_id", "first_name", "last_name", "birth_date", "sex", "home"):
        assert getattr(here, name) == getattr(there, name)


@given(seeds, st.sets(numbers, max_size=30))
def test_no_two_of_a_population_share_an_id(seed: int, some: set[int]) -> None:
    assert len({citizen_number(seed, number) for number in some}) == len(some)


def sub_right_fits(right: Entitlement, birth_date: BuddhistDate, on: date) -> bool:
    """Whether somebody of that age may have this right, as ``SHARES`` has it."""
    age = age_on(birth_date, on)[0]
    shares = [each for each in SHARES if each.right.code == right.main and each.sub_code == right.sub]
    return any(each.youngest <= age <= each.oldest for each in shares)


@given(seeds, numbers, days)
def test_rights_fit_ages_titles_and_hospitals(seed: int, number: int, on: date) -> None:
    person = citizen_from_seed(seed, number, on)
    age = person.age_on(on)[0]
    assert (person.title in ("เด็กชาย", "เด็กหญิง")) == (age < 15)
    assert person.home.province in PROVINCES
    right = person.entitlement
    if right is None:
        assert person.pending is None
        return
    assert sub_right_fits(right, person.birth_date, on)
    assert age <= 12 or right.sub != "71"
    assert age >= 60 or right.sub != "77"
    assert 13 <= age <= 59 or right.sub != "89"
    assert today_in_bangkok(right.since) >= (person.birth_date.to_christian() or date.max)
    assert (right.sub_hospital is not None) == right.right.is_universal
    if right.sub_hospital is not None:
        assert right.sub_hospital.province == right.province == person.home.province


@given(seeds, numbers, days)
def test_a_pending_change_can_happen(seed: int, number: int, on: date) -> None:
    """Every change is looked at, also of those who have none pending by chance."""
    person = citizen_from_seed(seed, number, on)
    right = person.entitlement
    if right is None:
        return
    change = person.pending or _change(Dice(seed), right, on)
    if change is None:
        ends_tomorrow = (
            right.until is not None and today_in_bangkok(right.until).toordinal() <= on.toordinal() + 1
        )
        assert right.main_hospital is None or ends_tomorrow
        return
    assert right.main_hospital is not None and change.main_hospital is not None
    assert on < today_in_bangkok(change.since) <= date.fromordinal(on.toordinal() + 365)
    assert change.until == right.until and (change.until is None or change.since < change.until)
    assert (change.main, change.sub) == (right.main, right.sub)
    assert change.main_hospital.province == change.province != right.province
    for name in ("main_hospital", "outpatient_hospital", "sub_hospital"):
        assert (getattr(change, name) is None) == (getattr(right, name) is None)


@given(seeds, numbers, days)
def test_a_right_ends_when_its_age_does(seed: int, number: int, on: date) -> None:
    person = citizen_from_seed(seed, number, on)
    right = person.entitlement
    if right is None or right.until is None:
        return
    eve = today_in_bangkok(right.until).toordinal() - 1
    assert sub_right_fits(right, person.birth_date, date.fromordinal(eve))
    assert not sub_right_fits(right, person.birth_date, date.fromordinal(eve + 1))
    assert person.as_of(right.until).entitlement != right


def test_every_kind_of_right_and_fate_occurs() -> None:
    people = list(citizens(7, 4_000, ON))
    kinds = Counter((p.entitlement.main, p.entitlement.sub) for p in people if p.entitlement)
    assert {main for main, _ in kinds} == {"UCS", "WEL", "OFC", "LGO", "PVT", "SSS", "COR", "OTH"}
    assert {sub for _, sub in kinds} - {""} == set(entitlements.SUB_RIGHTS)
    assert any(p.deceased_at for p in people)
    assert any(p.entitlement is None and p.deceased_at is None for p in people)
    assert any(p.pending for p in people)
    assert {p.home.province for p in people} == set(PROVINCES)


def test_known_people_stay_who_they_are() -> None:
    people = list(citizens(1, 3, ON))
    assert [
        (p.citizen_id, p.title, p.first_name, p.last_name, p.birth_date.digits()) for p in people
    ] == KNOWN


KNOWN = [
    ("1999909193698", "นาย", "สมชาย", "ศรีสว่าง", "25290826"),
    ("1999976197861", "นาย", "ปกรณ์", "ยิ่งชาติ", "25431020"),
    ("1999943202033", "นางสาว", "สุรีย์", "พูนชาติ", "25330424"),
]


@pytest.mark.parametrize(("seed", "count"), [(-1, 1), (0, -1), (0, 10**7 + 1)])
def test_what_is_no_population(seed: int, count: int) -> None:
    with pytest.raises(ValueError, match="population"):
        citizens(seed, count, ON)


def test_hospitals_are_plausible_and_synthetic() -> None:
    all_of_them = hospitals()
    assert (
        len({each.code for each in all_of_them})
        == len({each.name for each in all_of_them})
        == len(all_of_them)
    )
    assert all(each.code.startswith("99") and len(each.code) == 5 for each in all_of_them)
    assert int(all_of_them[-1].code) < NEWCOMERS_FROM
    assert all("ตัวอย่าง" in each.name for each in all_of_them)
    assert all(len(hospitals_of(code)) >= 3 for code in PROVINCES)


def test_provinces() -> None:
    assert len(PROVINCES) == 77
    assert (PROVINCES["10"], PROVINCES["40"], PROVINCES["96"]) == ("กรุงเทพมหานคร", "ขอนแก่น", "นราธิวาส")
    assert (province_code("จังหวัดขอนแก่น"), province_code("กรุงเทพมหานคร"), province_code("ไม่มี")) == (
        "40",
        "10",
        None,
    )


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        (BuddhistDate(2548, 3, 20), date(2025, 11, 7), (20, 7, 18)),
        (BuddhistDate(2543, 2, 29), date(2026, 2, 28), (25, 11, 30)),
        (BuddhistDate(2543, 1, 31), date(2026, 3, 1), (26, 1, 1)),
        (BuddhistDate(2569, 3, 10), date(2026, 3, 10), (0, 0, 0)),
        (BuddhistDate(2569, 3, 11), date(2026, 3, 10), (0, 0, 0)),
        (BuddhistDate(2500, None, None), date(2026, 3, 10), (69, 2, 9)),
    ],
)
def test_ages(born: BuddhistDate, day: date, age: tuple[int, int, int]) -> None:
    assert age_on(born, day) == age


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.dates(date(2026, 1, 1), date(2100, 1, 1)))
def test_an_age_is_completed_years_months_and_days(born: date, day: date) -> None:
    years, months, rest = age_on(BuddhistDate.from_christian(born), day)
    assert years == day.year - born.year - ((day.month, day.day) < (born.month, born.day))
    assert 0 <= months < 12 and 0 <= rest <= 31


def test_populating_twice_adds_nobody_twice(rooms: Rooms) -> None:
    register = rooms.offices.citizens
    assert register.populate(3, 200, ON) == 200
    assert register.populate(3, 200, ON) == 0
    assert register.populate(3, 250, ON) == 50
    for person in citizens(3, 250, ON):
        found = register.search(person.citizen_id)
        assert found is not None
        assert found == person.as_of(rooms.clock.now())


def test_every_holder_can_be_asked_about(rooms: Rooms) -> None:
    register = rooms.offices.citizens
    holders = [holder_from_seed(seed) for seed in range(12)] + [
        odd.holder(100 + n) for n, odd in enumerate(ODD_HOLDERS.values())
    ]
    for holder in holders:
        register.admit_holder(holder)
        found = register.search(holder.citizen_id)
        assert found is not None
        assert (found.last_name, found.birth_date) == (holder.thai_name.last.strip(), holder.birth_date)
        if holder.rights is not None and found.entitlement is not None:
            assert holder.rights.main_inscl.startswith(f"({found.entitlement.main})")


def test_a_holders_hospitals_are_those_on_the_card(rooms: Rooms) -> None:
    holder = holder_from_seed(5)
    rooms.offices.citizens.admit_holder(holder)
    found = rooms.offices.citizens.search(holder.citizen_id)
    assert found is not None and found.entitlement is not None and holder.rights is not None
    assert found.entitlement.main_hospital is not None
    assert found.entitlement.main_hospital.name == holder.rights.main_hospital
    assert found.entitlement.sub_hospital is not None
    assert found.entitlement.sub_hospital.name == holder.rights.sub_hospital


def test_a_hospital_that_only_a_card_names_gets_a_code(rooms: Rooms) -> None:
    register, codes = rooms.offices.citizens, []
    for seed, name in ((5, "รพ.ใหม่หนึ่ง"), (6, "รพ.ใหม่สอง"), (7, "รพ.ใหม่หนึ่ง")):
        holder = holder_from_seed(seed)
        assert holder.rights is not None
        register.admit_holder(
            replace(holder, rights=replace(holder.rights, main_hospital=name, sub_hospital=""))
        )
        found = register.search(holder.citizen_id)
        assert found is not None and found.entitlement is not None
        assert found.entitlement.sub_hospital is None and found.entitlement.main_hospital is not None
        assert register.hospital(found.entitlement.main_hospital.code) == found.entitlement.main_hospital
        codes.append((found.entitlement.main_hospital.code, found.entitlement.main_hospital.name))
    assert codes == [("99900", "รพ.ใหม่หนึ่ง"), ("99901", "รพ.ใหม่สอง"), ("99900", "รพ.ใหม่หนึ่ง")]
    assert register.hospital("99000") == hospitals()[0] and register.hospital("00000") is None


def test_a_holder_takes_the_place_of_somebody_synthetic_but_keeps_their_own_changes(rooms: Rooms) -> None:
    register, holder = rooms.offices.citizens, holder_from_seed(5)
    first = next(citizens(1, 1, ON))
    register.admit(replace(first, citizen_id=holder.citizen_id))
    register.admit_holder(holder)
    before = register.search(holder.citizen_id)
    assert before is not None and before.first_name == holder.thai_name.first
    register.register(holder.citizen_id, hospitals_of("50")[3].code, by="1999900000013")
    changed = register.search(holder.citizen_id)
    register.admit_holder(holder)
    assert register.search(holder.citizen_id) == changed != before


def test_a_right_whose_time_has_come_takes_its_place() -> None:
    person = next(p for p in citizens(7, 400, ON) if p.pending)
    assert person.pending is not None
    before = datetime(2026, 3, 10, tzinfo=UTC)
    assert person.as_of(before) == person
    after = person.as_of(person.pending.since)
    assert after.entitlement == person.pending and after.pending is None


# --- hospitals in English -----------------------------------------------------------------------------------------------


def test_every_hospital_has_an_english_name_of_its_own() -> None:
    named = [each.english for each in hospitals()]
    assert len(set(named)) == len(named) == len({each.name for each in hospitals()})
    for each in hospitals():
        assert each.english.isascii() and each.english[:1].isupper() and "Example" in each.english
        if each.province != "10":
            assert apdu_provinces.PROVINCES[each.province].en in each.english or "Subdistrict" in each.english


@pytest.mark.parametrize(
    ("thai", "english"),
    [
        ("โรงพยาบาลตัวอย่างเชียงใหม่", "Chiang Mai Example Hospital"),
        ("โรงพยาบาลชุมชนตัวอย่างพังงา", "Phang-nga Example Community Hospital"),
        ("ศูนย์บริการสาธารณสุขตัวอย่าง 7", "Example Public Health Center 7"),
        ("โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างหาดใหญ่", "Hat Yai Example Subdistrict Health Promoting Hospital"),
        (
            "โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างบ้านใหม่แพร่",
            "Ban Mai Phrae Example Subdistrict Health Promoting Hospital",
        ),
    ],
)
def test_english_names_are_of_the_same_parts(thai: str, english: str) -> None:
    assert [each.english for each in hospitals() if each.name == thai] == [english]


@given(seeds, numbers, days)
def test_hospitals_of_the_population_are_named_in_both_languages(seed: int, number: int, on: date) -> None:
    right = citizen_from_seed(seed, number, on).entitlement
    if right is not None:
        named = (right.main_hospital, right.outpatient_hospital, right.sub_hospital)
        assert all(each.english for each in named if each is not None)
