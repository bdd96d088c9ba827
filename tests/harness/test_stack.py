"""The private stack: it starts anywhere, alone or beside others, and leaves nothing behind, however its owner ends."""

from __future__ import annotations

import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

import apdu_specs
import harness
from harness import stack as stack_module
from harness.errors import BadReaderNames, OtherStackInUse, PortTaken, StackUnavailable
from harness.stack import Stack
from harness.terminals.pcsc import list_readers

LIMIT_MS = 5000
pytestmark = pytest.mark.pcsc
ROOT = Path(harness.__file__).parent.parent

OWNER = """
import json, sys
from harness.stack import Stack
stack = Stack(("Owned",))
stack.start()
print(json.dumps({"pcscd": stack.pcscd_pid, "keeper": stack.keeper_pid, "socket": stack.socket_path,
                  "ports": stack.ports}), flush=True)
try:
    sys.stdin.read()
except KeyboardInterrupt:
    pass
"""

LIST = "from harness.terminals.pcsc import list_readers; print([r.name for r in list_readers()])"


@dataclass
class Ends:
    """Process descriptors, to wait for ends without polling."""

    pcscd: int
    keeper: int

    @classmethod
    def of(cls, pcscd: int, keeper: int) -> Ends:
        return cls(os.pidfd_open(pcscd), os.pidfd_open(keeper))

    def wait(self) -> None:
        for descriptor in (self.pcscd, self.keeper):
            poll = select.poll()
            poll.register(descriptor, select.POLLIN)
            assert poll.poll(LIMIT_MS), "still running"
            os.close(descriptor)


@dataclass
class Owner:
    """A process of its own that owns a stack."""

    process: subprocess.Popen[str]
    socket: Path
    keeper: int
    ends: Ends

    def gone(self) -> None:
        self.ends.wait()
        assert not self.socket.parent.exists()


@pytest.fixture
def owner() -> Iterator[Owner]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stdin is not None and process.stdout is not None
    told = json.loads(process.stdout.readline())
    yield Owner(process, Path(told["socket"]), told["keeper"], Ends.of(told["pcscd"], told["keeper"]))
    process.stdin.close()
    process.wait(LIMIT_MS / 1000)
    process.stdout.close()


