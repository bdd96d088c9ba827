"""Real cards are safe, end to end: a virtual card pretends to be real, and a trace on its side tells what reached it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from emulator.card import Counters
from emulator.card.card_file import read_card_file
from emulator.card.issue import card_in_file, reissued
from emulator.card.personalisation import personalise
from emulator.holders import holder_from_seed
from tests.harness.cli.program import in_shell, thnid

SERIAL = "5123004200A1B2C3"
WRONG_SERIAL = "5123004200A1B2C4"


def make_real(path: Path, failures: int = 0) -> None:
    card_in_file(path, personalise(holder_from_seed(7), bytes.fromhex(SERIAL)), failures=failures)


@pytest.fixture
def real(tmp_path: Path) -> Path:
    path = tmp_path / "real.card"
    make_real(path)
    return path


def reached(folder: Path) -> list[str]:
    """What came to the card that could cost a try or change it: VERIFY with data, CHANGE, proofs, new PINs."""
    commands = [
        str(line["bytes"])
        for line in map(json.loads, (folder / "t.jsonl").read_text().splitlines())
        if line.get("direction") == "command"
    ]
    assert commands  # the card was spoken to
    return [
        apdu for apdu in commands if apdu[2:4] in ("24", "82", "2C") or (apdu[2:4] == "20" and len(apdu) > 10)
    ]


REFUSED = f"""
    try() {{ "$@"; echo "$? $*"; }}
    try thnid login
    try thnid login --real-card {WRONG_SERIAL}
    try thnid login --real-card ""
    try thnid lockout --to suspended
    try thnid lockout --to locked --real-card {WRONG_SERIAL}
    try thnid office renew-pin --pin 4321
    try thnid office renew-pin --pin 4321 --real-card {WRONG_SERIAL}
    try thnid login --lang th
    try thnid learn --reader Virtual
    try thnid trace replay guessing.jsonl --reader Virtual
    try thnid read --json >/dev/null
