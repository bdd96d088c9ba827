"""Follows what is said to one card: which applet is selected, what waits, and so what every byte is.

From it comes the redaction, which must be right whatever a program does: where it is not certain what an answer holds,
the answer is hidden.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, SW_LENGTH, split_command
from apdu_specs.applet import Applet
from apdu_specs.card_manager import CARD_MANAGER
from apdu_specs.command import Command
from apdu_specs.generations import APPLETS, Generation, by_atr
from apdu_specs.interindustry import GET_RESPONSE, READ, SELECT
from apdu_specs.status import Family, StatusWord, explain
from harness.trace import masks
from harness.trace.masks import HIDDEN, OPEN, SHOWN, UNKNOWN, Source, masked

_OF_EVERY_APPLET = (SELECT, GET_RESPONSE)
_COMMANDS: dict[bytes, Command] = {
    header: command
    for command in (*_OF_EVERY_APPLET, *(each for applet in APPLETS for each in applet.commands))
    for header in command.headers
}
_APPLET_OF = {aid: applet for applet in APPLETS for aid in applet.aids}
_SECRET_INSTRUCTIONS = frozenset(command.ins & 0xFE for command in _COMMANDS.values() if command.secret)
_FOREIGN_AID = re.compile(
    r"(?:A\d{9}|D\d{3}|F).*"
)  # ISO/IEC 7816-4 8.2.1.2: registered, national, proprietary
_SHORTEST_FOREIGN_AID = 5
_FIRST_THAI_LETTER = 0xA1  # of TIS-620; a digit in Thai begins with F, too
_CLA_INS = 2
_LC = HEADER_LENGTH + 1

Line = dict[str, Any]


def is_secret(raw: bytes) -> bool:
    """Whether a command may hold a PIN or a proof: by its instruction, whatever class and applet. Odd ones are BER-TLV's."""
    return len(raw) < 2 or raw[1] & 0xFE in _SECRET_INSTRUCTIONS


def command_of(raw: bytes) -> Command | None:
    """The declared command of that class and instruction."""
    return _COMMANDS.get(raw[:2])


def shown_prefix(raw: bytes) -> int:
    """How many bytes of a command may be shown; the rest may be a PIN, a proof, or nothing that is declared."""
    if len(raw) < HEADER_LENGTH or raw.isdigit():
        return 0 if raw.isdigit() else min(_CLA_INS, len(raw))
    command, parts = command_of(raw), split_command(raw)
    lc = raw[HEADER_LENGTH] if len(raw) > HEADER_LENGTH else 0
    if is_secret(raw):
        declared = command is not None and _has_parameters(command, raw) and lc in command.lengths
        return min(_LC, len(raw)) if declared else _CLA_INS
    # Digits as P1 and P2 of what is not as declared may be digits of a PIN that lacks what comes before it.
    header = _CLA_INS if raw[_CLA_INS:HEADER_LENGTH].isdigit() else HEADER_LENGTH
    if parts is None:
        return header
    if not parts.data:
        declared = command is not None and _has_parameters(command, raw) and 0 in command.lengths
        return len(raw) if declared or (parts.le == MAX_ANSWER and header == HEADER_LENGTH) else header
    declared = command is not None and len(parts.data) in command.lengths
    if declared and (command is not SELECT or parts.data in _APPLET_OF or _may_be_an_aid(parts.data)):
        return len(raw)
    return _LC if header == HEADER_LENGTH else header


def _has_parameters(command: Command, raw: bytes) -> bool:
    return raw[2] in command.p1.values and raw[3] in command.p2.values


def _may_be_an_aid(data: bytes) -> bool:
    """Whether it is an application identifier and no text, so that it can be shown."""
    thai = all(byte >= _FIRST_THAI_LETTER for byte in data)
    return (
        len(data) >= _SHORTEST_FOREIGN_AID
        and not thai
        and _FOREIGN_AID.fullmatch(data.hex().upper()) is not None
    )


