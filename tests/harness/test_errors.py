"""Each error that a user can meet, met once on its real way: sentences in both languages, exit status, code.

Elsewhere: the readers' other troubles (busy, too short, not connected) in test_terminals, the stack's (ports, names,
missing programs) in test_stack, a foreign card in test_bench, the offices' refusals in officer/.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from apdu_specs.errors import SpecError
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file, card_in_memory
from emulator.errors import CardFileError, CardFileExists, CardInUse, EmulatorError
from emulator.zoo import apply_faults
from harness.bench import Bench
from harness.client import CardClient
from harness.errors import (
    CardRefused,
    CardRemoved,
    CardSilent,
    CardWasReset,
    HarnessError,
    NoCard,
    NoReader,
    PinLocked,
    PinSuspended,
    StackUnavailable,
    WrongPin,
)
from harness.stack import Stack
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.pcsc import PcscTerminal, list_readers
from tests.harness.echo_card import EchoCard, SilentCard

NO_SERVICE, COMM_ERROR, SECURITY_VIOLATION = 0x8010001D, 0x8010002F, 0x8010006A


def sentences_of(error: HarnessError | EmulatorError) -> None:
    """What every error carries."""
    for text in (error.message, error.what_to_do):
        assert text.en.strip() and text.en.endswith((".", ").")) and "\n" not in text.en
        assert any("ก" <= letter <= "๛" for letter in text.th) and "\n" not in text.th
        assert "Traceback" not in text.en
    assert str(error) == f"{error.message.en} {error.what_to_do.en}"


def check(
    error: HarnessError, code: str, status: int, *, sw: int | None = None, pcsc: int | None = None
) -> None:
    sentences_of(error)
    assert (error.code, error.exit_status) == (code, status)
    assert (error.sw, error.pcsc_code) == (sw, pcsc)


# --- refused by the card ----------------------------------------------------------------------------------------------


def client(failures: int = 0) -> CardClient:
    terminal = InProcessTerminal(card_in_memory(card_from_seed(7), failures=failures))
    terminal.connect()
    return CardClient(terminal)


def test_card_refused() -> None:
    with pytest.raises(CardRefused) as refused:
        client().match_status(bytes(32))
    check(refused.value, "CardRefused", 1, sw=0x6982)
    assert refused.value.command == "GET MATCH STATUS"
    assert "GET MATCH STATUS" in refused.value.message.th and "6982" in refused.value.message.th


@pytest.mark.parametrize(("failures", "left"), [(0, 2), (1, 1), (2, 0)])
def test_wrong_pin(failures: int, left: int) -> None:
    with pytest.raises(WrongPin) as wrong:
        client(failures).verify_pin("9182")
    check(wrong.value, "WrongPin", 1, sw=0x63C0 | left)
    told = wrong.value.what_to_do  # who types the PIN is the card's owner
    assert told.en.startswith("Enter the PIN again.") and "any registry office" in told.en
    assert told.th.startswith("กรอกรหัส PIN อีกครั้ง") and "เจ้าของบัตร" not in told.th
    assert wrong.value.tries_left == left
    assert str(left) in wrong.value.message.en and str(left) in wrong.value.message.th
    assert "9182" not in f"{wrong.value!r} {wrong.value} {wrong.value.message.th}"


def test_pin_suspended() -> None:
    with pytest.raises(PinSuspended) as suspended:
        client(3).verify_pin("1234")
    check(suspended.value, "PinSuspended", 1, sw=0x6983)
    assert "registry office" in suspended.value.what_to_do.en
    assert "สำนักทะเบียน" in suspended.value.what_to_do.th


def test_pin_locked() -> None:
    with pytest.raises(PinLocked) as locked:
        client(5).verify_pin("1234")
    check(locked.value, "PinLocked", 1, sw=0x6984)
    assert "new card" in locked.value.what_to_do.en and "ทำบัตรใหม่" in locked.value.what_to_do.th


# --- no reader, no card, no stack -------------------------------------------------------------------------------------


@pytest.fixture
def stack() -> Iterator[Stack]:
    with Stack(("Errors",)) as running:
        yield running


@pytest.fixture
def bench(stack: Stack) -> Iterator[Bench]:
    with Bench(stack) as bench:
        yield bench


@pytest.mark.pcsc
def test_no_reader(bench: Bench) -> None:
    with pytest.raises(NoReader) as no_reader:
        PcscTerminal("ACS ACR122U 01 00").connect()
    check(no_reader.value, "NoReader", 3, pcsc=0x80100009)
    assert no_reader.value.name == "ACS ACR122U 01 00"
    assert (
        "ACS ACR122U 01 00" in no_reader.value.message.en
        and "ACS ACR122U 01 00" in no_reader.value.message.th
    )


@pytest.mark.pcsc
def test_no_card(bench: Bench, stack: Stack) -> None:
    with pytest.raises(NoCard) as no_card:
        PcscTerminal(stack.reader_names[0]).connect()
    check(no_card.value, "NoCard", 3, pcsc=0x8010000C)
    assert no_card.value.reader == stack.reader_names[0]


@pytest.mark.pcsc
def test_card_removed(bench: Bench, stack: Stack) -> None:
    """In the middle of a command, after the card has done its work."""
    bench.insert(apply_faults(card_in_memory(card_from_seed(7)), ["removed=2"]))
    with PcscTerminal(stack.reader_names[0]) as terminal, pytest.raises(CardRemoved) as removed:
        CardClient(terminal).citizen_id()
    check(removed.value, "CardRemoved", 1)  # pcscd has no code for it: it says success and gives nothing
    assert removed.value.reader == stack.reader_names[0]


@pytest.mark.pcsc
def test_card_removed_between_commands(bench: Bench, stack: Stack) -> None:
    bench.insert(EchoCard())
    with PcscTerminal(stack.reader_names[0]) as terminal:
        bench.remove()
        with pytest.raises(CardRemoved) as removed:
            terminal.transmit(bytes.fromhex("00A40400"))
    check(removed.value, "CardRemoved", 1, pcsc=0x80100069)


@pytest.mark.pcsc
def test_card_was_reset(bench: Bench, stack: Stack) -> None:
    bench.insert(card_in_memory(card_from_seed(7)))
    with PcscTerminal(stack.reader_names[0]) as terminal:
        client = CardClient(terminal)
        client.verify_pin("1234")
        with PcscTerminal(stack.reader_names[0]) as other:
            other.reset()
        with pytest.raises(CardWasReset) as was_reset:
            client.match_status(bytes(32))
        check(was_reset.value, "CardWasReset", 1, pcsc=0x80100068)
        terminal.reconnect()
        with pytest.raises(CardRefused) as refused:  # the PIN session went with the reset
            client.match_status(bytes(32))
        assert refused.value.sw == 0x6982


@pytest.mark.pcsc
def test_card_silent(bench: Bench, stack: Stack) -> None:
    card = SilentCard()
    bench.insert(card)
    terminal = PcscTerminal(stack.reader_names[0], timeout_s=0.2)
    terminal.connect()
    with pytest.raises(CardSilent) as silent:
        CardClient(terminal).citizen_id()
    check(silent.value, "CardSilent", 1)
    assert silent.value.after_seconds == 0.2
    assert "0.2 s" in silent.value.message.en and "0.2" in silent.value.message.th
    terminal.disconnect()
    card.speak.set()


@pytest.mark.pcsc
def test_stack_unavailable(stack: Stack) -> None:
    """pcscd dies while a program works with it."""
    stack.use_in_this_process()
    os.kill(stack.pcscd_pid, signal.SIGKILL)
    with pytest.raises(StackUnavailable) as unavailable:
        list_readers()
    # Which one depends on how far the call had come.
    assert unavailable.value.pcsc_code in (NO_SERVICE, COMM_ERROR, SECURITY_VIOLATION)
    check(unavailable.value, "StackUnavailable", 3, pcsc=unavailable.value.pcsc_code)
    assert unavailable.value.why.en and unavailable.value.why.th


# --- the emulator's ---------------------------------------------------------------------------------------------------


def in_use(path: Path) -> None:
    card_in_file(path, card_from_seed(7))
    card = open_card(path)
    try:
        open_card(path)
    finally:
        card.close()


def existing(path: Path) -> None:
    path.touch()
    card_in_file(path, card_from_seed(7))


@pytest.mark.parametrize(
    ("provoke", "error"), [(open_card, CardFileError), (in_use, CardInUse), (existing, CardFileExists)]
)
def test_card_files(tmp_path: Path, provoke: Callable[[Path], object], error: type[EmulatorError]) -> None:
    with pytest.raises(EmulatorError) as caught:
        provoke(tmp_path / "a.card")
    assert type(caught.value) is error
    assert caught.value.exit_status == 2
    sentences_of(caught.value)
    assert str(tmp_path / "a.card") in caught.value.message.th


# --- roots ------------------------------------------------------------------------------------------------------------


def test_one_root_a_package() -> None:
    roots = (SpecError, EmulatorError, HarnessError)
    assert [sum(issubclass(one, other) for other in roots) for one in roots] == [1, 1, 1]
