"""``thnid scenario``: files are checked before anything runs, and what is reported can be relied on."""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner

from apdu_specs.language import Text
from harness.bench.scenario import load, shipped
from harness.bench.scenario.doing import DOES
from harness.bench.scenario.player import Breakdown, Failure, ScenarioResult
from harness.bench.scenario.report import junit
from harness.cli.main import command

GOOD = "scenario: good <&> one\nsteps: [insert]\n"
FAILS = "scenario: it fails\nsteps:\n  - insert\n  - right pin: 63C2\n"
BAD = "scenario: bad\nsteps: [insrt]\n"


@pytest.fixture
def files(tmp_path: Path) -> dict[str, str]:
    texts = {"good": GOOD, "fails": FAILS, "bad": BAD}
    for name, text in texts.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    return {name: str(tmp_path / f"{name}.yaml") for name in texts}


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    exit_code: int
    stdout: str
    stderr: str


def thnid(*arguments: str) -> Done:
    result = CliRunner().invoke(command, ["scenario", *arguments], standalone_mode=False)
    if isinstance(result.exception, click.ClickException):
        return Done(result.exception.exit_code, result.stdout, result.stderr)
    assert result.exception is None, result.exception
    return Done(result.return_value or 0, result.stdout, result.stderr)


def run(*arguments: str) -> Done:
    return thnid("run", "--in-process", *arguments)


def test_all_passed(files: dict[str, str]) -> None:
    done = run(files["good"], "two-wrong-then-right")
    assert done.exit_code == 0
    assert "good <&> one" in done.stdout
    assert done.stdout.endswith("2 passed, 0 failed\n")


def test_a_failure_is_shown_with_its_line(files: dict[str, str]) -> None:
    done = run(files["good"], files["fails"])
    assert done.exit_code == 1
    assert f"{files['fails']}:4: right pin: expected 63C2, got ok\n" in done.stdout
    assert done.stdout.endswith("1 passed, 1 failed\n")


def test_json(files: dict[str, str]) -> None:
    done = run("--json", files["good"], files["fails"])
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert (document["passed"], document["failed"], document["in_process"]) == (1, 1, True)
    good, fails = document["scenarios"]
    assert (good["scenario"], good["passed"], good["steps"], good["failure"]) == (
        "good <&> one",
        True,
        1,
        None,
    )
    assert fails["file"] == files["fails"]
    assert fails["failure"] == {"line": 4, "step": "right pin", "expected": "63C2", "actual": "ok"}


def test_thai(files: dict[str, str]) -> None:
    assert "ควรเป็น 63C2 แต่ได้ ok" in run("--lang", "th", files["fails"]).stdout


def test_thai_of_what_was_expected(tmp_path: Path) -> None:
    path = tmp_path / "times.yaml"
    path.write_text("scenario: x\nsteps:\n  - insert\n  - wrong pin: [63C2, 63C0]\n")
    done = run("--lang", "th", str(path))
    assert "ควรเป็น 63C0 ครั้งที่ 2 แต่ได้ 63C1 (WrongPin) ครั้งที่ 2" in done.stdout
    path.write_text("scenario: x\nsteps:\n  - insert: {failures: 1}\n")
    assert "ควรเป็น จำนวนครั้งที่ผิด: 1 แต่ได้ จำนวนครั้งที่ผิด: 0" in run("--lang", "th", str(path)).stdout


