"""What the test card shows of a reader: bytes in any order, status words, and where extended lengths end."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from apdu_specs.language import Text
from emulator.layer import Layer, data_of
from emulator.link import CardPort
from emulator.test_card import TestCard
from emulator.zoo import apply_faults
from harness.bench import Bench
from harness.qualify import subject as subjects
from harness.qualify.criteria import CRITERIA
from harness.qualify.criteria.echoes import pairs_in_pieces, status_words
from harness.qualify.criterion import Measurement, Profile
from harness.qualify.subject import Subject
from harness.qualify.verdict import Verdict, verdict_of


class _Escapes(Layer):
    """Takes DLE ETX in a command for an end."""

    def exchange(self, apdu: bytes) -> bytes:
        return self.ask(apdu[:5] + apdu[5:].replace(b"\x10\x03", b"\x10\x10"))


class _Repeats(Layer):
    """Of the same byte many times in a row the last is lost."""

    def changed(self, answer: bytes) -> bytes:
        data, sw = data_of(answer)
        return data.replace(b"\x55" * 16, b"\x55" * 15 + b"\x54") + sw


class _HidesTheLock(Layer):
    """Tells a suspended or locked PIN as a wrong one."""

    def changed(self, answer: bytes) -> bytes:
        return bytes.fromhex("63C0") if answer.hex() in ("6983", "6984") else answer


class _WarningsWithoutData(Layer):
    """Leaves out the data that come with a warning."""

    def changed(self, answer: bytes) -> bytes:
        return answer[-2:] if answer[-2] == 0x62 else answer


class _RefusesFarther(Layer):
    """A card, or a reader, that says openly where it ends."""

    def exchange(self, apdu: bytes) -> bytes:
        answer = self.ask(apdu)
        return bytes.fromhex("6700") if len(answer) > 30_000 else answer


def measured(bench: Bench, name: str, card: CardPort, profile: Profile = Profile.QUICK) -> Measurement:
    bench.insert(card)
    subject = Subject(bench.reader_name(), profile)
    try:
        subject.recognise()
        assert subject.card.test
        return CRITERIA[name].measure(subject)
    finally:
        bench.remove()


def verdict(name: str, measurement: Measurement) -> Verdict:
    return verdict_of(measurement.value, CRITERIA[name].limits)


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("layer", "name"),
    [(_Escapes, "TX-16"), (_Repeats, "TX-16"), (_HidesTheLock, "TX-17"), (_WarningsWithoutData, "TX-17")],
)
def test_is_caught(bench: Bench, layer: type[Layer], name: str) -> None:
    found = measured(bench, name, layer(TestCard(), 0, Random(0)))
    assert verdict(name, found) is Verdict.FAIL
    assert found.reason is not None


@pytest.mark.pcsc
def test_what_became_of_it_is_told(bench: Bench) -> None:
    pairs = measured(bench, "TX-16", apply_faults(TestCard(), ["newlines"]))
    assert pairs.reason == Text("FE 0D 0D 0A became FE 0A 0A 0A", "FE 0D 0D 0A กลายเป็น FE 0A 0A 0A")
    words = measured(bench, "TX-17", _HidesTheLock(TestCard(), 0, Random(0)))
    assert (words.value, words.reason) == (2, Text("69 83 became 63 C0", "69 83 กลายเป็น 63 C0"))


@pytest.mark.pcsc
@pytest.mark.parametrize("profile", [Profile.QUICK, Profile.FULL])
@pytest.mark.parametrize("name", ["TX-16", "TX-17", "EXT-4"])
def test_a_good_reader_passes(bench: Bench, name: str, profile: Profile) -> None:
    found = measured(bench, name, TestCard(), profile)
    assert (found.value, found.reason) == (0, None)


@pytest.mark.pcsc
@pytest.mark.parametrize("limit", [30_000, 65_000])
@pytest.mark.parametrize("fault", ["truncate", "buffer"])
def test_a_long_answer_that_loses_its_end_is_caught_however_long(
    bench: Bench, fault: str, limit: int
) -> None:
    found = measured(bench, "EXT-4", apply_faults(TestCard(), [f"{fault}={limit}"]))
    assert found.value == 1 and found.reason is not None


@pytest.mark.pcsc
def test_a_refusal_far_out_may_be_the_cards_own(bench: Bench) -> None:
    card = _RefusesFarther(TestCard(), 0, Random(0))
    assert measured(bench, "EXT-4", card).value == 0
    assert measured(bench, "EXT-1", card).value == 24_832


@pytest.mark.pcsc
@pytest.mark.parametrize("name", ["EXT-1", "EXT-2"])
def test_lengths_that_were_tried_are_no_samples(bench: Bench, name: str) -> None:
    found = measured(bench, name, TestCard())
    assert found.value == 65_526 and not found.samples


@pytest.mark.pcsc
def test_a_slow_line_says_how_much_of_it_was_sent(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(subjects._SHARE_S, Profile.QUICK, 0.0)
    found = measured(bench, "TX-16", TestCard())
    assert found.value == 0
    assert found.reason == Text("75 of 515 commands: the line is slow", "75 จาก 515 คำสั่ง เนื่องจากสายสัญญาณช้า")
    spoilt = measured(bench, "TX-16", _Escapes(TestCard(), 0, Random(0)))
    assert verdict("TX-16", spoilt) is Verdict.FAIL


def test_every_pair_is_sent_once() -> None:
    pieces = pairs_in_pieces()
    assert {len(each) for each in pieces[:-1]} == {255} and 2 <= len(pieces[-1]) <= 255
    pairs = Counter(pair for piece in pieces for pair in pairwise(piece))
    assert len(pairs) == 65_536 and set(pairs.values()) == {1}


def test_the_pairs_that_lines_stumble_over_come_first() -> None:
    early = {pair for piece in pairs_in_pieces()[:35] for pair in pairwise(piece)}
    for value in bytes.fromhex("0D 0A 10 03 02 1B 11 13 00 FF 7E 7D C0 DB"):
        assert {(value, other) for other in range(256)} | {(other, value) for other in range(256)} <= early


def test_status_words_are_those_that_a_card_may_give() -> None:
    few, every = status_words(every=False), status_words(every=True)
    assert set(few) < set(every) and len(set(every)) == len(every) > 3328
    assert {
        0x9000,
        0x63C0,
        0x63CF,
        0x6282,
        0x6581,
        0x6983,
        0x6984,
        0x6A82,
        0x6B00,
        0x6D00,
        0x6E00,
        0x6F00,
    } <= set(few)
    assert {sw >> 8 for sw in every} == {*range(0x62, 0x6C), *range(0x6D, 0x70), *range(0x90, 0xA0)}
    assert {sw for sw in every if sw < 0x7000} == {sw for sw in range(0x6200, 0x7000) if sw >> 8 != 0x6C}
