"""OpenHTF's word on a measurement is ours, for every value and every limit."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Criterion, Limits, Value
from harness.qualify.verdict import Verdict, verdict_of
from harness.station.phases import measurement, measurement_of, unit
from harness.station.station import folder_for

_numbers = st.one_of(st.none(), st.integers(-3, 3), st.floats(-3, 3))
_values = st.one_of(st.integers(-4, 4), st.floats(-4, 4), st.booleans(), st.sampled_from(["a", "b", ""]))
_words = st.lists(_values, max_size=2).map(tuple)
_limits = st.builds(Limits, _numbers, _numbers, _numbers, _numbers, _words, _words)


def openhtfs_word(measured: Any, value: Value) -> Verdict:
    measured.measured_value.set(value)
    measured.validate()
    if measured.outcome.name == "FAIL":
        return Verdict.FAIL
    assert measured.outcome.name == "PASS"
    return Verdict.MARGINAL if measured.marginal else Verdict.PASS


@given(_limits, _values)
def test_verdicts_are_equal(limits: Limits, value: Value) -> None:
    assert openhtfs_word(measurement("m", "", "ms", limits), value) is verdict_of(value, limits)


@pytest.mark.parametrize("criterion", CRITERIA.values(), ids=str)
def test_every_criterion_becomes_a_measurement(criterion: Criterion) -> None:
    declared = measurement_of(criterion).as_base_types()
    assert declared["name"] == criterion.id
    assert declared["validators"] == (str(criterion.limits),)
    assert criterion.title.en in declared["docstring"]


def test_units() -> None:
    assert (unit("ms").name, unit("ms").code) == ("millisecond", "C26")
    assert unit("events").suffix == "events"
    assert unit("").name == "None"


@given(st.text(max_size=300))
def test_a_serial_number_never_leaves_the_stations_folder(tmp_path_factory: Any, serial: str) -> None:
    station = tmp_path_factory.getbasetemp()
    folder = folder_for(serial, station)
    assert folder.parent == station and folder.name not in ("", ".", "..")
    assert len(folder.name) <= 70


def test_a_reader_that_comes_again_has_a_folder_of_its_own(tmp_path: Any) -> None:
    first = folder_for("A/1", tmp_path)
    first.mkdir()
    second = folder_for("A/1", tmp_path)
    second.mkdir()
    assert [first.name, second.name, folder_for("A/1", tmp_path).name] == ["A_1", "A_1.2", "A_1.3"]
