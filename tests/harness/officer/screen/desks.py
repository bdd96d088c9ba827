"""What stands around a desk in these tests: a watch that tells what the test says, cards in process."""

from __future__ import annotations

from collections.abc import Callable

from harness.errors import NoReader
from harness.terminals import Terminal
from harness.terminals.presence import Readers, Seen

READER = "Reader"


class StillWatch:
    """A watch of readers that tells what it is told to."""

    def __init__(self, on_change: Callable[[Readers], object]) -> None:
        self._on_change = on_change
        self._now = Readers(service=True)

    @property
    def now(self) -> Readers:
        return self._now

    def start(self) -> object:
        return self

    def close(self) -> None:
        pass

    def tell(self, *, card: bool, visit: int, name: str = READER) -> None:
        """There is one reader, with a card or without."""
        self._now = Readers(service=True, seen=(Seen(name, card, False, visit),))
        self._on_change(self._now)

    def unplug(self) -> None:
        """There is no reader."""
        self._now = Readers(service=True)
        self._on_change(self._now)


def no_reader(_name: str | None) -> Terminal:
    """There is none."""
    raise NoReader
