"""Readers that tell another ATR than the card's, or tell it late."""

from __future__ import annotations

from random import Random

from apdu_specs.language import Text
from emulator.layer import Layer
from emulator.link import CardPort, Late
from emulator.zoo.fault import Argument, Family, Fault

_HAS_TD1 = 0x80
_INTERFACE_BYTES = 0x70
_TD1_T1 = 0x01


def spoilt(atr: bytes, place: int) -> bytes:
    """``atr`` with another byte at ``place``, counted from 1; 0, or beyond the end, is the last one."""
    index = place - 1 if 0 < place <= len(atr) else len(atr) - 1
    return atr[:index] + bytes((atr[index] ^ 1,)) + atr[index + 1 :]


def offering_t1(atr: bytes) -> bytes:
    """``atr`` with TD1 01 and a right TCK; one that has a TD1 gets it changed (ISO/IEC 7816-3 8.2)."""
    before = 2 + (atr[1] & _INTERFACE_BYTES).bit_count()
    if atr[1] & _HAS_TD1:
        count = atr[1] & 0x0F
        return _with_check(atr[:before] + bytes((_TD1_T1,)) + _historical(atr, before, count))
    return _with_check(
        atr[:1] + bytes((atr[1] | _HAS_TD1,)) + atr[2:before] + bytes((_TD1_T1,)) + atr[before:]
    )


def _historical(atr: bytes, at: int, count: int) -> bytes:
    """The historical bytes of an ATR whose TD1 is at ``at``."""
    td: int | None = atr[at]
    at += 1
    while td is not None:
        more = td & 0xF0
        at += more.bit_count()
        td = atr[at - 1] if more & _HAS_TD1 else None
    return atr[at : at + count]


def _with_check(atr: bytes) -> bytes:
    check = 0
    for byte in atr[1:]:
        check ^= byte
    return atr + bytes((check,))


class _WrongAtr(Layer):
    @property
    def atr(self) -> bytes:
        return spoilt(self.card.atr, self.argument)

    def told(self, atr: bytes) -> bytes:
        return spoilt(atr, self.argument)


class _WarmAtr(Layer):
    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._warm = False

    def power_on(self) -> object:
        self._warm = False
        return super().power_on()

    def reset(self) -> object:
        self._warm = True
        return super().reset()

    def told(self, atr: bytes) -> bytes:
        return spoilt(atr, self.argument) if self._warm else atr


class _OffersT1(Layer):
    @property
    def atr(self) -> bytes:
        return offering_t1(self.card.atr)

    def told(self, atr: bytes) -> bytes:
        return offering_t1(atr)


class _LateAtr(Layer):
    """Late once for each time that power comes."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._due = False  # the look that finds the card is before power

    def power_on(self) -> object:
        self._due = True
        return super().power_on()

    def poll(self) -> bytes:
        due, self._due = self._due, False
        try:
            atr = super().poll()
        except Late as late:
            late.seconds += self.argument / 1000 if due else 0.0
            raise
        if due:
            raise Late(atr, self.argument / 1000)
        return atr


_PLACE = Argument(Text("which byte, counted from 1; 0 is the last", "ไบต์ลำดับที่ นับจาก 1 โดย 0 คือไบต์สุดท้าย"), 0)

FAULTS = (
    Fault(
        "wrong-atr",
        Family.ATR,
        Text("one byte of the ATR is wrong", "ATR ผิดหนึ่งไบต์"),
        _PLACE,
        ("AT-2",),
        _WrongAtr,
    ),
    Fault(
        "warm-atr",
        Family.ATR,
        Text("after a warm reset one byte of the ATR is another", "หลังรีเซ็ตแบบอุ่น ATR ต่างไปหนึ่งไบต์"),
        _PLACE,
        ("AT-1",),
        _WarmAtr,
    ),
    Fault(
        "wrong-protocol",
        Family.ATR,
        Text("the ATR offers T=1, which the card does not speak", "ATR เสนอ T=1 ซึ่งบัตรไม่รองรับ"),
        None,
        ("AT-2",),
        _OffersT1,
    ),
    Fault(
        "late-atr",
        Family.ATR,
        Text("the ATR comes late, each time that power comes", "ATR มาช้าทุกครั้งที่จ่ายไฟ"),
        Argument(Text("milliseconds", "มิลลิวินาที"), 2500),
        ("PR-1",),
        _LateAtr,
    ),
)
