"""An organisation's letter that asks for rights, and what is checked of it before it is received.

Fields and wording are those of the manual's request form. The same checks serve page, API and command line: values
come as people write them, and every fault names its field and says why. Limits are ``assumed``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace

from apdu_specs import citizen_id
from apdu_specs.digits import plain_digits
from apdu_specs.language import Text
from emulator.offices.errors import Fault
from emulator.offices.levels import Levels
from emulator.offices.mail.address import HOST_LABEL
from emulator.offices.names import LONGEST_NAME

MOST_OFFICERS = 200
REGIONS = range(1, 14)
"""NHSO's regional offices."""

ADDRESS_LENGTH = 300
LETTER_NUMBER_LENGTH = 60
LETTER_DATE_LENGTH = 40
EMAIL_LENGTH = 254
_EMAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]{{1,64}}@(?:{HOST_LABEL}\.)+[A-Za-z]{{2,63}}")
# [0-9] wherever digits are asked for: \d has those of all scripts.
_PHONE = re.compile(r"0[0-9]{8,9}(?:(?:ต่อ|ext|#)[0-9]{1,5})?")
_MOBILE = re.compile(r"0[689][0-9]{8}")
_LATIN = r"A-Za-z\u00C0-\u00D6\u00D8-\u00F6\u00F8-\u024F\u1E00-\u1EFF"
_BASE_LETTER = re.compile(rf"[{_LATIN}\u0E01-\u0E2E]")
"""Latin letters and Thai consonants: no name is without one."""
_MARKS = r"\u0300-\u036F\u0E31\u0E34-\u0E3A\u0E47-\u0E4E"
_LETTERS = rf"{_LATIN}\u0E01-\u0E30\u0E32\u0E33\u0E40-\u0E46"
_PERSON = re.compile(rf"(?:[{_LETTERS}][{_MARKS}]*|[ .'\u2019-])+")
"""Letters, each with the vowels and tones above and below it, and what stands between the words of a name."""
_GAPS = re.compile(r"[\s\-.()]+")
_ABROAD = re.compile(r"^\+660?(?=[0-9])")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
"""What is pasted along out of other programs and nobody sees."""


@dataclass(frozen=True, slots=True)
class OfficerEntry:
    """One officer in a letter. ``replaces``: the citizen id of the responsible person whose right ends with it."""

    name: str = field(default="", repr=False)
    level: str = ""
    pid: str = field(default="", repr=False)
    office_phone: str = ""
    mobile: str = field(default="", repr=False)
    email: str = field(default="", repr=False)
    replaces: str = field(default="", repr=False)

    @property
    def blank(self) -> bool:
        """Nothing was filled in."""
        return not any(getattr(self, each.name).strip() for each in fields(self))


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter: from which organisation, to which region, naming whom, signed by whom. In the order of the page's fields."""

    organisation_name: str = ""
    organisation: str = ""
    address: str = ""
    phone: str = ""
    fax: str = ""
    letter_number: str = ""
    letter_date: str = ""
    region: str = ""
    officers: tuple[OfficerEntry, ...] = field(default=(), repr=False)
    superior_name: str = field(default="", repr=False)
    superior_position: str = ""


