"""``thnid qualify`` on a virtual reader: it passes; faults, lost readers and Ctrl-C leave an honest record."""

from __future__ import annotations

import copy
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from harness.cli.qualify_header import WrongRequest, require_same
from harness.qualify.criteria import CRITERIA
from tests.harness.cli.program import PROGRAM, line_of, one_object, start, thnid
from tests.harness.cli.test_streams import at_a_terminal
from tests.harness.qualify.few_criteria import in_shell, thnid_with
from tests.harness.qualify.records import record_in, verdicts

pytestmark = pytest.mark.pcsc
READER = "Virtual PCD 00 00"


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A qualification of seconds, of most families that need no actuator."""
    names = ("ID-1", "AT-1", "TX-2", "TX-7", "SH-1", "FL-1", "FL-2", "FL-3", "FL-4")
    return thnid_with(tmp_path_factory.mktemp("few"), *names)


def test_the_virtual_reader_passes(tmp_path: Path) -> None:
    done = thnid(
        "run",
        "--",
        str(PROGRAM),
        "qualify",
        "run",
        "--reader",
        READER,
        "--profile",
        "quick",
        "--json",
        cwd=tmp_path,
    )
    document = one_object(done.stdout)
    found = verdicts(document)
    assert {name for name, each in found.items() if each not in ("pass", "not applicable")} == set()
    assert (document["verdict"], document["remaining"], done.returncode) == ("pass", [], 0)
    # What is not applicable is what a virtual reader with a national card cannot show, and nothing else.
    lacking = {name.partition("-")[0] for name, each in found.items() if each == "not applicable"}
    assert lacking == {"ID", "PP", "RM", "HU"}
    assert found["PR-1"] == found["FL-4"] == found["RM-1"] == found["SH-19"] == "pass"
    (folder,) = tmp_path.iterdir()
    assert record_in(folder)["digest"] == document["digest"]
    assert (folder / "junit.xml").exists()
    text = (folder / "record.jsonl").read_text(encoding="utf-8")
    assert "1 9999" not in text and "1234" not in json.dumps(record_in(folder)["card"])


@pytest.fixture(scope="module")
def broken(few: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """The record of a broken reader, whose card has had two wrong PINs and whose PIN nobody gave; and what was said."""
    folder = tmp_path_factory.mktemp("broken")
    script = "unset THNID_PIN; thnid qualify run --actuator none --report r; echo $?; thnid card show --json"
    done = in_shell(script, "--fault", "truncate=255", "--failures", "2", cwd=folder, program=few)
    return folder / "r", done.stdout.splitlines()


def test_what_is_broken_fails_where_it_is_broken(broken: tuple[Path, list[str]]) -> None:
    folder, said = broken
    found = verdicts(record_in(folder))
    assert found["TX-7"] == found["TX-2"] == "fail"
    assert found["SH-1"] == found["AT-1"] == "pass"
    assert said[-2] == "1" and "Verdict: Fail · quick profile" in said


def test_no_pin_is_presented_where_none_was_given(broken: tuple[Path, list[str]]) -> None:
    folder, said = broken
    found = verdicts(record_in(folder))
    assert {found[name] for name in ("FL-1", "FL-2", "FL-3", "FL-4")} == {"not applicable"}
    assert json.loads(said[-1])["failures"] == 2


def test_a_reader_that_goes_away_leaves_a_record_that_is_resumed(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    # The service ends once AT-5 is there; the rest, of seconds, is measured on another one.
    few = thnid_with(tmp_path_factory.mktemp("lost"), "ID-1", "AT-5", "TX-2", "SH-1", "FL-1", "PR-7")
    script = (
        "pcscd=$(python -c 'from harness.qualify.criteria.soak import service_process as p; print(p())'); "
        "thnid qualify run --actuator none --report r | while read line; do "
        'case $line in *AT-5*) kill -KILL "$pcscd" ;; esac; done; echo ${PIPESTATUS[0]}'
    )
    lost = in_shell(script, cwd=tmp_path, program=few)
    first = record_in(tmp_path / "r")
    assert first["verdict"] == "incomplete" and first["remaining"]
    assert lost.stdout.strip() == "3"
    again = thnid("run", "--", str(few), "qualify", "run", "--resume", "r", cwd=tmp_path)
    second = record_in(tmp_path / "r")
    assert (again.returncode, second["verdict"], second["remaining"]) == (0, "pass", [])
    assert second["results"][: len(first["results"])] == first["results"]


def test_ctrl_c_keeps_the_record(tmp_path: Path) -> None:
    run = start("run", "--", str(PROGRAM), "qualify", "run", "--report", "r", cwd=tmp_path)
    while "TX-3" not in line_of(run.stdout):
        pass
    os.killpg(run.pid, signal.SIGINT)
    out, _ = run.communicate(timeout=30)
    assert run.returncode in (130, -signal.SIGINT)
    document = record_in(tmp_path / "r")
    assert document["verdict"] == "incomplete" and document["remaining"][-1] == "PA-4"
    assert {"ID-1", "TX-3"} <= set(verdicts(document))
    assert "--resume r" in out
    assert "Incomplete" in (tmp_path / "r" / "report.html").read_text(encoding="utf-8")
    assert "not reached" in (tmp_path / "r" / "junit.xml").read_text(encoding="utf-8")


def test_a_wrong_reader_leaves_nothing(tmp_path: Path) -> None:
    done = thnid(
        "run", "--", str(PROGRAM), "qualify", "run", "--reader", "ACS", "--report", "r", cwd=tmp_path
    )
    assert (done.returncode, list(tmp_path.iterdir())) == (3, [])
    assert "ACS" in done.stderr


def test_an_empty_reader_is_incomplete_never_a_pass(few: Path, tmp_path: Path) -> None:
    script = "thnid card remove >/dev/null; thnid qualify run --actuator none --report r; echo $?"
    done = in_shell(script, cwd=tmp_path, program=few)
    document = record_in(tmp_path / "r")
    assert (document["verdict"], done.stdout.splitlines()[-1]) == ("incomplete", "1")
    assert verdicts(document)["TX-2"] == verdicts(document)["SH-1"] == "incomplete"


@pytest.mark.parametrize("command", ["run", "station"])
def test_the_question_for_a_pin_tells_no_tries_that_nobody_asked_the_card_for(command: str) -> None:
    script = f"unset THNID_PIN; exec thnid qualify {command} --real-card 00"
    _, screen = at_a_terminal([str(PROGRAM), "run", "--", "sh", "-c", script], b"PIN (", b"\x03")
    assert "PIN (4 digits): " in screen


def test_criteria_are_listed() -> None:
    listed = one_object(thnid("qualify", "criteria", "--json").stdout)["criteria"]
    assert [each["id"] for each in listed] == list(CRITERIA)
    assert "SH-12" in thnid("qualify", "criteria", "--lang", "th").stdout


def test_a_finished_record_is_shown_compared_signed_and_continued_only_as_what_it_is(
    few: Path, broken: tuple[Path, list[str]], tmp_path: Path
) -> None:
    shutil.copytree(broken[0], tmp_path / "r")
    script = (
        "thnid qualify run --resume r --profile full; echo $?; thnid qualify run --report r; echo $?; "
        "thnid qualify run --resume r --actuator virtual; echo $?; thnid qualify run --resume r --serial 7; echo $?; "
        "thnid qualify report r --out p --json; thnid qualify compare r r --json; "
        "thnid qualify sign r --operator S >/dev/null; thnid qualify run --resume r; echo $?; "
        "thnid qualify verify r --json"
    )
    done = in_shell(script, cwd=tmp_path, program=few)
    *refused, reported, compared, signed, verified = done.stdout.splitlines()
    assert (refused, signed) == (["2"] * 4, "2")
    for told in (
        "profile quick, not full",
        "--resume",
        "actuator none, not virtual",
        "serial number –, not 7",
    ):
        assert told in done.stderr
    assert "the record is signed and is not continued" in done.stderr
    assert json.loads(verified)["signature"]["operator"] == "S" and json.loads(verified)["limits_compared"]
    assert (tmp_path / json.loads(reported)["html"]).read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    same = json.loads(compared)
    assert (same["verdict_changes"], same["differences"]) == ([], [])


HEADER = {
    "tool": {"name": "thnid", "version": "1"},
    "reader": {"name": "R", "serial": "S", "firmware": None, "driver": "d", "attributes": {}},
    "host": {"os": "o", "kernel": "k", "pcsc": None},
    "card": {"atr": "3B 00", "generation": "g", "virtual": True, "test": False},
    "actuator": "virtual",
    "operator": "O",
    "profile": "quick",
}


@pytest.mark.parametrize(
    ("part", "name"),
    [
        *(("reader", name) for name in ("name", "serial", "firmware", "driver")),
        *(("card", name) for name in ("atr", "generation", "virtual", "test")),
        *(("host", name) for name in ("os", "kernel")),
        ("tool", "version"),
        *((None, name) for name in ("actuator", "operator", "profile")),
    ],
)
def test_a_header_stays_true_of_what_is_resumed(part: str | None, name: str) -> None:
    require_same(HEADER, HEADER)
    other: dict[str, Any] = copy.deepcopy(HEADER)
    (other if part is None else other[part])[name] = "another"
    with pytest.raises(WrongRequest) as raised:
        require_same(HEADER, other)
    said = raised.value.message
    assert "another" in said.en.partition(", not ")[2] and "another" in said.th.partition("ไม่ใช่ ")[2]


def test_what_was_stated_then_need_not_be_stated_again() -> None:
    silent = {**HEADER["reader"], "serial": None, "driver": None}  # type: ignore[dict-item]
    require_same(HEADER, {**HEADER, "reader": silent, "operator": None})


def test_evidence_is_named_by_its_criterion(tmp_path: Path) -> None:
    script = (
        "thnid qualify run --evidence PA-9=x --report r; echo $?; "
        "thnid qualify run --profile soak --soak-seconds 1 --evidence pa-1=x --driver d --lang th --report r"
    )
    done = in_shell(script, cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "2" and "PA-1, PA-2, PA-3" in done.stderr
    assert record_in(tmp_path / "r")["reader"]["driver"] == "d"
    assert "ข้อผิดพลาด" in done.stdout  # units are said in the language, too
