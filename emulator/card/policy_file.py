"""A PIN policy declared in a user's file: YAML (or JSON, which is YAML)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.pin_policy import POLICIES, PinPolicy
from apdu_specs.provenance import assumed
from emulator.errors import BadCard

_KEYS = {
    "name": str,
    "suspended_at": int,
    "locked_at": (int, type(None)),
    "suspended_counts": str,
    "office_tries": int,
}
_LONGEST_FILE = 65536
_LONGEST_NAME = 64
_LONGEST_REASON = 300
_REQUIRED = ("name", "suspended_at", "locked_at")


def policy_called(name_or_path: str) -> PinPolicy:
    """A shipped policy by name, or the one in the file at that path. Raises BadCard."""
    if name_or_path in POLICIES:
        return POLICIES[name_or_path]
    path = Path(name_or_path)
    if not path.is_file():
        names = ", ".join(POLICIES)
        raise BadCard(
            Text(
                f"There is no PIN policy and no file {name_or_path!r}.",
                f"ไม่พบนโยบาย PIN หรือแฟ้มชื่อ {name_or_path!r}",
            ),
            Text(f"There are: {names}; or give a YAML file.", f"ที่มีคือ {names} หรือระบุแฟ้ม YAML"),
        )
    return read_policy(path)


def read_policy(path: Path) -> PinPolicy:
    """The policy in a YAML file; BadCard says which key is wrong."""
    import yaml

    try:
        with path.open("rb") as file:
            raw = file.read(_LONGEST_FILE + 1)
        if len(raw) > _LONGEST_FILE:
            raise SpecError("it is too long for a policy")
        document = yaml.safe_load(raw.decode("utf-8"))
        return PinPolicy(**_checked(document), provenance=assumed(f"declared by its user in {path.name}"))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:_LONGEST_REASON]
        raise BadCard(
            Text(f"{path} declares no PIN policy: {reason}.", f"{path} ไม่ใช่นโยบาย PIN ที่ถูกต้อง: {reason}"),
            Text(
                "It is a YAML mapping such as {name: mine, suspended_at: 3, locked_at: 5, suspended_counts: every}.",
                "ตัวอย่าง: {name: mine, suspended_at: 3, locked_at: 5, suspended_counts: every}",
            ),
        ) from None


def _checked(document: Any) -> dict[str, Any]:
    if not isinstance(document, dict):
        raise SpecError("it is not a mapping")
    unknown = [str(key) for key in document if key not in _KEYS]
    if unknown:
        raise SpecError(f"unknown key {', '.join(unknown)}; there are {', '.join(_KEYS)}")
    missing = [key for key in _REQUIRED if key not in document]
    if missing:
        raise SpecError(f"{', '.join(missing)} is missing")
    for key, value in document.items():
        # bool is an int to Python, but not to the person who wrote "yes".
        if isinstance(value, bool) or not isinstance(value, _KEYS[key]):  # type: ignore[arg-type]
            raise SpecError(f"{key} cannot be {value!r}")
    name = document["name"]
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable() or name in POLICIES:
        raise SpecError(
            f"a name is 1 to {_LONGEST_NAME} printable characters and not one of {', '.join(POLICIES)}"
        )
    return document
