"""A trace in words: what each line means, and the values of fields that are not hidden."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apdu_specs.adm import GET_INFO
from apdu_specs.apdu import HEADER_LENGTH
from apdu_specs.applet import Applet
from apdu_specs.card_manager import GET_CPLC
from apdu_specs.command import Command
from apdu_specs.errors import SpecError
from apdu_specs.file import File
from apdu_specs.generations import APPLETS, DEFAULT, Generation, by_atr
from apdu_specs.interindustry import GET_RESPONSE, READ
from apdu_specs.language import Language
from apdu_specs.status import explain
from apdu_specs.values import in_words
from harness.trace.conversation import command_of
from harness.trace.reading import SYMBOL, Entry, Pattern, Trace, atr_of

_APPLETS: dict[str, Applet] = {applet.name: applet for applet in APPLETS}
_WHOLE_FILES = {command.name: command.file for command in (GET_INFO, GET_CPLC)}
_LONGEST_VALUE = 60
_LONG_RUN = 4


@dataclass(frozen=True, slots=True)
class Row:
    """One line for people. ``sign``: > to the card, < from it, * event, ! not understood.

    ``values``: name -> value of the fields that are not hidden and all in this answer.
    """

    number: int
    ms: float | None
    sign: str
    bytes: str
    meaning: str
    values: dict[str, str] = field(default_factory=dict)


class _Reading:
    """Which bytes of which file the answers are."""

    def __init__(self) -> None:
        self.generation: Generation = DEFAULT
        self.sent: Command | None = None
        self.with_data = False
        self.file: File | None = None
        self.at = 0

    def command(self, line: dict[str, Any], pattern: Pattern) -> None:
        command = self.sent = command_of(pattern.data)
        self.with_data = len(pattern.data) > HEADER_LENGTH + 1
        if command is GET_RESPONSE:
            return
        self.file, self.at = _WHOLE_FILES.get(command.name if command else ""), 0
        applet = _APPLETS.get(str(line.get("applet")))
        block, offset = line.get("block"), line.get("offset")
        if command is READ and applet and isinstance(block, int) and isinstance(offset, int):
            self.file, self.at = self.generation.blocks(applet).get(block), offset

    def values(self, pattern: Pattern, language: Language) -> Iterator[tuple[str, str]]:
        """Name and value of every field that is all in this answer and not hidden."""
        length = len(pattern) - 2
        start, self.at = self.at, self.at + max(length, 0)
        if self.file is None or length <= 0:
            return
        for each in self.file.fields:
            begin = self.file.offset(each.name) - start
            end = begin + each.length
            if begin < 0 or end > length or pattern.hidden & set(range(begin, end)):
                continue
            try:
                value = each.parse(pattern.data[begin:end])
            except SpecError:
                continue
            shown = "" if value is None else in_words(value).say(language)
            yield each.name, shown if len(shown) <= _LONGEST_VALUE else shown[:_LONGEST_VALUE] + "..."


def rows(trace: Trace, language: Language = "en") -> Iterator[Row]:
    """A row for every line."""
    reading = _Reading()
    for entry in trace.entries:
        line = entry.line
        if line is None:
            yield Row(entry.number, None, "!", "", entry.text)
        elif entry.direction == "event":
            yield Row(entry.number, line.get("ms"), "*", "", _event(entry, reading))
        elif entry.direction == "command":
            reading.command(line, entry.pattern)
            yield Row(entry.number, line.get("ms"), ">", _brief(line["bytes"]), _command(line, reading.sent))
        else:
            values = dict(reading.values(entry.pattern, language))
            told = _answer(entry, reading, values, language)
            yield Row(entry.number, line.get("ms"), "<", _brief(line["bytes"]), told, values)


def _event(entry: Entry, reading: _Reading) -> str:
    line = entry.line or {}
    told = [str(line["event"])]
    atr = atr_of(entry)
    if atr is not None:
        generation = by_atr(atr)
        reading.generation = generation or DEFAULT
        told.append(f"{atr.hex(' ').upper()} ({generation.name if generation else '?'})")
    told += [str(line[key]) for key in ("error", "log_line") if key in line]
    return " ".join(told)


def _command(line: dict[str, Any], sent: Command | None) -> str:
    declared = sent.name if sent is not None else "?"
    told = [str(line.get("applet") or ""), str(line.get("command") or declared)]
    if symbol := line.get(SYMBOL):
        told.append(f"({symbol})")
    if fields := line.get("fields"):
        told.append(", ".join(fields))
    return " ".join(each for each in told if each)


def _answer(entry: Entry, reading: _Reading, values: dict[str, str], language: Language) -> str:
    status, sent = entry.status, reading.sent
    meanings = sent.own_meanings(with_data=reading.with_data) if sent is not None else {}
    told = [explain(status, meanings).say(language)] if status is not None else ["?"]
    told += [f"{name} = {value}" for name, value in values.items()]
    if not values:
        told.append(", ".join((entry.line or {}).get("fields", [])))
    return "; ".join(each for each in told if each)


def _brief(text: str) -> str:
    """``00 20 00 01 04 [4 hidden]``; long runs of hidden and of plain bytes are shortened."""
    pairs = re.sub(r"(..)", r"\1 ", text).strip()
    pairs = re.sub(r"\*\*(?: \*\*)*", lambda run: f"[{len(run[0].split())} hidden]", pairs)
    words = pairs.split(" ")
    if len(words) > 10 * _LONG_RUN:
        return " ".join(
            [*words[: 4 * _LONG_RUN], f"... {len(words) - 6 * _LONG_RUN} ...", *words[-2 * _LONG_RUN :]]
        )
    return pairs