class Conversation:
    """What is known of one card's state. ``show_personal_data`` leaves everything readable but PINs and proofs."""

    def __init__(self, *, show_personal_data: bool = False) -> None:
        self._show = show_personal_data
        self._generation: Generation | None = None
        self._selected: Applet | None = None
        self._command: Command | None = None
        self._raw = b""
        self._source = UNKNOWN
        self._waiting: Source | None = None
        self._position = 0
        self._left = 0

    def reset(self, atr: bytes | None) -> None:
        """The card lost power or was reset; ``atr`` if it is known."""
        self._generation = by_atr(atr) if atr else self._generation
        self._selected, self._waiting = CARD_MANAGER, None

    def joined(self, atr: bytes | None) -> None:
        """Someone connected to a card that may be in use: anything may be selected."""
        self._generation = by_atr(atr) if atr else None
        self._selected = self._waiting = None

    def command(self, raw: bytes) -> Line:
        """What a command's line says; remembers it for the answer."""
        self._raw, self._command = raw, command_of(raw)
        line: Line = {"bytes": hidden_after(raw, shown_prefix(raw))}
        if self._command is None:
            self._source = UNKNOWN
            return line | {"command": None}
        line |= {"command": self._command.name}
        if self._command is GET_RESPONSE:
            self._source = self._waiting or UNKNOWN
            return line
        self._waiting = None
        self._source = self._source_of(self._command, raw, line)
        return line

    def _source_of(self, command: Command, raw: bytes, line: Line) -> Source:
        parts = split_command(raw)
        if command is SELECT:
            aid = parts.data if parts else b""
            applet = _APPLET_OF.get(aid or CARD_MANAGER.aid)
            line["applet"] = applet.name if applet else None
            return OPEN if applet else UNKNOWN
        selected = self._selected
        if selected is None:
            # Nothing is known of what is selected; commands of one applet only can still be named.
            return UNKNOWN if command is READ else masks.of_command(command)
        line["applet"] = selected.name
        if command not in selected.commands or parts is None:
            return UNKNOWN
        if command is not READ:
            return masks.of_command(command)
        if len(parts.data) not in READ.lengths:
            return UNKNOWN
        block, length = parts.data
        offset = parts.p1 << 8 | parts.p2
        source = masks.of_read(self._generation, selected, offset, parts.data)
        line |= {"block": block, "offset": offset, "length": length or 256}
        line["fields"] = source.fields(0, length or 256)
        return source

    def answer(self, raw: bytes) -> Line:
        """What the line of the answer to the last command says."""
        if len(raw) < SW_LENGTH:
            return {"bytes": "**" * len(raw), "status": None}
        data, sw = raw[:-SW_LENGTH], raw[-2] << 8 | raw[-1]
        position = self._position if self._command is GET_RESPONSE else 0
        source = self._source
        if self._command is GET_RESPONSE and len(data) > self._left:
            source = UNKNOWN  # more than was announced: it is not what was thought to wait
        text = self._redacted(source, position, data)
        self._after(source, position + len(data), bool(data), sw)
        line: Line = {
            "bytes": text + f"{sw:04X}",
            "status": f"{sw:04X}",
            "meaning": _meaning(sw, self._command, len(self._raw) > HEADER_LENGTH + 1),
        }
        if data and source.file is not None:
            line["fields"] = source.fields(position, len(data))
        return line

    def _redacted(self, source: Source, position: int, data: bytes) -> str:
        if self._show and not is_secret(self._raw):
            return data.hex().upper()
        return masked(data, source.mask(position, len(data)))

    def _after(self, source: Source, position: int, got_data: bool, sw: int) -> None:
        """What waits now, and what is selected."""
        announced = Family.BYTES_WAITING.number(sw)
        if self._command is GET_RESPONSE:
            if announced is not None:
                expected = self._left - (position - self._position)
                source = source if announced == expected else UNKNOWN
            elif not got_data and Family.WRONG_LE.number(sw) is not None:
                return  # it still waits
        elif self._command is SELECT:
            self._follow_selection(sw)
        if announced is None:
            if got_data or self._command is not GET_RESPONSE:
                self._waiting, self._left = None, 0
            return
        self._waiting, self._position, self._left = source, position, announced

    def _follow_selection(self, sw: int) -> None:
        parts = split_command(self._raw)
        done = sw == StatusWord.OK or any(
            family.number(sw) is not None for family in (Family.BYTES_WAITING, Family.WRONG_LE)
        )
        if done:
            aid = parts.data if parts else b"?"
            self._selected = _APPLET_OF.get(aid or CARD_MANAGER.aid)
            self._source = OPEN if self._selected else UNKNOWN


def hidden_after(raw: bytes, shown: int) -> str:
    """A command's hex with ``**`` for what comes after ``shown`` bytes."""
    return masked(raw, SHOWN * shown + HIDDEN * (len(raw) - shown))


@lru_cache(maxsize=256)
def _meaning(sw: int, command: Command | None, with_data: bool) -> str:
    return explain(sw, command.own_meanings(with_data=with_data) if command is not None else {}).en
