"""A synthetic population: the citizen of a seed and a number, and a whole population into the database.

Names, births and homes depend on the seed and the number alone; rights also on the day, because they follow age. A
smaller population is the beginning of a larger one with the same seed and day. Nobody in it exists: district 9999
of the citizen ids does not.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import accumulate
from typing import Any

from apdu_specs import citizen_id
from apdu_specs import entitlements as e
from apdu_specs.bangkok import BANGKOK as BANGKOK_TIME
from apdu_specs.entitlements import MainRight, SubRight
from apdu_specs.values import BuddhistDate, Sex
from emulator.holders.dice import Dice
from emulator.holders.names import titled
from emulator.holders.places import PLACES, Place
from emulator.holders.synthesis import EPOCH
from emulator.offices.citizens import names
from emulator.offices.citizens.citizen import Citizen, Entitlement, Home, age_on
from emulator.offices.citizens.hospitals import hospitals_of
from emulator.offices.citizens.provinces import BANGKOK, PROVINCES, province_code

BIRTH_DAYS = 95 * 365  # before ``EPOCH``, so that the oldest are past ninety
OLDEST = 999  # older than anybody: the right does not end
LARGEST = 10**7
"""There are ten million synthetic citizen ids."""

_ID_STEP, _SEED_STEP, _ID_START = 6_700_417, 7_777_777, 3_141_592  # the steps are coprime to LARGEST
_WITHOUT_RIGHT, _DECEASED, _PENDING = 0.04, 0.01, 0.03
_LONGEST_RIGHT_DAYS = 8 * 365


@dataclass(frozen=True, slots=True)
class Share:
    """How many people of an age have a right: from ``youngest`` to ``oldest`` completed years."""

    right: MainRight
    sub: SubRight | None
    youngest: int
    oldest: int
    weight: int

    @property
    def sub_code(self) -> str:
        """Two characters; empty without a sub right."""
        return self.sub.code if self.sub else ""


SHARES = (
    Share(e.WEL, e.CHILD, 0, 12, 85),
    Share(e.OFC, e.FAMILY, 0, 19, 9),
    Share(e.LGO, e.LOCAL_FAMILY, 0, 19, 4),
    Share(e.UCS, e.ADULT, 13, 59, 60),
    Share(e.WEL, e.DISABLED, 13, 59, 3),
    Share(e.SSS, e.INSURED, 20, 59, 30),
    Share(e.OFC, e.CIVIL_SERVANT, 22, 59, 6),
    Share(e.OFC, e.PERMANENT_EMPLOYEE, 22, 59, 2),
    Share(e.OFC, e.STATE_AGENCY, 22, 59, 1),
    Share(e.OFC, e.BANGKOK_OFFICER, 22, 59, 1),
    Share(e.LGO, e.LOCAL_OFFICER, 22, 59, 3),
    Share(e.PVT, e.PRIVATE_TEACHER, 22, 59, 2),
    Share(e.COR, None, 20, 59, 1),
    Share(e.OTH, None, 20, OLDEST, 1),
    Share(e.WEL, e.ELDERLY, 60, OLDEST, 75),
    Share(e.OFC, e.PENSIONER, 60, OLDEST, 15),
    Share(e.OFC, e.FAMILY, 60, OLDEST, 6),
)


def citizen_number(seed: int, number: int) -> str:
    """The citizen id of person ``number`` of a population: no two of one population share it."""
    return citizen_id.synthetic((number * _ID_STEP + seed * _SEED_STEP + _ID_START) % LARGEST)


def citizen_from_seed(seed: int, number: int, on: date) -> Citizen:
    """Person ``number`` (0 <= number < ``LARGEST``) of the population of ``seed``, with the rights of the day ``on``."""
    dice = Dice((seed << 24) | number)
    sex = dice.pick((Sex.MALE, Sex.FEMALE))
    born = EPOCH - timedelta(days=1 + dice.below(BIRTH_DAYS))
    birth_date = BuddhistDate.from_christian(born)
    unmarried, home = dice.chance() < 0.5, _home(dice)
    first = dice.pick(names.MALE if sex is Sex.MALE else names.FEMALE)
    last = dice.pick(names.SURNAME_STARTS) + dice.pick(names.SURNAME_ENDS)
    age = age_on(birth_date, on)[0]
    fate = dice.chance()
    right = None if fate < _WITHOUT_RIGHT + _DECEASED else _right(dice, born, age, home.province, on)
    return Citizen(
        citizen_id=citizen_number(seed, number),
        title=titled(sex, age, married=not unmarried).thai,
        first_name=first,
        last_name=last,
        birth_date=birth_date,
        sex=sex,
        home=home,
        entitlement=right,
        pending=_change(dice, right, on) if right and fate > 1 - _PENDING else None,
        deceased_at=_midnight(on - timedelta(days=dice.below(1000))) if fate < _DECEASED else None,
    )


def citizens(seed: int, count: int, on: date) -> Iterator[Citizen]:
    """The first ``count`` people of a population. Raises ValueError for a seed or a count out of range."""
    if seed < 0 or not 0 <= count <= LARGEST:
        raise ValueError(f"a seed is not negative and a population has at most {LARGEST:,} people")
    return (citizen_from_seed(seed, number, on) for number in range(count))


def outgrown(share: Share, birth_date: BuddhistDate) -> datetime | None:
    """When somebody is too old for a universal coverage right; None for never, or when the birthday is not known."""
    born = birth_date.to_christian()
    if born is None or share.oldest >= OLDEST or not share.right.is_universal:
        return None
    return _midnight(_birthday(born, share.oldest + 1))


def universal_share(age: int) -> Share:
    """The universal coverage right that somebody of an age has without any other."""
    universal = (each for each in SHARES if each.sub in (e.CHILD, e.ADULT, e.ELDERLY))
    return next(each for each in universal if each.youngest <= age <= each.oldest)


@cache
def _shares_at(age: int) -> tuple[list[int], list[Share]]:
    """Running sums of weights, and the shares of that age."""
    fitting = [each for each in SHARES if each.youngest <= age <= each.oldest]
    return list(accumulate(each.weight for each in fitting)), fitting


def _right(dice: Dice, born: date, age: int, province: str, on: date) -> Entitlement:
    sums, shares = _shares_at(age)
    share = shares[bisect_right(sums, dice.below(sums[-1]))]
    return entitlement(
        share,
        born,
        dice.below(10**10),
        dice.chance(),
        dice.pick(hospitals_of(province)[2:]).code,
        province,
        on,
    )


def entitlement(
    share: Share, born: date, card: int, how_long: float, unit: str, province: str, on: date
) -> Entitlement:
    """A right of a share that began while the person had the age for it, and ends when they no longer have."""
    earliest = max(_birthday(born, share.youngest), on - timedelta(days=_LONGEST_RIGHT_DAYS))
    since = _midnight(earliest + timedelta(days=int(how_long * max((on - earliest).days, 0))))
    main, district, *units = hospitals_of(province)
    mine = share.right.is_universal
    return Entitlement(
        main=share.right.code,
        sub=share.sub_code,
        card_number=f"{card:010d}",
        since=since,
        until=outgrown(share, BuddhistDate.from_christian(born)),
        registered_at=since,
        main_hospital=main if mine or share.right is e.SSS else None,
        outpatient_hospital=district if mine else None,
        sub_hospital=next((each for each in units if each.code == unit), units[0]) if mine else None,
        province=province,
        paid_model="1" if mine else "",
    )


def _change(dice: Dice, right: Entitlement, on: date) -> Entitlement | None:
    """The same right at the hospitals of another province, from some day within a year on, before the right ends.

    None where no hospital is registered, or where the right ends tomorrow: then there is nothing to change.
    """
    days = (
        365 if right.until is None else min(365, (right.until.astimezone(BANGKOK_TIME).date() - on).days - 1)
    )
    if right.main_hospital is None or days < 1:
        return None
    province = dice.pick(tuple(code for code in PROVINCES if code != right.province))
    main, district, unit, *_ = hospitals_of(province)
    return Entitlement(
        main=right.main,
        sub=right.sub,
        card_number=f"{dice.below(10**10):010d}",
        since=_midnight(on + timedelta(days=1 + dice.below(days))),
        until=right.until,
        registered_at=_midnight(on),
        main_hospital=main,
        outpatient_hospital=right.outpatient_hospital and district,
        sub_hospital=right.sub_hospital and unit,
        province=province,
        paid_model=right.paid_model,
    )


@cache
def _places() -> tuple[tuple[str, Place], ...]:
    """Every province's code with a place in it: a known one, or an example beside its capital."""
    known = [(province_code(place.changwat) or BANGKOK, place) for place in PLACES]
    rest = PROVINCES.keys() - {code for code, _ in known}
    capital = {"14": "พระนครศรีอยุธยา"}  # the one province whose capital's district is not called เมือง...
    return (
        *known,
        *(
            (code, Place("ตัวอย่าง", capital.get(code, f"เมือง{PROVINCES[code]}"), PROVINCES[code]))
            for code in sorted(rest)
        ),
    )


def _home(dice: Dice) -> Home:
    code, place = dice.pick(_places())
    moo = 1 + dice.below(15)
    return Home(
        moo="" if place.in_bangkok else f"หมู่ที่ {moo}",
        tambon=place.tambon_labelled,
        amphoe=place.amphoe_labelled,
        province=code,
    )


def _birthday(born: date, years: int) -> date:
    """The day somebody completes that many years; 1 March where there is no 29 February."""
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        return date(born.year + years, 3, 1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, BANGKOK_TIME)


def pieces(people: Iterator[Citizen], size: int) -> Iterator[tuple[Citizen, ...]]:
    """The people in pieces that fit one statement."""
    piece: list[Any] = []
    for each in people:
        piece.append(each)
        if len(piece) == size:
            yield tuple(piece)
            piece.clear()
    if piece:
        yield tuple(piece)
