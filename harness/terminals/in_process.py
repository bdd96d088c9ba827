"""A terminal that calls a card object directly: no reader, no sockets, no threads."""

from __future__ import annotations

from typing import Protocol

from harness.errors import NotConnected
from harness.terminals import Terminal


class CardPort(Protocol):
    """What this terminal needs of a card object."""

    @property
    def atr(self) -> bytes:
        """The answer to reset."""

    def power_on(self) -> object:
        """Supply power."""

    def power_off(self) -> object:
        """Take power away."""

    def reset(self) -> object:
        """Warm reset."""

    def transmit(self, apdu: bytes, /) -> bytes:
        """The response APDU to a command APDU."""


class InProcessTerminal(Terminal):
    """Carries APDUs to ``card``, any object with ``atr``, ``power_on``, ``power_off``, ``reset`` and ``transmit``."""

    def __init__(self, card: CardPort) -> None:
        super().__init__("in process")
        self._card = card

    def connect(self) -> bytes:
        """Power the card on and return its answer to reset."""
        self._card.power_on()
        self._atr = self._card.atr
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        """The card's own answer. Any bytes may be sent, also what no reader would carry."""
        if self._atr is None:
            raise NotConnected(self.name)
        return self._card.transmit(apdu)

    def reset(self) -> bytes:
        """Warm reset."""
        if self._atr is None:
            raise NotConnected(self.name)
        self._card.reset()
        self._atr = self._card.atr
        return self._atr

    def disconnect(self) -> None:
        """Power the card off."""
        if self._atr is not None:
            self._atr = None
            self._card.power_off()
