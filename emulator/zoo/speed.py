"""Readers that are slow, stall, or get slower."""

from __future__ import annotations

import time
from random import Random

from apdu_specs.atr import DI, FI
from apdu_specs.language import Text
from emulator.layer import Layer
from emulator.link import CardPort
from emulator.timing import Line, TimingModel
from emulator.zoo.fault import Argument, Family, Fault

STALL_S = 3.0
WAKING_S = 4.0
PAUSE_MS = Text("milliseconds of pause", "ความยาวของการหยุดเป็นมิลลิวินาที")
LEAK_BASE_S = 0.01
LEAK_COMMANDS = 100
_SECONDS_AN_HOUR = 3600


class Pause:
    """Whether nothing was sent for ``seconds`` before the command at hand: ``over`` in its ``with`` block."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._ended: float | None = None
        self.over = False

    def __enter__(self) -> None:
        self.over = self._ended is not None and time.monotonic() - self._ended > self._seconds

    def __exit__(self, *_: object) -> None:
        self.begin()

    def begin(self, after_s: float = 0.0) -> None:
        """A pause begins, now or in ``after_s``."""
        self._ended = time.monotonic() + after_s


class AfterPause(Layer):
    """Knows of each command whether a pause of ``argument`` milliseconds is just ``over``."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self.pause = Pause(argument / 1000)

    def exchange(self, apdu: bytes) -> bytes:
        with self.pause:
            return super().exchange(apdu)


class _WakesSlowly(AfterPause):
    def delay(self, apdu: bytes, answer: bytes) -> float:
        if not self.pause.over:
            return 0.0
        self.pause.begin(after_s=WAKING_S)
        return WAKING_S


class _Stalls(Layer):
    def delay(self, apdu: bytes, answer: bytes) -> float:
        return STALL_S if self.every() else 0.0


class _Baud(Layer):
    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        model = TimingModel("", Text("", ""), clock_hz=argument * FI[1], uses_ta1=False)
        self._line = Line(model, FI[1], DI[1], 0)

    def delay(self, apdu: bytes, answer: bytes) -> float:
        return self._line.seconds(apdu, answer)


class _Leaks(Layer):
    def delay(self, apdu: bytes, answer: bytes) -> float:
        return LEAK_BASE_S * self.argument / 100 * (self.count // LEAK_COMMANDS)


class _Ages(Layer):
    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._began = time.monotonic()

    def delay(self, apdu: bytes, answer: bytes) -> float:
        return self.argument / 1000 * (time.monotonic() - self._began) / _SECONDS_AN_HOUR


FAULTS = (
    Fault(
        "stall",
        Family.SPEED,
        Text(f"a command takes {STALL_S:.0f} seconds longer", f"คำสั่งใช้เวลานานขึ้น {STALL_S:.0f} วินาที"),
        Argument(Text("one in this many commands", "หนึ่งครั้งในกี่คำสั่ง"), 100, least=1),
        ("LT-4", "SK-7"),
        _Stalls,
    ),
    Fault(
        "wakes-slowly",
        Family.SPEED,
        Text(
            f"the first command after a pause takes {WAKING_S:.0f} seconds longer",
            f"คำสั่งแรกหลังหยุดใช้ชั่วครู่ใช้เวลานานขึ้น {WAKING_S:.0f} วินาที",
        ),
        Argument(PAUSE_MS, 400, least=1),
        ("RS-6", "LT-4"),
        _WakesSlowly,
    ),
    Fault(
        "baud",
        Family.SPEED,
        Text(
            "the line to the card is slow, whatever the ATR's TA1 allows",
            "สายสัญญาณถึงบัตรช้า ไม่ว่า TA1 ของ ATR จะอนุญาตเท่าใด",
        ),
        Argument(Text("bits a second", "บิตต่อวินาที"), 9600, least=1),
        ("TM-2",),
        _Baud,
    ),
    Fault(
        "leak",
        Family.SPEED,
        Text(
            f"slower and slower: by a part of 10 ms after every {LEAK_COMMANDS} commands",
            f"ช้าลงเรื่อย ๆ เป็นส่วนของ 10 มิลลิวินาที ทุก {LEAK_COMMANDS} คำสั่ง",
        ),
        Argument(Text("per cent of 10 ms", "ร้อยละของ 10 มิลลิวินาที"), 10),
        ("SK-4",),
        _Leaks,
    ),
    Fault(
        "ages",
        Family.SPEED,
        Text("slower and slower with the time that the card is in", "ช้าลงเรื่อย ๆ ตามเวลาที่บัตรอยู่ในเครื่องอ่าน"),
        Argument(Text("milliseconds an hour", "มิลลิวินาทีต่อชั่วโมง"), 7200),
        ("SK-4",),
        _Ages,
    ),
)
