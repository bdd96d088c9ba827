"""``thnid office desk`` with a card behind real PC/SC: the owner of a suspended card chooses a new PIN."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from tests.harness.cli.program import one_object, thnid

pytestmark = pytest.mark.pcsc

AT_THE_COUNTER = f"""
import json, re, signal, subprocess, sys
import httpx

def started(*arguments):
    program = subprocess.Popen(["thnid", "office", *arguments, "--json"], stdout=subprocess.PIPE, text=True)
    return program, json.loads(program.stdout.readline())

offices, told = started("serve", "--card", sys.argv[1])
key = told["counter_key"]
desk, at = started("desk", "--registry-url", told["registry_url"], "--counter-key", key)
with httpx.Client(base_url=at["url"], trust_env=False, timeout=30) as http:
    page = http.get("/owner").text
    fields = {{name: re.search(f'name="{{name}}" value="(\\\\w+)"', page)[1] for name in ("csrf", "serial")}}
    chosen = http.post("/owner", data={{**fields, "pin": "7302", "again": "7302"}})
for program in (desk, offices):
    program.send_signal({signal.SIGINT.value})
print(json.dumps({{"status": chosen.status_code, "ended": [desk.wait(60), offices.wait(60)]}}))
"""


def test_a_new_pin_at_the_counter(tmp_path: Path) -> None:
    card = str(tmp_path / "a.card")
    assert thnid("card", "create", card, "--failures", "3").returncode == 0
    done = thnid("run", "--card", card, "--", sys.executable, "-c", AT_THE_COUNTER, card)
    assert one_object(done.stdout) == {"status": 200, "ended": [0, 0]}, done.stderr
    shown = one_object(thnid("card", "show", card, "--json").stdout)
    assert (shown["state"], shown["failures"]) == ("ready", 0)


def test_a_weak_pin_is_warned_of_and_set(tmp_path: Path) -> None:
    card = str(tmp_path / "a.card")
    thnid("card", "create", card, "--failures", "3")
    renewed = thnid("office", "renew-pin", "--card", card, "--pin", "4321", "--json")
    assert one_object(renewed.stdout)["renewed"] is True
    assert "easily guessed: its digits go up or down one by one" in renewed.stderr
    fine = thnid("office", "renew-pin", "--card", card, "--pin", "7302", "--lang", "th")
    assert fine.stderr == ""


def test_a_desk_without_a_registry_office_is_told_so() -> None:
    missing = thnid("office", "desk")
    assert (missing.returncode, missing.stdout) == (2, "")
    assert "--registry-url" in missing.stderr
