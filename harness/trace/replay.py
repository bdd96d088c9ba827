"""Playing a recorded terminal's side against a card, and listing where the card answers otherwise.

Hidden PINs and proofs cannot be sent as they were. To a virtual card whose PIN is known they are made anew: the card's own PIN
where the recorded answer was 9000, a wrong one where it was not. A real card gets reading commands only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from apdu_specs import adm, keys
from apdu_specs.apdu import HEADER_LENGTH, SW_LENGTH
from apdu_specs.card_manager import GET_CPLC
from apdu_specs.command import Command
from apdu_specs.interindustry import GET_RESPONSE, READ, SELECT
from apdu_specs.language import Text
from apdu_specs.published_pin import pin_block
from apdu_specs.status import StatusWord
from harness.errors import HarnessError
from harness.terminals import Terminal
from harness.trace.conversation import command_of, is_secret
from harness.trace.reading import Entry, Pattern, Trace, atr_of

_RESETS = ("reset", "power on")
_LC = HEADER_LENGTH + 1
_READING = (SELECT, GET_RESPONSE, READ, adm.GET_INFO, GET_CPLC)
"""All that a real card gets."""


What = Literal["status", "length", "data", "atr", "error"]


_REAL_CARD = Text(
    "not sent: the card is a real one, and this could cost it something",
    "ไม่ได้ส่ง: เป็นบัตรจริง และคำสั่งนี้อาจมีผลเสียต่อบัตร",
)
_DATA_HIDDEN = Text("not sent: its data is hidden", "ไม่ได้ส่ง: ข้อมูลของคำสั่งถูกปิดไว้")
_NO_ANSWER = Text("not sent: it has no recorded answer", "ไม่ได้ส่ง: ไม่มีคำตอบที่บันทึกไว้")
_NOT_KNOWN = Text(
    "not sent: what it needs to be made anew is not known", "ไม่ได้ส่ง: ไม่ทราบค่าที่ต้องใช้ในการสร้างข้อมูลใหม่"
)
_MADE_RIGHT = Text("made anew: right for the card that answers", "สร้างข้อมูลใหม่: ถูกต้องสำหรับบัตรที่ตอบ")
_MADE_WRONG = Text("made anew: wrong for the card that answers", "สร้างข้อมูลใหม่: ผิดสำหรับบัตรที่ตอบ")


@dataclass(frozen=True, slots=True)
class Secrets:
    """What is known of the card that answers. A card that is not ``virtual`` is a real one."""

    virtual: bool
    serial: bytes = b""
    pin: bytes | None = field(default=None, repr=False)
    office_key: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference: the trace's line, the command, what differs (status, length, data, atr, error), and how."""

    line: int
    command: str
    what: What
    recorded: Text
    replayed: Text


@dataclass(frozen=True, slots=True)
class Note:
    """A command that was not replayed as recorded, and why: ``made anew`` or ``not sent``."""

    line: int
    command: str
    why: Text


@dataclass(slots=True)
class Report:
    """What a replay found. ``sent``: commands sent; ``undecodable``: lines of the trace that were not understood.

    ``withheld``: commands that were not sent because the card is a real one.
    """

    sent: int = 0
    withheld: int = 0
    differences: list[Difference] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    undecodable: list[int] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """JSON-ready, in English."""
        return {
            "same": not self.differences and not self.withheld,
            "sent": self.sent,
            "withheld": self.withheld,
            "differences": [
                {
                    "line": each.line,
                    "command": each.command,
                    "what": each.what,
                    "recorded": each.recorded.en,
                    "replayed": each.replayed.en,
                }
                for each in self.differences
            ],
            "notes": [
                {"line": each.line, "command": each.command, "why": each.why.en} for each in self.notes
            ],
            "undecodable": self.undecodable,
        }


