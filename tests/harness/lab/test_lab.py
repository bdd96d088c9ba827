"""Runs at places of a lab: side by side, one at a time, over ssh; the place is given back whatever happens."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.main import command
from tests.harness.cli.program import environment, line_of, thnid
from tests.harness.lab.laboratory import READER, Laboratory
from tests.harness.qualify.records import record_in

pytestmark = pytest.mark.pcsc
LIMIT_S = 90.0
US = "desk-7/somchai"
# Nobody listens on the discard port of a machine that has no such service.
NOBODY = "127.0.0.1:9"


def finished(run: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = run.communicate(timeout=LIMIT_S)
    return run.returncode, out, err


def test_two_places_side_by_side_pass_and_neither_is_given_twice(lab: Laboratory, tmp_path: Path) -> None:
    assert lab.holders() == {"east": None, "west": None}
    # 'east' is a virtual reader that moves its card; of 'west' only the reader is known, as of a physical one.
    east = lab.run("--place", "east", "--report", "e", cwd=tmp_path, THNID_PIN="1234")
    west = lab.run("--place", "west", "--report", "w", cwd=tmp_path)
    with east, west:
        assert "ID-1" in line_of(east.stdout) and "ID-1" in line_of(west.stdout)
        assert lab.holders() == {"east": US, "west": US}
        listed = thnid("lab", "places", env={"LG_COORDINATOR": lab.address}).stdout
        assert f"held by {US}" in listed and READER in listed
        status, out, err = finished(lab.run("--place", "east", "--report", "x", cwd=tmp_path))
        assert (status, out, not (tmp_path / "x").exists()) == (3, "", True)
        assert f"The place 'east' is held by {US}." in err
        for run in (east, west):
            status, out, err = finished(run)
            assert (status, "Verdict: Pass" in out) == (0, True), out + err
    assert lab.holders() == {"east": None, "west": None}
    moved, alone = record_in(tmp_path / "e"), record_in(tmp_path / "w")
    assert (moved["actuator"], alone["actuator"]) == ("virtual", "none")
    assert (moved["host"]["place"], moved["reader"]["name"]) == ("east", READER)
    assert {each["verdict"] for each in moved["results"] if each["criterion"].startswith("PR-")} == {"pass"}


@pytest.mark.parametrize("to_all", [True, False])
def test_ctrl_c_keeps_the_record_and_gives_the_place_back(
    lab: Laboratory, tmp_path: Path, to_all: bool
) -> None:
    with lab.run("--place", "west", "--report", "r", cwd=tmp_path) as run:
        while "TX-1" not in line_of(run.stdout):
            pass
        # At a terminal everybody in the group gets it; a CI service ends only who it started.
        os.killpg(run.pid, signal.SIGINT) if to_all else run.send_signal(signal.SIGTERM)
        status, _, _ = finished(run)
    assert status in (130, -signal.SIGINT, -signal.SIGTERM)
    assert lab.holders()["west"] is None
    assert record_in(tmp_path / "r")["verdict"] == "incomplete"


def test_a_place_of_somebody_else_is_waited_for(lab: Laboratory, tmp_path: Path) -> None:
    lab.client("-p", "west", "acquire", LG_USERNAME="malee")
    status, _, err = finished(lab.run("--place", "west"))
    assert status == 3 and "The place 'west' is held by desk-7/malee." in err
    status, _, err = finished(lab.run("--place", "west", "--wait", "0.2", "--lang", "th"))
    assert status == 3 and "จุดทดสอบ 'west' ถูกใช้อยู่โดย desk-7/malee" in err
    with lab.run("--place", "west", "--wait", "60", "--report", "r", cwd=tmp_path) as waiting:
        while not lab.client("reservations").strip():
            pass
        lab.client("-p", "west", "release", LG_USERNAME="malee")
        assert "ID-1" in line_of(waiting.stdout)
        assert lab.holders()["west"] == US
        os.killpg(waiting.pid, signal.SIGINT)
        finished(waiting)
    assert lab.holders()["west"] is None
    assert lab.client("reservations").strip() == ""


def test_ctrl_c_while_waiting_ends_the_reservation(lab: Laboratory) -> None:
    lab.client("-p", "west", "acquire", LG_USERNAME="malee")
    with lab.run("--place", "west", "--wait", "60") as waiting:
        while not lab.client("reservations").strip():
            pass
        waiting.send_signal(signal.SIGINT)
        assert finished(waiting)[0] == 130
    assert lab.client("reservations").strip() == ""
    lab.client("-p", "west", "release", LG_USERNAME="malee")


def test_a_place_reserved_by_somebody_else(lab: Laboratory) -> None:
    told = lab.client("reserve", "--wait", "name=west", LG_USERNAME="malee")
    token = next(line for line in told.splitlines() if "token:" in line).split()[-1]
    status, _, err = finished(lab.run("--place", "west"))
    assert status == 3 and "The place 'west' is reserved by desk-7/malee." in err
    # The one who reserved it names the reservation.
    run = lab.run("--place", f"+{token}", "--reader", "x", LG_USERNAME="malee")
    assert finished(run)[0] == 2
    lab.client("cancel-reservation", token, LG_USERNAME="malee")
    assert lab.holders()["west"] is None


def test_over_ssh_also_when_it_is_resumed(lab: Laboratory, far_away: Path, tmp_path: Path) -> None:
    lab.serving["far"] = lab.serving["west"]
    lab.lend("far", "NetworkPCSCReader", host="far-away")
    lab.client("-p", "far", "create")
    lab.client("-p", "far", "add-match", "far/*/*")
    path = {"PATH": f"{far_away}:{environment()['PATH']}"}
    with lab.run("--place", "far", "--report", "r", cwd=tmp_path, **path) as run:
        while "TX-1" not in line_of(run.stdout):
            pass
        os.killpg(run.pid, signal.SIGINT)
        finished(run)
    again = lab.run("--place", "far", "--resume", "r", "--lang", "th", cwd=tmp_path, **path)
    status, out, err = finished(again)
    assert status == 0 and "ผลสรุป: ผ่าน" in out, out + err
    assert record_in(tmp_path / "r")["remaining"] == []
    host = record_in(tmp_path / "r")["host"]
    assert (host["place"], host["pcsc"]) == ("far (far-away)", None)
    # The same machine without a way to it: a sentence, and the place is free again.
    status, out, err = finished(lab.run("--place", "far", "--report", "s", cwd=tmp_path))
    assert (status, out) == (3, "") and "The PC/SC service on far-away cannot be reached" in err
    assert lab.holders()["far"] is None
    lab.client("-p", "far", "delete")


def test_places_that_have_no_reader(lab: Laboratory) -> None:
    lab.client("-p", "nothing", "create")
    lab.client("-p", "both", "create")
    lab.client("-p", "both", "add-match", "*/desk/NetworkPCSCReader/reader")
    for place, found in (("nothing", "no"), ("both", "")):
        status, _, err = finished(lab.run("--place", place))
        assert status == 3 and f"The place '{place}' has {found}" in err
        assert lab.holders()[place] is None
        lab.client("-p", place, "delete")


def test_a_place_that_does_not_exist(lab: Laboratory) -> None:
    status, out, err = finished(lab.run("--place", "nowhere", "--json"))
    assert status == 3 and json.loads(out)["error"] == "NoSuchPlace"
    assert "It has east" in err and "west." in err


@pytest.mark.parametrize(
    "arguments", [("lab", "places"), ("qualify", "run", "--place", "east"), ("lab", "places", "--lang", "th")]
)
@pytest.mark.parametrize("address", [NOBODY, "no such host.invalid", "127.0.0.1:port"])
def test_no_coordinator_is_one_sentence(arguments: tuple[str, ...], address: str) -> None:
    done = thnid(*arguments, "--coordinator", address)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (3, "", 1), done.stderr
    assert f"labgrid coordinator at {address}" in done.stderr or f"labgrid ที่ {address}" in done.stderr


def test_options_that_do_not_fit() -> None:
    for options in (["--wait", "5"], ["--coordinator", "x:1"], ["--place", "p", "--reader", "r"]):
        assert thnid("qualify", "run", *options).returncode == 2


def test_without_labgrid_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in [
        name for name in sys.modules if name.startswith("harness.lab.") and name != "harness.lab.errors"
    ]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "grpc", None)
    for arguments in (["lab", "places"], ["qualify", "run", "--place", "east"]):
        done = CliRunner().invoke(command, arguments)
        assert done.exit_code == 2 and "pip install 'thnid[lab]'" in done.output


def test_no_thread_of_labgrid_takes_a_signal_away(lab: Laboratory) -> None:
    script = (
        "import sys, pathlib\nfrom harness.lab import coordinator\n"
        "with coordinator.held(sys.argv[1], 'west', not_given_back=print):\n"
        "  for each in pathlib.Path('/proc/self/task').iterdir():\n"
        "    try: told = dict(l.split(':', 1) for l in (each / 'status').read_text().splitlines())\n"
        "    except OSError: continue\n"  # this thread ended meanwhile
        "    print(told['Pid'].strip() == told['Tgid'].strip(), int(told['SigBlk'], 16) >> 16 & 1)\n"  # SIGCHLD
    )
    done = subprocess.run(
        [sys.executable, "-c", script, lab.address],
        env=lab.environment(),
        capture_output=True,
        encoding="utf-8",
        timeout=30,
        check=True,
    )
    threads = done.stdout.split("\n")[:-1]
    assert "True 0" in threads and "False 0" not in threads


def test_an_exporter_that_ended_is_no_reader(lab: Laboratory) -> None:
    exporter = lab.exporters["east"]
    exporter.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        exporter.communicate(timeout=60)
    status, _, err = finished(lab.run("--place", "east"))
    assert status == 3 and "The place 'east' has no available readers" in err
    assert "no reader" in thnid("lab", "places", "--coordinator", lab.address).stdout


def test_a_coordinator_that_ends_in_mid_run_costs_no_record(lab: Laboratory, tmp_path: Path) -> None:
    with lab.run("--place", "west", "--report", "r", cwd=tmp_path) as run:
        assert "ID-1" in line_of(run.stdout)
        lab.coordinator.kill()
        lab.coordinator.wait()
        while "TX-1" not in line_of(run.stdout):
            pass
        os.killpg(run.pid, signal.SIGINT)
        status, _, err = finished(run)
    assert status == 130 and record_in(tmp_path / "r")["verdict"] == "incomplete"
    assert "The place 'west' could not be given back: There is no labgrid coordinator" in err
