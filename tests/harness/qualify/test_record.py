"""Records: on the disk at once, resumable after anything, with a digest that tells a change."""

from __future__ import annotations

import hashlib
import json
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Measurement
from harness.qualify.record import NoRecord, Record, digest_of, result, sign, write_document
from harness.qualify.report.junit import junit
from harness.qualify.report.schema import SCHEMA
from harness.qualify.verdict import Verdict
from tests.harness.qualify.records import HEADER, edited


def line(name: str, verdict: Verdict, measurement: Measurement | None = None) -> dict[str, object]:
    return result(CRITERIA[name], verdict, measurement, None, 1.0)


@pytest.fixture
def in_bangkok(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process's clock is seven hours ahead of UTC."""
    with monkeypatch.context() as there:
        there.setenv("TZ", "ICT-7")
        time.tzset()
        yield
    time.tzset()


@pytest.mark.usefixtures("in_bangkok")
def test_moments_are_those_of_the_place_with_its_distance_from_utc(tmp_path: Path) -> None:
    ended = datetime.fromisoformat(Record.begin(tmp_path / "r", HEADER).finish()["ended"])
    assert ended.utcoffset() == timedelta(hours=7)
    assert abs(datetime.now(UTC) - ended) < timedelta(minutes=5)


def test_what_was_added_is_there_whatever_happens_next(tmp_path: Path) -> None:
    record = Record.begin(tmp_path / "r", HEADER)
    record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    record.add(line("AT-1", Verdict.INCOMPLETE))
    with (tmp_path / "r" / "record.jsonl").open("a") as journal:
        journal.write('{"result": {"criterion": "AT-2", "verd')  # torn by a power cut
    resumed = Record.resume(tmp_path / "r")
    assert resumed.done() == {"ID-1"}
    resumed.add(line("AT-1", Verdict.PASS, Measurement(0)))
    again = Record.resume(tmp_path / "r")
    assert again.done() == {"ID-1", "AT-1"}
    assert again.finish()["verdict"] == "pass"


def test_a_record_that_is_not_finished_is_incomplete(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    document = record.finish(["AT-1"])
    assert (document["verdict"], document["remaining"]) == ("incomplete", ["AT-1"])
    assert json.loads((tmp_path / "record.json").read_text(encoding="utf-8")) == document
    jsonschema.validate(document, SCHEMA)


def test_the_digest_is_of_everything_but_the_signature(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(
        line("LT-1", Verdict.PASS, Measurement(0.123456789, samples=[1.0], series={"a": [(0.0, 1.0)]}))
    )
    document = record.finish()
    plain = {name: value for name, value in document.items() if name not in ("digest", "signature")}
    canonical = json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    assert document["digest"] == "sha256:" + hashlib.sha256(canonical).hexdigest()
    signed = sign(document, "S. Example", "2026-01-02")
    assert digest_of(signed) == document["digest"]
    jsonschema.validate(signed, SCHEMA)
    assert digest_of({**document, "verdict": "marginal"}) != document["digest"]


def test_a_folder_is_used_once_and_resumed_only_with_a_record(tmp_path: Path) -> None:
    Record.begin(tmp_path / "r", HEADER)
    with pytest.raises(NoRecord):
        Record.begin(tmp_path / "r", HEADER)
    with pytest.raises(NoRecord):
        Record.resume(tmp_path / "none")
    (tmp_path / "record.jsonl").write_text("not JSON\n")
    with pytest.raises(NoRecord):
        Record.resume(tmp_path)


@pytest.mark.parametrize(
    ("before", "after", "number"),
    [
        ('"profile": "quick"', '"profile": "full"', 1),
        ('"criterion": "ID-1"', '"criterion": "ID-9"', 2),
        ('"verdict": "fail", "value": 3', '"verdict": "pass", "value": 0', 3),
        ('{"result": {"criterion": "ID-1"', '{"result": {"criterion": ', 3),
        ('"seal": "sha256:', '"seal": "sha256:0', 1),
    ],
)
def test_a_changed_line_is_not_continued(tmp_path: Path, before: str, after: str, number: int) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    record.add(line("AT-1", Verdict.FAIL, Measurement(3)))
    edited(tmp_path / "record.jsonl", before, after)
    with pytest.raises(NoRecord) as raised:
        Record.resume(tmp_path)
    assert f"line {number} is not as it was written" in raised.value.message.en


def test_a_verdict_that_does_not_follow_is_not_continued(tmp_path: Path) -> None:
    # Whoever changes a line can work out its seal, too.
    Record.begin(tmp_path, HEADER).add(line("AT-1", Verdict.PASS, Measurement(3)))
    with pytest.raises(NoRecord) as raised:
        Record.resume(tmp_path)
    assert "the verdict of AT-1 does not follow" in raised.value.message.en


def test_a_line_that_was_taken_out_is_missed(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(line("AT-1", Verdict.FAIL, Measurement(3)))
    record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    path = tmp_path / "record.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    path.write_text(lines[0] + lines[2], encoding="utf-8")
    with pytest.raises(NoRecord):
        Record.resume(tmp_path)


@settings(max_examples=30)
@given(st.text())
def test_what_a_reader_calls_itself_does_not_end_a_line(name: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            name.encode()
        except UnicodeEncodeError:
            return
        Record.begin(Path(folder), {**HEADER, "reader": {"name": name}})
        assert Record.resume(Path(folder)).header["reader"]["name"] == name


def test_nothing_is_added_under_a_signature(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    write_document(sign(record.finish(), "S. Example", "2026-01-02"), tmp_path / "record.json")
    before = (tmp_path / "record.json").read_bytes()
    with pytest.raises(NoRecord) as raised:
        Record.resume(tmp_path)
    assert "signed" in raised.value.message.en and "ลงนามแล้ว" in raised.value.message.th
    assert (tmp_path / "record.json").read_bytes() == before
    (tmp_path / "record.jsonl").unlink()
    with pytest.raises(NoRecord):
        Record.begin(tmp_path, HEADER)


def test_a_full_disk_is_named(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    (tmp_path / "record.jsonl").unlink()
    (tmp_path / "record.jsonl").symlink_to("/dev/full")
    with pytest.raises(OSError, match="No space left") as raised:
        record.add(line("ID-1", Verdict.PASS, Measurement(0)))
    assert raised.value.filename == str(tmp_path / "record.jsonl")


@pytest.mark.parametrize("before", [None, b"{}"])
def test_a_full_disk_leaves_no_document_half_written(
    tmp_path: Path, request: pytest.FixtureRequest, before: bytes | None
) -> None:
    record = Record.begin(tmp_path, HEADER)
    if before is not None:
        (tmp_path / "record.json").write_bytes(before)
    names = sorted(tmp_path.iterdir())
    request.getfixturevalue("full_disk")  # from here on
    with pytest.raises(OSError, match="No space left") as raised:
        record.finish()
    assert raised.value.filename == str(tmp_path / "record.json")
    assert sorted(tmp_path.iterdir()) == names
    assert before is None or (tmp_path / "record.json").read_bytes() == before


def test_junit_counts_what_failed_and_what_was_not_measured(tmp_path: Path) -> None:
    record = Record.begin(tmp_path, HEADER)
    record.add(line("TX-5", Verdict.FAIL, Measurement("lost\x01")))
    record.add(line("TX-6", Verdict.MARGINAL, Measurement("served")))
    record.add(line("TX-10", Verdict.NOT_APPLICABLE))
    record.add(line("AT-1", Verdict.INCOMPLETE))
    root = ElementTree.fromstring(junit(record.finish(["SH-1"])))
    counts = {
        suite.get("name"): tuple(suite.get(each) for each in ("tests", "failures", "errors", "skipped"))
        for suite in root
    }
    assert counts == {
        "transfers": ("3", "1", "0", "1"),
        "answer to reset": ("1", "0", "1", "0"),
        "not reached": ("1", "0", "1", "0"),
    }
