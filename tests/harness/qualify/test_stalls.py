"""Commands that take long are counted whatever they were for: in a run, in a soak, and after a pause."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from apdu_specs.language import Text
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.layer import Layer
from emulator.link import CardPort
from emulator.test_card import TestCard
from emulator.zoo import apply_faults
from harness.bench import Bench
from harness.qualify.criteria import CRITERIA, power
from harness.qualify.criterion import Measurement
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import Subject

PIN = "4821"


class _StallsOnce(Layer):
    """Of all its commands one takes 1.6 seconds."""

    def delay(self, apdu: bytes, answer: bytes) -> float:
        return 1.6 if self.count == self.argument else 0.0


def national() -> CardPort:
    return card_in_memory(card_from_seed(1), pin=PIN)


def subject_of(bench: Bench, card: CardPort) -> Subject:
    bench.insert(card)
    subject = Subject(bench.reader_name(), virtual_reader=True)
    subject.recognise()
    return subject


def results(subject: Subject, folder: Path, *names: str) -> dict[str, tuple[object, object]]:
    """Value and verdict of each."""
    chosen = {name: CRITERIA[name] for name in names}
    document = Campaign(subject, chosen, Record.begin(folder / "r", {})).run()
    return {each["criterion"]: (each["value"], each["verdict"]) for each in document["results"]}


@pytest.mark.pcsc
def test_a_stall_in_what_other_criteria_sent_is_counted(bench: Bench, tmp_path: Path) -> None:
    subject = subject_of(bench, _StallsOnce(national(), 900, Random(0)))
    found = results(subject, tmp_path, "TX-9", "LT-3", "LT-4")
    assert found["TX-9"] == (0, "pass") and found["LT-3"][1] == "pass"
    assert found["LT-4"] == (1, "fail")


@pytest.mark.pcsc
def test_a_good_reader_has_none(bench: Bench, tmp_path: Path) -> None:
    names = ("TX-1", "TX-9", "TX-2", "SH-5", "SH-15", "LT-4")
    found = results(subject_of(bench, national()), tmp_path, *names)
    assert {verdict for _, verdict in found.values()} == {"pass"} and found["LT-4"][0] == 0


@pytest.mark.pcsc
def test_a_wait_that_was_asked_for_is_no_stall(bench: Bench) -> None:
    subject = subject_of(bench, TestCard())
    assert CRITERIA["TM-3"].measure(subject).value == 1.5
    assert CRITERIA["LT-4"].measure(subject) == Measurement(0)


def test_the_count_comes_after_all_that_is_counted() -> None:
    # What comes later sends no commands, or has a count of its own.
    order = list(CRITERIA)
    assert {name[:2] for name in order[order.index("LT-4") + 1 :]} == {"PA", "SK"}


@pytest.mark.pcsc
def test_the_longest_is_told(bench: Bench) -> None:
    subject = subject_of(bench, national())
    subject.long_commands += [1.25, 3.04]
    assert CRITERIA["LT-4"].measure(subject) == Measurement(
        2, Text("the longest took 3.0 s", "คำสั่งที่นานที่สุดใช้เวลา 3.0 วินาที")
    )


@pytest.mark.pcsc
def test_a_soak_counts_its_own(bench: Bench) -> None:
    subject = subject_of(bench, _StallsOnce(national(), 300, Random(0)))
    subject.soak_s = 1.0
    subject.long_commands.append(2.0)  # of before
    found = CRITERIA["SK-7"].measure(subject)
    assert CRITERIA["SK-1"].measure(subject).value == 0
    assert found.value == 1 and found.reason == Text("the longest took 1.6 s", "คำสั่งที่นานที่สุดใช้เวลา 1.6 วินาที")


@pytest.mark.pcsc
@pytest.mark.parametrize("card", [national, TestCard])
@pytest.mark.parametrize(
    ("fault", "value"), [("slow=0", True), ("wakes-slowly=400", False), ("old-after-pause=400", False)]
)
def test_after_a_pause(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, card: type[TestCard], fault: str, value: bool
) -> None:
    monkeypatch.setattr(power, "_LONG_GAP_S", 0.5)
    subject = subject_of(bench, apply_faults(card(), [fault]))
    found = CRITERIA["PW-2"].measure(subject)
    assert found.value is value
    told = found.reason.en if found.reason else ""
    assert told.startswith("answered after 4") is fault.startswith("wakes")


@pytest.mark.pcsc
@pytest.mark.parametrize("fault", ["slow=0", "wakes-slowly=400", "old-after-pause=400"])
def test_a_card_left_alone_in_a_connection(bench: Bench, fault: str) -> None:
    subject = subject_of(bench, apply_faults(national(), [fault]))
    assert CRITERIA["RS-6"].measure(subject).value is (fault == "slow=0")
