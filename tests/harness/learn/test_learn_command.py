"""``thnid learn`` from outside: its JSON, its exit status, and the card in a reader."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

THNID = (sys.executable, "-m", "harness.cli")


def thnid(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*THNID, *arguments], capture_output=True, text=True, timeout=60, check=False)


def report(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def test_learning_in_process() -> None:
    done = thnid("learn", "--in-process", "--policy", "iso-3", "--json")
    assert done.returncode == 0, done.stderr
    document = report(done)
    assert (document["policy"], document["conforms"]) == ("iso-3", True)
    assert [(each["alphabet"], each["how"], each["states"]) for each in document["findings"]] == [
        ("holder", "learned", 43),
        ("holder", "suite", None),
        ("office", "learned", 23),
        ("office", "suite", None),
    ]


def test_export(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    done = thnid("learn", "--export", str(path), "--json")
    assert done.returncode == 0, done.stderr
    document = json.loads(path.read_text())
    assert document["policy"] == "national"
    assert len(document["cases"]) == report(done)["cases"] > 2500
    assert document["symbols"]["verify first PIN"] == ["002000010431323334"]


FULL = """
import resource, signal, sys
from harness.cli.main import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
sys.argv = ["thnid", *sys.argv[1:]]
main()
"""


@pytest.mark.parametrize("before", [None, b"an earlier suite"])
def test_an_export_that_does_not_fit_is_not_begun(tmp_path: Path, before: bytes | None) -> None:
    """No file, or the one of before, and the error names it."""
    path = tmp_path / "suite.json"
    if before is not None:
        path.write_bytes(before)
    command = [sys.executable, "-c", FULL, "learn", "--export", str(path), "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2 and str(path) in report(done)["message"], done.stderr
    assert [each.read_bytes() for each in tmp_path.iterdir()] == ([] if before is None else [before])


def test_an_export_keeps_a_link_and_the_rights_of_the_file(tmp_path: Path) -> None:
    path, link = tmp_path / "suite.json", tmp_path / "link"
    path.write_bytes(b"")
    path.chmod(0o640)
    link.symlink_to(path)
    assert thnid("learn", "--export", str(link), "--policy", "iso-3").returncode == 0
    assert link.is_symlink() and path.stat().st_mode & 0o777 == 0o640 and b"iso-3" in path.read_bytes()
    assert len(list(tmp_path.iterdir())) == 2
    piped = thnid("learn", "--export", "/dev/full", "--json")
    assert piped.returncode == 2 and "/dev/full" in report(piped)["message"]


@pytest.mark.pcsc
def test_a_card_with_failures_is_no_start() -> None:
    done = thnid("run", "--failures", "1", "--", *THNID, "learn", "--reader", "Virtual", "--json")
    assert (done.returncode, report(done)["error"]) == (1, "CardNotFresh")
    assert "wrong PINs in a row: 1" in report(done)["message"]


KEPT = """
import json, os, signal, subprocess, sys
me = [sys.executable, "-m", "harness.cli"]
def card(*what):
    return json.loads(subprocess.run([*me, "card", *what, "--json"], capture_output=True, text=True, check=True).stdout)
def learn(*more):
    command = [*me, "learn", "--reader", "Virtual", "--json", *more]
    return subprocess.run(command, capture_output=True, text=True).returncode
def found():
    document = card("show")
    return [document["state"], document["failures"]]
card("set", "--failures", "2")
card("snapshot")
told = {}
for state in ("suspended", "locked"):  # whatever it was put in as: it is refused as it is, and left so
    card("set", "--state", state)
    told[state] = [learn("--suite-only"), *found()]
card("set", "--failures", "0")
told["wrong PIN given"] = [learn("--suite-only", "--pin", "9876"), *found()]
told["right"] = [learn("--suite-only", "--policy", sys.argv[1]), *found()]
told["snapshot of the user"] = card("restore")["failures"]
print(json.dumps(told))
"""


@pytest.mark.pcsc
def test_the_card_is_found_and_left_as_it_is_now_not_as_it_was_put_in() -> None:
    """The card was put in with failures; what the user did with it since, and the user's snapshot, are kept."""
    done = thnid("run", "--failures", "1", "--", sys.executable, "-c", KEPT, "national")
    assert done.returncode == 0, done.stderr
    assert report(done) == {
        "suspended": [1, "suspended", 3],
        "locked": [1, "locked", 5],
        "wrong PIN given": [1, "ready", 0],
        "right": [0, "ready", 0],
        "snapshot of the user": 2,
    }