class Player:
    """Plays traces on ``terminal``, which is connected to a card that was just reset."""

    def __init__(self, terminal: Terminal, secrets: Secrets) -> None:
        self._terminal = terminal
        self._secrets = secrets
        self._challenges: dict[Command, bytes] = {}
        self._origin: Command | None = None

    def play(self, trace: Trace) -> Report:
        """Send everything that can be sent."""
        report = Report(undecodable=trace.undecodable)
        entries = [entry for entry in trace.entries if entry.line is not None]
        for entry, following in zip(entries, [*entries[1:], None], strict=True):
            if entry.direction == "event":
                self._event(entry, report)
            elif entry.direction == "command":
                answer = following if following is not None and following.direction == "answer" else None
                self._exchange(entry, answer, report)
        return report

    def _event(self, entry: Entry, report: Report) -> None:
        assert entry.line is not None
        atr = atr_of(entry)
        replayed = self._terminal.reset() if entry.line["event"] in _RESETS else self._terminal.atr
        if atr is not None and atr != replayed:
            report.differences.append(
                Difference(entry.number, entry.line["event"], "atr", _hex(atr), _hex(replayed))
            )

    def _exchange(self, entry: Entry, recorded: Entry | None, report: Report) -> None:
        pattern = entry.pattern
        command = command_of(pattern.data)
        name = command.name if command else "?"
        if command is not GET_RESPONSE:
            self._origin = command
        apdu, why = self._to_send(command, pattern, recorded.status if recorded else None)
        if why is not None:
            report.notes.append(Note(entry.number, name, why))
            report.withheld += why is _REAL_CARD
        if apdu is None:
            return
        report.sent += 1
        try:
            answer = self._terminal.transmit(apdu)
        except HarnessError as error:
            report.differences.append(
                Difference(entry.number, name, "error", Text("answer", "มีคำตอบ"), _plain(error.code))
            )
            return
        if command is not None and command.random and len(answer) > SW_LENGTH:
            self._challenges[command] = answer[:-SW_LENGTH]
        if recorded is not None:
            report.differences += self._compare(recorded, name, answer)

    def _compare(self, recorded: Entry, name: str, answer: bytes) -> list[Difference]:
        expected, found = recorded.pattern, []
        number, status, word = recorded.number, recorded.status, answer[-SW_LENGTH:]
        if status is not None and status.to_bytes(2, "big") != word:
            found.append(Difference(number, name, "status", _hex(status.to_bytes(2, "big")), _hex(word)))
        if len(expected) != len(answer):
            lengths = (_plain(str(len(each) - SW_LENGTH)) for each in (expected, answer))
            found.append(Difference(number, name, "length", *lengths))
        elif not (self._origin is not None and self._origin.random):
            different = [
                at
                for at in range(len(answer) - SW_LENGTH)
                if at not in expected.hidden and expected.data[at] != answer[at]
            ]
            if different:
                # Positions, never bytes: the report may go where the data may not.
                fields = ", ".join((recorded.line or {}).get("fields", []))
                count, where = len(different), f" ({fields})" if fields else ""
                bytes_of = "1 byte at" if count == 1 else f"{count} bytes from"
                recorded_as = Text(
                    f"{bytes_of} {different[0]}{where}", f"{count} ไบต์ ตั้งแต่ตำแหน่ง {different[0]}{where}"
                )
                found.append(Difference(number, name, "data", recorded_as, Text("otherwise", "ต่างออกไป")))
        return found

    def _to_send(
        self, command: Command | None, pattern: Pattern, status: int | None
    ) -> tuple[bytes | None, Text | None]:
        secret = is_secret(pattern.data)
        if not self._secrets.virtual and command not in _READING:
            return None, _REAL_CARD
        if not pattern.hidden:
            return pattern.data, None
        if not secret:
            return None, _DATA_HIDDEN
        if status is None:
            return None, _NO_ANSWER
        body = self._body(command, pattern, status)
        if body is None:
            return None, _NOT_KNOWN
        return _filled(pattern, body), _MADE_RIGHT if status == StatusWord.OK else _MADE_WRONG

    def _body(self, command: Command | None, pattern: Pattern, status: int) -> bytes | None:
        """What goes where bytes are hidden; only as much of it as fits is used."""
        makers: dict[Command, Callable[[bool], bytes | None]] = {
            adm.VERIFY: self._pin,
            adm.CHANGE_REFERENCE_DATA: self._two_pins,
            adm.VERIFY_PUBLISHED: self._pin_block,
            adm.EXTERNAL_AUTHENTICATE: self._proof,
            adm.RESET_RETRY_COUNTER: lambda _: self._pin(True),
        }
        if status == StatusWord.WRONG_DATA:
            return b"A" * len(pattern.hidden)
        maker = makers.get(command) if command is not None else None
        fits = command is not None and len(pattern.hidden) in command.lengths | {max(command.lengths) + 1}
        if maker is None or command is None or not fits or _LC - 1 in pattern.hidden:
            known = status != StatusWord.WRONG_PARAMETERS and command is not None and 2 in pattern.hidden
            header = bytes((min(command.p1.values), min(command.p2.values))) if command and known else b""
            return header.ljust(len(pattern.hidden), b"\xff")
        return maker(status == StatusWord.OK)

    def _pin(self, right: bool) -> bytes | None:
        pin = self._secrets.pin
        return pin if pin is None or right else _other(pin)

    def _two_pins(self, right: bool) -> bytes | None:
        # The new PIN is the old one, so that the card keeps the PIN that is known.
        old, new = self._pin(right), self._pin(True)
        return None if old is None or new is None else old + new

    def _pin_block(self, right: bool) -> bytes | None:
        pin = self._pin(right)
        challenge = self._challenges.get(adm.GET_PIN_CHALLENGE, bytes(adm.PIN_CHALLENGE_LENGTH))
        return None if pin is None else pin_block(pin, challenge)

    def _proof(self, right: bool) -> bytes | None:
        if not right:
            return bytes(keys.OFFICE_PROOF_LENGTH)
        challenge = self._challenges.get(adm.GET_CHALLENGE)
        if challenge is None or self._secrets.office_key is None:
            return None
        return keys.office_proof(self._secrets.office_key, challenge=challenge, serial=self._secrets.serial)


def _hex(raw: bytes) -> Text:
    return _plain(raw.hex(" ").upper())


def _plain(text: str) -> Text:
    return Text(text, text)


def _other(pin: bytes) -> bytes:
    """A PIN that differs in every digit."""
    return bytes((digit - 0x30 + 5) % 10 + 0x30 for digit in pin)


def _filled(pattern: Pattern, body: bytes) -> bytes:
    """``pattern`` with its hidden bytes from ``body``; a hidden trailing Le is 00."""
    raw = bytearray(pattern.data)
    for at, byte in zip(sorted(pattern.hidden), body.ljust(len(pattern.hidden), b"\x00"), strict=False):
        raw[at] = byte
    return bytes(raw)