"""


def test_nothing_costly_reaches_a_real_card_without_consent(real: Path, tmp_path: Path) -> None:
    guess = thnid(
        *("run", "--trace", "guessing.jsonl", "--", "thnid", "lockout", "--to", "locked"), cwd=tmp_path
    )
    assert guess.returncode == 0
    trace = tmp_path / "guessing.jsonl"  # by hand, somebody has put PINs into it
    trace.write_text(trace.read_text().replace("0020000104********", "002000010430303030"))
    done = in_shell(REFUSED, "--card", "real.card", "--trace", "t.jsonl", cwd=tmp_path)
    statuses = [line.split()[0] for line in done.stdout.splitlines() if " thnid " in line]
    assert statuses == [*9 * ["2"], "1"]
    assert done.stdout.count("not sent: the card is a real one") == 12  # what 'trace replay' has to say
    assert reached(tmp_path) == []
    assert read_card_file(real)[1] == Counters(0, 0, b"1234")
    assert "บัตรนี้เป็นบัตรจริง" in done.stdout
    told = done.stdout + done.stderr
    assert "Learning gives it wrong PINs until it is locked" in told and "never done" in told
    assert f"This is a real card (serial {SERIAL})" in told and f"--real-card {SERIAL}" in told
    assert "commands that could cost it something were not sent: 12" in done.stderr
    for cost in (
        "may cost one of its PIN tries",
        "a registry office",
        "lock it for good",
        "Nothing was sent",
    ):
        assert cost in told


def test_what_a_replay_withheld_is_told_to_scripts_and_reading_alone_is_replayed(
    real: Path, tmp_path: Path
) -> None:
    for name, command in (("r.jsonl", "thnid read --json"), ("v.jsonl", "thnid lockout --to suspended")):
        thnid("run", "--seed", "7", "--trace", name, "--", *command.split(), cwd=tmp_path)
    script = """
        thnid trace replay v.jsonl --reader Virtual --json; echo $?
        thnid trace replay v.jsonl --reader Virtual --lang th >/dev/null
        thnid trace replay r.jsonl --reader Virtual --json; echo $?
    """
    done = in_shell(script, "--card", "real.card", cwd=tmp_path)
    guessing, first, reading, second = done.stdout.splitlines()
    refused, replayed = json.loads(guessing), json.loads(reading)
    assert (refused["error"], first) == ("NotReplayedOnARealCard", "1")
    assert refused["withheld"] == len(refused["notes"]) > 0 and not refused["same"]
    assert "บัตรนี้เป็นบัตรจริง จึงไม่ได้ส่งคำสั่ง" in done.stderr
    assert "error" not in replayed and replayed["withheld"] == 0
    assert second == (
        "0" if replayed["same"] else "1"
    )  # another serial is another answer, and no more than that


def test_fewer_than_two_tries_are_left_alone(tmp_path: Path) -> None:
    for failures in (2, 3, 5):
        make_real(tmp_path / f"{failures}.card", failures)
    script = f"""
        for failures in 2 3 5; do
            thnid card insert $failures.card >/dev/null
            thnid login --real-card {SERIAL}; echo $?
            thnid lockout --to locked --real-card {SERIAL}; echo $?
        done
    """
    done = in_shell(script, "--card", "2.card", "--trace", "t.jsonl", cwd=tmp_path)
    assert reached(tmp_path) == []
    for failures in (2, 3, 5):
        assert read_card_file(tmp_path / f"{failures}.card")[1].failures == failures
    statuses = [line for line in done.stdout.splitlines() if line in ("0", "1", "2", "3")]
    assert statuses == ["1", "1", "1", "1", "1", "0"]  # a locked card is locked already
    assert "1 PIN tries left" in done.stderr and "does not spend the last" in done.stdout


def test_with_consent_it_works_and_the_last_try_stays(real: Path, tmp_path: Path) -> None:
    script = f"""
        thnid login --real-card {SERIAL.lower()} >/dev/null; echo $?
        thnid lockout --to suspended --real-card {SERIAL}; echo $?
        thnid office renew-pin --pin 4321 --real-card {SERIAL}; echo $?
    """
    done = in_shell(script, "--card", "real.card", "--trace", "t.jsonl", cwd=tmp_path)
    statuses = [line for line in done.stdout.splitlines() if line in ("0", "1", "2", "3")]
    assert statuses == ["0", "1", "0"]
    # The right PIN, two wrong ones, the office's proof and its new PIN; the third wrong one was not sent.
    assert [apdu[:4] for apdu in reached(tmp_path)] == ["0020", "0020", "0020", "0082", "002C"]
    assert read_card_file(real)[1] == Counters(0, 0, b"4321")


def test_a_real_card_in_a_file_is_renewed_with_consent(real: Path, tmp_path: Path) -> None:
    renew = ("office", "renew-pin", "--card", str(real), "--pin", "4321")
    assert thnid(*renew).returncode == 2
    assert thnid(*renew, "--real-card", SERIAL).returncode == 0
    assert read_card_file(real)[1] == Counters(0, 0, b"4321")


# --- one owner, one latest card ---------------------------------------------------------------------------------------


def test_a_copy_of_a_replaced_card_is_refused_by_the_authority(tmp_path: Path) -> None:
    """A copied file is a second card, as no chip can be; where it matters the latest card alone counts."""
    from emulator.offices.embedded import EmbeddedOffices

    old = tmp_path / "old.card"
    assert thnid("card", "create", str(old), "--seed", "7").returncode == 0
    copy = tmp_path / "copy.card"
    copy.write_bytes(old.read_bytes())
    first = read_card_file(old)[0]
    with EmbeddedOffices() as offices:
        offices.know_card(first.citizen_id, first.serial)
        offices.grant(first.citizen_id)
        urls = f"--authority-url {offices.authority_url} --nhso-url {offices.nhso_url}"
        script = f"""
            thnid login {urls} >/dev/null; echo $?
            thnid card insert old.card >/dev/null
            thnid office replace-card --card old.card --out new.card --pin 1234 \\
                --registry-url {offices.registry_url} --counter-key {offices.counter_key} >/dev/null; echo $?
            thnid login {urls} --json; echo $?
            thnid card insert copy.card >/dev/null; thnid login {urls} --json; echo $?
            thnid card insert new.card >/dev/null; thnid login {urls} >/dev/null; echo $?
        """
        done = in_shell(script, "--card", "copy.card", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert [line for line in lines if len(line) == 1] == ["0", "0", "1", "1", "0"]
    errors = [json.loads(line)["error"] for line in lines if line.startswith("{")]
    assert len(errors) == 2 and errors[0] == errors[1]
    assert read_card_file(tmp_path / "new.card")[0].serial == reissued(first).serial
