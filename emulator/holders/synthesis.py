"""Synthetic holders, each reproducible from one number.

The same seed gives the same holder on every machine: chance is ``Dice``, and dates count from a fixed day, never from the
clock.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from string import ascii_uppercase

from apdu_specs import citizen_id
from apdu_specs import entitlements as e
from apdu_specs.values import Address, BuddhistDate, Name, Sex
from emulator.holders.dice import Dice
from emulator.holders.holder import Holder, Rights
from emulator.holders.names import FEMALE_NAMES, MALE_NAMES, MARRIED_AGE, SURNAME_ENDS, SURNAME_STARTS, titled
from emulator.holders.places import LANE_NAMES, PLACES, ROAD_NAMES, Place
from emulator.holders.specimen import specimen_photo

EPOCH = date(2026, 1, 1)
"""The day that stands for today, so that a seed means the same holder next year."""

YOUNGEST_CARD_AGE = 7  # the Identification Card Act gives cards from seven years on
OLDEST_AGE = 85
LIFELONG_AGE = 70  # cards issued from seventy years on never expire
VALID_YEARS = 8

SIGNATURE_LENGTH = 256
# Spreads neighbouring seeds over the synthetic citizen ids; coprime to their number, so that no two collide.
_ID_STEP, _ID_START, _ID_COUNT = 7_368_787, 1_234_567, 10**7


@dataclass(frozen=True, slots=True)
class _Life:
    """The days that matter on a card."""

    born: date
    issued: date
    today: date

    @property
    def age(self) -> int:
        return _years_between(self.born, self.today)

    @property
    def age_when_issued(self) -> int:
        return _years_between(self.born, self.issued)


def holder_from_seed(seed: int, *, today: date | None = None, youngest: int = 18) -> Holder:
    """A synthetic holder, fully determined by the arguments (the photo also by the version of Pillow).

    ``seed`` is any non-negative number; seeds below 10,000,000 have different citizen ids. On ``today``
    (default: ``EPOCH``) the holder is ``youngest`` (at least 7) to 85 years old and the card less than three.
    Raises ValueError for a negative seed or a ``youngest`` out of range.
    Source: assumed; field shapes as public readers know them.
    """
    if seed < 0:
        raise ValueError(f"a seed is not negative, got {seed}")
    if not YOUNGEST_CARD_AGE <= youngest <= OLDEST_AGE:
        raise ValueError(f"holders are {YOUNGEST_CARD_AGE} to {OLDEST_AGE} years old, got {youngest}")
    dice = Dice(seed)
    sex = dice.pick((Sex.MALE, Sex.FEMALE))
    life = _life(dice, today or EPOCH, youngest)
    place = dice.pick(PLACES)
    thai_name, english_name = _names(dice, sex, life.age_when_issued)
    issued = BuddhistDate.from_christian(life.issued)
    return Holder(
        citizen_id=citizen_id.synthetic((seed * _ID_STEP + _ID_START) % _ID_COUNT),
        thai_name=thai_name,
        english_name=english_name,
        birth_date=BuddhistDate.from_christian(life.born),
        sex=sex,
        request_number=f"9999{dice.digits(7)}/{issued.digits()}",
        issuer=_issuer(place),
        issuer_code=citizen_id.synthetic(dice.below(_ID_COUNT)),
        issue_date=issued,
        expiry_date=_expiry(life),
        card_type="01",
        photo=specimen_photo(seed, sex=sex, age=life.age_when_issued),
        address=_address(dice, place),
        photo_number=f"9999{issued.year % 100:02d}{dice.digits(8)}",
        # No FF inside: programs that search a whole dump for JPEG markers must find the photo's only.
        signature=bytes(dice.below(0xFF) for _ in range(SIGNATURE_LENGTH)),
        laser_number=dice.pick(ascii_uppercase) + dice.pick(ascii_uppercase) + dice.digits(10),
        rights=_rights(dice, life, place),
    )


def _years_between(start: date, end: date) -> int:
    return end.year - start.year - ((end.month, end.day) < (start.month, start.day))


def _years_later(day: date, years: int) -> date:
    """The same day some years on (or back); 28 February stands in for a 29th that does not exist."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


