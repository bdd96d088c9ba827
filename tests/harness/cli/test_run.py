"""``thnid run``: COMMAND's status, signals, streams and environment are its own, and nothing is left behind."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
from pathlib import Path

import pytest

from tests.harness.cli.program import LIMIT_S, in_shell, kill_9, line_of, one_object, start, thnid

SHOW = "echo $$ $PCSCLITE_CSOCK_NAME; "


def test_any_program_sees_reader_and_card() -> None:
    options = ("--reader-name", "ACS ACR39U ICC Reader", "--generation", "TH NID 10")
    run = start("run", *options, "pcsc_scan", "-n")
    lines = [line_of(run.stdout)]
    while "ATR:" not in lines[-1]:
        lines.append(line_of(run.stdout))
    run.send_signal(signal.SIGINT)  # it goes on until then
    run.communicate(timeout=LIMIT_S)
    assert any("ACS ACR39U ICC Reader 00 00" in line for line in lines)
    assert "3B 79 18 00 00 54 48 20 4E 49 44 20 31 30" in lines[-1]


def test_environment_streams_and_status() -> None:
    script = "env | grep -E '^(THNID|PCSCLITE)_' | sort; cat; echo oops >&2; exit 7"
    done = thnid("run", "--pin", "4321", "--", "sh", "-c", script, stdin="typed\n")
    lines = done.stdout.splitlines()
    names = [line.partition("=")[0] for line in lines[:-1]]
    assert names == ["PCSCLITE_CSOCK_NAME", "THNID_CONTROL", "THNID_PIN", "THNID_READER"]
    assert (lines[2], lines[3]) == ("THNID_PIN=4321", "THNID_READER=Virtual PCD 00 00")
    assert (lines[-1], done.stderr, done.returncode) == ("typed", "oops\n", 7)
    assert not Path(lines[0].partition("=")[2]).parent.exists()


def test_signals_act_on_the_program_as_without_thnid() -> None:
    # A closed pipe ends a program by SIGPIPE, which Python ignores in itself.
    done = thnid("run", "--", "bash", "-c", "yes | head -1; echo ${PIPESTATUS[0]}; kill -SEGV $$")
    assert (done.stdout, done.stderr, done.returncode) == ("y\n141\n", "", -signal.SIGSEGV)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("whom", ["thnid", "everybody"])
def test_a_signal_ends_it_all(number: signal.Signals, whom: str) -> None:
    run = start("run", "--", "sh", "-c", SHOW + "exec sleep 60")
    program, socket = line_of(run.stdout).split()
    watched = os.pidfd_open(int(program))
    (os.kill if whom == "thnid" else os.killpg)(run.pid, number)
    _, told = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, told) == (-number, "")
    assert select.select([watched], [], [], 0)[0]
    assert not Path(socket).parent.exists()
    os.close(watched)


def test_a_program_that_catches_a_signal_gets_it_once_and_ends_as_it_likes() -> None:
    run = start(
        "run", "--", "bash", "-c", "trap 'echo caught; kill %1; exit 9' TERM; sleep 60 & echo waiting; wait"
    )
    line_of(run.stdout)
    run.terminate()
    told, _ = run.communicate(timeout=LIMIT_S)
    assert (told, run.returncode) == ("caught\n", 9)


def test_kill_9_leaves_no_process_and_no_folder() -> None:
    run = start("run", "--", "sh", "-c", SHOW + "exec cat", stdin=subprocess.PIPE)
    _, socket = line_of(run.stdout).split()
    assert kill_9(run) >= 2, "keeper and pcscd"
    assert not Path(socket).parent.exists()


def test_card_files_in_every_state(tmp_path: Path) -> None:
    """2 failures log in, 3 are suspended, 5 are locked, and reading always works."""
    script = """
        for failures in 2 3 5; do
            thnid card create $failures.card --seed 7 --pin 1234 --failures $failures --json
            thnid card insert $failures.card >/dev/null
            thnid login --json; echo $?; thnid read --json
        done
    """
    lines = iter(in_shell(script, "--pin", "1234", cwd=tmp_path).stdout.splitlines())
    for failures, error in ((2, None), (3, "PinSuspended"), (5, "PinLocked")):
        created, login, status, read = (next(lines) for _ in range(4))
        card = json.loads(created)
        assert (card["failures"], card["generation"]) == (failures, "TH NID 18")
        document = json.loads(login)
        assert document["error"] == error
        assert (document["logged_in"], int(status)) == ((True, 0) if error is None else (False, 1))
        assert len(document["steps"]) == (11 if error is None else 6)
        assert document["module"] == ("entitlement check and registration" if error is None else None)
        person = json.loads(read)["person"]
        assert person["citizen_id"] == "1999928160767" and len(person["photo"]) > 4000
        shown = one_object(thnid("card", "show", f"{failures}.card", "--json", cwd=tmp_path).stdout)
        assert shown["failures"] == (0 if error is None else failures)
        assert shown["state"] == {None: "ready", "PinSuspended": "suspended", "PinLocked": "locked"}[error]


def test_two_at_once_on_one_card_file(tmp_path: Path) -> None:
    thnid("card", "create", "a.card", cwd=tmp_path)
    done = in_shell("thnid run --card a.card -- true; echo $?", "--card", "a.card", cwd=tmp_path)
    assert done.stdout == "2\n"
    assert re.search(r"^thnid: The card a.card is in use by process \d+\. End that process", done.stderr)


def test_insert_and_remove(tmp_path: Path) -> None:
    for name, seed in (("a.card", "7"), ("b.card", "8")):
        thnid("card", "create", name, "--seed", seed, cwd=tmp_path)
    (tmp_path / "bad.card").write_text("no card")
    who = "thnid read --json | grep -o 19999[0-9]* | head -1"
    script = f"""
    {who}                                                        # 1: a
    thnid card insert a.card; {who}                              # 2, 3: it is in already
    thnid card insert bad.card --json; {who}                     # 4, 5: the present card stays
    thnid card insert --json b.card; {who}                       # 6, 7
    thnid office renew-pin --card a.card --pin 9999              # 8: a.card was let go of
    thnid card remove --json; thnid read --json 2>/dev/null      # 9, 10
    thnid card remove --json                                     # 11: harmless
    thnid card insert; {who}                                     # 12, 13: the one that was taken out last
    """
    lines = in_shell(script, "--card", "a.card", cwd=tmp_path).stdout.splitlines()
    a, b = lines[0], lines[6]
    assert a == "1999928160767" and b != a
    assert [lines[index] for index in (2, 4, 12)] == [a, a, b]
    assert lines[1] == lines[11] == "The card is in the reader."
    assert json.loads(lines[3])["error"] == "CardFileError"
    assert [json.loads(lines[index]) for index in (5, 8, 10)] == [{"inserted": True}] + [
        {"inserted": False}
    ] * 2
    assert json.loads(lines[9])["error"] == "NoCard"
    assert "new PIN" in lines[7]


def test_a_fresh_card_goes_in_again_with_its_counter(tmp_path: Path) -> None:
    script = "THNID_PIN=0000 thnid login --json; thnid card remove; thnid card insert; THNID_PIN=0000 thnid login --json"
    first, _, _, second = in_shell(script, cwd=tmp_path).stdout.splitlines()
    assert "tries left: 2" in json.loads(first)["message"]
    assert "tries left: 1" in json.loads(second)["message"]


def test_login_refusals_and_token(tmp_path: Path) -> None:
    options = [
        "--no-right",
        "--revoked",
        "--idle-days 61",
        "--card-replaced",
        "--idle-days 60 --token-dir . --token-bom",
    ]
    script = "; ".join(f"thnid login --json {each}; echo $?" for each in options)
    lines = in_shell(
        f"{script}; thnid login --json --token-dir nowhere; echo $?", cwd=tmp_path
    ).stdout.splitlines()
    documents = [json.loads(line) for line in lines[::2]]
    assert [document["error"] for document in documents] == [
        "NoRight",
        "RightRevoked",
        "RightLapsed",
        "NotLatestCard",
        None,
        "TokenFileNotWritten",
    ]
    assert [int(status) for status in lines[1::2]][:5] == [1, 1, 1, 1, 0]
    assert all(document["message"] and document["what_to_do"] for document in documents if document["error"])
    assert re.fullmatch(r"1999986033543#[a-z0-9]{16}", (tmp_path / "nhso_token.txt").read_text("utf-8-sig"))
    assert (tmp_path / "nhso_token.txt").read_bytes().startswith(b"\xef\xbb\xbf")


def test_login_writes_srms_tokens_where_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    (tmp_path / "home").mkdir()
    script = """
    thnid login --json --srm-dir named
    THNID_SRM_DIR=home thnid login --json
    thnid login --json --no-right --srm-dir nowhere
    thnid login --json --lang th --srm-dir nowhere; echo $?
    """
    done = in_shell(script, cwd=tmp_path)
    *documents, status = done.stdout.splitlines()
    told = [json.loads(each) for each in documents]
    assert [each["error"] for each in told] == [None, None, "NoRight", "SrmFileNotWritten"], done.stderr
    assert (len(told[3]["steps"]), told[3]["logged_in"], status) == (11, False, "1")
    assert re.search("[ก-๙]", told[3]["message"]) and re.search("[ก-๙]", told[3]["what_to_do"])
    jwt = r"[\w-]+\.[\w-]+\.[\w-]+"
    for folder in ("named", "home"):
        file = tmp_path / folder / "SRM Smart Card Single Sign-On" / "token.txt"
        assert re.fullmatch(f"access-token={jwt}\nrefresh-token={jwt}\n", file.read_text())
        assert file.stat().st_mode & 0o777 == 0o600


def test_faults(tmp_path: Path) -> None:
    pulled = "thnid read --json; thnid card insert; thnid read --json | grep -o 1999986033543 | head -1"
    lines = in_shell(pulled, "--fault", "removed=5", cwd=tmp_path).stdout.splitlines()
    assert json.loads(lines[0])["error"] == "CardRemoved"
    assert lines[1:] == ["The card is in the reader.", "1999986033543"]

    done = thnid("run", "--fault", "truncate=10", "--fault", "slow=1", "--", "thnid", "read", "--json")
    assert done.returncode == 0 and one_object(done.stdout)["person"]["citizen_id"] == "1999986033543"


@pytest.mark.parametrize("fault", ["silent", "slow=999999"])
def test_a_card_that_does_not_answer_keeps_nobody_from_ending(fault: str) -> None:
    # The program waits in a call that has no time limit; thnid and the link must not.
    client = """import signal, sys
from harness.terminals.pcsc import PcscTerminal
signal.signal(signal.SIGINT, signal.SIG_DFL)
terminal = PcscTerminal(sys.argv[1], timeout_s=0.5)
terminal.connect()
try:
    terminal.transmit(bytes.fromhex("00A4040008A000000054480001"))
except Exception as error:
    print(error.code, flush=True)
signal.pause()"""
    run = start("run", "--fault", fault, "--", "python", "-c", client, "Virtual PCD 00 00")
    assert line_of(run.stdout) == "CardSilent"
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=LIMIT_S)
    assert (run.returncode, told) == (-signal.SIGINT, "")
