"""Standard streams of every kind: full, closed, without a reader, not made for Thai, and a real terminal."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
from pathlib import Path

import pytest

from tests.harness.cli.program import LIMIT_S, PROGRAM, environment, in_shell, thnid


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("streams") / "a.card"
    assert thnid("card", "create", str(path)).returncode == 0
    return path


def shell(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", script],
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        env=environment(),
        check=False,
    )


@pytest.mark.parametrize("form", ["", "--json"])
def test_a_reader_that_has_gone_is_no_error(card: Path, form: str) -> None:
    # The pipe is held open by nobody from the start, so that the first byte finds it closed.
    done = shell(f"exec 3> >(:); wait $!; thnid card show {card} {form} >&3; echo $?")
    assert (done.stdout, done.stderr) == ("141\n", "")


def test_full_disk_as_output(card: Path) -> None:
    done = shell(f"thnid card show {card} --json >/dev/full")
    assert done.returncode == 2
    assert done.stderr.startswith("thnid: No space left on device.")


def test_closed_streams(card: Path) -> None:
    before = card.read_bytes()
    assert shell(f"thnid card show {card} >&-").returncode == 0
    assert shell(f"thnid card show {card}x <&- >&- 2>&-").returncode == 2
    assert shell(f"thnid run --card {card} -- true <&- >&- 2>&-").returncode == 0
    assert card.read_bytes() == before


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_output_that_cannot_carry_thai(card: Path, encoding: str) -> None:
    env = {"LANG": "th_TH.UTF-8", "PYTHONIOENCODING": encoding}
    assert "The PIN can be used." in thnid("card", "show", str(card), env=env).stdout
    assert "\\u0e43" in thnid("card", "show", str(card), "--lang", "th", env=env).stdout
    document = json.loads(thnid("card", "show", str(card), "--json", env=env).stdout)
    assert document["condition"]["th"] == "ใช้ PIN ได้ตามปกติ"


def test_a_pipe_gets_plain_text(card: Path) -> None:
    for done in (
        thnid("card", "show", str(card)),
        thnid("card", "generations"),
        thnid("card", "holders"),
        thnid("spec"),
    ):
        assert not re.search("[\x1b│━]| $", done.stdout, re.MULTILINE)


def at_a_terminal(command: list[str], asked: bytes, typed: bytes, **more: str) -> tuple[int, str]:
    """Exit status and screen of a program at a terminal, where ``typed`` was typed once ``asked`` appeared."""
    child, terminal = pty.fork()
    if child == 0:
        os.execve(command[0], command, environment(TERM="xterm", **more))
    screen = b""
    while True:
        assert select.select([terminal], [], [], LIMIT_S)[0], screen
        try:
            piece = os.read(terminal, 4096)
        except OSError:  # the program has ended and closed the terminal
            break
        seen = asked in screen
        screen += piece
        if asked in screen and not seen:
            os.write(terminal, typed)
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen.decode("utf-8")


LOGIN = [str(PROGRAM), "run", "--", "env", "-u", "THNID_PIN", str(PROGRAM), "login"]


def test_pin_prompt_at_a_terminal() -> None:
    status, screen = at_a_terminal(LOGIN, b"left): ", b"1234\n")
    assert status == 0
    assert "PIN (4 digits, 3 tries left): " in screen and "1234" not in screen
    assert "\x1b[" in screen and "Logged in." in screen


def test_wrong_pin_at_a_thai_terminal_without_colour() -> None:
    status, screen = at_a_terminal(LOGIN, "ครั้ง): ".encode(), b"0000\n", LANG="th_TH.UTF-8", NO_COLOR="1")
    assert status == 1
    assert "เหลือโอกาสอีก 2 ครั้ง" in screen and "\x1b[3" not in screen


def test_interactive_programs_have_the_terminal() -> None:
    status, screen = at_a_terminal(
        [str(PROGRAM), "run", "--", "bash", "--norc", "-c", 'read -p "name? " a; tty; exit ${#a}'],
        b"name? ",
        b"Somchai\n",
    )
    assert status == 7
    assert "/dev/pts/" in screen


def test_ctrl_c_at_a_terminal_reaches_the_program_once() -> None:
    script = "trap 'echo caught; exit 9' INT; echo waiting; read -r never"
    status, screen = at_a_terminal([str(PROGRAM), "run", "--", "bash", "-c", script], b"waiting", b"\x03")
    assert (status, screen.count("caught")) == (9, 1)


def test_pin_from_standard_input(tmp_path: Path) -> None:
    typed = ["", "123\\n", "12345\\n", "๑๒๓๔\\n", "\\xff\\xfe\\n", "0000\\n", "1234\\r\\n", "1234"]
    script = "; ".join(f"printf '{each}' | thnid login --pin-stdin --json; echo $?" for each in typed)
    script = f"unset THNID_PIN; {script}; thnid login --json; echo $?"
    lines = in_shell(script, "--backoffice", cwd=tmp_path).stdout.splitlines()
    told = [
        (json.loads(line)["error"], int(status)) for line, status in zip(lines[::2], lines[1::2], strict=True)
    ]
    malformed, wrong = ("PinMalformed", 2), ("WrongPin", 1)
    assert told == [*[malformed] * 5, wrong, (None, 0), (None, 0), ("NoPinGiven", 2)]
