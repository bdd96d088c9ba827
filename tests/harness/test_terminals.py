"""The three terminals carry the same bytes and tell the same troubles apart."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from emulator.link import LinkThread
from harness.bench import Bench
from harness.errors import (
    ApduTooShort,
    CardRemoved,
    CardSilent,
    CardWasReset,
    NoCard,
    NoReader,
    NotConnected,
    ReaderBusy,
)
from harness.stack import Stack
from harness.terminals import Terminal, scard
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.link import LinkTerminal
from harness.terminals.pcsc import PcscTerminal, list_readers
from harness.terminals.watchdog import SocketWatchdog, WorkerWatchdog, establish_watched
from tests.harness.echo_card import ATR, LIMIT_S, LONG_ANSWER, LONG_READ, OTHER_ATR, EchoCard, SilentCard

THAI_NAME = "เครื่องอ่านบัตร"


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack((THAI_NAME, "ACS ACR39U ICC Reader")) as running:
        yield running


@pytest.fixture(scope="module")
def module_bench(stack: Stack) -> Iterator[Bench]:
    with Bench(stack) as bench:
        yield bench


@pytest.fixture
def bench(module_bench: Bench) -> Iterator[Bench]:
    yield module_bench
    module_bench.remove(0)
    module_bench.remove(1)


@pytest.fixture
def reader(stack: Stack) -> str:
    return stack.reader_names[0]


def carries(terminal: Terminal, card: EchoCard) -> None:
    """What every terminal does alike."""
    with pytest.raises(NotConnected):
        _ = terminal.atr
    with pytest.raises(NotConnected):
        terminal.transmit(LONG_READ)
    with terminal:
        assert terminal.atr == card.atr
        assert terminal.transmit(b"\x00\xa4\x04\x00") == b"\x00\xa4\x04\x00\x90\x00"
        assert terminal.transmit(LONG_READ) == LONG_ANSWER
        assert (
            terminal.transmit(bytes(4) + b"\xff" + bytes(range(255)))
            == bytes(4) + b"\xff" + bytes(range(255)) + b"\x90\x00"
        )
        before = card.resets
        assert terminal.reset() == card.atr
        assert card.resets == before + 1
        assert terminal.transmit(LONG_READ) == LONG_ANSWER
    with pytest.raises(NotConnected):
        terminal.transmit(LONG_READ)


def test_in_process() -> None:
    card = EchoCard()
    carries(InProcessTerminal(card), card)


def test_link() -> None:
    card = EchoCard()
    terminal = LinkTerminal(timeout_s=LIMIT_S)
    with LinkThread(card, terminal.host, terminal.port):
        carries(terminal, card)


def test_pcsc(bench: Bench, reader: str) -> None:
    card = EchoCard()
    bench.insert(card)
    carries(PcscTerminal(reader), card)


# --- the vpcd link --------------------------------------------------------------------------------


def test_link_connects_again_after_disconnect() -> None:
    terminal = LinkTerminal(timeout_s=LIMIT_S)
    with LinkThread(EchoCard(), terminal.host, terminal.port), terminal:
        terminal.disconnect()
        assert terminal.connect() == ATR
        with pytest.raises(ApduTooShort):
            terminal.transmit(b"\x04")


def test_link_without_a_card() -> None:
    terminal = LinkTerminal(timeout_s=0.05)
    with pytest.raises(NoCard):
        terminal.connect()
    terminal.close()


def test_link_with_a_silent_card() -> None:
    card = SilentCard()
    terminal = LinkTerminal(timeout_s=0.2)
    with LinkThread(card, terminal.host, terminal.port), terminal:
        for _ in range(2):
            with pytest.raises(CardSilent):
                terminal.transmit(LONG_READ)
        card.speak.set()


def test_link_trickle_does_not_extend_the_deadline() -> None:
    terminal = LinkTerminal(timeout_s=0.3)
    stop = threading.Event()

    def trickle() -> None:
        with socket.create_connection((terminal.host, terminal.port)) as card:
            card.sendall(b"\x00\xff")
            while not stop.wait(0.05):
                card.sendall(b"\x00")

    thread = threading.Thread(target=trickle)
    thread.start()
    started = time.monotonic()
    with pytest.raises(CardSilent):
        terminal.connect()
    assert time.monotonic() - started < 2.0
    stop.set()
    thread.join()
    terminal.close()


def test_link_card_leaves_in_mid_command() -> None:
    card = EchoCard()
    terminal = LinkTerminal(timeout_s=LIMIT_S)
    link = LinkThread(card, terminal.host, terminal.port)
    card.before = link.link.close
    with link, terminal, pytest.raises(CardRemoved):
        terminal.transmit(LONG_READ)


# --- PC/SC ----------------------------------------------------------------------------------------


def test_readers_and_their_cards(bench: Bench, stack: Stack) -> None:
    bench.insert(EchoCard(OTHER_ATR), reader=1)
    shown = {state.name: state for state in list_readers()}
    assert (shown[f"{THAI_NAME} 00 00"].card, shown[f"{THAI_NAME} 00 00"].atr) == (False, None)
    assert shown["ACS ACR39U ICC Reader 00 00"].card
    assert shown["ACS ACR39U ICC Reader 00 00"].atr == OTHER_ATR


def test_no_reader_and_no_card(bench: Bench, reader: str) -> None:
    with pytest.raises(NoReader) as no_reader:
        PcscTerminal("No such reader 00 00").connect()
    assert no_reader.value.pcsc_code == 0x80100009
    with pytest.raises(NoCard) as no_card:
        PcscTerminal(reader).connect()
    assert no_card.value.pcsc_code == 0x8010000C
    assert no_card.value.exit_status == 3


def test_exclusive_use_keeps_others_out(bench: Bench, reader: str) -> None:
    bench.insert(EchoCard())
    with PcscTerminal(reader, share="exclusive"), pytest.raises(ReaderBusy):
        PcscTerminal(reader).connect()


def test_direct_connection_needs_no_card(bench: Bench, reader: str) -> None:
    with PcscTerminal(reader, share="direct") as terminal:
        assert terminal.atr == b""


@pytest.mark.parametrize("short", [b"", b"\x04", b"\x00\xa4", b"\x00\xa4\x04"])
def test_short_apdus_are_refused_before_they_are_sent(bench: Bench, reader: str, short: bytes) -> None:
    bench.insert(EchoCard())
    with PcscTerminal(reader) as terminal:
        with pytest.raises(ApduTooShort) as refused:
            terminal.transmit(short)
        assert isinstance(refused.value, ValueError)
        assert terminal.transmit(LONG_READ) == LONG_ANSWER


def test_silent_card(bench: Bench, reader: str) -> None:
    card = SilentCard()
    bench.insert(card)
    terminal = PcscTerminal(reader, timeout_s=0.3)
    terminal.connect()
    started = time.monotonic()
    with pytest.raises(CardSilent) as silent:
        terminal.transmit(LONG_READ)
    assert 0.25 < time.monotonic() - started < 2.0
    assert silent.value.after_seconds == 0.3
    with pytest.raises(CardSilent):
        terminal.transmit(LONG_READ)
    terminal.disconnect()
    # another program that wants the same reader does not hang either
    with pytest.raises(CardSilent):
        PcscTerminal(reader, timeout_s=0.3).connect()
    card.speak.set()


def test_card_leaves_in_mid_command(bench: Bench, reader: str) -> None:
    card = EchoCard()
    bench.insert(card)
    card.before = bench.pull
    with PcscTerminal(reader) as terminal, pytest.raises(CardRemoved):
        terminal.transmit(LONG_READ)


def test_reset_by_another_program(bench: Bench, reader: str) -> None:
    bench.insert(EchoCard())
    with PcscTerminal(reader) as terminal:
        with PcscTerminal(reader) as other:
            other.reset()
        with pytest.raises(CardWasReset) as was_reset:
            terminal.transmit(LONG_READ)
        assert was_reset.value.pcsc_code == 0x80100068
        assert terminal.reconnect() == ATR
        assert terminal.transmit(LONG_READ) == LONG_ANSWER


def test_reset_at_disconnect(bench: Bench, reader: str) -> None:
    card = EchoCard()
    bench.insert(card)
    with PcscTerminal(reader, disposition="reset"):
        before = card.resets
    assert card.resets == before + 1


def test_the_cheap_watchdog_is_the_one_in_use(stack: Stack) -> None:
    stack.use_in_this_process()
    context, watchdog = establish_watched(scard.establish, stack.socket_path, 1.0)
    assert isinstance(watchdog, SocketWatchdog)
    watchdog.close()
    scard.release(context)


@pytest.mark.parametrize(
    "first",
    [
        "from harness.terminals.pcsc import PcscTerminal\none = PcscTerminal(name, share='direct')\none.connect()",
        "from harness.qualify.calls import Client\nfrom harness.qualify.subject import Subject\n"
        "one = Client(Subject(name))",
    ],
)
def test_the_first_call_of_a_process_has_the_cheap_watchdog_too(stack: Stack, first: str) -> None:
    """Only the environment says which pcscd it is, as under ``thnid run``."""
    script = f"name = {stack.reader_names[0]!r}\n{first}\nprint(type(one._watchdog).__name__)"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, **stack.environment},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    assert done.stdout == "SocketWatchdog\n"


def test_watchdog_by_worker() -> None:
    never = threading.Event()
    watchdog = WorkerWatchdog(0.1)
    assert watchdog.call(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        watchdog.call(divmod, 7, 0)
    for _ in range(2):
        with pytest.raises(CardSilent):
            watchdog.call(never.wait)
    assert not watchdog.releasable
    never.set()
    watchdog.close()


def test_watchdog_allows_many_calls_and_pauses() -> None:
    ours, theirs = socket.socketpair()
    watchdog = SocketWatchdog(0.15, ours)
    pause = threading.Event()
    for _ in range(4):  # together longer than the limit, each one shorter
        watchdog.call(pause.wait, 0.1)
    pause.wait(0.3)  # idle longer than the limit
    assert watchdog.call(divmod, 7, 2) == (3, 1)
    with pytest.raises(CardSilent):
        watchdog.call(theirs.recv, 1)  # returns because the connection was cut
    watchdog.close()
    theirs.close()
