"""Faults that live where pcscd sees the card, through a private stack."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from emulator.link import CardPort
from emulator.test_card import TestCard
from emulator.zoo import apply_faults
from harness.bench import Bench
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.scard import Code, Disposition, Protocol, ReaderStatus, ResultCode, Share

pytestmark = pytest.mark.pcsc
LIMIT_S = 60.0
CASE_1 = bytes.fromhex("90EC0000")


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack(("Zoo",)) as running:
        yield running


class Watched:
    """A bench and a program that watches its reader."""

    def __init__(self, bench: Bench, name: str) -> None:
        self.bench, self.name = bench, name
        self.context = scard.establish()

    def put_in(self, *faults: str) -> None:
        def fitted(card: CardPort) -> CardPort:
            return apply_faults(card, faults)

        self.bench.fitted = fitted
        self.bench.insert(TestCard())

    def connect(self, protocols: Protocol = Protocol.T0_OR_T1) -> tuple[int, Protocol]:
        return scard.connect(self.context, self.name, Share.SHARED, protocols)

    def say(self, handle: int, protocol: Protocol) -> bytes:
        return scard.transmit(handle, scard.pci(protocol), CASE_1)

    def status(self) -> ReaderStatus:
        return scard.wait(self.context, [(self.name, 0)], 0)[0]

    def until(self, enough: Callable[[ReaderStatus], bool]) -> ReaderStatus:
        status, deadline = self.status(), time.monotonic() + LIMIT_S
        while not enough(status):
            status = scard.wait(
                self.context, [(self.name, status.state)], max(deadline - time.monotonic(), 0)
            )[0]
        return status


@pytest.fixture
def watched(stack: Stack) -> Iterator[Watched]:
    with Bench(stack) as bench:
        watched = Watched(bench, stack.reader_names[0])
        yield watched
        bench.remove()
        scard.release(watched.context)


def events(status: ReaderStatus) -> int:
    return status.state >> 16


def test_a_lost_removal(watched: Watched) -> None:
    """The reader shows the card until somebody speaks to it."""
    watched.put_in("lost-removal")
    handle, protocol = watched.connect()
    before = watched.status()
    watched.bench.remove()
    with pytest.raises(Code) as nothing:
        scard.wait(watched.context, [(watched.name, before.state)], 1.0)
    assert nothing.value.value == ResultCode.TIMEOUT
    assert not watched.bench.holds_card()
    assert watched.say(handle, protocol) == b""  # how pcscd says that a card left in mid-command
    watched.until(lambda now: now.empty)
    scard.disconnect(handle, Disposition.LEAVE)


def test_a_lost_removal_ends_with_the_next_insertion(watched: Watched) -> None:
    watched.put_in("lost-removal", "wrong-atr")
    watched.bench.remove()
    assert watched.status().present
    watched.put_in()
    assert watched.status().atr == TestCard().atr
    watched.bench.fitted = lambda card: apply_faults(card, ["lost-removal"])
    for _ in range(2):  # each time the card comes back the reader loses its removal anew
        watched.bench.remove()
        watched.bench.insert(TestCard())
        watched.bench.pull()
        assert not watched.bench.holds_card() and watched.status().present
        watched.bench.push()
        watched.until(lambda now: now.present and watched.bench.holds_card())
    watched.bench.remove()
    assert watched.status().present


def test_a_late_removal(watched: Watched) -> None:
    watched.put_in("late-removal=900")
    began = time.monotonic()
    watched.bench.remove()
    assert watched.status().present
    watched.until(lambda now: now.empty)
    assert time.monotonic() - began >= 0.9


def test_late_presence(watched: Watched) -> None:
    began = time.monotonic()
    watched.put_in("late-presence=600")
    assert time.monotonic() - began >= 0.6
    assert watched.status().present


def test_a_late_answer_to_reset(watched: Watched) -> None:
    began = time.monotonic()
    watched.put_in("late-atr=300")
    assert time.monotonic() - began >= 0.3


def test_a_ghost_removal(watched: Watched) -> None:
    """The card answers, goes, and comes back; the program's handle is dead."""
    watched.put_in("ghost-removal=2")
    handle, protocol = watched.connect()
    before = events(watched.status())
    assert [watched.say(handle, protocol) for _ in range(2)] == [b"\x90\x00"] * 2
    watched.until(lambda now: now.empty)
    back = watched.until(lambda now: now.present)
    assert events(back) - before == 2 and watched.bench.holds_card()
    scard.disconnect(handle, Disposition.LEAVE)
    again, protocol = watched.connect()
    assert watched.say(again, protocol) == b"\x90\x00"
    scard.disconnect(again, Disposition.LEAVE)


def test_one_insertion_gives_two(watched: Watched) -> None:
    before = events(watched.status())
    watched.put_in("double-insertion=1")
    watched.until(lambda now: events(now) >= before + 3)
    watched.until(lambda now: now.present)


def test_mute_after_reset(watched: Watched) -> None:
    watched.put_in("mute-after-reset")
    handle, _ = watched.connect()
    with pytest.raises(Code) as mute:
        scard.reconnect(handle, Share.SHARED, Protocol.T0_OR_T1, Disposition.RESET)
    assert mute.value.value == ResultCode.UNRESPONSIVE_CARD
    watched.until(lambda now: now.mute)
    scard.disconnect(handle, Disposition.LEAVE)


def test_another_protocol_and_another_warm_answer_to_reset(watched: Watched) -> None:
    watched.put_in("wrong-protocol")
    with pytest.raises(Code) as mismatch:
        watched.connect(Protocol.T0)
    assert mismatch.value.value == ResultCode.PROTO_MISMATCH
    watched.bench.remove()
    watched.put_in("warm-atr")
    handle, _ = watched.connect()
    cold = scard.atr(handle)
    scard.reconnect(handle, Share.SHARED, Protocol.T0_OR_T1, Disposition.RESET)
    assert (cold, scard.atr(handle)) == (TestCard().atr, TestCard().atr[:-1] + b"\x55")
    scard.disconnect(handle, Disposition.LEAVE)
