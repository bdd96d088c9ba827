"""Readers that reset when nobody asked, or do not when somebody did."""

from __future__ import annotations

from random import Random

from apdu_specs.atr import MAX_LENGTH
from apdu_specs.language import Text
from emulator.layer import Layer
from emulator.link import CardPort
from emulator.zoo.fault import Argument, Family, Fault


class _Resets(Layer):
    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        if self.every():
            self.card.reset()
        return answer


class _NoReset(Layer):
    def reset(self) -> object:
        return None


class _MuteAfterReset(Layer):
    """Mute is an ATR that is too long to be one: no answer at all would hang pcscd and every program with it."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._resets = 0

    def reset(self) -> object:
        self._resets += 1
        return super().reset()

    def power_on(self) -> object:
        if self._mute():
            self._resets = 0
        return super().power_on()

    def told(self, atr: bytes) -> bytes:
        return bytes(MAX_LENGTH + 1) if self._mute() else atr

    def _mute(self) -> bool:
        return self._resets > self.argument


FAULTS = (
    Fault(
        "resets",
        Family.RESETS,
        Text("the card is reset behind the program's back", "บัตรถูกรีเซ็ตโดยที่โปรแกรมไม่รู้"),
        Argument(Text("after each this many commands", "ทุกกี่คำสั่ง"), 10, least=1),
        ("RS-5",),
        _Resets,
    ),
    Fault(
        "no-reset",
        Family.RESETS,
        Text(
            "a warm reset does not reach the card: selection and PIN session outlive it",
            "การรีเซ็ตแบบอุ่นไม่ถึงบัตร การเลือกแอปเพล็ตและเซสชัน PIN จึงยังอยู่",
        ),
        None,
        ("RS-4",),
        _NoReset,
    ),
    Fault(
        "mute-after-reset",
        Family.RESETS,
        Text(
            "the card gives no usable ATR after a warm reset, until power is cut",
            "หลังรีเซ็ตแบบอุ่น บัตรไม่ตอบ ATR ที่ใช้ได้จนกว่าจะตัดไฟ",
        ),
        Argument(Text("resets that work before", "จำนวนครั้งที่รีเซ็ตได้ก่อนหน้านั้น"), 0),
        ("AT-1", "RS-1"),
        _MuteAfterReset,
    ),
)
