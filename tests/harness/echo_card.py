"""A card that echoes, for the tests of what carries APDUs."""

from __future__ import annotations

import threading
from collections.abc import Callable

ATR = bytes.fromhex("3B6800000073C84013009000")
OTHER_ATR = bytes.fromhex("3B6800000073C84000009000")
LIMIT_S = 60.0
LONG_READ = bytes.fromhex("80B00000FF")
LONG_ANSWER = bytes(range(253)) + b"\x90\x00"


class EchoCard:
    """Answers a command with itself and 9000, INS B0 with 255 bytes; ``before`` runs while a command is under way."""

    def __init__(self, atr: bytes = ATR, before: Callable[[], object] | None = None) -> None:
        self.atr = atr
        self.resets = 0
        self.before = before

    def power_on(self) -> None:
        pass

    def power_off(self) -> None:
        pass

    def reset(self) -> None:
        self.resets += 1

    def transmit(self, apdu: bytes, /) -> bytes:
        if self.before is not None:
            self.before()
        return LONG_ANSWER if apdu[1:2] == b"\xb0" else apdu + b"\x90\x00"


class SilentCard(EchoCard):
    """Does not answer before ``speak`` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.speak = threading.Event()
        self.before = self.speak.wait