def test_nothing_runs_when_one_file_is_bad(files: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    done = run(files["good"], files["bad"], "--junit", str(report))
    assert done.exit_code == 2
    assert done.stdout == ""
    assert f"{files['bad']}:2: there is no step called 'insrt' (did you mean 'insert'?)" in done.stderr
    assert not report.exists()


def test_bad_file_in_json(files: dict[str, str]) -> None:
    done = run("--json", files["bad"])
    assert done.exit_code == 2
    document = json.loads(done.stdout)
    assert document["error"] == "ScenarioInvalid"
    assert [(each["file"], each["line"]) for each in document["problems"]] == [(files["bad"], 2)]


def test_no_such_file() -> None:
    done = run("two-wrong-then-left")
    assert done.exit_code == 2
    assert "There is no file and no scenario 'two-wrong-then-left'" in done.stderr


def test_nothing_to_run() -> None:
    assert run().exit_code == 2


def test_junit_folder_is_looked_at_first(files: dict[str, str], tmp_path: Path) -> None:
    done = run(files["good"], "--junit", str(tmp_path / "none" / "report.xml"))
    assert (done.exit_code, done.stdout) == (2, "")


def test_junit(files: dict[str, str], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert run(files["good"], files["fails"], "--junit", str(report)).exit_code == 1
    suite = ElementTree.fromstring(report.read_bytes()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("2", "1", "0")
    good, fails = suite.findall("testcase")
    assert (good.get("name"), good.get("classname"), list(good)) == ("good <&> one", "good", [])
    failure = fails.find("failure")
    assert failure is not None and failure.text is not None
    assert failure.get("message") == "line 4, right pin: expected 63C2, got ok"
    assert failure.text.startswith(f"{files['fails']}:4: right pin")
    assert all(re.fullmatch(r"\d+\.\d{3}", str(case.get("time"))) for case in (good, fails))
    assert list(tmp_path.glob(".*")) == []


def test_junit_is_well_formed_whatever_is_in_it() -> None:
    scenario = load(shipped()["two-wrong-then-right"])
    nasty = Failure(3, '<step> & "x"', Text("]]>", "]]>"), Text("ไทย & <b>", "ไทย"))
    root = ElementTree.fromstring(junit([ScenarioResult(scenario, 1, 1.5, nasty)]))
    failure = root.find(".//failure")
    assert failure is not None and "ไทย & <b>" in str(failure.text)


# --- what nobody had thought of ---------------------------------------------------------------------------------------

BREAKS = "scenario: it breaks\nsteps:\n  - insert\n  - other program: reset\n"


@pytest.fixture
def breaking(files: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Three files, of which the first comes upon a bug of ours."""

    def bug(*arguments: object) -> None:
        raise OverflowError("date value\x00out of \x1b[31m range")

    monkeypatch.setitem(DOES, "reset", bug)
    (tmp_path / "breaks.yaml").write_text(BREAKS)
    return [str(tmp_path / "breaks.yaml"), files["fails"], files["good"]]


def test_an_error_of_ours_is_that_scenarios_and_the_others_are_played(breaking: list[str]) -> None:
    done = run("--json", *breaking)
    assert done.exit_code == 1
    document = json.loads(done.stdout)
    assert (document["passed"], document["failed"], document["errors"]) == (1, 2, 1)
    broken, failed, good = document["scenarios"]
    assert (broken["passed"], broken["steps"], broken["failure"]) == (False, 2, None)
    assert (broken["error"]["line"], broken["error"]["step"]) == (4, "other program: reset")
    assert broken["error"]["error"] == "OverflowError"
    assert failed["error"] is None and failed["failure"]["line"] == 4
    assert (good["passed"], good["error"]) == (True, None)


def test_an_error_of_ours_is_told_without_a_stack_trace(breaking: list[str]) -> None:
    done = run(*breaking)
    said = (
        f"{breaking[0]}:4: other program: reset: could not be played to its end, which is a mistake of thnid"
    )
    assert said in done.stdout and "OverflowError: date value" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr and "\x1b" not in done.stdout
    assert done.stdout.endswith("1 passed, 2 failed\n")
    assert "ข้อผิดพลาดของ thnid ไม่ใช่ของบัตร" in run("--lang", "th", *breaking).stdout


def test_an_error_of_ours_in_junit(breaking: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    assert run(*breaking, "--junit", str(report)).exit_code == 1
    suite = ElementTree.fromstring(report.read_bytes()).find("testsuite")
    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("3", "1", "1")
    broken, failed, good = suite.findall("testcase")
    assert ([each.tag for each in broken], [each.tag for each in failed], list(good)) == (
        ["error"],
        ["failure"],
        [],
    )
    error = broken[0]
    assert error.get("type") == "OverflowError" and str(error.get("message")).startswith(
        "line 4, other program"
    )
    assert "Traceback" in str(error.text)


def test_an_error_of_ours_before_the_first_step(
    files: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.bench.scenario import world

    def bug(*arguments: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(world, "_given_card", bug)
    done = run("--json", files["good"])
    (broken,) = json.loads(done.stdout)["scenarios"]
    assert (broken["steps"], broken["error"]["line"], broken["error"]["error"]) == (0, 2, "RuntimeError")


def test_an_error_of_any_words_is_well_formed() -> None:
    scenario = load(shipped()["two-wrong-then-right"])
    nasty = Breakdown(3, "reset", "Odd", "]]> \x00\x1b\ud800 ไทย & <b>", "\x0b\ufffe trace")
    root = ElementTree.fromstring(junit([ScenarioResult(scenario, 1, 1.5, None, nasty)]))
    error = root.find(".//error")
    assert error is not None and "ไทย & <b>" in str(error.get("message"))


def test_what_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, what in (
        (str(tmp_path / "pipe"), "a pipe or a device"),
        ("/dev/zero", "a pipe or a device"),
        (str(tmp_path), "a folder"),
    ):
        done = run(name)
        assert done.exit_code == 2
        assert f"{name}:1: this is {what}, not a file\n" in done.stderr


def test_list() -> None:
    rows = json.loads(thnid("list", "--json").stdout)["scenarios"]
    assert [row["name"] for row in rows] == list(shipped())
    assert all(row["about"]["en"] and row["about"]["th"] for row in rows)
    assert "two-wrong-then-right" in thnid("list").stdout


def test_schema() -> None:
    assert json.loads(thnid("schema").stdout)["required"] == ["scenario", "steps"]
