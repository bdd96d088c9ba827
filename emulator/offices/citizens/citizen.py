"""A citizen, the entitlement that stands, and the one that waits: what the offices' parts tell each other."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from apdu_specs import entitlements
from apdu_specs.bangkok import BANGKOK
from apdu_specs.entitlements import MainRight
from apdu_specs.language import Text
from apdu_specs.values import BUDDHIST_ERA, BuddhistDate, Sex
from emulator.offices.citizens.provinces import PROVINCES


@dataclass(frozen=True, slots=True)
class Hospital:
    """A hospital: its code (five digits), name, and province's code (two digits). ``english``: its English name, empty where
    nobody knows one."""

    code: str
    name: str
    province: str
    english: str = ""


@dataclass(frozen=True, slots=True)
class Home:
    """Where a citizen is registered: labelled as on the card; ``moo`` may be empty. ``province`` is a code."""

    moo: str
    tambon: str
    amphoe: str
    province: str

    @property
    def province_name(self) -> str:
        return PROVINCES.get(self.province, "")


_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A right with its hospitals. ``until`` is the first instant without it; None: it does not end."""

    main: str
    sub: str
    card_number: str
    since: datetime
    until: datetime | None
    registered_at: datetime
    main_hospital: Hospital | None
    outpatient_hospital: Hospital | None
    sub_hospital: Hospital | None
    province: str
    paid_model: str

    @property
    def right(self) -> MainRight:
        """The declared main right; one of our own making for a code that is not declared."""
        return entitlements.MAIN_RIGHTS.get(self.main) or MainRight(self.main, Text(self.main, self.main), "")

    @property
    def last_second(self) -> datetime | None:
        """The end as NHSO's services tell it: 23:59:59 of the last day (public: a reply's ``expireDateTime``)."""
        return None if self.until is None else self.until - _A_SECOND

    @property
    def sub_name(self) -> str:
        sub = entitlements.SUB_RIGHTS.get(self.sub)
        return sub.name.th if sub else ""

    @property
    def sub_labelled(self) -> str:
        """``(89) ช่วงอายุ 12-59 ปี``; empty without a sub right."""
        sub = entitlements.SUB_RIGHTS.get(self.sub)
        return sub.labelled if sub else ""


@dataclass(frozen=True, slots=True, repr=False)
class Citizen:
    """A citizen. ``repr`` shows nothing of them, so that no log or traceback does."""

    citizen_id: str
    title: str
    first_name: str
    last_name: str
    birth_date: BuddhistDate
    sex: Sex
    home: Home
    entitlement: Entitlement | None = None
    pending: Entitlement | None = None
    deceased_at: datetime | None = None

    @property
    def title_code(self) -> str:
        """Three digits; empty for a title that has no published code."""
        return entitlements.title_code(self.title) or ""

    def as_of(self, now: datetime) -> Citizen:
        """The same citizen once what waited has taken its place and what has ended is gone."""
        current, pending = self.entitlement, self.pending
        if pending is not None and pending.since <= now:
            current, pending = pending, None
        if current is not None and current.until is not None and current.until <= now:
            current = None
        if self.deceased_at is not None and self.deceased_at <= now:
            current = pending = None
        return replace(self, entitlement=current, pending=pending)

    def age_on(self, day: date) -> tuple[int, int, int]:
        """Years, months and days of age; an unknown day or month of birth counts as the first."""
        return age_on(self.birth_date, day)


def age_on(birth_date: BuddhistDate, day: date) -> tuple[int, int, int]:
    """Completed years, months and days from a birth date to ``day``; zeros for one that is yet to come."""
    year, month, first = birth_date.year - BUDDHIST_ERA, birth_date.month or 1, birth_date.day or 1
    if (year, month, first) > (day.year, day.month, day.day):
        return 0, 0, 0
    months = (day.year - year) * 12 + day.month - month
    if day.day < first:
        months -= 1
    return months // 12, months % 12, _days_since_month_turned(first, day)


def _days_since_month_turned(first: int, day: date) -> int:
    if day.day >= first:
        return day.day - first
    year, month = (day.year, day.month - 1) if day.month > 1 else (day.year - 1, 12)
    last = (date(day.year, day.month, 1) - date(year, month, 1)).days
    return last - min(first, last) + day.day


def today_in_bangkok(now: datetime) -> date:
    """The calendar day in Thailand."""
    return now.astimezone(BANGKOK).date()
