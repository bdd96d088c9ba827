"""``thnid learn`` from outside: its JSON, its exit status, and the card in a reader."""

from __future__ import annotations

import json
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


@pytest.mark.pcsc
def test_a_card_with_failures_is_no_start() -> None:
    done = thnid("run", "--failures", "1", "--", *THNID, "learn", "--reader", "Virtual", "--json")
    assert (done.returncode, report(done)["error"]) == (1, "CardNotFresh")
    assert "63C2" in report(done)["message"]


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
