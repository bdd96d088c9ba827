"""The Removinator behind its actuator: every firmware, every way to go wrong, and a whole run on the virtual reader."""

from __future__ import annotations

import os
import pty
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.qualify import removinator
from harness.qualify.actuator import ActuatorFailed
from harness.qualify.removinator import RemovinatorActuator
from tests.harness.qualify.board import Board

FIRMWARE = ("1.0.1", "0.1", "relay")


@settings(max_examples=15)
@given(
    st.sampled_from(FIRMWARE),
    st.booleans(),
    st.lists(st.sampled_from(["insert", "remove"]), min_size=1, max_size=6),
)
def test_the_board_does_what_is_asked_and_the_moment_is_that_of_the_contact(
    firmware: str, chatty: bool, moves: list[str]
) -> None:
    with Board(firmware, chatty=chatty, cards=(2,)) as board:
        actuator = RemovinatorActuator(board.port, 2)
        for move in moves:
            moment = actuator.insert() if move == "insert" else actuator.remove()
            assert board.current == (2 if move == "insert" else 0)
            # Not the moment of the OK for the card that was taken out before.
            assert moment is not None and moment >= board.moved_at
        actuator.close()


@pytest.mark.parametrize("firmware", FIRMWARE)
def test_an_empty_and_a_locked_slot_are_said_and_the_board_goes_on(firmware: str) -> None:
    with Board(firmware, cards=(1, 3), locked=(3,)) as board:
        empty, locked = (RemovinatorActuator(board.port, slot) for slot in (2, 3))
        for _ in range(2):
            with pytest.raises(ActuatorFailed, match="there is no card in slot 2"):
                empty.insert()
        empty.close()
        with pytest.raises(ActuatorFailed, match="slot 3 is locked") as caught:
            locked.insert()
        assert "ช่อง 3 ถูกล็อก" in caught.value.message.th
        assert locked.remove() is not None
        locked.close()


def test_a_missing_device(tmp_path: Path) -> None:
    with pytest.raises(ActuatorFailed, match="there is no such device") as caught:
        RemovinatorActuator(str(tmp_path / "ttyACM9")).ready()
    assert caught.value.exit_status == 3 and "ไม่พบอุปกรณ์นี้" in caught.value.message.th


def test_a_device_that_is_no_serial_line(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"OK\r\n")
    for port in (str(path), os.devnull):
        with pytest.raises(ActuatorFailed, match="it is not a serial device"):
            RemovinatorActuator(port).ready()


def test_a_silent_board(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(removinator, "LIMIT_S", 0.3)
    monkeypatch.setattr(removinator, "_ASKED_AGAIN_S", 0.1)
    with Board(says=b"") as board:
        with pytest.raises(ActuatorFailed, match="it does not answer"):
            RemovinatorActuator(board.port).ready()
        assert set(board.commands) == {"#STA"} and len(board.commands) > 1  # nothing was moved


@pytest.mark.parametrize("says", [b"login: \r\n", b"\xff\xfe\x00\r\n", b"x" * 10_000, b'["current"]\r\n'])
def test_a_board_that_answers_nonsense(says: bytes) -> None:
    with Board(says=says) as board, pytest.raises(ActuatorFailed, match="which is no word of a Removinator"):
        RemovinatorActuator(board.port).ready()


def test_a_board_that_does_not_do_it() -> None:
    with Board(says=b'OK\r\n{"current":4,"present":[4]}\r\n') as board:
        actuator = RemovinatorActuator(board.port)
        with pytest.raises(ActuatorFailed, match="slot 4 is switched, not 0"):
            actuator.remove()


def test_a_board_that_is_unplugged() -> None:
    with Board() as board:
        actuator = RemovinatorActuator(board.port)
        actuator.insert()
        board.unplug()
        with pytest.raises(ActuatorFailed, match=r"unplugged|no such device"):
            actuator.remove()
        with pytest.raises(ActuatorFailed, match="there is no such device"):
            actuator.remove()


def test_nobody_else_has_the_port_meanwhile() -> None:
    with Board() as board:
        first, second = RemovinatorActuator(board.port), RemovinatorActuator(board.port)
        first.ready()
        with pytest.raises(ActuatorFailed, match="another program uses it"):
            second.ready()
        first.close()
        second.ready()
        second.close()


def test_the_line_is_raw() -> None:
    master, slave = pty.openpty()  # as a port comes: it would turn CR into LF and echo what the board says
    try:
        removinator._set_raw_9600(slave)
        os.write(slave, b"#REM\r")
        assert os.read(master, 16) == b"#REM\r"
    finally:
        os.close(master)
        os.close(slave)