_REQUIRED = Text("is required", "ต้องระบุ")
_UNPRINTABLE = Text("has characters that cannot be printed", "มีอักขระที่พิมพ์ไม่ได้")
_FIVE_DIGITS = Text("must be 5 digits", "ต้องเป็นตัวเลข 5 หลัก")
_LETTERS_ONLY = Text(
    "must be a name in Thai or Latin letters, without digits or symbols",
    "ต้องเป็นชื่อที่เขียนด้วยอักษรไทยหรืออักษรโรมัน โดยไม่มีตัวเลขหรือสัญลักษณ์",
)
_WITH_LETTERS = Text("must have Thai or Latin letters in it", "ต้องมีอักษรไทยหรืออักษรโรมัน")
_A_REGION = Text(f"must be a region from 1 to {REGIONS[-1]}", f"ต้องเป็นเขต 1 ถึง {REGIONS[-1]}")
_A_PHONE = Text(
    "must be 9 or 10 digits that begin with 0, with an extension if there is one",
    "ต้องเป็นตัวเลข 9 หรือ 10 หลักที่ขึ้นต้นด้วย 0 และต่อด้วยหมายเลขภายในได้",
)
_A_MOBILE = Text("must be 10 digits that begin with 06, 08 or 09", "ต้องเป็นตัวเลข 10 หลักที่ขึ้นต้นด้วย 06, 08 หรือ 09")
_AN_EMAIL = Text("is not an e-mail address", "ไม่ใช่ที่อยู่อีเมลที่ถูกต้อง")
_THIRTEEN_DIGITS = Text("must be 13 digits", "ต้องเป็นตัวเลข 13 หลัก")
_CHECK_DIGIT = Text(
    "has a wrong check digit: one of its digits is mistyped", "เลขตรวจสอบไม่ถูกต้อง มีบางหลักที่พิมพ์ผิด"
)
_ONE_LEVEL = Text("choose exactly one level", "เลือกระดับสิทธิ 1 ระดับ")
_NO_OFFICER = Text("at least one officer must be named", "ต้องระบุเจ้าหน้าที่อย่างน้อยหนึ่งราย")
_TOO_MANY = Text(
    f"at most {MOST_OFFICERS} officers in one letter; write another",
    f"ระบุได้ไม่เกิน {MOST_OFFICERS} รายต่อหนังสือหนึ่งฉบับ หากมีมากกว่านี้ให้ทำหนังสืออีกฉบับ",
)
_ITSELF = Text("must be somebody else than the new officer", "ต้องไม่ใช่บุคคลเดียวกับเจ้าหน้าที่รายใหม่")
_BOTH = Text(
    "is also named in this letter as an officer who asks for a right", "เป็นผู้ที่ขอสิทธิอยู่ในหนังสือฉบับเดียวกัน"
)

_ORDER = tuple(each.name for each in fields(Letter))
OFFICER_FIELDS = tuple(each.name for each in fields(OfficerEntry))
_Check = Callable[[str], Text | None]


def tidied(letter: Letter) -> Letter:
    """The letter as it is kept: no blanks around values, digits Arabic and without gaps, blank officers left out."""
    officers = tuple(_tidied_officer(each) for each in letter.officers if not each.blank)
    return replace(
        letter,
        **{name: _line(getattr(letter, name)) for name in _LETTER_LINES},
        organisation=_digits(letter.organisation),
        region=_digits(letter.region),
        phone=_digits(letter.phone),
        fax=_digits(letter.fax),
        officers=officers,
    )


def faults(letter: Letter, levels: Levels) -> tuple[Fault, ...]:
    """What is wrong in a tidied letter, in the order of its fields; nothing when it can be received."""
    return tuple(sorted(_faults(letter, levels), key=_place))


def _place(fault: Fault) -> tuple[int, ...]:
    """Where a field stands: its place in the letter; of an officer's also which officer's, and its place there."""
    name, *inside = fault.field.split(".")
    place = _ORDER.index(name)
    return (place, int(inside[0]), OFFICER_FIELDS.index(inside[1])) if inside else (place,)


def _faults(letter: Letter, levels: Levels) -> Iterator[Fault]:
    checks: tuple[tuple[str, _Check], ...] = (
        ("organisation_name", _line_of(LONGEST_NAME, _with_letters)),
        ("organisation", _fits(re.compile(r"[0-9]{5}"), _FIVE_DIGITS)),
        ("address", _line_of(ADDRESS_LENGTH)),
        ("phone", _fits(_PHONE, _A_PHONE)),
        ("fax", _optional(_fits(_PHONE, _A_PHONE))),
        ("letter_number", _optional(_line_of(LETTER_NUMBER_LENGTH))),
        ("letter_date", _optional(_line_of(LETTER_DATE_LENGTH))),
        ("region", lambda value: _one_of(value, map(str, REGIONS), _A_REGION)),
        ("superior_name", _line_of(LONGEST_NAME, _persons_name)),
        ("superior_position", _line_of(LONGEST_NAME, _with_letters)),
    )
    for name, check in checks:
        if (why := check(getattr(letter, name))) is not None:
            yield Fault(name, why)
    if not letter.officers:
        yield Fault("officers", _NO_OFFICER)
    if len(letter.officers) > MOST_OFFICERS:
        yield Fault("officers", _TOO_MANY)
        return
    # Who named nobody is told at once what an officer's entry has to have.
    for position, officer in enumerate(letter.officers or (OfficerEntry(),)):
        yield from _faults_of(officer, f"officers.{position}", levels)
    yield from _faults_between(letter.officers)


