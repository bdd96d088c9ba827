"""Reading a trace file back. A line that is not understood is kept as it is and flagged, never an error."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.trace.recorder import FORMAT

_BYTES = re.compile(r"(?:[0-9A-Fa-f]{2}|\*\*)*")
_DIRECTIONS = ("command", "answer", "event")
_SW_CHARACTERS = 4


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
    """The trace in a file; OSError if it cannot be read."""
    text = path.read_text(encoding="utf-8", errors="replace")
    entries = [_entry(number, each) for number, each in enumerate(text.split("\n"), 1) if each.strip()]
    header: dict[str, Any] = {}
    if entries and entries[0].line is None:
        header = _header(entries[0].text)
        entries = entries[1:] if header else entries
    return Trace(header, tuple(entries))


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _header(text: str) -> dict[str, Any]:
    found = _loaded(text)
    return found if isinstance(found, dict) and found.get("format") == FORMAT else {}


def _entry(number: int, text: str) -> Entry:
    found = _loaded(text)
    return Entry(number, text, found if isinstance(found, dict) and _understood(found) else None)


def _understood(line: dict[str, Any]) -> bool:
    if line.get("direction") not in _DIRECTIONS:
        return False
    if not isinstance(line.get("ms"), int | float | None) or not isinstance(line.get("time"), str | None):
        return False
    if line["direction"] == "event":
        atr = line.get("atr", "")
        plain = isinstance(atr, str) and "*" not in atr and _BYTES.fullmatch(atr)
        return isinstance(line.get("event"), str) and bool(plain)
    raw, fields = line.get("bytes"), line.get("fields", [])
    return (
        isinstance(raw, str)
        and bool(_BYTES.fullmatch(raw))
        and isinstance(fields, list)
        and all(isinstance(each, str) for each in fields)
    )
