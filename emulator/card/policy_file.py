"""A PIN policy declared in a user's file: YAML (or JSON, which is YAML).

The file is walked as YAML's nodes, which know their lines and keep keys that are there twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from apdu_specs.language import Text
from apdu_specs.pin_policy import MOST_TRIES, POLICIES, PinPolicy, SuspendedCounts
from apdu_specs.provenance import assumed
from emulator.errors import BadCard
from emulator.written_file import UnfitFile, read_written_file
from emulator.written_yaml import NotUtf8, NotYaml, composed

if TYPE_CHECKING:
    from yaml.nodes import Node, ScalarNode

_LONGEST_FILE = 65536
_LONGEST_NAME = 64
_LONGEST_SHOWN = 40
_STR, _INT, _NULL = (f"tag:yaml.org,2002:{kind}" for kind in ("str", "int", "null"))
_NEVER_LOCKED = "nothing"
"""What a policy without a lock has to count while suspended: counting would lead nowhere."""


class _Wrong(Exception):
    """What is wrong in the file, and in which line."""

    def __init__(self, line: int, what: Text) -> None:
        super().__init__(what.en)
        self.line = line
        self.what = what


@dataclass(frozen=True, slots=True)
class _Key:
    """One key of the file. ``read`` gives the value of a scalar, ValueError if it is none."""

    allowed: Text
    read: Callable[[ScalarNode], Any]
    required: bool = False


def _read_name(node: ScalarNode) -> str:
    name = str(node.value)
    if (
        node.tag != _STR
        or not 0 < len(name) <= _LONGEST_NAME
        or not name.isprintable()
        or not name.strip()
        or name in POLICIES
    ):
        raise ValueError
    return name


def _read_tries(node: ScalarNode) -> int:
    if node.tag != _INT or re.fullmatch(r"[0-9]{1,3}", node.value) is None:
        raise ValueError
    tries = int(node.value)
    if not 1 <= tries <= MOST_TRIES:
        raise ValueError
    return tries


def _read_counts(node: ScalarNode) -> str:
    if node.value not in get_args(SuspendedCounts):
        raise ValueError
    return str(node.value)


_SHIPPED = ", ".join(POLICIES)
_COUNTS = ", ".join(get_args(SuspendedCounts))
_TRIES = Text(f"a whole number from 1 to {MOST_TRIES}", f"จำนวนเต็มตั้งแต่ 1 ถึง {MOST_TRIES}")
_KEYS: Mapping[str, _Key] = {
    "name": _Key(
        Text(
            f"a text of 1 to {_LONGEST_NAME} printable characters, and none of {_SHIPPED}",
            f"ข้อความที่แสดงได้ 1 ถึง {_LONGEST_NAME} ตัวอักษร และไม่ใช่ {_SHIPPED}",
        ),
        _read_name,
        required=True,
    ),
    "suspended_at": _Key(_TRIES, _read_tries, required=True),
    "locked_at": _Key(
        Text(f"{_TRIES.en}, or null: never", f"{_TRIES.th} หรือ null คือไม่ล็อก"),
        lambda node: None if node.tag == _NULL else _read_tries(node),
        required=True,
    ),
    "suspended_counts": _Key(Text(f"one of {_COUNTS}", f"ค่าใดค่าหนึ่งของ {_COUNTS}"), _read_counts),
    "office_tries": _Key(_TRIES, _read_tries),
}


def policy_called(name_or_path: str) -> PinPolicy:
    """A shipped policy by name, or the one in the file at that path. Raises BadCard, OSError."""
    if name_or_path in POLICIES:
        return POLICIES[name_or_path]
    try:
        return read_policy(Path(name_or_path))
    except (FileNotFoundError, NotADirectoryError, ValueError):  # ValueError: no file can have such a name
        raise BadCard(
            Text(
                f"There is no PIN policy and no file {name_or_path!r}.",
                f"ไม่พบนโยบาย PIN หรือแฟ้มชื่อ {name_or_path!r}",
            ),
            Text(f"There are: {_SHIPPED}; or give a YAML file.", f"ที่มีคือ {_SHIPPED} หรือระบุแฟ้ม YAML"),
        ) from None


def read_policy(path: Path) -> PinPolicy:
    """The policy in a YAML file. Raises BadCard, which says what is wrong and where; OSError if it cannot be read."""
    try:
        values = _values(read_written_file(path, _LONGEST_FILE))
    except UnfitFile as error:
        raise _no_policy(str(path), error.why) from None
    except _Wrong as error:
        raise _no_policy(f"{path}:{error.line}", error.what) from None
    return PinPolicy(**values, provenance=assumed(f"declared by its user in {path.name}"))


def _no_policy(where: str, why: Text) -> BadCard:
    return BadCard(
        Text(f"{where} declares no PIN policy: {why.en}.", f"{where} ไม่ใช่นโยบาย PIN ที่ถูกต้อง: {why.th}"),
        Text(
            "It is a YAML mapping such as {name: mine, suspended_at: 3, locked_at: 5, suspended_counts: every}.",
            "ตัวอย่าง: {name: mine, suspended_at: 3, locked_at: 5, suspended_counts: every}",
        ),
    )


def _values(raw: bytes) -> dict[str, Any]:
    nodes, values = _entries(_root(raw)), {}
    for name, node in nodes.items():
        try:
            values[name] = _KEYS[name].read(_scalar(node))
        except ValueError:
            written, allowed = _shown(node), _KEYS[name].allowed
            raise _Wrong(
                _line(node),
                Text(
                    f"{name!r} cannot be {written}; it is {allowed.en}",
                    f"{name!r} เป็น {written} ไม่ได้ ต้องเป็น{allowed.th}",
                ),
            ) from None
    _agree(nodes, values)
    return values


def _agree(nodes: Mapping[str, Node], values: Mapping[str, Any]) -> None:
    """What one key alone cannot tell."""
    suspended_at, locked_at = values["suspended_at"], values["locked_at"]
    if locked_at is None:
        if values.get("suspended_counts") != _NEVER_LOCKED:
            raise _Wrong(
                _line(nodes.get("suspended_counts", nodes["locked_at"])),
                Text(
                    f"a policy that never locks needs 'suspended_counts: {_NEVER_LOCKED}'",
                    f"นโยบายที่ไม่ล็อกต้องมี 'suspended_counts: {_NEVER_LOCKED}'",
                ),
            )
    elif locked_at < suspended_at:
        raise _Wrong(
            _line(nodes["locked_at"]),
            Text(
                f"'locked_at' is not below 'suspended_at', which is {suspended_at}",
                f"'locked_at' ต้องไม่น้อยกว่า 'suspended_at' ซึ่งเป็น {suspended_at}",
            ),
        )


def _root(raw: bytes) -> Node:
    try:
        root = composed(raw)
    except NotUtf8 as error:
        raise _Wrong(error.line, Text("it is not UTF-8 text", "ไม่ใช่ข้อความ UTF-8")) from None
    except NotYaml as error:
        raise _Wrong(error.line, Text("it is not YAML that can be read", "อ่านเป็น YAML ไม่ได้")) from None
    if root is None:
        raise _Wrong(1, Text("it is empty", "แฟ้มว่างเปล่า"))
    return root


def _entries(root: Node) -> dict[str, Node]:
    """The mapping's nodes by key: known ones, each once, none missing."""
    from yaml.nodes import MappingNode, ScalarNode

    if not isinstance(root, MappingNode):
        raise _Wrong(_line(root), Text("it is not a mapping", "ไม่ได้อยู่ในรูป คำ: ค่า"))
    found: dict[str, Node] = {}
    for key, value in root.value:
        name = key.value if isinstance(key, ScalarNode) else ""
        if name not in _KEYS:
            written, listed = _shown(key), ", ".join(_KEYS)
            raise _Wrong(
                _line(key),
                Text(f"there is no key {written}; there are {listed}", f"ไม่มีคำ {written} ที่มีคือ {listed}"),
            )
        if name in found:
            raise _Wrong(_line(key), Text(f"{name!r} is there twice", f"มี {name!r} ซ้ำกัน"))
        found[name] = value
    missing = ", ".join(repr(name) for name, key in _KEYS.items() if key.required and name not in found)
    if missing:
        raise _Wrong(_line(root), Text(f"{missing} is missing", f"ขาด {missing}"))
    return found


def _scalar(node: Node) -> ScalarNode:
    from yaml.nodes import ScalarNode

    if not isinstance(node, ScalarNode):
        raise ValueError
    return node


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _shown(node: Node) -> str:
    """What stands in the file, short and without anything that could be taken for an escape sequence."""
    return repr(node.value[:_LONGEST_SHOWN]) if isinstance(node.value, str) else "[...]"
