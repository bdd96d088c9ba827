"""What a value in a scenario file may be: how it is read, how it is told, and its JSON Schema.

Values are read from the letters in the file, not from what YAML takes them for: else 63E2 were a number, and the PIN
0123 the number 83.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from apdu_specs.adm import PIN_LENGTH
from apdu_specs.errors import SpecError
from apdu_specs.generations import GENERATIONS, by_name
from apdu_specs.language import Text
from apdu_specs.pin_policy import PinState
from emulator.card.issue import MAX_SEED
from emulator.holders.odd import ODD_HOLDERS
from emulator.offices.levels import standard_levels
from harness import errors
from harness.client import errors as client_errors
from harness.client.contents import Adm, Chip, Person, Rights
from harness.officer import errors as officer_errors
from harness.officer.steps import STEPS as LOGIN_STEPS

Parse = Callable[[str], Any]
"""From the letters in the file to the value; ValueError if they are not one."""

MOST_TIMES = 100
MOST_DAYS = 100_000


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of value. ``allowed`` tells a person what may stand there; ``words`` are those a typing error may mean."""

    allowed: Text
    schema: Mapping[str, Any]
    parse: Parse
    words: tuple[str, ...] = ()
    listed: bool = False

    def or_list(self) -> Kind:
        """The same, or a list of it; the value is then always a tuple."""
        several = {"type": "array", "minItems": 1, "items": self.schema}
        allowed = Text(f"{self.allowed.en}; or a list of these", f"{self.allowed.th} หรือรายการของค่าเหล่านี้")
        return Kind(allowed, {"anyOf": [self.schema, several]}, self.parse, self.words, listed=True)


def one_of(*words: str, values: Mapping[str, Any] | None = None) -> Kind:
    """One of ``words``; the value is what ``values`` says, else the word itself."""

    def parse(raw: str) -> Any:
        if raw not in words:
            raise ValueError(raw)
        return raw if values is None else values[raw]

    listed = ", ".join(words)
    return Kind(Text(f"one of {listed}", f"ค่าใดค่าหนึ่งของ {listed}"), {"enum": list(words)}, parse, words)


def whole(least: int, most: int) -> Kind:
    """A whole number from ``least`` to ``most``."""

    def parse(raw: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", raw) or not least <= int(raw) <= most:
            raise ValueError(raw)
        return int(raw)

    allowed = Text(f"a whole number from {least} to {most}", f"จำนวนเต็มตั้งแต่ {least} ถึง {most}")
    return Kind(allowed, {"type": "integer", "minimum": least, "maximum": most}, parse)


def _matching(pattern: str, allowed: Text, *words: str, integers: tuple[int, int] | None = None) -> Kind:
    def parse(raw: str) -> str:
        if raw not in words and re.fullmatch(pattern, raw) is None:
            raise ValueError(raw)
        return raw

    choices: list[dict[str, Any]] = [{"type": "string", "pattern": f"^{pattern}$"}]
    if words:
        choices.append({"enum": list(words)})
    if integers:
        choices.append({"type": "integer", "minimum": integers[0], "maximum": integers[1]})
    return Kind(allowed, {"anyOf": choices} if choices[1:] else choices[0], parse, words)


def _parse_generation(raw: str) -> Any:
    try:
        return by_name(raw)
    except SpecError:
        raise ValueError(raw) from None


def _error_names() -> tuple[str, ...]:
    """Errors that a step can end with: not roots, and not what only says that this bench is badly set up."""
    roots = (errors.HarnessError, officer_errors.OfficeRefused)
    found = {
        each.__name__
        for module in (errors, client_errors, officer_errors)
        for each in vars(module).values()
        if isinstance(each, type) and issubclass(each, errors.HarnessError) and each not in roots
        if each.exit_status == errors.HarnessError.exit_status or each in _MISSING
    }
    return tuple(sorted(found))


_MISSING = (errors.NoCard, errors.NoReader, errors.ReaderBusy)

OK, REFUSED, MODULE = "ok", "refused", "module"
ERRORS = _error_names()
RIGHT, WRONG = "right", "wrong"
NEW, OLD = "new", "old"

_DIGITS = f"[0-9]{{{PIN_LENGTH}}}"
_DIGITS_AS_NUMBERS = (0, 10**PIN_LENGTH - 1)

PIN = _matching(_DIGITS, Text(f"{PIN_LENGTH} digits", f"ตัวเลข {PIN_LENGTH} หลัก"), integers=_DIGITS_AS_NUMBERS)
WHICH_PIN = _matching(
    _DIGITS,
    Text(f"right, wrong, or {PIN_LENGTH} digits", f"right, wrong หรือตัวเลข {PIN_LENGTH} หลัก"),
    RIGHT,
    WRONG,
    integers=_DIGITS_AS_NUMBERS,
)
ANSWER = _matching(
    "[0-9A-Fa-f]{4}",
    Text(
        "ok, refused, a status word such as 63C2, or the name of an error such as PinSuspended",
        "ok, refused, รหัสสถานะ เช่น 63C2 หรือชื่อข้อผิดพลาด เช่น PinSuspended",
    ),
    OK,
    REFUSED,
    *ERRORS,
    integers=(1000, 9999),
)
LOGIN_END = replace(
    one_of(MODULE, REFUSED, *ERRORS),
    allowed=Text(
        "module, refused, or the name of an error such as RightLapsed",
        "module, refused หรือชื่อข้อผิดพลาด เช่น RightLapsed",
    ),
)
STATE = one_of(*(state.value for state in PinState), values={state.value: state for state in PinState})
COUNT = whole(0, 15)
TIMES = whole(1, MOST_TIMES)
WRITE = whole(1, 9)
DAYS = whole(0, MOST_DAYS)
SEED = whole(0, MAX_SEED)
LOGIN_STEP = whole(LOGIN_STEPS[0].number, LOGIN_STEPS[-1].number)
_TRUTH = one_of("yes", "no", "true", "false", values={"yes": True, "true": True, "no": False, "false": False})
YES_NO = Kind(
    Text("yes or no", "yes หรือ no"),
    {"anyOf": [{"type": "boolean"}, {"enum": ["yes", "no"]}]},
    lambda raw: _TRUTH.parse(raw.casefold()),
    ("yes", "no"),
)
FORM = one_of("iso", "published")
WHICH_CARD = one_of(NEW, OLD)
MOMENT = one_of("before", "after")
LEVEL = one_of(*standard_levels().ids)
GENERATION = Kind(
    Text(f"one of {', '.join(GENERATIONS)}", f"ค่าใดค่าหนึ่งของ {', '.join(GENERATIONS)}"),
    {"type": ["string", "integer"]},
    _parse_generation,
    tuple(GENERATIONS),
)
HOLDER = one_of(*ODD_HOLDERS)
POLICY = Kind(
    Text(
        "the name of a PIN policy, or of a YAML file beside this one", "ชื่อนโยบาย PIN หรือชื่อแฟ้ม YAML ที่อยู่ข้างแฟ้มนี้"
    ),
    {"type": "string", "minLength": 1},
    str,
)
FIELD = one_of(*dict.fromkeys(each.name for record in (Person, Rights, Adm, Chip) for each in fields(record)))


def _parse_line(raw: str) -> str:
    if not raw.strip() or not raw.isprintable() or len(raw) > 200:
        raise ValueError(raw)
    return raw.strip()


LINE = Kind(
    Text("one line of at most 200 letters", "ข้อความหนึ่งบรรทัด ไม่เกิน 200 ตัวอักษร"),
    {"type": "string", "minLength": 1, "maxLength": 200},
    _parse_line,
)
