"""Readers that are wrong about whether a card is there."""

from __future__ import annotations

import threading
import time
from random import Random

from apdu_specs.language import Text
from emulator.layer import Layer
from emulator.link import CardPort, TakenOut
from emulator.zoo.fault import Argument, Family, Fault

BOUNCE_S = 1.2
"""How long a card seems to be away. pcscd looks every 0.4 s and misses what is shorter than two looks."""
_POLLS_BEFORE_A_BOUNCE = 4  # presence, power up twice, and one look: the card has been seen


class _LostRemoval(Layer):
    """Goes on telling the ATR of a card that has left, until it is spoken to or ``argument`` milliseconds are over."""

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._lock = threading.Lock()  # the hand and the reader are two threads
        self._remembered: bytes | None = None
        self._noticed_at = float("inf")

    def leave(self) -> bool:
        with self._lock:
            if self._remembered is None:
                self._remembered = self.card.atr
                if self.argument:
                    self._noticed_at = time.monotonic() + self.argument / 1000
                self.card.power_off()
        return True

    def power_on(self) -> object:
        return None if self._gone() else super().power_on()

    def power_off(self) -> object:
        return None if self._gone() else super().power_off()

    def reset(self) -> object:
        return None if self._gone() else super().reset()

    def poll(self) -> bytes:
        if self._remembered is None:
            return super().poll()
        if time.monotonic() >= self._noticed_at:
            raise TakenOut
        return self._remembered

    def exchange(self, apdu: bytes) -> bytes:
        with self._lock:
            if self._remembered is not None:
                raise TakenOut
            return self.ask(apdu)

    def _gone(self) -> bool:
        return self._remembered is not None


class _LatePresence(Layer):
    @property
    def seen_after_s(self) -> float:
        return super().seen_after_s + self.argument / 1000


class _Ghost(Layer):
    def changed(self, answer: bytes) -> bytes:
        if self.every():
            raise TakenOut(answer, back_after_s=BOUNCE_S)
        return answer


class _DoubleInsertion(Layer):
    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        super().__init__(card, argument, chance)
        self._polls = 0
        self._bounces = argument

    def told(self, atr: bytes) -> bytes:
        self._polls += 1
        if self._bounces and self._polls > _POLLS_BEFORE_A_BOUNCE:
            self._bounces -= 1
            self._polls = 0
            raise TakenOut(back_after_s=BOUNCE_S)
        return atr


class _Drops(Layer):
    def changed(self, answer: bytes) -> bytes:
        if self.count == self.argument:
            raise TakenOut(answer)
        return answer


_COMMANDS = Text("after this many commands", "หลังจากกี่คำสั่ง")

FAULTS = (
    Fault(
        "lost-removal",
        Family.PRESENCE,
        Text(
            "the reader goes on showing a card that was taken out, until it is spoken to or the next one is put in",
            "เครื่องอ่านยังแสดงบัตรที่ถอดออกแล้ว จนกว่าจะมีการสั่งงานหรือเสียบบัตรใบใหม่",
        ),
        None,
        ("PR-3",),
        _LostRemoval,
    ),
    Fault(
        "late-removal",
        Family.PRESENCE,
        Text(
            "the reader goes on showing a card that was taken out, for a while",
            "เครื่องอ่านยังแสดงบัตรที่ถอดออกแล้วอีกระยะหนึ่ง",
        ),
        Argument(Text("milliseconds", "มิลลิวินาที"), 3000, least=1),
        ("PR-2",),
        _LostRemoval,
    ),
    Fault(
        "late-presence",
        Family.PRESENCE,
        Text("the reader shows a card late", "เครื่องอ่านแสดงบัตรช้า"),
        Argument(Text("milliseconds", "มิลลิวินาที"), 3000),
        ("PR-1",),
        _LatePresence,
    ),
    Fault(
        "ghost-removal",
        Family.PRESENCE,
        Text("the card seems to be taken out and put in again by itself", "บัตรดูเหมือนถูกถอดและเสียบใหม่เอง"),
        Argument(Text("after each this many commands", "ทุกกี่คำสั่ง"), 100, least=1),
        ("TX-9",),
        _Ghost,
    ),
    Fault(
        "double-insertion",
        Family.PRESENCE,
        Text("one insertion gives two events or more: in, out, in", "เสียบครั้งเดียวได้หลายเหตุการณ์: เข้า ออก เข้า"),
        Argument(Text("how many too many", "จำนวนที่เกินมา"), 1),
        ("PR-7",),
        _DoubleInsertion,
    ),
    Fault(
        "drops",
        Family.PRESENCE,
        Text(
            "the connection to the card is lost for good after an answer", "การเชื่อมต่อกับบัตรขาดถาวรหลังได้คำตอบ"
        ),
        Argument(_COMMANDS, 200, least=1),
        ("TX-9",),
        _Drops,
    ),
)
