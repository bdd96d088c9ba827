"""A private PC/SC stack: a pcscd of our own with vpcd readers of its own, rootless, gone when its owner is gone.

Programs reach it through the environment variable in ``Stack.environment``; everything that uses libpcsclite
honours it. A small process, the keeper (``harness/_keeper.py``), starts pcscd and ends it whatever happens to
its owner.

libpcsclite reads the variable once per process. A process that itself wants to speak to its stacks calls
``use_in_this_process``; the stacks that it starts one after the other then share one socket path.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import select
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from apdu_specs.language import Text
from harness._keeper import FOLDER_PREFIX, LOG_NAME, RUN_FOLDER, SOCKET_NAME
from harness.errors import BadReaderNames, PortTaken, StackUnavailable
from harness.terminals import scard

DEFAULT_READER_NAME = "Virtual PCD"
MOST_READERS = 8
LONGEST_NAME = 100  # bytes; pcscd keeps 128 with what it appends
LONGEST_SOCKET_PATH = 107
SLOT_SUFFIX = " 00 00"
"""What pcscd appends to a name: number of the reader and slot, of which vpcd's first is the one to use."""

PCSCD_VARIABLE = "THNID_PCSCD"
DRIVER_VARIABLE = "THNID_VPCD_DRIVER"
_PCSCD_PLACES = ("/usr/sbin/pcscd", "/usr/local/sbin/pcscd", "/usr/bin/pcscd", "/sbin/pcscd")
_DRIVER_NAME = "libifdvpcd.so"
_DRIVER_PLACES = (
    "/usr/lib/pcsc/drivers/serial",
    "/usr/lib64/pcsc/drivers/serial",
    "/usr/local/lib/pcsc/drivers/serial",
)
_CHILD_TIMEOUT_S = 5.0

_lock = threading.Lock()
_folders_in_use: set[Path] = set()


@dataclass(frozen=True, slots=True)
class Programs:
    """Where pcscd and vpcd's driver are."""

    pcscd: Path
    driver: Path


def find_programs() -> Programs:
    """pcscd and libifdvpcd.so, from THNID_PCSCD and THNID_VPCD_DRIVER or else where distributions put them.

    Raises StackUnavailable with the packages that are missing.
    """
    pcscd = _named_by(PCSCD_VARIABLE) or _first_file([*_PCSCD_PLACES, shutil.which("pcscd") or ""])
    driver = _named_by(DRIVER_VARIABLE) or _first_file([f"{p}/{_DRIVER_NAME}" for p in _DRIVER_PLACES])
    missing = [
        package for package, found in zip(scard.PACKAGES, (pcscd, driver), strict=True) if found is None
    ]
    if pcscd is None or driver is None:
        names = " and ".join(
            name for name, found in (("pcscd", pcscd), (f"vpcd's {_DRIVER_NAME}", driver)) if found is None
        )
        raise StackUnavailable(
            Text(en=f"{names} not found", th=f"ไม่พบ {names.replace(' and ', ' และ ')}"), missing
        )
    return Programs(pcscd, driver)


