"""The levels of an officer's right, of which an officer has exactly one: configuration, in ``levels.yaml``.

That there are levels, and one per officer, is the manual's (request form); which there are is ``assumed``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from apdu_specs.language import Text
from emulator.errors import EmulatorError
from emulator.offices.erm import ERM
from emulator.written_file import UnfitFile, read_written_file
from emulator.written_yaml import NotYaml, as_text

DEFAULT_LEVEL = "register"
"""What is granted where nobody asked for a level."""

STANDARD_FILE = Path(__file__).with_name("levels.yaml")
LEVEL_ID = re.compile(r"[a-z][a-z0-9-]{0,19}")
_LONGEST_FILE = 65536
_LONGEST_TITLE = 120
_ACTIONS = {module.id: module.actions for module in ERM.modules}


@dataclass(frozen=True, slots=True)
class Level:
    """One level: its id, its title, and what it permits in each module that it opens."""

    id: str
    title: Text
    actions: Mapping[str, tuple[str, ...]]


class Levels:
    """The levels that NHSO grants, in the order of their file."""

    def __init__(self, levels: tuple[Level, ...]) -> None:
        self._by_id = {level.id: level for level in levels}

    def __iter__(self) -> Iterator[Level]:
        return iter(self._by_id.values())

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._by_id)

    def get(self, level_id: str) -> Level | None:
        """The level with this id, or None."""
        return self._by_id.get(level_id)


class LevelsUnusable(EmulatorError):
    """The file declares no levels that could be used."""

    def __init__(self, path: Path, why: Text) -> None:
        super().__init__(
            Text(f"{path} declares no usable levels: {why.en}.", f"{path} กำหนดระดับสิทธิไม่ถูกต้อง: {why.th}"),
            Text(
                "Correct the file; the levels.yaml that comes with thnid shows the form.",
                "โปรดแก้ไขแฟ้ม ดูตัวอย่างได้จาก levels.yaml ที่มากับ thnid",
            ),
        )


class _Wrong(Exception):
    def __init__(self, why: Text) -> None:
        super().__init__(why.en)
        self.why = why


@cache
def standard_levels() -> Levels:
    """The set that comes with thnid."""
    return load_levels(STANDARD_FILE)


def load_levels(path: Path) -> Levels:
    """The levels that a YAML file declares. Raises LevelsUnusable, OSError."""
    try:
        return Levels(_levels(as_text(read_written_file(path, _LONGEST_FILE))))
    except (_Wrong, UnfitFile, NotYaml) as wrong:
        raise LevelsUnusable(path, wrong.why) from None


def _levels(found: object) -> tuple[Level, ...]:
    if not isinstance(found, dict) or not found:
        raise _Wrong(Text("it names no level", "ไม่มีระดับสิทธิ"))
    return tuple(_level(level_id, told) for level_id, told in found.items())


def _level(level_id: object, told: object) -> Level:
    if not isinstance(level_id, str) or LEVEL_ID.fullmatch(level_id) is None:
        raise _Wrong(
            Text(
                f"{_shown(level_id)} is no id: lower-case letters, digits and hyphens, at most 20",
                f"{_shown(level_id)} ไม่ใช่รหัสระดับ: ใช้ตัวพิมพ์เล็ก ตัวเลข และขีดกลาง ไม่เกิน 20 ตัว",
            )
        )
    if not isinstance(told, dict) or set(told) != {"title", "modules"}:
        raise _Wrong(
            Text(
                f"{level_id} must have title and modules, no more", f"{level_id} ต้องมี title และ modules เท่านั้น"
            )
        )
    return Level(level_id, _title(level_id, told["title"]), _permitted(level_id, told["modules"]))


def _title(level_id: str, told: object) -> Text:
    if isinstance(told, dict) and set(told) == {"en", "th"}:
        english, thai = told["en"], told["th"]
        if all(
            isinstance(each, str) and each.isprintable() and each.strip() and len(each) <= _LONGEST_TITLE
            for each in (english, thai)
        ):
            return Text(english, thai)
    raise _Wrong(Text(f"{level_id} needs a title in en and th", f"{level_id} ต้องมีชื่อทั้ง en และ th"))


def _permitted(level_id: str, told: object) -> dict[str, tuple[str, ...]]:
    if not isinstance(told, dict) or not told:
        raise _Wrong(Text(f"{level_id} opens no module", f"{level_id} ไม่ได้เปิดโมดูลใด"))
    for module, actions in told.items():
        if module not in _ACTIONS:
            known = ", ".join(_ACTIONS)
            raise _Wrong(
                Text(f"{_shown(module)} is no module ({known})", f"{_shown(module)} ไม่ใช่โมดูล ({known})")
            )
        if (
            not isinstance(actions, list)
            or not actions
            or not set(map(str, actions)) <= set(_ACTIONS[module])
        ):
            known = ", ".join(_ACTIONS[module])
            raise _Wrong(
                Text(
                    f"{level_id} may do in {module}: {known}", f"{level_id} กำหนดใน {module} ได้เฉพาะ {known}"
                )
            )
    return {module: tuple(map(str, actions)) for module, actions in told.items()}


def _shown(key: object) -> str:
    return "".join(character for character in str(key)[:40] if character.isprintable())
