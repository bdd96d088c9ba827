"""The watch of readers: what PC/SC says of cards, readers and itself, told when it happens."""

from __future__ import annotations

import queue
from collections.abc import Iterator

import pytest

from harness.bench import Bench
from harness.stack import Stack
from harness.terminals.pcsc import PcscTerminal
from harness.terminals.presence import Readers, ReaderWatch, Seen
from tests.harness.echo_card import ATR, LIMIT_S, LONG_READ, EchoCard

pytestmark = pytest.mark.pcsc

FIRST, SECOND = "เครื่องอ่านบัตร", "ACS ACR39U ICC Reader"


class Told:
    """What was told, in its order."""

    def __init__(self) -> None:
        self._queue: queue.SimpleQueue[Readers] = queue.SimpleQueue()

    def __call__(self, readers: Readers) -> None:
        self._queue.put(readers)

    def next(self) -> Readers:
        return self._queue.get(timeout=LIMIT_S)

    def until(self, *, card: bool) -> Seen:
        """The first reader of the next report in which it is so."""
        while (seen := self.next().seen)[0].card != card:
            pass
        return seen[0]


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack((FIRST, SECOND)) as running:
        yield running


def test_cards_come_and_go(stack: Stack) -> None:
    told = Told()
    with Bench(stack) as bench, ReaderWatch(told) as watch:
        empty = watch.now
        assert (
            empty.service
            and [each.name for each in empty.seen if " 00 00" in each.name] == stack.reader_names
        )
        assert not any(each.card for each in empty.seen)
        bench.insert(EchoCard(ATR))
        first = told.until(card=True)
        assert not first.mute
        with PcscTerminal(stack.reader_names[0], disposition="reset") as terminal:
            terminal.transmit(LONG_READ)  # what others do with the card is no visit of another
        bench.remove()
        assert told.until(card=False).visit != first.visit
        bench.insert(EchoCard(ATR))
        assert told.until(card=True).visit not in (first.visit, first.visit + 1)


def test_the_service_goes_and_comes_back(stack: Stack) -> None:
    told = Told()
    with Bench(stack), ReaderWatch(told) as watch:
        assert told.next() == watch.now
        stack.stop()
        assert told.next() == Readers(service=False)
        with Stack((SECOND,)) as other:
            while not (now := told.next()).seen:
                pass
            assert now.service and now.seen[0].name == other.reader_names[0]


def test_closing_is_harmless_at_any_time(stack: Stack) -> None:
    stack.use_in_this_process()
    for _ in range(20):
        watch = ReaderWatch(lambda _readers: None).start()
        watch.close()
        watch.close()


def test_which_reader_is_used() -> None:
    a, b = Seen("Reader A", False, False, 0), Seen("Reader B", True, False, 1)
    readers = Readers(True, (a, b))
    assert readers.reader(None) is b
    assert readers.reader("Reader A") is a
    assert readers.reader("reader") is b
    assert readers.reader("a") is b  # as a part of both names
    assert readers.reader("none such") is None
    assert Readers(True, (a,)).reader(None) is a
    assert Readers(True).reader(None) is None
