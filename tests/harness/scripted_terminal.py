"""Terminals for tests of what speaks through one: one that follows a script, one that listens in on a card."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from harness.terminals import Terminal
from harness.terminals.in_process import CardPort, InProcessTerminal

THAI_ATR = bytes.fromhex("3B79960000544820 4E49442031 38")


class Scripted(Terminal):
    """Expects the commands of ``script`` in their order and gives their answers (hex); connected from the start."""

    def __init__(self, script: Sequence[tuple[str, str]], atr: bytes = THAI_ATR) -> None:
        super().__init__("scripted")
        self._atr = atr
        self._left = list(script)

    def connect(self) -> bytes:
        return self.atr

    def transmit(self, apdu: bytes) -> bytes:
        command, answer = self._left.pop(0)
        assert apdu == bytes.fromhex(command), f"{apdu.hex(' ')} instead of {command}"
        return bytes.fromhex(answer)

    def reset(self) -> bytes:
        return self.atr

    def disconnect(self) -> None:
        pass

    @property
    def finished(self) -> bool:
        """True when the whole script was played."""
        return not self._left


class Listening(InProcessTerminal):
    """Remembers in ``sent`` what went to the card. ``instead`` may answer in its place, or raise."""

    def __init__(self, card: CardPort) -> None:
        super().__init__(card)
        self.sent: list[bytes] = []
        self.instead: Callable[[bytes], bytes | None] = lambda apdu: None
        self.connect()

    def transmit(self, apdu: bytes) -> bytes:
        self.sent.append(apdu)
        answer = self.instead(apdu)
        return super().transmit(apdu) if answer is None else answer

    def change(self, card: CardPort) -> None:
        """Another card is in the reader."""
        self._card = card
        self.connect()