def readers_seen_with(environment: dict[str, str]) -> str:
    return subprocess.run(
        [sys.executable, "-c", LIST],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def test_starts_and_stops_and_leaves_nothing() -> None:
    with Stack() as stack:
        folder = Path(stack.socket_path).parent
        ends = Ends.of(stack.pcscd_pid, stack.keeper_pid)
        assert stack.reader_names == ["Virtual PCD 00 00"]
        assert stack.environment == {"PCSCLITE_CSOCK_NAME": str(folder / "pcscd.comm")}
        assert len(stack.socket_path.encode()) < 108
        stack.check()
    ends.wait()
    assert not folder.exists()
    with pytest.raises(StackUnavailable):
        stack.check()
    stack.stop()


def test_one_process_many_stacks_in_turn() -> None:
    for names in (("One",), ("Two", "สาม")):
        with Stack(names) as stack:
            stack.use_in_this_process()
            assert [reader.name for reader in list_readers()][::2] == stack.reader_names


def test_two_stacks_at_once() -> None:
    with Stack(("Left",)) as left, Stack(("Right",)) as right:
        assert left.ports != right.ports
        assert "Left 00 00" in readers_seen_with(left.environment)
        assert "Right 00 00" in readers_seen_with(right.environment)
        left.use_in_this_process()
        list_readers()
        with pytest.raises(OtherStackInUse):
            right.use_in_this_process()


def test_owner_exits(owner: Owner) -> None:
    assert owner.process.stdin is not None
    owner.process.stdin.close()
    owner.gone()


def test_ctrl_c(owner: Owner) -> None:
    os.killpg(owner.process.pid, signal.SIGINT)  # as a terminal does it: to the whole group
    owner.gone()


def test_owner_killed(owner: Owner) -> None:
    owner.process.kill()
    owner.gone()


def test_owner_terminated(owner: Owner) -> None:
    owner.process.terminate()
    owner.gone()


def test_keeper_terminated(owner: Owner) -> None:
    os.kill(owner.keeper, signal.SIGTERM)
    owner.gone()


def test_keeper_killed_takes_pcscd_along_and_the_next_stack_cleans_up(owner: Owner) -> None:
    os.kill(owner.keeper, signal.SIGKILL)
    owner.ends.wait()
    assert owner.socket.parent.exists()  # nobody was left to remove it
    owner.process.kill()
    with Stack():
        assert not owner.socket.parent.exists()


def test_pcscd_that_dies_is_reported() -> None:
    with Stack() as stack:
        os.kill(stack.pcscd_pid, signal.SIGSEGV)
        poll = select.poll()
        keeper = os.pidfd_open(stack.keeper_pid)
        poll.register(keeper, select.POLLIN)
        assert poll.poll(LIMIT_MS)
        os.close(keeper)
        with pytest.raises(StackUnavailable, match="ended"):
            stack.check()


# --- ports ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("offset", [0, 1])
def test_port_asked_for_is_taken(offset: int) -> None:
    with socket.create_server(("0.0.0.0", 0)) as other:
        port = other.getsockname()[1] - offset
        with pytest.raises(PortTaken) as taken:
            Stack(ports=[port]).start()
    assert taken.value.port == port and taken.value.exit_status == 2


def test_port_asked_for_is_used_and_kept_from_other_stacks() -> None:
    with Stack() as stack:
        port = stack.ports[0]
        for near in (port - 1, port, port + 1):
            with pytest.raises(PortTaken):
                Stack(ports=[near]).start()
    with Stack(ports=[port]) as again:
        assert again.ports == [port]


def test_eight_readers() -> None:
    with Stack([f"Reader {letter}" for letter in "ABCDEFGH"]) as stack:
        assert len(set(stack.ports)) == 8
        seen = readers_seen_with(stack.environment)
        assert all(name in seen for name in stack.reader_names)


@pytest.mark.parametrize(
    "names",
    [[], ["A", "A"], [f"R{n}" for n in range(9)], ['Quo"te'], ["Line\nbreak"], [""], [" "], ["ก" * 40]],
)
def test_bad_names(names: list[str]) -> None:
    with pytest.raises(BadReaderNames):
        Stack(names)


# --- what may be missing --------------------------------------------------------------------------


def test_missing_programs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("THNID_PCSCD", raising=False)
    monkeypatch.delenv("THNID_VPCD_DRIVER", raising=False)
    monkeypatch.setattr(stack_module, "_PCSCD_PLACES", ())
    monkeypatch.setattr(stack_module, "_DRIVER_PLACES", ())
    with pytest.raises(StackUnavailable) as unavailable:
        Stack().start()
    assert unavailable.value.what_to_install == ["pcscd", "vsmartcard-vpcd"]
    assert "pcscd vsmartcard-vpcd" in unavailable.value.what_to_do.th
    assert unavailable.value.exit_status == 3


def test_pcscd_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THNID_PCSCD", "/bin/false")
    with pytest.raises(StackUnavailable, match="did not start"):
        Stack().start()
    monkeypatch.setenv("THNID_PCSCD", "/etc/passwd")
    with pytest.raises(StackUnavailable, match="cannot be started"):
        Stack().start()


# --- other users ----------------------------------------------------------------------------------


@pytest.fixture
def public_copy() -> Iterator[Path]:
    """The packages where every user can read them."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    for package in (apdu_specs, harness):
        source = Path(str(package.__file__)).parent
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__"))
    yield folder
    shutil.rmtree(folder)


NOBODY = 65534
"""Whom root becomes; whoever is not root is nobody already."""
IN_AN_EMPTY_RUN_FOLDER = ("sh", "-c", 'mount -t tmpfs none /run && exec "$@"', "sh")


def python_for_all() -> str:
    """An interpreter that every user can run, outside any virtual environment."""
    for each in (Path(sys.executable).resolve(), Path("/usr/bin/python3")):
        if each.exists() and all(folder.stat().st_mode & 0o001 for folder in (each, *each.parents)):
            return str(each)
    raise AssertionError("there is no python that every user can run")


def owner_as_nobody(run_folder: str) -> tuple[list[str], int]:
    """The command, and whose processes it starts."""
    command = [python_for_all(), "-c", OWNER]
    if os.geteuid() == 0:
        command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        return [
            "unshare",
            "-m",
            *IN_AN_EMPTY_RUN_FOLDER,
            *command,
        ] if run_folder == "missing" else command, NOBODY
    user, group = os.geteuid(), os.getegid()
    if (
        run_folder == "missing"
    ):  # mounting takes root, of a user namespace at least; inside it we are ourselves again
        ourselves = ["unshare", f"--map-user={user}", f"--map-group={group}"]
        command = ["unshare", "-r", "-m", *IN_AN_EMPTY_RUN_FOLDER, *ourselves, *command]
    return command, user


@pytest.mark.parametrize("run_folder", ["as it is", "missing"])
def test_as_nobody(public_copy: Path, run_folder: str) -> None:
    command, user = owner_as_nobody(run_folder)
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(public_copy), "PYTHONDONTWRITEBYTECODE": "1"}
    with ExitStack() as cleanup:
        process = cleanup.enter_context(
            subprocess.Popen(
                command, cwd="/", env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        )
        assert process.stdin is not None and process.stdout is not None
        told = json.loads(process.stdout.readline())
        ends = Ends.of(told["pcscd"], told["keeper"])
        assert Path(f"/proc/{told['pcscd']}").stat().st_uid == user
        assert "Owned 00 00" in readers_seen_with({"PCSCLITE_CSOCK_NAME": told["socket"]})
        process.stdin.close()
        ends.wait()
        assert not Path(told["socket"]).parent.exists()
