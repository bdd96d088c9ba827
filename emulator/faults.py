"""Faults: named misbehaviour of a card or its link, to try how programs take it.

A fault wraps a card. ``NAME`` or ``NAME=ARG`` on the command line; several may be combined.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from apdu_specs.language import Text
from emulator.errors import EmulatorError
from emulator.link import CardPort


class UnknownFault(EmulatorError):
    """A fault that does not exist, or an argument that it does not take."""


class Removed(Exception):
    """Raised by a faulty card to have its link cut in mid-command."""


class _Faulty:
    """A card behind a fault; passes everything on that the fault does not change."""

    def __init__(self, card: CardPort, argument: int) -> None:
        self._card = card
        self._argument = argument
        self._count = 0

    @property
    def atr(self) -> bytes:
        return self._card.atr

    def power_on(self) -> object:
        return self._card.power_on()

    def power_off(self) -> object:
        return self._card.power_off()

    def reset(self) -> object:
        return self._card.reset()

    def transmit(self, apdu: bytes) -> bytes:
        self._count += 1
        return self.answer(apdu)

    def answer(self, apdu: bytes) -> bytes:
        return self._card.transmit(apdu)


class _Silent(_Faulty):
    """Never answers after ``argument`` commands."""

    def answer(self, apdu: bytes) -> bytes:
        if self._count > self._argument:
            threading.Event().wait()
        return super().answer(apdu)


class _Removed(_Faulty):
    """Leaves the reader in the middle of command number ``argument``, after the card has done its work."""

    def answer(self, apdu: bytes) -> bytes:
        answer = super().answer(apdu)
        if self._count == self._argument:
            raise Removed
        return answer


class _Slow(_Faulty):
    """Takes ``argument`` milliseconds longer for each command."""

    def answer(self, apdu: bytes) -> bytes:
        threading.Event().wait(self._argument / 1000)
        return super().answer(apdu)


class _Truncated(_Faulty):
    """Loses what is beyond ``argument`` bytes of an answer's data."""

    def answer(self, apdu: bytes) -> bytes:
        answer = super().answer(apdu)
        return answer[:-2][: self._argument] + answer[-2:]


class Wrapper(Protocol):
    """Makes a faulty card of a card."""

    def __call__(self, card: CardPort, argument: int, /) -> CardPort: ...


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its name, what it does, its argument's meaning and default."""

    name: str
    meaning: Text
    argument: Text
    default: int
    wrap: Wrapper


FAULTS: dict[str, Fault] = {
    fault.name: fault
    for fault in (
        Fault(
            "silent",
            Text("the card stops answering", "บัตรหยุดตอบ"),
            Text("commands answered before", "จำนวนคำสั่งที่ตอบก่อนหยุด"),
            0,
            _Silent,
        ),
        Fault(
            "removed",
            Text("the card is pulled out in the middle of a command", "บัตรถูกดึงออกระหว่างคำสั่ง"),
            Text("number of that command", "คำสั่งลำดับที่"),
            1,
            _Removed,
        ),
        Fault(
            "slow",
            Text("every command takes longer", "ทุกคำสั่งใช้เวลานานขึ้น"),
            Text("milliseconds", "มิลลิวินาที"),
            100,
            _Slow,
        ),
        Fault(
            "truncate",
            Text("long answers lose their end", "คำตอบยาวถูกตัดท้าย"),
            Text("bytes of data that pass", "จำนวนไบต์ที่ผ่านได้"),
            255,
            _Truncated,
        ),
    )
}


def apply_faults(card: CardPort, texts: Sequence[str]) -> CardPort:
    """``card`` behind the faults in ``texts`` (``NAME`` or ``NAME=ARG``), the first nearest to it. UnknownFault."""
    for text in texts:
        name, _, argument = text.partition("=")
        fault = FAULTS.get(name)
        if fault is None or (argument and not (argument.isascii() and argument.isdigit())):
            names = ", ".join(FAULTS)
            raise UnknownFault(
                Text(f"There is no fault {text!r}.", f"ไม่มีความผิดปกติชื่อ {text!r}"),
                Text(
                    f"There are: {names}; an argument is a number, as in truncate=255.",
                    f"ที่มีคือ {names} โดยค่าเป็นตัวเลข เช่น truncate=255",
                ),
            )
        card = fault.wrap(card, int(argument) if argument else fault.default)
    return card


def list_faults(write: Callable[[str], object]) -> None:
    """One line a fault."""
    for fault in FAULTS.values():
        write(f"{fault.name}[={fault.default}]  {fault.meaning.en}; {fault.argument.en}")
