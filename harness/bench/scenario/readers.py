"""The reader of a scenario: a private PC/SC stack's, or one in this process that behaves like it.

Both may be shared by programs: a reset by one is told to the others at their next command, and a card that leaves is
CardRemoved to all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from emulator.link import TakenOut
from harness.bench.scenario.held_card import HeldCard
from harness.errors import CardRemoved, CardWasReset, NoCard, NotConnected
from harness.terminals import Terminal
from harness.terminals.pcsc import PcscTerminal

if TYPE_CHECKING:
    from harness.bench import Bench

MOST_AT_ONCE = 4
"""pcscd looks at a reader every 400 ms, so that a scenario mostly waits; several readers wait at the same time."""


class Reader(ABC):
    """One reader and the hand that puts cards into it."""

    @abstractmethod
    def insert(self, card: HeldCard) -> None:
        """Put ``card`` in; return when programs can see it."""

    @abstractmethod
    def remove(self) -> None:
        """Take out what is in; return when programs see the reader empty. Harmless when it is."""

    @abstractmethod
    def terminal(self, *, reset_at_end: bool = False) -> Terminal:
        """A program's way to the card, not yet connected, shared with others."""


class PcscReader(Reader):
    """The reader number ``index`` of ``bench``'s stack, called ``name``."""

    def __init__(self, bench: Bench, name: str, index: int = 0) -> None:
        self._bench = bench
        self._name = name
        self._index = index

    def insert(self, card: HeldCard) -> None:
        self._bench.insert(card, self._index)

    def remove(self) -> None:
        self._bench.remove(self._index)

    def terminal(self, *, reset_at_end: bool = False) -> Terminal:
        return PcscTerminal(self._name, disposition="reset" if reset_at_end else "leave")


class InProcessReader(Reader):
    """No PC/SC: a reader that is a few lines of Python."""

    def __init__(self) -> None:
        self._card: HeldCard | None = None
        self.resets = 0

    @property
    def card(self) -> HeldCard:
        """The card that is in it. Raises NoCard."""
        if self._card is None:
            raise NoCard(self.name)
        return self._card

    @property
    def name(self) -> str:
        """How errors call it."""
        return "in process"

    def holds(self, card: HeldCard | None) -> bool:
        """Whether this very card is in it."""
        return card is not None and self._card is card

    def insert(self, card: HeldCard) -> None:
        self._card = card
        card.power_on()

    def remove(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.power_off()

    def terminal(self, *, reset_at_end: bool = False) -> Terminal:
        return _SharedTerminal(self, reset_at_end)


class _SharedTerminal(Terminal):
    """One program's connection to an InProcessReader."""

    def __init__(self, reader: InProcessReader, reset_at_end: bool) -> None:
        super().__init__(reader.name)
        self._reader = reader
        self._reset_at_end = reset_at_end
        self._card: HeldCard | None = None
        self._resets_seen = 0

    def connect(self) -> bytes:
        self._card = self._reader.card
        self._resets_seen = self._reader.resets
        self._atr = self._card.atr
        return self._atr

    def transmit(self, apdu: bytes) -> bytes:
        card = self._connected()
        try:
            return card.transmit(apdu)
        except TakenOut:
            self._reader.remove()
            raise CardRemoved(self.name) from None

    def reset(self) -> bytes:
        self._resets_seen = self._reader.resets  # as PC/SC's reconnect: also how to go on after CardWasReset
        card = self._connected()
        card.reset()
        self._reader.resets += 1
        self._resets_seen = self._reader.resets
        return card.atr

    def disconnect(self) -> None:
        card, self._card, self._atr = self._card, None, None
        if card is not None and self._reset_at_end and self._reader.holds(card):
            card.reset()
            self._reader.resets += 1

    def _connected(self) -> HeldCard:
        if self._card is None:
            raise NotConnected(self.name)
        if not self._reader.holds(self._card):
            raise CardRemoved(self.name)
        if self._resets_seen != self._reader.resets:
            raise CardWasReset(self.name)
        return self._card


@contextmanager
def in_process_readers() -> Iterator[list[Reader]]:
    """One reader without PC/SC."""
    yield [InProcessReader()]


@contextmanager
def pcsc_readers(count: int = 1) -> Iterator[list[Reader]]:
    """``count`` readers (at most MOST_AT_ONCE are made) of one private PC/SC stack. Raises StackUnavailable."""
    from harness.bench import Bench
    from harness.stack import DEFAULT_READER_NAME, Stack

    names = [f"{DEFAULT_READER_NAME} {number}" for number in range(1, min(count, MOST_AT_ONCE) + 1)]
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(Stack(names))
        # A bench each: a bench waits for one reader at a time.
        benches = [cleanup.enter_context(Bench(stack)) for _ in names]
        yield [
            PcscReader(bench, name, index)
            for index, (bench, name) in enumerate(zip(benches, stack.reader_names, strict=True))
        ]
