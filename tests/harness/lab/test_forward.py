"""Sockets of another machine: brought here by ssh, refused in a sentence, gone afterwards."""

from __future__ import annotations

import os
import select
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.lab import forward
from harness.lab.errors import ForwardFailed
from harness.lab.forward import Forward


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[str]:
    """A socket that answers every line with itself."""
    path = str(tmp_path / "echo")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen()

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.sendall(connection.recv(100))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield path
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def said_through(path: str, words: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(10)
        connection.connect(path)
        connection.sendall(words)
        return connection.recv(100)


def stand_in(folder: Path, script: str) -> None:
    """An ``ssh`` that does no more than ``script``."""
    program = folder / "ssh"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def test_sockets_of_this_machine_are_used_as_they_are(echo: str) -> None:
    for host in ("localhost", "127.0.0.1", socket.gethostname()):
        with Forward(host, {"pcscd": echo}) as here:
            assert here.paths == {"pcscd": echo}


def test_sockets_of_another_machine_are_here_and_then_gone(
    echo: str, far_away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", f"{far_away}:{os.environ['PATH']}")
    with Forward("far-away", {"pcscd": echo, "control": echo}) as there:
        pcscd, control = there.paths["pcscd"], there.paths["control"]
        assert pcscd != control
        assert said_through(pcscd, b"one\n") == b"one\n"
        assert said_through(control, b"two\n") == b"two\n"
        assert Path(pcscd).parent.stat().st_mode & 0o777 == 0o700  # nobody else's card
    assert not Path(pcscd).parent.exists()


def test_the_forward_goes_with_its_process(echo: str, far_away: Path) -> None:
    script = (
        "import os, sys\nfrom harness.lab.forward import Forward\n"
        "there = Forward('far-away', {'pcscd': sys.argv[1]}).__enter__()\n"
        "print(there._ssh.pid, there._folder, flush=True)\nos.kill(os.getpid(), 9)"
    )
    path = f"{far_away}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-c", script, echo],
        env={**os.environ, "PATH": path},
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == -9
    pid, folder = done.stdout.split()
    shutil.rmtree(folder)  # nobody was left to do it
    try:
        ssh = os.pidfd_open(int(pid))
    except ProcessLookupError:
        return  # gone already
    try:
        assert select.select([ssh], [], [], 10)[0], "ssh goes on without its owner"
    finally:
        os.close(ssh)


@pytest.mark.parametrize("host", ["localhost", "far-away"])
def test_no_socket_there(host: str, tmp_path: Path, far_away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{far_away}:{os.environ['PATH']}")
    nothing = str(tmp_path / "it's nothing")
    with pytest.raises(ForwardFailed) as caught, Forward(host, {"pcscd": nothing}):
        pass
    assert f"there is no socket {nothing}" in caught.value.message.en
    assert "ไม่มีซ็อกเก็ต" in caught.value.message.th and caught.value.exit_status == 3


def test_a_machine_that_ssh_cannot_reach(far_away: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f"{far_away}:{os.environ['PATH']}")
    with (
        pytest.raises(ForwardFailed, match=r"nowhere\.invalid") as caught,
        Forward("nowhere.invalid", {"p": "/s"}),
    ):
        pass
    assert "ssh nowhere.invalid true" in caught.value.what_to_do.en


def test_a_machine_of_another_byte_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = 256 if sys.byteorder == "little" else 1
    stand_in(tmp_path, f"echo {other}; echo thnid-ready; exec cat >/dev/null")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ForwardFailed, match="byte order"), Forward("old-sparc", {"pcscd": "/s"}):
        pass


def test_a_machine_that_says_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stand_in(tmp_path, "exec cat")
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    monkeypatch.setattr(forward, "LIMIT_S", 0.2)
    with pytest.raises(ForwardFailed, match="does not answer"), Forward("asleep", {"pcscd": "/s"}):
        pass


def test_a_path_that_ssh_would_read_as_something_else() -> None:
    for path in ("relative", "/a:/b"):
        with (
            pytest.raises(ForwardFailed, match="is no path of a socket"),
            Forward("far-away", {"pcscd": path}),
        ):
            pass


def test_no_ssh_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ForwardFailed, match="openssh-client"), Forward("far-away", {"pcscd": "/s"}):
        pass
