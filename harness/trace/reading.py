"""Reading a trace file back. A line that is not understood is kept as it is and flagged, never an error."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apdu_specs.apdu import SW_LENGTH
from apdu_specs.language import Text
from apdu_specs.pin_machine import Symbol
from harness.errors import HarnessError
from harness.trace.recorder import FORMAT, VERSION

_LONGEST_MS = 1e15
_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2}|\*\*)*")
_DIRECTIONS = ("command", "answer", "event")
_SW_CHARACTERS = 2 * SW_LENGTH

SYMBOL = "symbol"
"""Key of a command's line: the symbol of the PIN machine that it was sent for, and so which PIN or proof it holds."""
STATUS_ONLY = "status_only"
"""Key of an answer's line: true if the data that belongs to its status word is not known."""


class NewerTrace(HarnessError):
    """The trace was written by a later thnid, in a form that this one does not know."""

    exit_status = 2

    def __init__(self, path: Path, version: int) -> None:
        super().__init__(
            Text(
                f"{path} is a trace of format version {version}; this thnid reads up to version {VERSION}.",
                f"{path} เป็นแฟ้มบันทึก APDU รุ่น {version} แต่ thnid รุ่นนี้อ่านได้ถึงรุ่น {VERSION}",
            ),
            Text(
                "Read it with the thnid that wrote it, or a later one.", "โปรดใช้ thnid รุ่นที่บันทึกแฟ้มนี้หรือรุ่นใหม่กว่า"
            ),
        )


@dataclass(frozen=True, slots=True)
class Pattern:
    """Recorded bytes of which some may be hidden. ``data`` has 00 there; ``hidden`` their positions."""

    data: bytes
    hidden: frozenset[int]

    def __len__(self) -> int:
        return len(self.data)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. ``line`` is None if it is not understood, and then ``text`` is all there is."""

    number: int
    text: str
    line: dict[str, Any] | None

    @property
    def direction(self) -> str | None:
        """command, answer, event; None if not understood."""
        return self.line["direction"] if self.line else None

    @property
    def pattern(self) -> Pattern:
        """Its bytes; none for an event."""
        return pattern((self.line or {}).get("bytes", ""))

    @property
    def symbol(self) -> Symbol | None:
        """What of the PIN machine a command was sent for, if its line tells."""
        name = (self.line or {}).get(SYMBOL)
        return next((symbol for symbol in Symbol if symbol == name), None)

    @property
    def status(self) -> int | None:
        """An answer's status word."""
        text = (self.line or {}).get("bytes", "")[-_SW_CHARACTERS:]
        return int(text, 16) if len(text) == _SW_CHARACTERS and "*" not in text else None


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace as read. ``header`` is its first line, empty if that is missing or not ours."""

    header: dict[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    @property
    def undecodable(self) -> list[int]:
        """Numbers of the lines that are not understood."""
        return [entry.number for entry in self.entries if entry.line is None]

    @property
    def atr(self) -> bytes | None:
        """The first answer to reset that it tells."""
        return next((raw for entry in self.entries if (raw := atr_of(entry)) is not None), None)


def pattern(text: str) -> Pattern:
    """Of hex in which ``**`` is a hidden byte."""
    pairs = [text[at : at + 2] for at in range(0, len(text), 2)]
    hidden = frozenset(at for at, pair in enumerate(pairs) if pair == "**")
    return Pattern(bytes(0 if pair == "**" else int(pair, 16) for pair in pairs), hidden)


def atr_of(entry: Entry) -> bytes | None:
    """The answer to reset that an event tells."""
    text = (entry.line or {}).get("atr")
    return bytes.fromhex(text) if isinstance(text, str) else None


def read_trace(path: Path) -> Trace:
    """The trace in a file. Raises OSError if it cannot be read, NewerTrace."""
    text = path.read_text(encoding="utf-8", errors="replace")
    entries = [_entry(number, each) for number, each in enumerate(text.split("\n"), 1) if each.strip()]
    header: dict[str, Any] = {}
    if entries and entries[0].line is None:
        header = _header(entries[0].text)
        if header and header["version"] > VERSION:
            raise NewerTrace(path, header["version"])
        entries = entries[1:] if header else entries
    return Trace(header, tuple(entries))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text, parse_float=_finite, parse_constant=_finite)
    except (ValueError, RecursionError):
        return None


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):  # what is no number in JSON cannot be written again
        raise ValueError(text)
    return number


def _header(text: str) -> dict[str, Any]:
    found = _loaded(text)
    ours = isinstance(found, dict) and found.get("format") == FORMAT and _is_count(found.get("version"))
    return found if ours else {}


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _entry(number: int, text: str) -> Entry:
    found = _loaded(text)
    return Entry(number, text, found if isinstance(found, dict) and _understood(found) else None)


def _understood(line: dict[str, Any]) -> bool:
    if line.get("direction") not in _DIRECTIONS:
        return False
    if not _is_ms(line.get("ms")) or not isinstance(line.get("time"), str | None):
        return False
    if line["direction"] == "event":
        atr = line.get("atr", "")
        plain = isinstance(atr, str) and "*" not in atr and _BYTES.fullmatch(atr)
        return isinstance(line.get("event"), str) and bool(plain)
    raw, fields = line.get("bytes"), line.get("fields", [])
    return (
        isinstance(raw, str)
        and bool(_BYTES.fullmatch(raw))
        and (line["direction"] == "command" or len(raw) >= _SW_CHARACTERS)  # an answer has a status word
        and isinstance(fields, list)
        and all(isinstance(each, str) for each in fields)
    )


def _is_ms(value: Any) -> bool:
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LONGEST_MS
