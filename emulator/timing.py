"""Timing models: how long a card and a reader of a given kind take for a command, and a card slowed down to it.

In T=0 every byte is one character on a line: 12 elementary time units (etu), and N more when it goes to the card
(TC1). An etu is F/D clock cycles (ISO/IEC 7816-3 7.1, 8.3, 10.2). Off unless asked for; nothing here touches what is said.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from apdu_specs import adm
from apdu_specs.apdu import SW_LENGTH
from apdu_specs.atr import DEFAULT_CLOCK_HZ, DI, FI, Atr
from apdu_specs.atr import parse as parse_atr
from apdu_specs.command import Command
from apdu_specs.errors import SpecError
from apdu_specs.interindustry import GET_RESPONSE, READ, SELECT
from apdu_specs.language import Language, Text
from emulator.errors import EmulatorError
from emulator.layer import Layer, data_length
from emulator.link import CardPort, Late

CHARACTER_ETU = 12
"""Start bit, eight bits, parity and two of guard time."""
_HEADER_CHARACTERS = 5  # T=0 always sends P3
_PROCEDURE_BYTE = 1
_NO_EXTRA_GUARD = 255  # TC1 = FF: N = 0 in T=0
_WAITING_INTEGER = 10
_WAITING_FACTOR = 960  # WWT = WI x 960 x Fi / f
_ATR_DELAY_CYCLES = 40_000  # the latest that a card may begin its answer to reset
_DEFAULT_F, _DEFAULT_D = FI[1], DI[1]


class UnknownTiming(EmulatorError):
    """A timing model that does not exist."""

    def __init__(self, name: str) -> None:
        names = ", ".join(MODELS)
        super().__init__(
            Text(f"There is no timing model {name!r}.", f"ไม่มีแบบจำลองเวลาชื่อ {name!r}"),
            Text(f"There are: {names}.", f"ที่มีคือ {names}"),
        )


@dataclass(frozen=True, slots=True)
class TimingModel:
    """One kind of card and reader.

    ``clock_hz``: what the reader gives the card. ``uses_ta1``: F and D are the ATR's TA1, else 372 and 1.
    ``per_apdu_s``: reader, bus and driver, once for each command. ``processing_s``: what the card takes for a command,
    ``other_s`` for one that is not in it. Sources: the line is ISO/IEC 7816-3; the rest is assumed.
    """

    name: str
    meaning: Text
    clock_hz: int = DEFAULT_CLOCK_HZ
    uses_ta1: bool = True
    per_apdu_s: float = 0.0
    processing_s: Mapping[Command, float] = field(default_factory=dict)
    other_s: float = 0.0

    def line(self, atr: bytes) -> Line:
        """The line between this reader and a card with that ATR."""
        f, d, extra = _DEFAULT_F, _DEFAULT_D, 0
        try:
            decoded: Atr | None = parse_atr(atr)
        except SpecError:
            decoded = None
        if decoded is not None:
            extra = extra_guard(atr)
            if self.uses_ta1:
                f, d = decoded.fi, decoded.di
        return Line(self, f, d, extra)


@dataclass(frozen=True, slots=True)
class Line:
    """A model applied to one card: F, D and the extra guard time N of its ATR."""

    model: TimingModel
    f: int
    d: int
    extra_guard_etu: int

    @property
    def etu_s(self) -> float:
        """Seconds of one elementary time unit."""
        return self.f / self.d / self.model.clock_hz

    @property
    def waiting_time_s(self) -> float:
        """The longest silence in T=0; a card that takes longer sends NULL bytes."""
        return _WAITING_FACTOR * _WAITING_INTEGER * self.f / self.model.clock_hz

    def seconds(self, apdu: bytes, answer: bytes) -> float:
        """How long this command takes until its answer is there."""
        data = data_length(apdu)
        to_card = _HEADER_CHARACTERS + data
        from_card = max(len(answer), SW_LENGTH)
        if data or len(answer) > SW_LENGTH:
            from_card += _PROCEDURE_BYTE
        processing = self.processing_s(apdu)
        from_card += int(processing / self.waiting_time_s)  # NULL bytes
        etu = to_card * (CHARACTER_ETU + self.extra_guard_etu) + from_card * CHARACTER_ETU
        return etu * self.etu_s + processing + self.model.per_apdu_s

    def processing_s(self, apdu: bytes) -> float:
        """Seconds that the card itself takes for a command."""
        for command, seconds in self.model.processing_s.items():
            if apdu[:2] in command.headers:
                return seconds
        return self.model.other_s

    def reset_s(self, atr: bytes) -> float:
        """How long an answer to reset takes; its characters always have the etu of F 372 and D 1."""
        cycles = _ATR_DELAY_CYCLES + len(atr) * CHARACTER_ETU * _DEFAULT_F
        return cycles / self.model.clock_hz + self.model.per_apdu_s


def extra_guard(atr: bytes) -> int:
    """N of an ATR's TC1 in etu; 0 if there is no TC1."""
    present = atr[1]
    if not present & 0x40:
        return 0
    extra = atr[2 + (present & 0x30).bit_count()]
    return 0 if extra == _NO_EXTRA_GUARD else extra


