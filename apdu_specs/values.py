"""What the fields of the card mean once decoded: names, addresses, dates, sex."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from datetime import date
from enum import Enum
from typing import ClassVar

from apdu_specs.errors import SpecError
from apdu_specs.language import Text

BUDDHIST_ERA = 543  # Buddhist year = Christian year + 543
SEPARATOR = "#"


@dataclass(frozen=True, slots=True)
class HashParts:
    """Parts joined by ``#`` in one text field. Public: all readers; three separators in names, seven in addresses."""

    def __post_init__(self) -> None:
        for part in astuple(self):
            if SEPARATOR in part:
                raise SpecError(
                    f"'#' separates the parts of a name or address and cannot be inside one: {part!r}"
                )

    def joined(self) -> str:
        """The text as it stands on the card, without padding."""
        return SEPARATOR.join(astuple(self))


@dataclass(frozen=True, slots=True)
class Name(HashParts):
    """A holder's name. On the card: ``title#first#middle#last``; the middle name is usually empty."""

    title: str
    first: str
    middle: str
    last: str

    def __str__(self) -> str:
        # Thai writes the title without a space before the name.
        given = f"{self.title} {self.first}" if self.title.isascii() else self.title + self.first
        return " ".join(part for part in (given.strip(), self.middle, self.last) if part)


@dataclass(frozen=True, slots=True)
class Address(HashParts):
    """A holder's address, eight parts, each with its Thai label as printed on the card.

    house number, moo (หมู่ที่), trok (ตรอก), soi (ซอย), road (ถนน), tambon (ตำบล/แขวง), amphoe (อำเภอ/เขต), changwat (จังหวัด).
    """

    house_no: str
    moo: str
    trok: str
    soi: str
    road: str
    tambon: str
    amphoe: str
    changwat: str

    def __str__(self) -> str:
        return " ".join(part for part in astuple(self) if part)


@dataclass(frozen=True, slots=True)
class BuddhistDate:
    """A date of the Buddhist era whose month and day may be unknown (``00`` on the card).

    ``LIFELONG`` (``99999999`` on the card) is the expiry date of cards that never expire.
    """

    year: int
    month: int | None
    day: int | None

    LIFELONG: ClassVar[BuddhistDate]

    def __post_init__(self) -> None:
        if (self.year, self.month, self.day) == (9999, 99, 99):
            return
        month, day = self.month or 0, self.day or 0
        if not (0 <= self.year <= 9999 and 0 <= month <= 12 and 0 <= day <= 31):
            raise SpecError(f"no such Buddhist date: year {self.year}, month {self.month}, day {self.day}")
        if self.month == 0 or self.day == 0:
            raise SpecError("an unknown month or day is None, not 0")

    @property
    def is_lifelong(self) -> bool:
        """True for ``99999999``."""
        return self == BuddhistDate.LIFELONG

    @classmethod
    def from_christian(cls, day: date) -> BuddhistDate:
        """The Buddhist date of a calendar day."""
        return cls(day.year + BUDDHIST_ERA, day.month, day.day)

    def to_christian(self) -> date | None:
        """The calendar day, or None if a part is unknown, lifelong, or no such day exists."""
        if self.is_lifelong or self.month is None or self.day is None:
            return None
        try:
            return date(self.year - BUDDHIST_ERA, self.month, self.day)
        except ValueError:
            return None

    def digits(self) -> str:
        """``YYYYMMDD`` as on the card."""
        return f"{self.year:04d}{self.month or 0:02d}{self.day or 0:02d}"

    @classmethod
    def from_digits(cls, digits: str) -> BuddhistDate:
        """From ``YYYYMMDD``; raises SpecError if it is not eight digits or out of range."""
        if len(digits) != 8 or not (digits.isascii() and digits.isdigit()):
            raise SpecError(f"a date is eight digits YYYYMMDD, got {digits!r}")
        return cls(int(digits[:4]), int(digits[4:6]) or None, int(digits[6:]) or None)

    @property
    def text(self) -> Text:
        """In words, with the era."""
        return Text("lifelong", "ตลอดชีพ") if self.is_lifelong else Text(f"{self} BE", f"พ.ศ. {self}")

    def __str__(self) -> str:
        if self.is_lifelong:
            return "lifelong"
        month = f"{self.month:02d}" if self.month else "??"
        day = f"{self.day:02d}" if self.day else "??"
        return f"{self.year:04d}-{month}-{day}"


BuddhistDate.LIFELONG = BuddhistDate(9999, 99, 99)
LIFELONG = BuddhistDate.LIFELONG


class Sex(Enum):
    """Sex as the card codes it."""

    MALE = "1"
    FEMALE = "2"

    @property
    def text(self) -> Text:
        """In words."""
        return Text("male", "ชาย") if self is Sex.MALE else Text("female", "หญิง")


def in_words(value: object) -> Text:
    """A decoded value as people read it; bytes as hex."""
    if isinstance(value, BuddhistDate | Sex):
        return value.text
    text = value.hex().upper() if isinstance(value, bytes) else str(value)
    return Text(text, text)
