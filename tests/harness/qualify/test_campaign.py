"""The campaign: deadlines, calls that never return, readers that go; there is always a record, and never a pass too many."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from apdu_specs.language import Text
from harness.errors import NoReader
from harness.qualify import runner, subject
from harness.qualify.criterion import (
    EVERY,
    NONE,
    Criterion,
    Family,
    Measurement,
    Profile,
    proposed,
)
from harness.qualify.record import Record
from harness.qualify.runner import Campaign
from harness.qualify.subject import CardFacts, OutOfTime, Subject


def criterion(
    name: str, measure: Callable[[Subject], Measurement], family: Family = Family.TIMING
) -> Criterion:
    title = Text(name, name)
    return Criterion(name, family, title, "", NONE, proposed("test"), frozenset(), EVERY, measure)


def good(_: Subject) -> Measurement:
    return Measurement(0)


def run(folder: Path, *criteria: Criterion) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and the verdicts by criterion."""
    record = Record.begin(folder, {})
    Campaign(Subject("none"), {each.id: each for each in criteria}, record).run()
    document = Record.resume(folder).document()
    return document, {each["criterion"]: each["verdict"] for each in document["results"]}


def test_what_takes_too_long_is_incomplete_and_the_next_one_is_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(runner.DEADLINES_S, Profile.QUICK, 0.0)

    def endless(subject: Subject) -> Measurement:
        while True:
            subject.check_time()  # what every call does

    document, found = run(tmp_path / "r", criterion("A-1", endless), criterion("A-2", good))
    assert (found, document["verdict"]) == ({"A-1": "incomplete", "A-2": "pass"}, "incomplete")
    assert "time" in document["results"][0]["reason"]["en"]


def test_a_call_that_never_returns_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runner.DEADLINES_S, Profile.QUICK, 0.0)
    monkeypatch.setattr(runner, "_LAST_CALL_S", 0.0)
    never = threading.Event()

    def hangs(_: Subject) -> Measurement:
        never.wait()
        return Measurement(0)

    paper = criterion("A-3", good, Family.PAPER)
    record = Record.begin(tmp_path / "r", {})
    told = []
    campaign = Campaign(
        Subject("none"),
        {each.id: each for each in (criterion("A-1", hangs), criterion("A-2", good))},
        record,
        lambda each, line, number, of: told.append(line["verdict"]),
    )
    try:
        assert campaign.run()["verdict"] == "incomplete"
    finally:
        never.set()
    # Nothing more is asked of a reader in which a call still hangs; papers can still be read.
    assert told == ["incomplete", "incomplete"]
    monkeypatch.setitem(runner.DEADLINES_S, Profile.QUICK, 60.0)
    campaign.criteria = [paper]
    campaign.run()
    assert told[-1] == "pass"


def test_whatever_a_measure_raises_the_record_is_kept(tmp_path: Path) -> None:
    def broken(_: Subject) -> Measurement:
        raise RuntimeError("boom")

    def gone(_: Subject) -> Measurement:
        raise NoReader("none")

    document, found = run(
        tmp_path / "r", criterion("A-1", broken), criterion("A-2", gone), criterion("A-3", good)
    )
    assert found == {"A-1": "incomplete"}
    assert (tmp_path / "r" / "record.json").exists() and document["verdict"] == "incomplete"


def test_ctrl_c_keeps_the_record_and_tells_the_measure_to_stop(tmp_path: Path) -> None:
    def interrupted(_: Subject) -> Measurement:
        raise KeyboardInterrupt

    class Interrupted(Campaign):
        def judged(self, each: Criterion) -> Any:
            if each.id == "A-2":
                raise KeyboardInterrupt
            return super().judged(each)

    record = Record.begin(tmp_path / "r", {})
    campaign = Interrupted(
        Subject("none"), {name: criterion(name, good) for name in ("A-1", "A-2", "A-3")}, record
    )
    with pytest.raises(KeyboardInterrupt):
        campaign.run()
    assert record.remaining == ("A-2", "A-3") and set(record.results) == {"A-1"}


@pytest.mark.parametrize("profile", Profile)
def test_something_is_repeated_often_enough_or_as_long_as_there_is_time(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = Subject("none", profile)
    most = 5 if profile is Profile.QUICK else 50
    assert list(tried.rounds(quick=5, full=50, least=2)) == list(range(most))
    monkeypatch.setitem(subject._SHARE_S, profile, 0.0)
    assert list(tried.rounds(quick=5, full=50, least=2)) == [0, 1]
    assert list(tried.rounds(quick=5, full=50, least=100)) == list(range(most))


def test_time_runs_out_only_where_there_is_a_deadline() -> None:
    tried = Subject("none")
    tried.check_time()
    tried.due = 0.0
    with pytest.raises(OutOfTime):
        tried.check_time()


def test_an_error_is_not_remembered() -> None:
    tried = Subject("none")
    outcomes: Iterator[int] = iter((1,))

    def fails() -> int:
        raise NoReader("none")

    with pytest.raises(NoReader):
        tried.remember("x", fails)
    assert [tried.remember("x", lambda: next(outcomes)) for _ in range(3)] == [1, 1, 1]


def test_trouble_at_the_first_look_is_no_pass() -> None:
    from harness.qualify.criteria import CRITERIA

    tried = Subject("none", card=CardFacts(present=True))
    assert CRITERIA["TX-13"].measure(tried).value == 0
    tried.troubles.append(Text("It left.", "ออกไป"))
    told = CRITERIA["TX-13"].measure(tried)
    assert (told.value, told.reason) == (1, tried.troubles[0])