_FAST_CARD: Mapping[Command, float] = {
    SELECT: 0.004,
    READ: 0.002,
    GET_RESPONSE: 0.0005,
    adm.VERIFY: 0.02,
    adm.VERIFY_PUBLISHED: 0.03,
    adm.CHANGE_REFERENCE_DATA: 0.03,
    adm.GET_MATCH_STATUS: 0.15,
    adm.EXTERNAL_AUTHENTICATE: 0.1,
    adm.RESET_RETRY_COUNTER: 0.03,
}
_OLD_CARD: Mapping[Command, float] = {
    SELECT: 0.02,
    READ: 0.015,
    GET_RESPONSE: 0.002,
    adm.VERIFY: 0.06,
    adm.VERIFY_PUBLISHED: 0.12,
    adm.CHANGE_REFERENCE_DATA: 0.08,
    adm.GET_MATCH_STATUS: 1.5,
    adm.EXTERNAL_AUTHENTICATE: 0.8,
    adm.RESET_RETRY_COUNTER: 0.08,
}

MODELS: dict[str, TimingModel] = {
    model.name: model
    for model in (
        TimingModel(
            "ta1",
            Text(
                "the line alone, as fast as the ATR's TA1 allows at 3.58 MHz",
                "เฉพาะสายสัญญาณ เร็วเท่าที่ TA1 ของ ATR อนุญาตที่ 3.58 MHz",
            ),
        ),
        TimingModel(
            "9600",
            Text(
                "the line alone, at 9,600 bits a second whatever TA1 says",
                "เฉพาะสายสัญญาณ ที่ 9,600 บิตต่อวินาที ไม่ขึ้นกับ TA1",
            ),
            clock_hz=9600 * _DEFAULT_F,
            uses_ta1=False,
        ),
        TimingModel(
            "usb-ccid-fast",
            Text(
                "a good USB reader: TA1 at 4.8 MHz, 1 ms of USB for each command, a quick card",
                "เครื่องอ่าน USB ที่ดี: TA1 ที่ 4.8 MHz เพิ่ม 1 มิลลิวินาทีต่อคำสั่ง และบัตรที่เร็ว",
            ),
            clock_hz=4_800_000,
            per_apdu_s=0.001,
            processing_s=_FAST_CARD,
            other_s=0.002,
        ),
        TimingModel(
            "old-card",
            Text(
                "an old card in a slow reader: 9,600 bits a second, 4 ms for each command, slow memory and cryptography",
                "บัตรเก่าในเครื่องอ่านที่ช้า: 9,600 บิตต่อวินาที เพิ่ม 4 มิลลิวินาทีต่อคำสั่ง หน่วยความจำและการเข้ารหัสช้า",
            ),
            uses_ta1=False,
            per_apdu_s=0.004,
            processing_s=_OLD_CARD,
            other_s=0.01,
        ),
    )
}


def model_called(name: str) -> TimingModel:
    """The model of that name. Raises UnknownTiming."""
    if name not in MODELS:
        raise UnknownTiming(name)
    return MODELS[name]


class TimedCard(Layer):
    """``card``, no faster than ``model``: what the card takes itself is part of it, and being late does not add up.

    ``computed_s`` is what the model says of all commands and resets so far.
    """

    def __init__(self, card: CardPort, model: TimingModel) -> None:
        super().__init__(card, 0, Random(0))
        self._line = model.line(card.atr)
        self._resetting = True
        self._last: Late | None = None
        self.computed_s = 0.0

    def power_on(self) -> object:
        self._resetting = True
        return super().power_on()

    def reset(self) -> object:
        self._resetting = True
        return super().reset()

    def poll(self) -> bytes:
        atr = super().poll()  # of the card itself, which is never late with it
        if not self._resetting:
            return atr
        self._resetting = False
        seconds = self._line.reset_s(atr)
        self.computed_s += seconds
        raise Late(atr, seconds)

    def transmit(self, apdu: bytes, /) -> bytes:
        began = time.monotonic()
        try:
            answer, inner_s = self.card.transmit(apdu), 0.0
        except Late as slow:
            answer, inner_s = slow.answer, slow.seconds
        seconds = self._line.seconds(apdu, answer)
        self.computed_s += seconds + inner_s
        late = Late(answer, seconds + inner_s - (time.monotonic() - began) - self._overslept_s())
        self._last = late
        raise late

    def _overslept_s(self) -> float:
        """By how much the last answer came too late, to be made good now."""
        return 0.0 if self._last is None else self._last.overslept_s


def list_models(write: Callable[[str], object], language: Language = "en") -> None:
    """One line a model: its name and what it stands for."""
    width = max(len(name) for name in MODELS)
    for model in MODELS.values():
        write(f"{model.name:{width}}  {model.meaning.say(language)}")