def _life(dice: Dice, today: date, youngest: int) -> _Life:
    last_birthday_allowed = _years_later(today, -youngest)
    born = last_birthday_allowed - timedelta(days=dice.below((OLDEST_AGE - youngest) * 365 + 1))
    issued = today - timedelta(days=30 + dice.below(1000))
    return _Life(born, max(issued, _years_later(born, YOUNGEST_CARD_AGE)), today)


def _expiry(life: _Life) -> BuddhistDate:
    """Eight years, prolonged to the eve of the next birthday; lifelong for the old."""
    if life.age_when_issued >= LIFELONG_AGE:
        return BuddhistDate.LIFELONG
    least = _years_later(life.issued, VALID_YEARS)
    birthday = _years_later(life.born, least.year - life.born.year)
    if birthday <= least:
        birthday = _years_later(life.born, least.year + 1 - life.born.year)
    return BuddhistDate.from_christian(birthday - timedelta(days=1))


def _names(dice: Dice, sex: Sex, age: int) -> tuple[Name, Name]:
    title = titled(sex, age, married=sex is Sex.FEMALE and age >= MARRIED_AGE and dice.one_in(2))
    first = dice.pick(MALE_NAMES if sex is Sex.MALE else FEMALE_NAMES)
    start, end = dice.pick(SURNAME_STARTS), dice.pick(SURNAME_ENDS)
    return (
        Name(title.thai, first.thai, "", start.thai + end.thai),
        Name(title.english, first.english, "", start.english + end.english),
    )


def _issuer(place: Place) -> str:
    office = f"ท้องถิ่น{place.amphoe_labelled}" if place.in_bangkok else place.amphoe_labelled
    return f"{office}/{place.changwat_labelled}"


def _address(dice: Dice, place: Place) -> Address:
    """Towns have lanes and roads, villages a moo, some places both; what is absent is an empty part."""
    rural = not place.in_bangkok and not dice.one_in(3)
    with_lane = not rural or dice.one_in(3)
    house = f"{1 + dice.below(999)}"
    lane = f"{dice.pick(LANE_NAMES)} {1 + dice.below(40)}"
    in_trok = place.in_bangkok and dice.one_in(8)
    return Address(
        house_no=f"{house}/{1 + dice.below(200)}" if dice.one_in(2) else house,
        moo=f"หมู่ที่ {1 + dice.below(15)}" if rural else "",
        trok=f"ตรอก{lane}" if in_trok else "",
        soi=f"ซอย{lane}" if with_lane and not in_trok else "",
        road=f"ถนน{dice.pick(ROAD_NAMES)}" if with_lane and not dice.one_in(3) else "",
        tambon=place.tambon_labelled,
        amphoe=place.amphoe_labelled,
        changwat=place.changwat_labelled,
    )


def _inscl(dice: Dice, age: int) -> tuple[str, str]:
    """Main and sub right of someone of that age, as NHSO's programs show them."""
    if age < 12:
        return e.UCS.labelled, e.CHILD.labelled
    if age >= 60:
        if dice.one_in(4):
            return e.OFC.labelled, e.PENSIONER.labelled
        return e.UCS.labelled, e.ELDERLY.labelled
    if age >= 20 and dice.one_in(3):
        return e.SSS.labelled, e.INSURED.labelled
    if age >= 20 and dice.one_in(6):
        return e.OFC.labelled, e.CIVIL_SERVANT.labelled
    return e.UCS.labelled, e.ADULT.labelled


def _rights(dice: Dice, life: _Life, place: Place) -> Rights:
    """Rights registered after the card was issued and still running, at hospitals named as examples."""
    main_inscl, sub_inscl = _inscl(dice, life.age)
    registered = life.issued + timedelta(days=dice.below((life.today - life.issued).days + 1))
    if place.in_bangkok:
        small = f"ศูนย์บริการสาธารณสุขตัวอย่าง {1 + dice.below(60)}"
    else:
        small = f"โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่าง{place.tambon}"
    return Rights(
        main_inscl=main_inscl,
        sub_inscl=sub_inscl,
        main_hospital=f"โรงพยาบาลตัวอย่าง{place.changwat}",
        sub_hospital=small,
        paid_type=dice.pick("12"),
        issue_date=BuddhistDate.from_christian(registered),
        expiry_date=BuddhistDate(BuddhistDate.from_christian(life.today).year + 5 + dice.below(5), 9, 30),
        update_date=BuddhistDate.from_christian(registered),
        hospital_changes=dice.pick("01234"),
    )
