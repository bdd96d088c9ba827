"""Timing models: what they compute, by hand, and that a slowed card keeps to it."""

from __future__ import annotations

import time
from contextlib import ExitStack

import pytest

from apdu_specs.adm import GET_MATCH_STATUS
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import Late, LinkThread
from emulator.test_card import TestCard
from emulator.timing import MODELS, TimedCard, UnknownTiming, extra_guard, list_models, model_called
from emulator.zoo import apply_faults
from harness.client import CardClient
from harness.terminals.link import LinkTerminal
from tests.harness.cli.program import thnid

TA1_18 = bytes.fromhex("3B781800 0054484E4944545354")
NO_TA1 = bytes.fromhex("3B680000 54484E4944545354")
READ_255 = bytes.fromhex("00C00000FF")
DATA_255 = bytes(255) + b"\x90\x00"


def test_computed_by_hand() -> None:
    # 5 characters there; procedure byte, 255 of data and 2 of status word back: 263 of 12 etu
    at_9600 = 263 * 12 / 9600
    assert MODELS["9600"].line(TA1_18).seconds(READ_255, DATA_255) == pytest.approx(at_9600)
    # TA1 18: F 372, D 12
    fast = 263 * 12 * 372 / 12 / 3_579_545
    assert MODELS["ta1"].line(TA1_18).seconds(READ_255, DATA_255) == pytest.approx(fast)
    assert MODELS["ta1"].line(NO_TA1).seconds(READ_255, DATA_255) == pytest.approx(fast * 12)
    # Case 3: header, procedure byte, four of data, status word; without data no procedure byte
    assert MODELS["9600"].line(NO_TA1).seconds(bytes.fromhex("002000010431323334"), b"\x90\x00") == (
        pytest.approx(12 * 12 / 9600)
    )
    assert MODELS["9600"].line(NO_TA1).seconds(bytes(4), b"\x90\x00") == pytest.approx(7 * 12 / 9600)
    # Le of a case-4 command is not sent in T=0
    assert MODELS["9600"].line(NO_TA1).seconds(bytes.fromhex("00200001043132333400"), b"\x90\x00") == (
        pytest.approx(12 * 12 / 9600)
    )


def test_overhead_processing_and_waiting_time() -> None:
    usb = MODELS["usb-ccid-fast"].line(TA1_18)
    character = 12 * 372 / 12 / 4_800_000
    assert usb.seconds(READ_255, DATA_255) == pytest.approx(263 * character + 0.001 + 0.0005)
    old = MODELS["old-card"].line(TA1_18)
    character = 12 * 372 / 3_579_545
    match = bytes((GET_MATCH_STATUS.cla[0], GET_MATCH_STATUS.ins, 1, 0, 32)) + bytes(32)
    assert old.waiting_time_s == pytest.approx(0.9977, abs=0.001)
    # 1.5 s is longer than the waiting time: one NULL byte
    assert old.seconds(match, b"\x61\x21") == pytest.approx((5 + 32 + 1 + 2 + 1) * character + 1.5 + 0.004)
    assert MODELS["9600"].line(TA1_18).reset_s(TA1_18) == pytest.approx((40_000 + 13 * 12 * 372) / 3_571_200)


@pytest.mark.parametrize(
    ("atr", "n"), [("3B6800000000", 0), ("3B680003", 3), ("3B6800FF", 0), ("3B00", 0), ("3B781800 05", 5)]
)
def test_extra_guard_time(atr: str, n: int) -> None:
    assert extra_guard(bytes.fromhex(atr)) == n


def test_extra_guard_time_is_towards_the_card() -> None:
    atr = bytes.fromhex("3B68000254484E4944545354")
    assert MODELS["9600"].line(atr).seconds(READ_255, DATA_255) == pytest.approx((5 * 14 + 258 * 12) / 9600)


def test_an_atr_that_is_none_counts_as_without_ta1() -> None:
    assert MODELS["ta1"].line(b"").etu_s == 372 / 3_579_545


def test_what_the_card_takes_itself_is_part_of_it_and_lateness_is_made_good() -> None:
    card = TimedCard(TestCard(), MODELS["9600"])
    with pytest.raises(Late) as first:
        card.transmit(bytes.fromhex("90EC0000"))
    assert 0 < first.value.seconds <= 7 * 12 / 9600
    first.value.overslept_s = 0.005
    with pytest.raises(Late) as second:
        card.transmit(bytes.fromhex("90EC0000"))
    assert second.value.seconds <= 7 * 12 / 9600 - 0.005
    with pytest.raises(Late) as waiting:  # ECHO after 100 ms
        card.transmit(bytes.fromhex("90EC000A"))
    assert 0.1 < waiting.value.seconds <= 0.1 + 7 * 12 / 9600
    assert card.computed_s == pytest.approx(0.1 + 3 * 7 * 12 / 9600)


def test_faults_tell_a_timing_model_how_late_they_were() -> None:
    card = TimedCard(TestCard(), MODELS["9600"])
    with pytest.raises(Late) as late:
        apply_faults(card, ["slow=10", "truncate=1"]).transmit(bytes.fromhex("90EC0000"))
    assert late.value.seconds > 0.01
    late.value.overslept_s = 0.5
    with pytest.raises(Late) as next_one:
        card.transmit(bytes.fromhex("90EC0000"))
    assert next_one.value.seconds < -0.4


def test_a_full_read_takes_what_the_model_says() -> None:
    """Never less; the upper bound is for a busy machine (an idle one needs 1 % more)."""
    card = TimedCard(card_in_memory(card_from_seed()), MODELS["ta1"])
    with ExitStack() as cleanup:
        terminal = LinkTerminal()
        cleanup.callback(terminal.close)
        link = cleanup.enter_context(LinkThread(card, terminal.host, terminal.port))
        terminal.connect()
        before, began = card.computed_s, time.monotonic()
        contents = CardClient(terminal).read_all()
        took, computed = time.monotonic() - began, card.computed_s - before
        assert link.running
    assert contents.person.photo
    assert 0.3 < computed < 3
    assert computed <= took + 0.02  # what the card was late before is made good now
    assert took < 2 * computed + 2


def test_names() -> None:
    assert list(MODELS) == ["ta1", "9600", "usb-ccid-fast", "old-card"]
    with pytest.raises(UnknownTiming) as unknown:
        model_called("fast")
    assert "usb-ccid-fast" in unknown.value.what_to_do.en and unknown.value.exit_status == 2
    lines: list[str] = []
    list_models(lines.append, "th")
    assert [line.split()[0] for line in lines] == list(MODELS)
    told = thnid("run", "--timing", "list")
    assert told.returncode == 0 and len(told.stdout.splitlines()) == len(MODELS)
    assert thnid("run", "--timing", "fast", "--", "true").returncode == 2