class Stack:
    """A private pcscd with one vpcd reader for each of ``reader_names``. A context manager: starts and stops.

    ``ports`` may ask for the TCP port of a reader's first slot (the second takes the next one up); None
    leaves it open. After ``start``: ``ports``, ``reader_names`` as pcscd shows them, ``environment`` for
    other programs.

    Raises at construction BadReaderNames; at start StackUnavailable, PortTaken.
    """

    def __init__(
        self,
        reader_names: Sequence[str] = (DEFAULT_READER_NAME,),
        *,
        ports: Sequence[int | None] | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        _check_names(reader_names)
        self._names = list(reader_names)
        self._asked_ports = list(ports) if ports is not None else [None] * len(self._names)
        if len(self._asked_ports) != len(self._names):
            raise ValueError("give one port, or None, for every reader")
        self._timeout_s = timeout_s
        self._keeper: subprocess.Popen[bytes] | None = None
        self._folder: Path | None = None
        self._ports: list[int] = []
        self._pcscd_pid = 0

    @property
    def reader_names(self) -> list[str]:
        """The readers' names as PC/SC shows them, first slots only, in the order given."""
        return [name + SLOT_SUFFIX for name in self._names]

    @property
    def ports(self) -> list[int]:
        """The TCP port of every reader's first slot; a card connects there."""
        return list(self._ports)

    @property
    def socket_path(self) -> str:
        """The AF_UNIX socket that PC/SC clients connect to. Raises StackUnavailable when not started."""
        if self._folder is None:
            raise StackUnavailable("this stack is not running")
        return str(self._folder / SOCKET_NAME)

    @property
    def environment(self) -> dict[str, str]:
        """The variable that leads a program to this stack; merge it into the program's environment."""
        return {scard.SOCKET_VARIABLE: self.socket_path}

    @property
    def pcscd_pid(self) -> int:
        """The process id of this stack's pcscd; 0 when not started."""
        return self._pcscd_pid

    @property
    def keeper_pid(self) -> int:
        """The process id of the keeper; 0 when not started."""
        return self._keeper.pid if self._keeper is not None else 0

    def use_in_this_process(self) -> None:
        """Lead this process's own PC/SC calls to this stack.

        libpcsclite chooses once per process, so stacks started later in this process, one at a time, get the
        same socket path. Raises OtherStackInUse when this process already spoke to another pcscd. PC/SC calls
        made past this package (pyscard directly) before this one bind the process unseen.
        """
        scard.choose_socket(self.socket_path)

    def start(self) -> None:
        """Start pcscd and wait until it serves its readers. Raises StackUnavailable, PortTaken."""
        if self._keeper is not None:
            raise ValueError("this stack is running already")
        programs = find_programs()
        self._folder = _claim_folder()
        try:
            self._keeper = _spawn_keeper()
            reply = self._order(programs)
            if "failed" in reply:
                raise (
                    PortTaken(reply["port"])
                    if reply["failed"] == "port_taken"
                    else StackUnavailable(reply["why"])
                )
        except BaseException:
            self.stop()
            raise
        self._ports = reply["ports"]
        self._pcscd_pid = reply["pcscd"]

    def stop(self) -> None:
        """End pcscd and remove its folder; returns when both are gone. Harmless when not started."""
        keeper, self._keeper = self._keeper, None
        folder, self._folder = self._folder, None
        self._ports, self._pcscd_pid = [], 0
        if keeper is not None:
            _end_keeper(keeper)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # only there when the keeper was killed
            with _lock:
                _folders_in_use.discard(folder)

    def check(self, within_s: float = 0.0) -> None:
        """Raise StackUnavailable when the stack is not running any more, saying how it ended.

        Its end is known a moment after it happened; ``within_s`` is how long to wait for that word.
        """
        keeper = self._keeper
        if keeper is None or keeper.stdout is None:
            raise StackUnavailable("this stack is not running")
        if select.select([keeper.stdout], [], [], within_s)[0]:
            line = keeper.stdout.readline()
            how = json.loads(line)["ended"] if line else "its keeper was killed"
            self.stop()
            raise StackUnavailable(f"pcscd ended ({how})")

    def log(self) -> str:
        """What pcscd has logged so far: errors, in its own words."""
        path = Path(self.socket_path).with_name(LOG_NAME)
        return path.read_text("utf-8", "replace") if path.exists() else ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _order(self, programs: Programs) -> dict[str, Any]:
        """Tell the keeper what to start; its reply."""
        keeper = self._keeper
        assert keeper is not None and keeper.stdin is not None and keeper.stdout is not None
        order = {
            "owner": os.getpid(),
            "folder": str(self._folder),
            "names": self._names,
            "ports": self._asked_ports,
            "pcscd": str(programs.pcscd),
            "driver": str(programs.driver),
            "timeout_s": self._timeout_s,
        }
        with contextlib.suppress(BrokenPipeError):
            keeper.stdin.write(json.dumps(order).encode() + b"\n")
        # the keeper has time limits of its own; this one is for a keeper that is itself stuck
        if not select.select([keeper.stdout], [], [], 2 * self._timeout_s + _CHILD_TIMEOUT_S)[0]:
            raise StackUnavailable("the keeper of pcscd does not answer")
        line = keeper.stdout.readline()
        if not line:
            raise StackUnavailable("the keeper of pcscd ended at once")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _named_by(variable: str) -> Path | None:
    """The file that ``variable`` names. StackUnavailable if there is none: another than the one asked for won't do."""
    named = os.environ.get(variable)
    if named and not Path(named).is_file():
        raise StackUnavailable(
            Text(f"{variable} is {named}, which is no file", f"{variable} คือ {named} ซึ่งไม่ใช่แฟ้ม"),
            what_to_do=Text(
                f"Correct {variable}, or unset it to use the installed one.",
                f"โปรดแก้ {variable} หรือยกเลิกค่านี้เพื่อใช้ที่ติดตั้งไว้",
            ),
        )
    return Path(named) if named else None


def _first_file(paths: Sequence[str]) -> Path | None:
    return next((Path(path) for path in paths if path and Path(path).is_file()), None)


def _check_names(names: Sequence[str]) -> None:
    def refuse(en: str, th: str) -> None:
        raise BadReaderNames(Text(en=en, th=th))

    if not 1 <= len(names) <= MOST_READERS:
        refuse(
            f"A stack has 1 to {MOST_READERS} readers, not {len(names)}.",
            f"มีเครื่องอ่านได้ 1 ถึง {MOST_READERS} เครื่อง ไม่ใช่ {len(names)} เครื่อง",
        )
    if len(set(names)) != len(names):
        refuse("Two readers have the same name.", "มีเครื่องอ่านชื่อซ้ำกัน")
    for name in names:
        good = name.strip() == name != "" and '"' not in name and "\\" not in name
        if (
            not good
            or len(name.encode()) > LONGEST_NAME
            or any(ord(c) < 0x20 or ord(c) == 0x7F for c in name)
        ):
            refuse(f"The reader name {name!r} cannot be used.", f"ใช้ชื่อเครื่องอ่าน {name!r} ไม่ได้")


def _claim_folder() -> Path:
    """The folder for a new stack: this process's former one when libpcsclite already knows it, else a new one."""
    with _lock:
        known = scard.chosen_socket()
        if known:
            former = Path(known).parent
            ours = former.name.startswith(f"{FOLDER_PREFIX}{os.getpid()}-")
            if ours and former not in _folders_in_use:
                _folders_in_use.add(former)
                return former
        folder = _parent_folder() / f"{FOLDER_PREFIX}{os.getpid()}-{secrets.token_hex(4)}"
        if len(str(folder / SOCKET_NAME).encode()) > LONGEST_SOCKET_PATH:
            raise StackUnavailable(f"the path {folder} is too long for a socket; set TMPDIR to a shorter one")
        _folders_in_use.add(folder)
        return folder


def _parent_folder() -> Path:
    """Where stacks have their folders: one where pcscd, as whom it will run, can read and load its files."""
    root = os.geteuid() == 0
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    candidates = (
        [tempfile.gettempdir(), "/tmp", "/dev/shm", "/run"]
        if root
        else [runtime, tempfile.gettempdir(), "/tmp"]
    )
    # without a /run/pcscd that it may not write to, pcscd gets another /run and sees nothing of the real one
    hidden = not root and (not Path(RUN_FOLDER).is_dir() or os.access(RUN_FOLDER, os.W_OK))
    for place in candidates:
        path = Path(place).resolve() if place else None
        if path is None or not os.access(path, os.W_OK | os.X_OK):
            continue
        if hidden and path.is_relative_to("/run"):
            continue
        if root and not all(folder.stat().st_mode & 0o001 for folder in (path, *path.parents)):
            continue
        if os.statvfs(path).f_flag & os.ST_NOEXEC:
            continue
        return path
    raise StackUnavailable(
        f"no folder for temporary files can be used (tried {', '.join(filter(None, candidates))})"
    )


def _spawn_keeper() -> subprocess.Popen[bytes]:
    script = Path(__file__).resolve().with_name("_keeper.py")
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        bufsize=0,
        cwd="/",
        start_new_session=True,  # a Ctrl-C at the terminal must not reach it before its owner
    )


def _end_keeper(keeper: subprocess.Popen[bytes]) -> None:
    """Close the keeper's stdin, on which it ends pcscd and itself; kill it if it does not (pcscd then dies with it)."""
    if keeper.stdin is not None:
        keeper.stdin.close()
    try:
        keeper.wait(_CHILD_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        keeper.kill()
        keeper.wait()
    if keeper.stdout is not None:
        keeper.stdout.close()
