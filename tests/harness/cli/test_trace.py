"""``thnid trace``, and ``--trace`` of run and read."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from apdu_specs.generations import THNID_18
from emulator.card.issue import card_from_seed, card_in_file
from harness.cli.main import command
from tests.harness.trace.programs import ADM, PIN, card_of, full_read, lines, record

THNID = [sys.executable, "-m", "harness.cli"]


def thnid(*arguments: str | Path, stdin: str | None = None) -> Result:
    return CliRunner().invoke(command, [str(each) for each in arguments], input=stdin)


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    apdus = [*full_read(), bytes.fromhex(ADM), bytes.fromhex("0020000104") + PIN.encode()]
    return record(card_of(THNID_18), tmp_path / "t.jsonl", apdus)


def test_show(trace: Path) -> None:
    result = thnid("trace", "show", trace)
    assert result.exit_code == 0
    assert "[4 hidden]" in result.stdout
    assert "MOI READ version, citizen_id, thai_name" in result.stdout
    document = json.loads(thnid("trace", "show", trace, "--json").stdout)
    assert document["redacted"] is True
    assert document["undecodable"] == []
    assert document["lines"][0]["direction"] == "event"


def test_show_flags_garbage_and_prints_it_harmlessly(trace: Path) -> None:
    with trace.open("a") as file:
        file.write("half a li\x1b[2Jne\n")
    result = thnid("trace", "show", trace)
    assert result.exit_code == 0
    assert "!" in result.stdout and "half a li\ufffd[2Jne" in result.stdout
    (number,) = json.loads(thnid("trace", "show", trace, "--json").stdout)["undecodable"]
    assert number == len(trace.read_text().splitlines())


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(bytes(range(256)))
    result = thnid("trace", "show", tmp_path / "x", "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (2, "NotATrace")
    assert thnid("trace", "show", tmp_path / "absent").exit_code == 2


def test_replay_against_a_fresh_card_of_the_same_seed(trace: Path) -> None:
    result = thnid("trace", "replay", trace, "--seed", "7", "--pin", PIN, "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["same"], document["differences"]) == (0, True, [])
    assert [note["command"] for note in document["notes"]] == ["VERIFY"]
    assert "no differences" in thnid("trace", "replay", trace, "--seed", "7").stdout


def test_replay_against_another_generation_lists_differences(trace: Path) -> None:
    result = thnid("trace", "replay", trace, "--seed", "7", "--generation", "0002", "--json")
    document = json.loads(result.stdout)
    assert (result.exit_code, document["same"]) == (1, False)
    assert {"line", "command", "what", "recorded", "replayed"} == set(document["differences"][0])
    assert "differences." in thnid("trace", "replay", trace, "--generation", "0002").stdout


def test_replay_against_a_card_file(trace: Path, tmp_path: Path) -> None:
    card_in_file(tmp_path / "c.card", card_from_seed(7), pin="5555", failures=3)
    result = thnid("trace", "replay", trace, "--card", tmp_path / "c.card", "--json")
    assert result.exit_code == 1
    assert [
        (each["command"], each["what"], each["replayed"]) for each in json.loads(result.stdout)["differences"]
    ] == [("VERIFY", "status", "69 83")]
    both = thnid("trace", "replay", trace, "--card", tmp_path / "c.card", "--reader", "x", "--json")
    assert (both.exit_code, json.loads(both.stdout)["error"]) == (2, "CardOrReader")


def test_import(tmp_path: Path) -> None:
    log = "00000001 APDU: 00 20 00 01 04 37 33 39 31 \n00000001 SW: 90 00 \n00000001 APDU: 00 2\n"
    (tmp_path / "log").write_text(log)
    result = thnid("trace", "import", tmp_path / "log", "--out", tmp_path / "t", "--json")
    assert json.loads(result.stdout) == {"trace": str(tmp_path / "t"), "commands": 1, "undecodable": [3]}
    assert lines(tmp_path / "t")[1]["bytes"] == "0020000104********"
    piped = thnid("trace", "import", "-", stdin=log)
    assert piped.stdout == (tmp_path / "t").read_text()
    assert "3" in piped.stderr


@pytest.mark.parametrize("content", ["nothing of pcscd\n", "", "SW: not hex\n"])
def test_import_of_what_is_no_log_writes_nothing(content: str, tmp_path: Path) -> None:
    (tmp_path / "log").write_text(content)
    result = thnid("trace", "import", tmp_path / "log", "--out", tmp_path / "t", "--json")
    assert (result.exit_code, json.loads(result.stdout)["error"]) == (2, "NotALog")
    assert not (tmp_path / "t").exists()
    assert thnid("trace", "import", tmp_path / "log").stdout == ""


def test_numbers_that_no_trace_has_are_flagged(trace: Path) -> None:
    with trace.open("a") as file:
        for ms in ("9" * 400, "true", "1E999"):
            file.write('{"direction": "event", "event": "big", "ms": ' + ms + "}\n")
    result = thnid("trace", "show", trace)
    assert (result.exit_code, result.exception) == (0, None)
    assert result.stdout.splitlines()[-1].split()[1] == "!"
    text = thnid("trace", "show", trace, "--json").stdout
    assert len(json.loads(text)["undecodable"]) == 3
    assert "Infinity" not in text


def test_a_newer_format_is_refused_in_a_sentence(trace: Path) -> None:
    trace.write_text(trace.read_text().replace('"version": 1', '"version": 99', 1))
    result = thnid("trace", "show", trace)
    assert result.exit_code == 2
    assert "is a trace of format version 99; this thnid reads up to version 1." in result.stderr


def test_show_as_json_has_times_fields_and_values(trace: Path) -> None:
    found = json.loads(thnid("trace", "show", trace, "--json").stdout)["lines"]
    fetched = next(each for each in found if each["values"])
    assert fetched["values"] == {"version": "0003"}
    assert fetched["fields"][:3] == ["version", "citizen_id", "thai_name"]
    assert fetched["time"].endswith("Z")


def test_a_pipe_gets_one_plain_line_for_each_of_a_trace(trace: Path) -> None:
    shown = thnid("trace", "show", trace).stdout.splitlines()
    assert len(shown) == len(lines(trace)) - 1
    replayed = thnid("trace", "replay", trace, "--generation", "0002").stdout.splitlines()
    for line in (*shown, *replayed):
        assert line == line.rstrip() and not set(line) & set("│━┃─")


def test_replay_in_thai(trace: Path) -> None:
    text = thnid("trace", "replay", trace, "--seed", "7", "--generation", "0002", "--lang", "th").stdout
    assert "สถานะ" in text and "สร้างข้อมูลใหม่: ถูกต้องสำหรับบัตรที่ตอบ" in text
    for english in ("status", "length", "made anew", "line"):
        assert english not in text


def test_personal_data_is_about_a_trace() -> None:
    assert thnid("run", "--show-personal-data", "--", "true").exit_code == 2


@pytest.mark.pcsc
def test_a_slow_cards_answers_are_in_the_trace(tmp_path: Path) -> None:
    subprocess.run(
        [*THNID, "run", "--fault", "slow=1", "--trace", tmp_path / "t", "--", *THNID, "read", "--json"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    directions = [line["direction"] for line in lines(tmp_path / "t")[1:] if "bytes" in line]
    assert directions == ["command", "answer"] * (len(directions) // 2)
    assert len(directions) > 100


@pytest.mark.pcsc
def test_a_trace_that_cannot_be_written_stops_and_the_command_goes_on() -> None:
    done = subprocess.run(
        [*THNID, "run", "--trace", "/dev/full", "--", *THNID, "read", "--json"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(done.stdout)["person"]
    assert done.stderr == "thnid: /dev/full: the trace ends here: No space left on device.\n"


@pytest.mark.pcsc
def test_both_sides_of_a_read_are_recorded_alike_and_replay(tmp_path: Path) -> None:
    outer, inner = tmp_path / "card.jsonl", tmp_path / "terminal.jsonl"
    subprocess.run(
        [*THNID, "run", "--seed", "7", "--trace", outer, "--", *THNID, "read", "--json", "--trace", inner],
        check=True,
        capture_output=True,
        timeout=60,
    )
    said = [[line["bytes"] for line in lines(path) if "bytes" in line] for path in (outer, inner)]
    assert said[0] == said[1]
    assert len(said[0]) > 100
    assert {line.get("event") for line in lines(outer)} >= {"power on", "power off"}
    for path in (outer, inner):
        assert thnid("trace", "replay", path, "--seed", "7").exit_code == 0
    again = subprocess.run(
        [
            *THNID,
            "run",
            "--seed",
            "7",
            "--",
            *THNID,
            "trace",
            "replay",
            inner,
            "--reader",
            "Virtual",
            "--json",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert json.loads(again.stdout)["differences"] == []
