"""Nothing is said of a record that is not as it was written."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import harness.qualify.criteria
from harness.qualify.consistency import our_version
from harness.qualify.criterion import Profile
from harness.qualify.record import NoRecord, sign
from harness.qualify.report.loading import RecordAltered, RecordTooNew, SignatureBroken, load
from harness.qualify.verdict import Verdict, overall
from tests.harness.qualify.report.synthetic import CRITERIA, record, sealed, written


def test_a_record_as_it_was_written(tmp_path: Path) -> None:
    whole = record()
    path = written(whole, tmp_path / "record.json")
    assert load(path) == whole
    assert load(tmp_path) == whole


def test_signing_does_not_change_the_digest(tmp_path: Path) -> None:
    signed = sign(record(), "สมศรี", "2026-11-20", serial="A-1", firmware=None)
    loaded = load(written(signed, tmp_path / "r.json"))
    assert loaded["digest"] == record()["digest"]
    assert loaded["signature"] | {"seal": ""} == {
        "operator": "สมศรี",
        "date": "2026-11-20",
        "serial": "A-1",
        "seal": "",
    }


def test_a_signature_is_of_its_record_and_stays_as_it_was_made(tmp_path: Path) -> None:
    signed = sign(record(1), "S. Example", "2026-11-20")
    unsealed = {name: each for name, each in signed["signature"].items() if name != "seal"}
    for other in (
        {**signed, "signature": {**signed["signature"], "operator": "T. Example"}},
        {**signed, "signature": unsealed},
        {**record(2), "signature": signed["signature"]},
    ):
        with pytest.raises(SignatureBroken):
            load(written(other, tmp_path / "r.json"))


@pytest.mark.parametrize("part", ["reader", "verdict", "ended", "digest", "results"])
def test_any_change_is_noticed(part: str, tmp_path: Path) -> None:
    whole = record()
    other: dict[str, Any] = {
        "reader": {**whole["reader"], "serial": "RR123-004568"},
        "verdict": "marginal",
        "ended": "2026-11-21T02:02:41+00:00",
        "digest": "sha256:" + "0" * 64,
        "results": whole["results"][:-1],
    }
    with pytest.raises(RecordAltered):
        load(written({**whole, part: other[part]}, tmp_path / "r.json"))


def test_a_verdict_that_does_not_follow_is_noticed_under_a_right_digest(tmp_path: Path) -> None:
    whole = record()
    whole["results"][3]["verdict"] = "incomplete"
    with pytest.raises(RecordAltered):
        load(written(sealed(whole), tmp_path / "r.json"))
    with pytest.raises(RecordAltered):
        load(written(sealed({**record(), "remaining": ["PR-1"]}), tmp_path / "r.json"))


def as_ours(whole: dict[str, Any]) -> dict[str, Any]:
    return {**whole, "tool": {"name": "thnid", "version": our_version()}}


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.data())
def test_no_verdict_that_its_value_does_not_give(data: st.DataObject) -> None:
    whole = record()
    line = data.draw(st.sampled_from(whole["results"]))
    line["verdict"] = data.draw(st.sampled_from(sorted({each.value for each in Verdict} - {line["verdict"]})))
    verdicts = [Verdict(each["verdict"]) for each in whole["results"]]
    with pytest.raises(RecordAltered) as raised, tempfile.TemporaryDirectory() as folder:
        load(written(sealed({**whole, "verdict": overall(verdicts).value}), Path(folder) / "r.json"))
    assert f"the verdict of {line['criterion']} does not follow" in raised.value.message.en


def test_a_fail_that_was_edited_to_pass_with_its_limits(tmp_path: Path) -> None:
    whole = as_ours(record())
    assert load(written(sealed(whole), tmp_path / "r.json"))
    for changed in ({"limits": {"upper": 99_999}, "value": 7_000}, {"unit": "µs"}, {"criterion": "LT-0"}):
        line = next(each for each in whole["results"] if each["criterion"] == "LT-1")
        altered = [{**each, **changed} if each is line else each for each in whole["results"]]
        with pytest.raises(RecordAltered) as raised:
            load(written(sealed({**whole, "results": altered}), tmp_path / "r.json"))
        assert "declares" in raised.value.message.en and "ประกาศไว้" in raised.value.message.th
    # What another version declared is not known here.
    other = {**whole, "tool": {"name": "thnid", "version": "0.0.1"}, "results": altered}
    assert load(written(sealed(other), tmp_path / "r.json"))


def test_a_criterion_that_was_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        harness.qualify.criteria,
        "CRITERIA",
        {name: replace(each, profiles=frozenset(Profile)) for name, each in CRITERIA.items()},
    )
    whole = as_ours(record())
    assert load(written(sealed(whole), tmp_path / "r.json"))
    without = {**whole, "results": [each for each in whole["results"] if each["criterion"] != "LT-2"]}
    with pytest.raises(RecordAltered) as raised:
        load(written(sealed(without), tmp_path / "r.json"))
    assert "LT-2, which the profile full measures, is missing" in raised.value.message.en
    stopped = {**without, "remaining": ["LT-2"], "verdict": "incomplete"}
    assert load(written(sealed(stopped), tmp_path / "r.json"))


def test_a_newer_format(tmp_path: Path) -> None:
    with pytest.raises(RecordTooNew) as raised:
        load(written(sealed({**record(), "format": 2}), tmp_path / "r.json"))
    assert raised.value.exit_status == 1


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[1]",
        b"{}",
        b'{"format": true}',
        b'{"format": 1, "results": 3, "verdict": "pass"}',
        b'{"format": 1, "results": [7], "verdict": "pass"}',
        b'{"format": 1, "results": [], "verdict": "splendid"}',
        b'{"format": 1, "results": [], "verdict": "pass", "reader": "x"}',
        b'{"format": 1, "results": [{"criterion": "A", "verdict": ["pass"]}], "verdict": "pass"}',
        b'{"format": 1, "results": [{"criterion": "A", "verdict": "pass", "series": {"s": [1]}}], "verdict": "pass"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_record(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_bytes(content)
    with pytest.raises(NoRecord):
        load(path)


def test_half_a_surrogate_pair(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(json.dumps({**record(), "operator": "\ud800"}), encoding="ascii")
    with pytest.raises(RecordAltered):
        load(path)


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(NoRecord):
        load(tmp_path / "none.json")
