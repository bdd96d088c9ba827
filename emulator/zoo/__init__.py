"""The zoo: named misbehaviour of readers, cards and links, to try how programs and qualifications take it.

``NAME`` or ``NAME=NUMBER`` on the command line; several may be combined. The same seed gives the same misbehaviour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random

from apdu_specs.language import Language, Text
from emulator.link import CardPort
from emulator.zoo import (
    answer_to_reset,
    lengths,
    memory,
    presence,
    resets,
    service,
    speed,
    spoilt_card,
    ways_of_t0,
    wrong_answers,
)
from emulator.zoo.fault import LARGEST_ARGUMENT, Family, Fault, Place, UnknownFault

__all__ = [
    "FAULTS",
    "Chosen",
    "Family",
    "Fault",
    "Place",
    "UnknownFault",
    "apply_faults",
    "choose",
    "list_faults",
]

FAULTS: dict[str, Fault] = {
    fault.name: fault
    for family in (
        spoilt_card,
        lengths,
        ways_of_t0,
        wrong_answers,
        answer_to_reset,
        presence,
        resets,
        memory,
        speed,
        service,
    )
    for fault in family.FAULTS
}


@dataclass(frozen=True, slots=True)
class Chosen:
    """A fault with its argument and its seed."""

    fault: Fault
    argument: int
    seed: str
    _kept: dict[bytes, bytes] = field(default_factory=dict, compare=False, repr=False)

    def over(self, card: CardPort) -> CardPort:
        """``card`` behind this fault, as if just put in; what the reader kept of the cards before is there."""
        if self.fault.layer is None:
            return card
        layer = self.fault.layer(card, self.argument, Random(self.seed))
        layer.kept = self._kept
        return layer


def choose(texts: Sequence[str], seed: int = 0) -> list[Chosen]:
    """The faults that ``texts`` name (``NAME`` or ``NAME=ARG``), in that order. Raises UnknownFault."""
    chosen = []
    for number, text in enumerate(texts):
        name, equals, argument = text.partition("=")
        fault = FAULTS.get(name)
        if fault is None:
            names = ", ".join(FAULTS)
            raise UnknownFault(
                Text(f"There is no fault {name!r}.", f"ไม่มีความผิดปกติชื่อ {name!r}"),
                Text(f"There are: {names}.", f"ที่มีคือ {names}"),
            )
        value = _number(fault, argument) if equals else fault.default
        chosen.append(Chosen(fault, value, f"{seed} {number} {name}"))
    return chosen


def apply_faults(card: CardPort, texts: Sequence[str], seed: int = 0) -> CardPort:
    """``card`` behind the faults in ``texts``, the first nearest to it. Raises UnknownFault.

    Those of the service lie between programs and pcscd and change nothing here.
    """
    for chosen in choose(texts, seed):
        card = chosen.over(card)
    return card


def _number(fault: Fault, text: str) -> int:
    if fault.argument is None:
        raise UnknownFault(
            Text(
                f"{fault.name}={text}: {fault.name} takes no number.",
                f"{fault.name}={text}: {fault.name} ไม่รับตัวเลข",
            ),
            Text(f"Say {fault.name}.", f"โปรดใช้ {fault.name}"),
        )
    least = fault.argument.least
    if text.isascii() and text.isdigit() and len(text) <= len(str(LARGEST_ARGUMENT)) and int(text) >= least:
        return int(text)
    meaning = fault.argument.meaning
    raise UnknownFault(
        Text(
            f"{fault.name}={text}: this is not a number from {least} to {LARGEST_ARGUMENT}.",
            f"{fault.name}={text}: ไม่ใช่ตัวเลขตั้งแต่ {least} ถึง {LARGEST_ARGUMENT}",
        ),
        Text(
            f"It means: {meaning.en}; such as {fault.written}.",
            f"ค่านี้คือ{meaning.th} เช่น {fault.written}",
        ),
    )


def list_faults(write: Callable[[str], object], language: Language = "en") -> None:
    """One line a fault: its name with the argument it has when none is given, and what it does."""
    width = max(len(fault.written) for fault in FAULTS.values())
    for fault in FAULTS.values():
        argument = f" ({fault.argument.meaning.say(language)})" if fault.argument else ""
        write(f"{fault.written:{width}}  {fault.meaning.say(language)}{argument}")
