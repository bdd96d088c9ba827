"""``thnid scenario``: files are checked before anything runs, and what is reported can be relied on."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import click
import pytest
from click.testing import CliRunner

from harness.bench.scenario import load, shipped
from harness.bench.scenario.player import Failure, ScenarioResult
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
    nasty = Failure(3, '<step> & "x"', "]]>", "ไทย & <b>")
    root = ElementTree.fromstring(junit([ScenarioResult(scenario, 1, 1.5, nasty)]))
    failure = root.find(".//failure")
    assert failure is not None and "ไทย & <b>" in str(failure.text)


def test_list() -> None:
    rows = json.loads(thnid("list", "--json").stdout)["scenarios"]
    assert [row["name"] for row in rows] == list(shipped())
    assert all(row["about"]["en"] and row["about"]["th"] for row in rows)
    assert "two-wrong-then-right" in thnid("list").stdout


def test_schema() -> None:
    assert json.loads(thnid("schema").stdout)["required"] == ["scenario", "steps"]
