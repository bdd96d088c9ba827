"""Cards that no reader may stumble over, through a real PC/SC stack, and readers that do stumble."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from apdu_specs.atr import parse
from apdu_specs.odd_atrs import OddCard
from emulator.link import CardPort
from emulator.test_card import TestCard
from harness.bench import Bench
from harness.qualify.actuator import ManualActuator, NoActuator
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import DoesNotApply
from harness.qualify.subject import Subject
from harness.qualify.verdict import Verdict, verdict_of
from harness.stack import Stack
from tests.harness.qualify.hand import Hand

ODD = ("AT-6", "AT-7", "AT-8", "AT-9", "AT-10")


@pytest.fixture
def bench() -> Iterator[Bench]:
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(TestCard())
        yield bench


def verdicts(bench: Bench) -> dict[str, Verdict]:
    subject = Subject(bench.reader_name(), actuator=Hand(bench), virtual_reader=True)
    subject.recognise()
    return {
        name: verdict_of(CRITERIA[name].measure(subject).value, CRITERIA[name].limits)
        for name in ODD
        if subject.unmet(CRITERIA[name].needs) is None
    }


@pytest.mark.pcsc
def test_odd_cards_are_met_and_the_good_one_works_again(bench: Bench) -> None:
    assert verdicts(bench) == dict.fromkeys(ODD, Verdict.PASS)


class _DirectOnly(TestCard):
    """As a reader shows it that knows direct convention only, and cuts long answers."""

    def __init__(self, card: CardPort) -> None:
        super().__init__(b"\x3b" + card.atr[1:] if card.atr[0] == 0x3F else card.atr[:32])


@pytest.mark.pcsc
def test_a_reader_that_stumbles_fails(bench: Bench) -> None:
    bench.fitted = lambda card: _DirectOnly(card) if card.atr[0] == 0x3F or len(card.atr) > 20 else card
    found = verdicts(bench)
    assert found["AT-6"] is found["AT-7"] is Verdict.FAIL


def test_without_such_cards_it_does_not_apply_and_says_why() -> None:
    with pytest.raises(DoesNotApply) as lacking:
        CRITERIA["AT-6"].measure(Subject("R", actuator=NoActuator()))
    assert lacking.value.reason.en == "Needs a card of inverse convention (ATR 3F ...)."
    asked: list[str] = []
    hand = ManualActuator(lambda text: asked.append(text.th))
    assert hand.odd_cards == {OddCard.MUTE}
    hand.insert_odd(OddCard.MUTE)
    assert "กลับด้าน" in asked[0]


def test_the_answers_to_reset() -> None:
    assert OddCard.INVERSE.atr.hex() == "3f690000494e56455253452e33"
    longest = OddCard.LONGEST.atr
    assert len(longest) == 33 and parse(longest).historical == b"LONGEST.ATR.33B"
    check = 0
    for byte in longest[1:]:
        check ^= byte
    assert check == 0
    assert len(OddCard.MUTE.atr) > 33
