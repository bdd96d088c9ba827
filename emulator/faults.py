"""Faults: named misbehaviour of a card or its link, to try how programs take it.

A fault wraps a card. ``NAME`` or ``NAME=ARG`` on the command line; several may be combined.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from apdu_specs.language import Language, Text
from emulator.errors import EmulatorError
from emulator.link import CardPort, Late, NoAnswer, TakenOut

LARGEST_ARGUMENT = 999_999


class UnknownFault(EmulatorError):
    """A fault that does not exist, or an argument that it does not take."""


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
        self.before()
        try:
            answer = self._card.transmit(apdu)
        except Late as late:
            raise Late(self.changed(late.answer), late.seconds) from None
        return self.changed(answer)

    def before(self) -> None:
        """What happens before the card gets a command."""

    def changed(self, answer: bytes) -> bytes:
        """What becomes of the card's answer."""
        return answer


class _Silent(_Faulty):
    """Never answers after ``argument`` commands."""

    def before(self) -> None:
        if self._count > self._argument:
            raise NoAnswer


class _Removed(_Faulty):
    """Leaves the reader in the middle of command number ``argument``, after the card has done its work."""

    def changed(self, answer: bytes) -> bytes:
        if self._count == self._argument:
            raise TakenOut
        return answer


class _Slow(_Faulty):
    """Takes ``argument`` milliseconds longer for each command."""

    def changed(self, answer: bytes) -> bytes:
        raise Late(answer, self._argument / 1000)


class _Truncated(_Faulty):
    """Loses what is beyond ``argument`` bytes of an answer's data."""

    def changed(self, answer: bytes) -> bytes:
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
        name, equals, argument = text.partition("=")
        fault = FAULTS.get(name)
        if fault is None:
            names = ", ".join(FAULTS)
            raise UnknownFault(
                Text(f"There is no fault {name!r}.", f"ไม่มีความผิดปกติชื่อ {name!r}"),
                Text(f"There are: {names}.", f"ที่มีคือ {names}"),
            )
        card = fault.wrap(card, _number(fault, argument) if equals else fault.default)
    return card


def _number(fault: Fault, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ARGUMENT)):
        return int(text)
    raise UnknownFault(
        Text(
            f"{fault.name}={text}: this is not a number from 0 to {LARGEST_ARGUMENT}.",
            f"{fault.name}={text}: ไม่ใช่ตัวเลขตั้งแต่ 0 ถึง {LARGEST_ARGUMENT}",
        ),
        Text(
            f"It means: {fault.argument.en}; such as {fault.name}={fault.default}.",
            f"ค่านี้คือ{fault.argument.th} เช่น {fault.name}={fault.default}",
        ),
    )


def list_faults(write: Callable[[str], object], language: Language = "en") -> None:
    """One line a fault: its name with the argument it has when none is given, and what it does."""
    width = max(len(f"{fault.name}={fault.default}") for fault in FAULTS.values())
    for fault in FAULTS.values():
        name = f"{fault.name}={fault.default}"
        write(f"{name:{width}}  {fault.meaning.say(language)} ({fault.argument.say(language)})")
