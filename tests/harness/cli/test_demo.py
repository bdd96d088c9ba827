"""``thnid demo``: what the README shows."""

from __future__ import annotations

import re

from tests.harness.cli.program import one_object, thnid
from tests.harness.officer.step_names import STEP_NAMES


def test_for_scripts() -> None:
    done = thnid("demo", "--json")
    document = one_object(done.stdout)
    assert (done.returncode, done.stderr) == (0, "")
    assert (document["logged_in"], document["error"]) == (True, None)
    assert document["module"] == "entitlement check and registration"
    assert [step["step"] for step in document["steps"]] == list(range(1, 12))
    assert [step["name"] for step in document["steps"]] == STEP_NAMES
    assert all(step["ok"] is True and step["ms"] >= 0 for step in document["steps"])
    told = [[exchange["sw"] for exchange in each["exchanges"]] for each in document["lockouts"]]
    assert told == [["63C2", "63C1", "63C0", "6983"], ["63C2", "63C1", "63C0", "6983", "6984", "6984"]]


def test_for_people() -> None:
    done = thnid("demo")
    assert done.returncode == 0
    for number, name in enumerate(STEP_NAMES, start=1):
        assert re.search(rf"^✓ {number:2}  {re.escape(name)}  \d+\.\d ms$", done.stdout, re.MULTILINE)
    born = re.search(r"date of birth +(\d{4})", done.stdout)
    issued = re.search(r"date of issue +(\d{4})", done.stdout)
    assert born and issued and 20 <= int(issued[1]) - int(born[1]) < 60  # an officer is of an age to work
    assert done.stdout.count("Reading the card still works.") == 2
    assert "thnid run -- pcsc_scan -n" in done.stdout


def test_in_thai() -> None:
    done = thnid("demo", "--lang", "th")
    assert "การเข้าใช้งานของเจ้าหน้าที่ ตามคู่มือ" in done.stdout and "กรมการปกครองยืนยันตัวบุคคล" in done.stdout


def test_without_pcscd_scripts_get_the_shape_they_rely_on() -> None:
    done = thnid("demo", "--json", env={"THNID_PCSCD": "/nonexistent/pcscd"})
    document = one_object(done.stdout)
    assert done.returncode == 3
    assert (document["logged_in"], document["steps"], document["module"]) == (False, [], None)
    assert document["error"] == "StackUnavailable"
