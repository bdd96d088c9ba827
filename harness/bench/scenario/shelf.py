"""The scenarios that come with thnid, by name."""

from __future__ import annotations

from pathlib import Path

from apdu_specs.language import Text
from harness.errors import HarnessError

FOLDER = Path(__file__).with_name("shipped")
SUFFIX = ".yaml"


class NoSuchScenario(HarnessError):
    """Neither a file nor a scenario that comes with thnid has this name."""

    exit_status = 2

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(
            Text(f"There is no file and no scenario {name!r}.", f"ไม่พบแฟ้มหรือสถานการณ์ชื่อ {name!r}"),
            Text(
                "Give the path of a file, or one of the names that 'thnid scenario list' shows.",
                "โปรดระบุแฟ้ม หรือชื่อที่แสดงด้วย 'thnid scenario list'",
            ),
        )


def shipped() -> dict[str, Path]:
    """Name -> file of every scenario that comes with thnid, in the order of their names."""
    return {path.stem: path for path in sorted(FOLDER.glob(f"*{SUFFIX}"))}


def find(name_or_path: str) -> Path:
    """The file with that path, or the shipped scenario of that name. Raises NoSuchScenario."""
    path = Path(name_or_path)
    if path.exists() and not path.is_dir():
        return path
    known = shipped()
    if name_or_path in known:
        return known[name_or_path]
    if path.is_dir():
        return path  # loading says what it is
    raise NoSuchScenario(name_or_path)