def _faults_of(officer: OfficerEntry, where: str, levels: Levels) -> Iterator[Fault]:
    known = ", ".join(levels.ids)
    no_level = Text(f"is not a level; there are {known}", f"ไม่ใช่ระดับสิทธิ ระดับที่มีคือ {known}")
    checks: tuple[tuple[str, _Check], ...] = (
        ("name", _line_of(LONGEST_NAME, _persons_name)),
        ("level", lambda value: _one_of(value, levels.ids, no_level) if value else _ONE_LEVEL),
        ("pid", _citizen_id),
        ("office_phone", _fits(_PHONE, _A_PHONE)),
        ("mobile", _fits(_MOBILE, _A_MOBILE)),
        ("email", _email),
        ("replaces", _optional(_citizen_id)),
    )
    for name, check in checks:
        if (why := check(getattr(officer, name))) is not None:
            yield Fault(f"{where}.{name}", why)


def _faults_between(officers: tuple[OfficerEntry, ...]) -> Iterator[Fault]:
    """One officer one level, so nobody is named twice; and who is replaced goes, once."""
    first: dict[str, int] = {}
    replaced: dict[str, int] = {}
    named = {officer.pid for officer in officers}
    for position, officer in enumerate(officers):
        if officer.pid and first.setdefault(officer.pid, position) != position:
            yield Fault(f"officers.{position}.pid", _as_before(first[officer.pid]))
        if not officer.replaces:
            continue
        where = f"officers.{position}.replaces"
        if officer.replaces == officer.pid:
            yield Fault(where, _ITSELF)
        elif officer.replaces in named:
            yield Fault(where, _BOTH)
        elif replaced.setdefault(officer.replaces, position) != position:
            yield Fault(where, _as_before(replaced[officer.replaces]))


def _as_before(position: int) -> Text:
    return Text(
        f"is the same as for officer {position + 1}: one officer has one level",
        f"ซ้ำกับเจ้าหน้าที่รายที่ {position + 1} เจ้าหน้าที่หนึ่งรายมีได้หนึ่งระดับสิทธิ",
    )


# --- single values ----------------------------------------------------------------------------------------------------

_LETTER_LINES = (
    "organisation_name",
    "letter_number",
    "letter_date",
    "address",
    "superior_name",
    "superior_position",
)


def _tidied_officer(officer: OfficerEntry) -> OfficerEntry:
    return OfficerEntry(
        name=_line(officer.name),
        level=officer.level.strip(),
        pid=_digits(officer.pid),
        office_phone=_digits(officer.office_phone),
        mobile=_digits(officer.mobile),
        email=officer.email.strip(),
        replaces=_digits(officer.replaces),
    )


def _line(value: str) -> str:
    return " ".join(value.translate(_INVISIBLE).split())


def _digits(value: str) -> str:
    return _ABROAD.sub("0", _GAPS.sub("", plain_digits(value.translate(_INVISIBLE))))


def _anything(value: str) -> Text | None:
    del value
    return None


def _with_letters(value: str) -> Text | None:
    return None if _BASE_LETTER.search(value) else _WITH_LETTERS


def _persons_name(value: str) -> Text | None:
    return None if _BASE_LETTER.search(value) and _PERSON.fullmatch(value) else _LETTERS_ONLY


def _line_of(most: int, more: _Check = _anything) -> _Check:
    """One line of text; ``more``: what else is asked of it."""
    too_long = Text(f"must be at most {most} characters", f"ต้องไม่เกิน {most} ตัวอักษร")

    def check(value: str) -> Text | None:
        if not value:
            return _REQUIRED
        if not value.isprintable():
            return _UNPRINTABLE
        return too_long if len(value) > most else more(value)

    return check


def _fits(pattern: re.Pattern[str], otherwise: Text) -> _Check:
    return lambda value: _REQUIRED if not value else None if pattern.fullmatch(value) else otherwise


def _optional(check: _Check) -> _Check:
    return lambda value: check(value) if value else None


def _one_of(value: str, allowed: Iterable[str], otherwise: Text) -> Text | None:
    return None if value in allowed else otherwise


def _citizen_id(value: str) -> Text | None:
    if not value:
        return _REQUIRED
    if len(value) != 13 or not (value.isascii() and value.isdigit()):
        return _THIRTEEN_DIGITS
    return None if citizen_id.is_valid(value) else _CHECK_DIGIT


def _email(value: str) -> Text | None:
    if not value:
        return _REQUIRED
    local = value.partition("@")[0]
    dotted = local.startswith(".") or local.endswith(".") or ".." in local
    return _AN_EMAIL if dotted or len(value) > EMAIL_LENGTH or not _EMAIL.fullmatch(value) else None
