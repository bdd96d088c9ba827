"""Whole runs with every kind of actuator on the virtual reader: a board at a serial line, and a person at a terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import Need
from tests.harness.cli.program import PROGRAM, environment, line_of, thnid
from tests.harness.qualify.board import Board
from tests.harness.qualify.few_criteria import thnid_with
from tests.harness.qualify.records import record_in, verdicts

pytestmark = pytest.mark.pcsc
LIMIT_S = 90.0
MOVED = ("ID-1", *(name for name, each in CRITERIA.items() if each.needs & {Need.ACTUATOR, Need.UNPLUG}))


@pytest.fixture(scope="module")
def moves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A qualification of all that moves the card."""
    return thnid_with(tmp_path_factory.mktemp("few"), *MOVED)


class Contacts:
    """The contacts of the virtual reader whose control socket is at ``path``; its card is in at first."""

    def __init__(self) -> None:
        self.path = ""
        self.made = True

    def switch(self, slot: int) -> None:
        """Make them for a slot, break them for 0."""
        if bool(slot) == self.made:
            return
        with socket.socket(socket.AF_UNIX) as control:
            control.connect(self.path)
            control.sendall(json.dumps({"do": "connect" if slot else "pull"}).encode())
            assert b"_ns" in control.recv(4096)
        self.made = bool(slot)


def test_a_run_with_a_removinator(moves: Path, tmp_path: Path) -> None:
    contacts = Contacts()
    with Board("0.1", switched=contacts.switch) as board:
        script = (
            f"echo $THNID_CONTROL; unset THNID_PIN; exec {moves} qualify run --report r "
            f"--actuator removinator --actuator-port {board.port} --actuator-slot 2"
        )
        run = subprocess.Popen(
            [PROGRAM, "run", "--", "sh", "-c", script],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            cwd=tmp_path,
            env=environment(),
        )
        contacts.path = line_of(run.stdout)
        out, _ = run.communicate(timeout=LIMIT_S)
        assert run.returncode == 0, out
    document = record_in(tmp_path / "r")
    assert document["actuator"] == "removinator"
    assert set(verdicts(document, "PR").values()) == {"pass"}
    assert verdicts(document, "RM")["RM-1"] == "pass"
    assert {"#SC2", "#REM", "#STA"} == set(board.commands)


def test_an_actuator_that_is_not_there_spoils_no_record(tmp_path: Path) -> None:
    chosen = ["--actuator", "removinator", "--actuator-port", str(tmp_path / "ttyACM7"), "--report", "r"]
    for language, sentence in (("en", "there is no such device"), ("th", "ไม่พบอุปกรณ์นี้")):
        run = [str(PROGRAM), "qualify", "run", *chosen, "--lang", language]
        done = thnid("run", "--", *run, cwd=tmp_path)
        assert (done.returncode, list(tmp_path.iterdir())) == (3, [])
        assert done.stderr.count("\n") == 1 and sentence in done.stderr


def said_at(terminal: int) -> Iterator[str]:
    """The lines of a terminal, until the program at it ends."""
    heard = b""
    while True:
        try:
            heard += os.read(terminal, 4096)
        except OSError:  # nobody has it open any more
            return
        *lines, heard = heard.split(b"\n")
        for line in lines:
            yield re.sub(r"\x1b\[[0-9;]*m", "", line.decode("utf-8").rstrip("\r"))


def test_a_run_with_a_person_who_does_as_asked(moves: Path, tmp_path: Path) -> None:
    contacts, asked = Contacts(), []
    script = (
        "thnid card remove >/dev/null; echo control=$THNID_CONTROL; "
        f"exec {moves} qualify run --report r --actuator manual"
    )
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(tmp_path)
        os.execve(
            PROGRAM, [str(PROGRAM), "run", "--", "sh", "-c", script], {**environment(), "COLUMNS": "400"}
        )
    contacts.made = False  # it begins with an empty reader
    for line in said_at(terminal):
        if line.startswith("control="):
            contacts.path = line.removeprefix("control=")
        if not line.startswith(">>> "):
            continue
        asked.append(line.removeprefix(">>> "))
        if asked[-1] == "Insert the card now.":
            contacts.switch(1)
        elif asked[-1] == "Take the card out now.":
            contacts.switch(0)
        else:  # a virtual reader has no plug: the person gives up there, by Ctrl-C
            os.write(terminal, b"\x03")
    _, status = os.waitpid(child, 0)
    os.close(terminal)
    assert os.waitstatus_to_exitcode(status) in (130, -2)
    assert asked[0] == "Insert the card now." and asked[-1] == "Unplug the reader now."
    document = record_in(tmp_path / "r")
    assert (document["actuator"], document["verdict"]) == ("manual", "incomplete")
    assert document["card"]["virtual"] is True  # it was looked at once it was in
    presence = verdicts(document, "PR")
    # When a hand made the contact is not known; everything else of the presence is.
    assert presence["PR-3"] == presence["PR-4"] == "pass"
    assert presence["PR-1"] == presence["PR-2"] == "not applicable"
    assert verdicts(document, "RM")["RM-1"] == "pass"
    assert document["remaining"][0].startswith("HU-")
