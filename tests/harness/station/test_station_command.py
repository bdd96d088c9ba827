"""``thnid qualify station``: with nobody there, with a lost reader, after Ctrl-C, at a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.cli.program import (
    LIMIT_S,
    PROGRAM,
    environment,
    line_of,
    one_object,
    start,
    thnid,
)
from tests.harness.cli.test_streams import at_a_terminal
from tests.harness.qualify.few_criteria import in_shell, thnid_with
from tests.harness.qualify.records import record_in, verdicts

pytestmark = pytest.mark.pcsc
STATION = (str(PROGRAM), "qualify", "station")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A station of a few criteria, of every family that a virtual reader serves."""
    names = (
        "ID-1",
        "AT-5",
        "PT-1",
        "TX-2",
        "BF-1",
        "LT-1",
        "TH-1",
        "SH-1",
        "RS-1",
        "FL-1",
        "FL-2",
        "FL-3",
        "FL-4",
    )
    return thnid_with(tmp_path_factory.mktemp("few"), *names, "RM-1", "PA-4")


def test_the_virtual_reader_passes_with_nobody_there(few: Path, tmp_path: Path) -> None:
    options = ("--dut", "SN/1", "--profile", "quick", "--actuator", "virtual", "--json")
    done = thnid("run", "--", str(few), "qualify", "station", *options, cwd=tmp_path)
    document = one_object(done.stdout)
    assert {
        name for name, each in verdicts(document).items() if each not in ("pass", "not applicable")
    } == set()
    assert (document["verdict"], document["remaining"], done.returncode) == ("pass", [], 0)
    folder = tmp_path / "thnid-station" / "SN_1"
    written = record_in(folder)
    assert (written["digest"], written["reader"]["serial"]) == (document["digest"], "SN/1")
    assert verdicts(written)["RM-1"] == verdicts(written)["FL-4"] == "pass"
    assert {"junit.xml", "openhtf.json", "report.html"} <= {each.name for each in folder.iterdir()}
    assert json.loads((folder / "openhtf.json").read_text(encoding="utf-8"))["outcome"] == "PASS"
    again = in_shell("thnid qualify report thnid-station/SN_1 --json", cwd=tmp_path, program=few)
    assert one_object(again.stdout)["digest"] == document["digest"]


def test_a_reader_that_goes_away_leaves_a_record_that_is_resumed(
    tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    # Once AT-5 is there the service ends; seconds of it are left.
    few = thnid_with(tmp_path_factory.mktemp("lost"), "ID-1", "AT-5", "TX-2", "SH-1", "FL-1", "PR-7")
    script = (
        "pcscd=$(python -c 'from harness.qualify.criteria.soak import service_process as p; print(p())'); "
        "thnid qualify station --dut 7 --actuator none --report r | while read line; do "
        'case $line in *AT-5*) kill -KILL "$pcscd" ;; esac; done; echo ${PIPESTATUS[0]}'
    )
    lost = in_shell(script, cwd=tmp_path, program=few)
    first = record_in(tmp_path / "r" / "7")
    assert (lost.stdout.strip(), first["verdict"]) == ("3", "incomplete")
    assert first["remaining"] and "AT-5" in verdicts(first)
    again = thnid("run", "--", str(few), "qualify", "run", "--resume", "r/7", cwd=tmp_path)
    assert (again.returncode, record_in(tmp_path / "r" / "7")["verdict"]) == (0, "pass")


def test_ctrl_c_keeps_the_record(tmp_path: Path) -> None:
    run = start("run", "--", *STATION, "--dut", "7", "--report", "r", cwd=tmp_path)
    while "TX-3" not in line_of(run.stdout):
        pass
    os.killpg(run.pid, signal.SIGINT)
    out, err = run.communicate(timeout=LIMIT_S)
    assert run.returncode in (130, -signal.SIGINT)
    document = record_in(tmp_path / "r" / "7")
    assert document["verdict"] == "incomplete" and document["remaining"]
    assert {"ID-1", "TX-3"} <= set(verdicts(document))
    assert "--resume r/7" in out and "Traceback" not in err


def test_the_operator_is_asked_at_the_terminal(few: Path, tmp_path: Path) -> None:
    folder = tmp_path / "r"
    station = [str(few), "qualify", "station", "--once", "--actuator", "none", "--report", str(folder)]
    status, screen = at_a_terminal([str(PROGRAM), "run", "--", *station], b"type it)", b"SN 9\n")
    assert status == 0, screen
    assert record_in(folder / "SN_9")["reader"]["serial"] == "SN 9"
    assert "outcome" not in screen  # OpenHTF's own banner


def test_ctrl_c_between_two_readers_ends_the_station(tmp_path: Path) -> None:
    folder = tmp_path / "r"
    status, screen = at_a_terminal(
        [str(PROGRAM), "run", "--", *STATION, "--lang", "th", "--report", str(folder)],
        "หมายเลขเครื่อง".encode(),
        b"\x03",
    )
    assert (status, folder.exists()) == (0, False)
    assert "Traceback" not in screen


def test_nobody_and_nothing_tells_the_serial_number(tmp_path: Path) -> None:
    script = "thnid qualify station --once; echo $?; thnid qualify station; echo $?; thnid qualify station --page 0 --json; echo $?"
    done = in_shell(script, cwd=tmp_path)
    assert done.stdout.splitlines()[:2] == ["2", "2"] and done.stdout.splitlines()[-1] == "2"
    assert "--dut" in done.stderr and "--page" in done.stderr and "--once" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_reader_leaves_nothing(tmp_path: Path) -> None:
    done = thnid("run", "--", *STATION, "--dut", "7", "--reader", "ACS", cwd=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (3, [])
    assert "ACS" in done.stderr


def test_no_pin_is_presented_where_none_was_given(few: Path, tmp_path: Path) -> None:
    script = (
        "unset THNID_PIN; thnid qualify station --dut 7 --actuator none >/dev/null; thnid card show --json"
    )
    done = in_shell(script, "--failures", "2", cwd=tmp_path, program=few)
    found = verdicts(record_in(tmp_path / "thnid-station" / "7"))
    assert {found[name] for name in ("FL-1", "FL-2", "FL-3", "FL-4")} == {"not applicable"}
    assert one_object(done.stdout)["failures"] == 2


@pytest.mark.parametrize("package", ["openhtf", "tornado"])
def test_without_the_extra(package: str) -> None:
    hidden = f"import sys; sys.modules[{package!r}] = None; from harness.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "qualify", "station", "--once"],
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        env=environment(),
        check=False,
    )
    assert done.returncode == 2
    assert package in done.stderr and "thnid[station]" in done.stderr and "Traceback" not in done.stderr
