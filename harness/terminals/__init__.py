"""Terminals: whatever carries APDUs to a card, behind one abstract class.

``in_process`` calls a card object, ``link`` speaks vpcd's side of the wire, ``pcsc`` uses a PC/SC reader,
virtual or real. A terminal changes nothing in what it carries.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, nullcontext
from types import TracebackType
from typing import Self

from harness.errors import NotConnected


class Terminal(ABC):
    """A way to one card. Use it as a context manager: it connects on entry and disconnects on exit.

    Errors of all methods: HarnessError's children that speak of readers and cards (NoCard, CardRemoved,
    CardSilent, CardWasReset, NotConnected ...).
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._atr: bytes | None = None

    @property
    def atr(self) -> bytes:
        """The answer to reset of the connected card. Raises NotConnected before ``connect``."""
        if self._atr is None:
            raise NotConnected(self.name)
        return self._atr

    @abstractmethod
    def connect(self) -> bytes:
        """Power the card and return its answer to reset."""

    @abstractmethod
    def transmit(self, apdu: bytes) -> bytes:
        """Send one command APDU; return the response APDU as it came: data, SW1, SW2."""

    @abstractmethod
    def reset(self) -> bytes:
        """Reset the card and return its answer to reset. Selection and PIN session are gone."""

    def recover(self) -> bytes:
        """Take the card back after CardWasReset, without resetting it again; return its answer to reset."""
        return self.connect()

    def alone(self) -> AbstractContextManager[None]:
        """While it lasts no other program's command comes in between. Where there are no others: nothing."""
        return nullcontext()

    @abstractmethod
    def disconnect(self) -> None:
        """Let the card go. Harmless when not connected."""

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.disconnect()
