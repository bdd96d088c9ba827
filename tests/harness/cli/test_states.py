"""Any lockout state on demand, on card files and on the card in a reader, and back; under several PIN policies."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from apdu_specs.pin_policy import POLICIES
from emulator.card import Counters
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from tests.harness.cli.program import in_shell, one_object, thnid

FOUR_NINE = "name: four-then-nine\nsuspended_at: 4\nlocked_at: 9\nsuspended_counts: every\n"


@pytest.fixture
def card(tmp_path: Path) -> Path:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(7))
    return path


def documents(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_file_is_blocked_and_taken_back(card: Path) -> None:
    name = str(card)
    assert thnid("card", "snapshot", name).returncode == 0
    for option, value, state, failures in (
        ("--failures", "2", "ready", 2),
        ("--state", "suspended", "suspended", 3),
        ("--failures", "4", "suspended", 4),
        ("--state", "locked", "locked", 5),
        ("--state", "ready", "ready", 0),
        ("--failures", "5", "locked", 5),
    ):
        document = one_object(thnid("card", "set", name, option, value, "--json").stdout)
        assert (document["state"], document["failures"]) == (state, failures)
        assert document["tries_left"] == max(0, 3 - failures)
    shown = one_object(thnid("card", "show", name, "--json").stdout)
    assert shown == document and "new card" in shown["advice"]["en"] and "ทำบัตรใหม่" in shown["advice"]["th"]
    assert "new card" in thnid("card", "show", name).stdout
    assert "ทำบัตรใหม่" in thnid("card", "show", name, "--lang", "th").stdout
    assert one_object(thnid("card", "restore", name, "--json").stdout)["state"] == "ready"
    again = thnid("card", "snapshot", name)
    assert again.returncode == 2 and "exists already" in again.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--failures", "6"),
        ("--failures", "-1"),
        (),
        ("--failures", "1", "--state", "ready"),
    ],
)
def test_what_cannot_be_is_refused(card: Path, arguments: tuple[str, ...]) -> None:
    done = thnid("card", "set", str(card), *arguments)
    assert (done.returncode, read_card_file(card)[1].failures) == (2, 0)


@pytest.mark.parametrize("command", [("show",), ("set", "--failures", "1"), ("snapshot",), ("restore",)])
def test_without_a_file_there_has_to_be_a_reader(command: tuple[str, ...]) -> None:
    done = thnid("card", *command)
    assert done.returncode == 2 and "Missing argument 'FILE'" in done.stderr and "thnid run" in done.stderr


def test_the_card_in_the_reader_stays_there(card: Path) -> None:
    """Blocked by wrong PINs and by decree, taken back, and every program sees it, all within one stack."""
    script = """
        thnid card show --json
        thnid card snapshot --json
        thnid lockout --to locked --json >/dev/null
        thnid card show --json
        thnid login --json >/dev/null; echo "{\\"login\\": $?}"
        thnid card restore --json
        thnid login --json >/dev/null; echo "{\\"login\\": $?}"
        thnid card set --state suspended --json
        thnid card set a.card --failures 2 --json
        thnid card snapshot a.card two.snapshot --json
        thnid card set --failures 5 --json
        thnid card restore a.card two.snapshot --json
    """
    done = in_shell(script, "--card", "a.card", cwd=card.parent)
    told = documents(done.stdout)
    assert done.stderr == ""
    assert [each.get("state", each.get("login")) for each in told] == [
        *("ready", "ready", "locked", 1, "ready", 0, "suspended", "ready"),
        None,
        *("locked", "ready"),
    ]
    assert told[-1]["failures"] == 2 and {each["file"] for each in told if "file" in each} == {
        str(card),
        "a.card",
    }
    assert read_card_file(card)[1].failures == 2


def test_a_card_in_memory_too_and_back_to_how_it_was_put_in(tmp_path: Path) -> None:
    script = (
        "thnid card set --state locked --json; thnid card restore --json; thnid card remove; thnid card show"
    )
    done = in_shell(script, "--failures", "1", cwd=tmp_path)
    told = documents(done.stdout.replace("The reader is empty.\n", ""))
    assert [(each["file"], each["failures"]) for each in told] == [(None, 5), (None, 1)]
    assert done.returncode == 3 and "There is no card in the reader" in done.stderr


def test_an_empty_reader_has_no_card(card: Path) -> None:
    script = """
        thnid card remove >/dev/null
        for what in show snapshot restore "set --failures 1"; do thnid card $what --json; echo $?; done
        thnid card show --lang th
        thnid card insert a.card; thnid card show --json
    """
    done = in_shell(script, "--card", "a.card", cwd=card.parent)
    lines = done.stdout.splitlines()
    assert [
        (json.loads(line)["error"], status) for line, status in zip(lines[:8:2], lines[1:8:2], strict=True)
    ] == [("NoCard", "3")] * 4
    assert "ไม่มีบัตรในเครื่องอ่าน" in done.stderr and "thnid card insert" in done.stderr
    assert json.loads(lines[-1])["failures"] == 0


def test_a_state_that_cannot_be_taken_back_to_says_what_is_missing(card: Path) -> None:
    """No advice to make a card: a snapshot is what is missing, cut off, or something else."""
    kept = card.with_name("a.card.snapshot")
    whole = card.read_bytes()
    for content, why in (
        (None, "there is no such file"),
        (whole[:2000], "truncated"),
        (b"hello", "not a card file"),
    ):
        if content is not None:
            kept.write_bytes(content)
        done = thnid("card", "restore", str(card), "--json")
        document = one_object(done.stdout)
        assert (done.returncode, document["error"]) == (2, "SnapshotUnusable") and why in document["message"]
        assert "card snapshot" in document["what_to_do"] and "card create" not in document["what_to_do"]
    thai = thnid("card", "restore", str(card), "--lang", "th").stderr
    assert "ไม่ใช่แฟ้มบัตร" in thai and "card snapshot" in thai and "card create" not in thai
    inside = in_shell("thnid card restore a.card", "--card", "a.card", cwd=card.parent)
    assert inside.returncode == 2 and "card snapshot" in inside.stderr and "card create" not in inside.stderr


def test_a_snapshot_of_the_same_card_under_another_policy_is_refused(card: Path) -> None:
    """Made anew with --force: the serial is the same, and f = 5 would be an impossible number on it."""
    assert thnid("card", "set", str(card), "--failures", "5").returncode == 0
    assert thnid("card", "snapshot", str(card)).returncode == 0
    again = ("--pin", "1234", "--seed", "7", "--policy", "iso-3", "--force")
    assert thnid("card", "create", str(card), *again).returncode == 0
    before = card.read_bytes()
    script = "for each in en th; do thnid card restore a.card --lang $each 2> $each; echo $?; done"
    inside = in_shell(script, "--card", "a.card", cwd=card.parent)
    assert inside.stdout.split() == ["2", "2"]
    for language, words in (
        ("en", ("national", "iso-3", "snapshot of a card of the policy")),
        ("th", ("นโยบาย",)),
    ):
        done = thnid("card", "restore", str(card), "--lang", language)
        assert done.returncode == 2 and all(word in done.stderr for word in words)
        assert all(word in card.with_name(language).read_text() for word in words)
    assert card.read_bytes() == before


def test_when_the_offices_tries_are_used_up_only_a_new_card_is_advised(card: Path) -> None:
    opened = open_card(card)
    opened.restore(Counters(3, 10, b"1234"))
    opened.close()
    shown = thnid("card", "show", str(card)).stdout
    assert "new card" in shown and "asks for a new PIN" not in shown
    renewal = ("office", "renew-pin", "--card", str(card), "--pin", "4321")
    done = thnid(*renewal, "--json")
    document = one_object(done.stdout)
    assert (done.returncode, document["error"]) == (1, "OfficeBarred")
    for told in (done.stderr, thnid(*renewal, "--lang", "th").stderr):
        assert "Check that this is a Thai" not in told and "ตรวจสอบว่าเป็นบัตร" not in told
        assert "new card" in told or "ทำบัตรใหม่" in told


@pytest.mark.parametrize("other_name", ["", "hard", "soft"])
@pytest.mark.parametrize("force", [(), ("--force",)])
def test_a_card_is_no_place_for_its_own_snapshot(card: Path, other_name: str, force: tuple[str, ...]) -> None:
    target = card.with_name("same") if other_name else card
    if other_name == "hard":
        target.hardlink_to(card)
    elif other_name == "soft":
        target.symlink_to(card)
    before = (card.read_bytes(), card.stat().st_ino)
    done = thnid("card", "snapshot", str(card), str(target), *force)
    assert done.returncode == 2 and "is the card itself" in done.stderr
    assert (card.read_bytes(), card.stat().st_ino) == before


def test_a_card_that_has_seen_wrong_pins_says_how_many_are_left(card: Path) -> None:
    for failures, left in ((0, None), (1, 2), (2, 1)):
        advice = one_object(thnid("card", "set", str(card), "--failures", str(failures), "--json").stdout)[
            "advice"
        ]
        if left is None:
            assert advice["en"] == "Nothing needs to be done."
            continue
        assert f"tries left: {left}." in advice["en"] and "right PIN clears the count" in advice["en"]
        assert f"เหลือโอกาสอีก {left} ครั้ง" in advice["th"] and "ใส่ PIN ถูก" in advice["th"]


# --- blocking honestly ------------------------------------------------------------------------------------------------


def lockout(folder: Path, *options: str, script: str) -> list[dict[str, Any]]:
    """What each 'thnid lockout --json' of ``script`` told, its exit status among it as ``status``."""
    body = f'lockout() {{ thnid lockout --json "$@" 2>/dev/null; echo "{{\\"status\\": $?}}"; }}\n{script}'
    told = documents(in_shell(body, *options, cwd=folder).stdout)
    return [{**document, **status} for document, status in zip(told[::2], told[1::2], strict=True)]


def test_a_state_that_is_there_or_past_costs_nothing(tmp_path: Path) -> None:
    there, past, locked = lockout(
        tmp_path,
        *("--failures", "3", "--trace", "t.jsonl"),
        script="""lockout --to suspended
        thnid card set --failures 5 >/dev/null
        lockout --to suspended
        lockout --to locked""",
    )
    assert (there["status"], there["state"], there["already"], there["exchanges"]) == (
        0,
        "suspended",
        True,
        [],
    )
    assert (past["status"], past["error"]) == (1, "LockedAlready") and "no PIN was sent" in past["message"]
    assert (locked["status"], locked["already"], locked["exchanges"]) == (0, True, [])
    assert "0020000104" not in (tmp_path / "t.jsonl").read_text()
    script = "set -e; for each in en th; do thnid lockout --to suspended --lang $each; done"
    said = in_shell(script, "--failures", "4", cwd=tmp_path)
    assert said.returncode == 0
    assert "is suspended already" in said.stdout and "อยู่ในสถานะถูกระงับอยู่แล้ว" in said.stdout


STRAIGHT = "name: straight\nsuspended_at: 3\nlocked_at: 3\nsuspended_counts: every\n"


@pytest.mark.parametrize(("policy", "wanted"), [("straight.yaml", "suspended"), ("iso-3", "locked")])
def test_a_state_that_the_policy_lacks_is_refused_before_a_try_is_spent(
    tmp_path: Path, policy: str, wanted: str
) -> None:
    (tmp_path / "straight.yaml").write_text(STRAIGHT)
    options = ("--policy", policy, "--trace", "t.jsonl")
    (refused,) = lockout(tmp_path, *options, script=f"lockout --to {wanted}")
    assert (refused["status"], refused["error"]) == (1, "NoSuchState") and "No PIN was sent" in refused[
        "message"
    ]
    assert "0020000104" not in (tmp_path / "t.jsonl").read_text()


@pytest.mark.parametrize(
    ("policy", "wanted", "error", "attempts"),
    [("straight.yaml", "suspended", "NeverSuspended", 3), ("iso-3", "locked", "NeverLocked", 16)],
)
def test_a_card_whose_policy_nobody_tells_shows_it_and_every_exchange_is_kept(
    tmp_path: Path, policy: str, wanted: str, error: str, attempts: int
) -> None:
    (tmp_path / "straight.yaml").write_text(STRAIGHT)
    script = f"unset THNID_CONTROL; lockout --to {wanted}"
    (refused,) = lockout(tmp_path, "--policy", policy, script=script)
    assert (refused["status"], refused["error"]) == (1, error)
    assert [each["attempt"] for each in refused["exchanges"]] == list(range(1, attempts + 1))


def test_a_right_pin_by_chance_keeps_the_exchanges(tmp_path: Path) -> None:
    (refused,) = lockout(tmp_path, "--failures", "1", script="lockout --to locked --wrong-pin 1234")
    assert (refused["status"], refused["error"]) == (1, "RightPinGuessed")
    assert [(each["attempt"], each["sw"]) for each in refused["exchanges"]] == [(1, "9000")]


def test_a_wrong_pin_is_called_one(tmp_path: Path) -> None:
    (done,) = lockout(tmp_path, script="lockout --to suspended")
    assert [each["meaning"] for each in done["exchanges"]] == [
        f"wrong PIN; tries left: {left}" for left in (2, 1, 0)
    ]


def test_another_card_is_not_taken_for_the_one_in_the_reader(card: Path) -> None:
    other = card.with_name("b.card")
    card_in_file(other, card_from_seed(8))
    script = """
        thnid card snapshot b.card
        thnid card set b.card --failures 4 >/dev/null
        thnid card restore a.card b.card.snapshot
    """
    done = in_shell(script, "--card", "a.card", cwd=card.parent)
    assert done.returncode == 2 and "another card" in done.stderr
    assert (read_card_file(card)[1].failures, read_card_file(other)[1].failures) == (0, 4)


def test_a_card_in_somebody_elses_reader_is_theirs(card: Path) -> None:
    script = (
        f"cd {card.parent}; thnid run -- thnid card set a.card --failures 1; thnid card show a.card --json"
    )
    done = in_shell(script, "--card", "a.card", cwd=card.parent)
    assert "is in use by process" in done.stderr and one_object(done.stdout)["failures"] == 0


# --- policies are data ------------------------------------------------------------------------------------------------


def policy_option(folder: Path, name: str) -> str:
    if name in POLICIES:
        return name
    (folder / "mine.yaml").write_text(FOUR_NINE)
    return "mine.yaml"


@pytest.mark.parametrize(
    ("name", "suspended_at", "locked_at"),
    [("iso-3", 3, None), ("four-then-nine", 4, 9)],
)
def test_states_of_another_policy(
    tmp_path: Path, name: str, suspended_at: int, locked_at: int | None
) -> None:
    policy = policy_option(tmp_path, name)
    last = locked_at or suspended_at
    script = f"""
        thnid card create a.card --seed 7 --policy {policy} --json
        thnid card set a.card --state suspended --json
        thnid card set a.card --failures {suspended_at - 1} --json
        thnid card set a.card --failures {last} --json
        thnid card set a.card --failures 0 --json
        thnid run --card a.card -- thnid lockout --to suspended --json
        thnid card show a.card --json
    """
    (tmp_path / "script").write_text(script)
    done = in_shell("bash script", cwd=tmp_path)
    fresh, suspended, ready, most, clear, lockout, after = documents(done.stdout)
    assert (fresh["policy"], fresh["suspended_at"], fresh["locked_at"]) == (name, suspended_at, locked_at)
    assert (suspended["state"], suspended["failures"]) == ("suspended", suspended_at)
    assert (ready["state"], ready["tries_left"]) == ("ready", 1)
    assert most["state"] == ("suspended" if locked_at is None else "locked")
    assert clear["tries_left"] == suspended_at
    words = [each["sw"] for each in lockout["exchanges"]]
    assert words == [f"63C{left}" for left in range(suspended_at - 1, -1, -1)]
    assert (after["state"], after["failures"]) == ("suspended", suspended_at)
    refused = [
        thnid("card", "set", "a.card", "--failures", str(last + 1), cwd=tmp_path),
        thnid(*("card", "create", "b.card", "--policy", policy, "--failures", str(last + 1)), cwd=tmp_path),
    ]
    for each in refused:
        assert each.returncode == 2 and f"0 to {last}" in each.stderr
    assert f"{suspended_at} suspends the PIN" in refused[1].stderr
    if locked_at is None:
        assert "nothing locks it" in refused[1].stderr
        never = thnid("card", "set", "a.card", "--state", "locked", cwd=tmp_path)
        assert never.returncode == 2 and "has no state locked" in never.stderr
        lockout_done = thnid(
            "run", "--card", "a.card", "--", "thnid", "lockout", "--to", "locked", cwd=tmp_path
        )
        assert lockout_done.returncode == 1 and "never locks" in lockout_done.stderr
    else:
        assert f"{locked_at} locks the card" in refused[1].stderr


@pytest.mark.parametrize("control", ["", "/nonexistent/control"], ids=["empty", "stale"])
def test_a_control_socket_that_is_gone_does_not_hide_who_has_the_card(tmp_path: Path, control: str) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(1))
    card = open_card(path)
    try:
        done = thnid("card", "set", str(path), "--failures", "1", "--json", env={"THNID_CONTROL": control})
    finally:
        card.close()
    assert (done.returncode, one_object(done.stdout)["error"]) == (2, "CardInUse")
    assert str(os.getpid()) in done.stderr
