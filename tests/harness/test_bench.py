"""The bench: what PC/SC shows is the card that was inserted, and nothing else."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from emulator.link import CardFailed, LinkThread
from harness.bench import Bench
from harness.errors import CardNotSeen, ForeignCard, StackUnavailable
from harness.stack import Stack
from harness.terminals.pcsc import PcscTerminal, list_readers
from tests.harness.echo_card import ATR, LIMIT_S, LONG_ANSWER, LONG_READ, OTHER_ATR, EchoCard

pytestmark = pytest.mark.pcsc


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(("First", "Second")) as running:
        yield running


@pytest.fixture
def bench(stack: Stack) -> Iterator[Bench]:
    with Bench(stack) as bench:
        yield bench


def test_insert_and_remove_in_use(bench: Bench, stack: Stack) -> None:
    """The trap: pcscd misses a card that comes right after one in use has left. The bench must not."""
    for atr in (ATR, OTHER_ATR, ATR):
        bench.insert(EchoCard(atr))
        with PcscTerminal(stack.reader_names[0]) as terminal:
            assert terminal.transmit(LONG_READ) == LONG_ANSWER
            assert terminal.atr == atr
        bench.remove()
    assert not any(reader.card for reader in list_readers())
    bench.remove()


def test_swap_is_seen(bench: Bench, stack: Stack) -> None:
    bench.insert(EchoCard(ATR))
    with PcscTerminal(stack.reader_names[0]) as terminal:
        terminal.transmit(LONG_READ)
    bench.swap(EchoCard(OTHER_ATR))
    assert PcscTerminal(stack.reader_names[0]).connect() == OTHER_ATR


def test_a_new_bench_waits_for_the_last_ones_card_to_be_gone(stack: Stack) -> None:
    with Bench(stack) as first:
        first.insert(EchoCard(ATR))
    with Bench(stack) as second:
        second.insert(EchoCard(OTHER_ATR))
        assert PcscTerminal(stack.reader_names[0]).connect() == OTHER_ATR


def test_readers_are_not_cross_wired(bench: Bench, stack: Stack) -> None:
    bench.insert(EchoCard(ATR), reader=0)
    bench.insert(EchoCard(OTHER_ATR), reader=1)
    assert [PcscTerminal(name).connect() for name in stack.reader_names] == [ATR, OTHER_ATR]
    with pytest.raises(ValueError):
        bench.insert(EchoCard(), reader=1)


def test_foreign_card_in_the_reader(bench: Bench, stack: Stack) -> None:
    with LinkThread(EchoCard(), "127.0.0.1", stack.ports[1]) as foreign:
        assert foreign.served.wait(LIMIT_S)
        with pytest.raises(ForeignCard):
            bench.insert(EchoCard(), reader=1)
    bench.insert(EchoCard(OTHER_ATR), reader=1)


def test_card_without_an_answer_to_reset(stack: Stack) -> None:
    with Bench(stack, timeout_s=1.5) as bench, pytest.raises(CardNotSeen):
        bench.insert(EchoCard(atr=b""))


def test_card_that_fails_while_it_is_inserted(bench: Bench) -> None:
    class Broken(EchoCard):
        def power_on(self) -> None:
            raise RuntimeError("no power")

    with pytest.raises(CardFailed):
        bench.insert(Broken())


def test_pcscd_killed(bench: Bench, stack: Stack) -> None:
    bench.insert(EchoCard())
    os.kill(stack.pcscd_pid, signal.SIGKILL)
    with pytest.raises(StackUnavailable, match="-9"):
        bench.remove()


def test_pcscd_killed_before_a_card_comes(stack: Stack) -> None:
    bench = Bench(stack)
    os.kill(stack.pcscd_pid, signal.SIGKILL)
    with pytest.raises(StackUnavailable):
        bench.insert(EchoCard())
