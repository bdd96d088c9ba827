"""What a fault declares of itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from random import Random

from apdu_specs.language import Text
from emulator.errors import EmulatorError
from emulator.layer import Layer
from emulator.link import CardPort

LARGEST_ARGUMENT = 999_999


class UnknownFault(EmulatorError):
    """A fault that does not exist, or an argument that it does not take."""


class Family(Enum):
    """What a fault spoils."""

    CARD = Text("the card in the reader", "บัตรที่อยู่ในเครื่องอ่าน")
    LENGTHS = Text("lengths of commands and answers", "ความยาวของคำสั่งและคำตอบ")
    T0 = Text("the ways of T=0", "วิธีการของ T=0")
    ANSWERS = Text("the bytes of answers", "ไบต์ของคำตอบ")
    ATR = Text("the answer to reset", "คำตอบการรีเซ็ต (ATR)")
    PRESENCE = Text("insertion and removal", "การเสียบและถอดบัตร")
    RESETS = Text("resets", "การรีเซ็ต")
    MEMORY = Text("what a reader remembers", "สิ่งที่เครื่องอ่านจำไว้")
    SPEED = Text("time", "เวลา")
    SERVICE = Text("programs that share the reader", "หลายโปรแกรมใช้เครื่องอ่านร่วมกัน")


class Place(Enum):
    """Where a fault lives, and so how long."""

    CARD = "card"
    """In the card: goes when that card is taken out."""
    READER = "reader"
    """Between pcscd and the card: stays for every card that is put in, and begins anew with each, but for what it remembers."""
    SERVICE = "service"
    """Between programs and pcscd."""


@dataclass(frozen=True, slots=True)
class Argument:
    """The number a fault takes: what it means, and what it is when none is given."""

    meaning: Text
    default: int
    least: int = 0


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault. ``meaning``: what is seen from outside. ``caught_by``: criteria of a reader qualification, each of which fails.

    ``layer`` makes it out of a card, the argument and random numbers; None for one of the service.
    """

    name: str
    family: Family
    meaning: Text
    argument: Argument | None
    caught_by: tuple[str, ...]
    layer: Callable[[CardPort, int, Random], Layer] | None
    place: Place = Place.READER
    note: Text | None = None
    """What else has to be known, where the fault is only the nearest to what a real reader does."""
    only_marginal: bool = False
    """The criteria in ``caught_by`` find it marginal, not failed: no reader may be refused for it."""

    @property
    def default(self) -> int:
        """The argument when none is given; 0 where it takes none."""
        return self.argument.default if self.argument else 0

    @property
    def written(self) -> str:
        """``NAME=DEFAULT`` or ``NAME``, as on the command line."""
        return f"{self.name}={self.default}" if self.argument else self.name
