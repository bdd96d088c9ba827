"""Recording changes nothing in what is said, and everything that happens to a card is in the file."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

import pytest

from apdu_specs.generations import THNID_18
from emulator.link import Late
from harness.errors import CardWasReset
from harness.terminals.in_process import InProcessTerminal
from harness.trace import Recorder, TracedCard, TracedTerminal
from harness.trace.reading import read_trace
from harness.trace.showing import rows
from tests.harness.trace.programs import ADM, MOI, card_of, lines, read, record


def test_a_cards_life(tmp_path: Path) -> None:
    card = card_of(THNID_18)
    with Recorder(tmp_path / "t", source="card") as recorder:
        traced = TracedCard(card, recorder)
        traced.power_on()
        assert traced.transmit(bytes.fromhex(MOI)) == b"\x61\x0a"
        traced.reset()
        assert traced.transmit(read(4, 13)) == b"\x69\x85"
        traced.power_off()
        assert traced.atr == card.atr
    found = lines(tmp_path / "t")
    assert [line.get("event") or line.get("bytes") for line in found[1:]] == [
        *("power on", MOI, "610A", "reset", "80B0000402000D", "6985", "power off"),
    ]
    assert found[1]["atr"] == THNID_18.atr.hex().upper()
    assert [line["ms"] for line in found[1:]] == sorted(line["ms"] for line in found[1:])
    assert all(line["time"].endswith("Z") for line in found[1:])


def test_what_fails_is_recorded_and_raised(tmp_path: Path) -> None:
    class Resetting(InProcessTerminal):
        def transmit(self, apdu: bytes) -> bytes:
            raise CardWasReset("reader")

    with Recorder(tmp_path / "t", source="terminal") as recorder:
        terminal = TracedTerminal(Resetting(card_of(THNID_18)), recorder)
        with terminal, pytest.raises(CardWasReset):
            terminal.transmit(read(4, 13))
    assert [line.get("error") for line in lines(tmp_path / "t")[1:]] == [None, None, "CardWasReset", None]


def test_lines_stand_in_the_file_while_the_program_still_runs(tmp_path: Path) -> None:
    # Into a pipe, which can be waited on; the recorder is still open when the lines come.
    os.mkfifo(tmp_path / "t")
    pipe = os.open(tmp_path / "t", os.O_RDONLY | os.O_NONBLOCK)
    read_so_far = b""
    with Recorder(tmp_path / "t", source="card") as recorder:
        TracedCard(card_of(THNID_18), recorder).transmit(bytes.fromhex(MOI))
        while read_so_far.count(b"\n") < 3:
            assert select.select([pipe], [], [], 5)[0]
            read_so_far += os.read(pipe, 65536)
    os.close(pipe)


def test_rows_name_values_of_what_is_not_hidden(tmp_path: Path) -> None:
    apdus = [
        bytes.fromhex(MOI),
        read(0, 17),
        bytes.fromhex("00C0000011"),
        bytes.fromhex(ADM),
        bytes.fromhex("8000000017"),
    ]
    card = card_of(THNID_18)
    redacted = [row.meaning for row in rows(read_trace(record(card, tmp_path / "a", apdus)))]
    assert "done; version = 0003" in redacted
    assert card.citizen_id not in str(redacted)
    kept = [row.meaning for row in rows(read_trace(record(card, tmp_path / "b", apdus, show=True)))]
    assert f"done; version = 0003; citizen_id = {card.citizen_id}" in kept
    thai = [row.meaning for row in rows(read_trace(tmp_path / "a"), "th")]
    assert "สำเร็จ; version = 0003" in thai


def test_the_answer_of_a_card_that_takes_its_time_is_recorded(tmp_path: Path) -> None:
    class Slow:
        """Raises its answer, as a card that is slow on purpose does."""

        atr = THNID_18.atr

        def __getattr__(self, name: str) -> object:
            return lambda: None

        def transmit(self, apdu: bytes) -> bytes:
            raise Late(b"\x61\x0a", 60.0)

    with Recorder(tmp_path / "t", source="card") as recorder, pytest.raises(Late):
        TracedCard(Slow(), recorder).transmit(bytes.fromhex(MOI))  # type: ignore[arg-type]
    assert [line.get("bytes") for line in lines(tmp_path / "t")[1:]] == [MOI, "610A"]


def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    failures: list[Exception] = []
    told = threading.Event()

    def failed(error: Exception) -> None:
        failures.append(error)
        told.set()

    with Recorder(Path("/dev/full"), source="card", on_failure=failed) as recorder:
        traced = TracedCard(card_of(THNID_18), recorder)
        assert traced.transmit(bytes.fromhex(MOI)) == b"\x61\x0a"
        assert told.wait(60)
        for _ in range(1000):
            assert traced.transmit(bytes.fromhex(MOI)) == b"\x61\x0a"
        assert len(recorder._aside) == 0
    assert [type(error) for error in failures] == [OSError]


def test_status_words_mean_what_their_command_says(tmp_path: Path) -> None:
    apdus = [ADM, "0084000010", "0082000220" + "00" * 32, "0020000104" + "30" * 4]
    path = record(card_of(THNID_18), tmp_path / "t", [bytes.fromhex(each) for each in apdus])
    meanings = [line["meaning"] for line in lines(path) if "meaning" in line]
    assert meanings[2:] == [
        "wrong proof of a registry office; wrong ones left: 9",
        "wrong PIN; tries left: 2",
    ]
    told = [row.meaning for row in rows(read_trace(path), "th") if row.sign == "<"]
    assert told[2].startswith("หลักฐานพิสูจน์สิทธิ") and told[3].startswith("PIN ไม่ถูกต้อง")
