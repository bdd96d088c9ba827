"""What pcscd logs with ``--apdu``, as a trace. Redaction happens here: nothing of the log is written as it stands.

A line of the log is microseconds since the one before (8 digits), with ``--color`` colours and the thread in brackets,
then ``APDU:`` or ``SW:`` and bytes in hex; with ``--debug`` also ``Card ATR:`` after a reset. journald puts its own
words before. Source: measured, pcsc-lite 1.9.9.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import IO

from apdu_specs.language import Text
from harness.errors import HarnessError
from harness.trace.recorder import Kind, LineWriter

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TIME = re.compile(r"(?:^|[ :])(\d{8}) ")
_TELLS = re.compile(r"(?:\[(?P<thread>\d+)\] )?(?P<what>APDU|SW|Card ATR):(?P<bytes>.*)$")
_HEX = re.compile(r"\s*(?:[0-9A-Fa-f]{2}\s*)+")
_KINDS: dict[str, Kind] = {"APDU": "command", "SW": "answer", "Card ATR": "reset"}


@dataclass(frozen=True, slots=True)
class Imported:
    """How many commands there were, and the log's lines (counted from 1) that could not be decoded."""

    commands: int
    undecodable: tuple[int, ...]


class NotALog(HarnessError):
    """No line of the log tells a command, an answer or a reset."""

    exit_status = 2

    def __init__(self) -> None:
        super().__init__(
            Text("This is no log of pcscd with APDUs in it.", "นี่ไม่ใช่บันทึกของ pcscd ที่มี APDU"),
            Text(
                "Make one with 'pcscd --foreground --debug --apdu'.",
                "สร้างได้ด้วย 'pcscd --foreground --debug --apdu'",
            ),
        )


@dataclass(frozen=True, slots=True)
class _Told:
    """One line of the log that tells something; ``raw`` is None if its bytes cannot be decoded."""

    number: int
    ms: float
    kind: Kind
    channel: str
    raw: bytes | None


def convert(
    log: Iterable[str], open_out: Callable[[], IO[str]], *, show_personal_data: bool = False
) -> Imported:
    """Write the trace of ``log`` to what ``open_out`` opens once it is clear that it is a log. Raises NotALog."""
    told_by_log = _told(log)
    first: list[_Told] = []
    for told in told_by_log:
        first.append(told)
        if told.raw is not None:
            break
    else:
        raise NotALog
    writer = LineWriter(open_out(), source="pcscd log", show_personal_data=show_personal_data)
    commands, undecodable = 0, []
    awaiting: set[str] = set()
    for told in chain(first, told_by_log):
        kind, channel = told.kind, told.channel
        if told.raw is None or (kind == "answer" and channel not in awaiting):
            # Not even as it stands: half a line may hold half a PIN.
            undecodable.append(told.number)
            writer.put(None, told.ms, "joined", None, {"event": "undecodable", "log_line": told.number})
            continue
        commands += kind == "command"
        awaiting = awaiting | {channel} if kind == "command" else awaiting - {channel}
        writer.put(None, told.ms, kind, told.raw, {"event": "reset"} if kind == "reset" else {}, channel)
    return Imported(commands, tuple(undecodable))


def _told(log: Iterable[str]) -> Iterator[_Told]:
    microseconds = 0
    for number, line in enumerate(log, 1):
        plain = _COLOUR.sub("", line.rstrip("\r\n"))
        if passed := _TIME.search(plain):
            microseconds += int(passed[1])
        if found := _TELLS.search(plain):
            kind, raw = _KINDS[found["what"]], _bytes(found["bytes"])
            yield _Told(number, microseconds / 1000, kind, found["thread"] or "", raw)


def _bytes(text: str) -> bytes | None:
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None