INTERRUPTED = """
import json, os, signal, subprocess, sys
me = [sys.executable, "-m", "harness.cli"]
from harness.cli.control import ask
signal.signal(signal.SIGINT, signal.default_int_handler)
command = [*me, "learn", "--reader", "Virtual", "--json"]
learning = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
while ask({"do": "show"})["failures"] < 3:  # it is at work: the card is being driven into its states
    assert learning.poll() is None
learning.send_signal(signal.SIGINT)
status = learning.wait(60)
print(json.dumps([status, ask({"do": "show"})["failures"]]))
"""


@pytest.mark.pcsc
def test_ctrl_c_hands_the_card_back_too() -> None:
    done = thnid("run", "--", sys.executable, "-c", INTERRUPTED)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [130, 0]


def test_a_place_for_the_deviation_that_cannot_be_is_refused_at_once(tmp_path: Path) -> None:
    for path in (tmp_path / "missing" / "t.jsonl", tmp_path):
        done = thnid("learn", "--in-process", "--json", "--trace", str(path))
        assert done.returncode == 2 and report(done)["error"] in ("FileNotFoundError", "IsADirectoryError")
        assert "findings" not in report(done)
    assert list(tmp_path.iterdir()) == []


def test_findings_survive_a_trace_that_cannot_be_written() -> None:
    """/dev/full takes no byte: what was learned of a card that deviates is told all the same, in one object."""
    inside = (*THNID, "learn", "--reader", "Virtual", "--suite-only", "--trace", "/dev/full")
    done = thnid("run", "--policy", "iso-3", "--", *inside, "--json")
    document = report(done)
    assert (done.returncode, document["error"], document["conforms"]) == (2, "TraceNotWritten", False)
    assert document["findings"][0]["deviation"]
    told = thnid("run", "--policy", "iso-3", "--", *inside, "--lang", "th")
    assert "บัตรทำงานไม่ตรงตามนโยบาย national" in told.stdout and "ไม่มีพื้นที่ว่างในดิสก์" in told.stderr


def test_the_table_in_thai() -> None:
    told = thnid("learn", "--in-process", "--suite-only", "--lang", "th").stdout
    for word in ("สถานะ", "ลำดับคำสั่ง", "ขั้น", "วินาที", "ผู้ถือบัตร: ชุดกรณีทดสอบ", "สำนักทะเบียน: ชุดกรณีทดสอบ", "ตรง"):
        assert word in told
    assert not set(re.findall("[A-Za-z]+", told)) - {"national"}


@pytest.mark.pcsc
def test_a_card_of_another_policy_deviates_and_says_how(tmp_path: Path) -> None:
    trace = tmp_path / "deviation.jsonl"
    inside = (*THNID, "learn", "--reader", "Virtual", "--suite-only", "--json", "--trace", str(trace))
    done = thnid("run", "--policy", "iso-3", "--pin", "9999", "--", *inside)
    assert done.returncode == 1, done.stderr
    holder, office = report(done)["findings"]
    assert "should be" in holder["deviation"][-1]
    assert office[
        "conforms"
    ]  # in their office's tries the policies are alike, and the card is brought back each time
    national = thnid("trace", "replay", str(trace), "--pin", "9999")
    assert national.returncode == 0, national.stdout + national.stderr
    assert thnid("trace", "replay", str(trace), "--pin", "9999", "--policy", "iso-3").returncode == 1
    told = trace.read_text() + done.stdout + done.stderr
    assert b"9999".hex() not in told and "39 39 39 39" not in told
    for pin, policy, status in (("2580", "national", 0), ("2580", "iso-3", 1), ("", "national", 1)):
        replay = [
            "env",
            f"THNID_PIN={pin}",
            *THNID,
            "trace",
            "replay",
            str(trace),
            "--reader",
            "Virtual",
            "--json",
        ]
        again = thnid("run", "--policy", policy, "--pin", "2580", "--", *replay)
        assert again.returncode == status, again.stdout + again.stderr
        assert (report(again).get("error") == "NotReplayedInFull") is (pin == "")


@pytest.mark.pcsc
def test_the_card_is_handed_back_as_it_was() -> None:
    learn_then_show = (
        'import os, sys; from subprocess import run; me = [sys.executable, "-m", "harness.cli"];'
        'run([*me, "learn", "--reader", "Virtual", "--policy", "iso-3", "--suite-only", "--json"],'
        " stdout=sys.stderr);"
        'sys.exit(run([*me, "lockout", "--reader", "Virtual", "--to", "suspended", "--json"]).returncode)'
    )
    done = thnid("run", "--", sys.executable, "-c", learn_then_show)
    assert done.returncode == 0, done.stderr
    assert [each["sw"] for each in report(done)["exchanges"]] == ["63C2", "63C1", "63C0"]
