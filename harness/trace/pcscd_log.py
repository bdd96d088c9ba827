"""What pcscd logs with ``--apdu``, as a trace. Redaction happens here: nothing of the log is written as it stands.

A line of the log is microseconds since the one before (8 digits), with ``--color`` colours and the thread in brackets,
then ``APDU:`` or ``SW:`` and bytes in hex; with ``--debug`` also ``Card ATR:`` after a reset. journald puts its own
words before. Source: measured, pcsc-lite 1.9.9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import IO

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


def convert(log: Iterable[str], out: IO[str], *, show_personal_data: bool = False) -> Imported:
    """Write the trace of ``log`` to ``out``."""
    writer = LineWriter(out, source="pcscd log", show_personal_data=show_personal_data)
    microseconds, commands, undecodable = 0, 0, []
    awaiting: set[str] = set()
    for number, line in enumerate(log, 1):
        plain = _COLOUR.sub("", line.rstrip("\r\n"))
        if passed := _TIME.search(plain):
            microseconds += int(passed[1])
        told = _TELLS.search(plain)
        if told is None:
            continue
        kind, channel, ms = _KINDS[told["what"]], told["thread"] or "", microseconds / 1000
        raw = _bytes(told["bytes"])
        if raw is None or (kind == "answer" and channel not in awaiting):
            # Not even as it stands: half a line may hold half a PIN.
            undecodable.append(number)
            writer.put(None, ms, "joined", None, {"event": "undecodable", "log_line": number})
            continue
        commands += kind == "command"
        awaiting = awaiting | {channel} if kind == "command" else awaiting - {channel}
        writer.put(None, ms, kind, raw, {"event": "reset"} if kind == "reset" else {}, channel)
    return Imported(commands, tuple(undecodable))


def _bytes(text: str) -> bytes | None:
    return bytes.fromhex(text) if _HEX.fullmatch(text) else None
