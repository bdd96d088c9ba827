"""Sockets of another machine, brought here by ssh; those of this machine, as they are.

pcsc-lite's protocol is C structures as they lie in memory: both machines must have the same byte order, and versions of
pcsc-lite that speak the same protocol. The byte order is compared before anything is forwarded.
"""

from __future__ import annotations

import contextlib
import os
import select
import shlex
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from apdu_specs.language import Text
from harness.lab.errors import ForwardFailed

LIMIT_S = 20.0
"""Longest that a connection may take to be made."""
_END_S = 5.0
_READY = "thnid-ready"
# In the order of bytes of that machine: 1 is little-endian, 256 big-endian.
_ORDER = r"printf '\001\000' | od -An -tu2 | tr -d ' '"
_LITTLE, _BIG = "1", "256"
_OPTIONS = (
    "BatchMode=yes",  # nobody is there to type a password
    "ExitOnForwardFailure=yes",
    "ControlPath=none",
    "ForwardAgent=no",
    "ForwardX11=no",
    "ConnectTimeout=10",
    "ServerAliveInterval=5",
    "ServerAliveCountMax=3",
    "LogLevel=ERROR",
)


def is_here(host: str) -> bool:
    """Whether ``host`` names this machine."""
    return host in {"localhost", "127.0.0.1", "::1", socket.gethostname(), socket.getfqdn()}


class Forward:
    """Unix sockets of ``host``, ``sockets`` by a name of one's own. A context manager; inside it ``paths`` are here.

    Raises ForwardFailed on entry. The forward ends with this process, whatever ends it: the command at the other end
    reads from a pipe that closes.
    """

    def __init__(self, host: str, sockets: Mapping[str, str]) -> None:
        self._host = host
        self._sockets = dict(sockets)
        self._folder: Path | None = None
        self._ssh: subprocess.Popen[bytes] | None = None
        self.paths: dict[str, str] = {}

    def __enter__(self) -> Self:
        if is_here(self._host):
            for path in self._sockets.values():
                self._check_here(path)
            self.paths = dict(self._sockets)
            return self
        for path in self._sockets.values():
            if ":" in path or not path.startswith("/"):
                raise self._failed(f"{path!r} is no path of a socket", f"{path!r} ไม่ใช่เส้นทางของซ็อกเก็ต")
        try:
            self._connect()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the forward; its sockets here are gone afterwards."""
        ssh, self._ssh = self._ssh, None
        if ssh is not None:
            with contextlib.suppress(OSError, subprocess.TimeoutExpired):
                ssh.communicate(timeout=_END_S)  # closes its standard input, on which the other end ends
            if ssh.poll() is None:
                ssh.kill()
                ssh.wait()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _check_here(self, path: str) -> None:
        try:
            found = stat.S_ISSOCK(Path(path).stat().st_mode)
        except OSError:
            found = False
        if not found:
            raise self._no_socket(path)

    def _connect(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="thnid-lab-"))
        forwards = []
        for name, remote in self._sockets.items():
            self.paths[name] = str(self._folder / name)
            forwards += ["-L", f"{self.paths[name]}:{remote}"]
        options = [word for option in _OPTIONS for word in ("-o", option)]
        program = shutil.which("ssh")
        if program is None:
            raise self._failed(
                "ssh is not installed here (Debian: openssh-client)", "เครื่องนี้ไม่มี ssh (Debian: openssh-client)"
            )
        self._ssh = subprocess.Popen(
            [program, "-T", *options, *forwards, "--", self._host, self._remote_command()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # a Ctrl-C at the terminal must not cut it before the run has ended
        )
        self._compare(self._told(time.monotonic() + LIMIT_S))

    def _remote_command(self) -> str:
        tests = [
            f"test -S {shlex.quote(path)} || echo no-socket {shlex.quote(path)}"
            for path in self._sockets.values()
        ]
        return "; ".join([_ORDER, *tests, f"echo {_READY}", "exec cat >/dev/null"])

    def _told(self, deadline: float) -> list[str]:
        """What the other machine says of itself; once it is said, the sockets are there."""
        ssh = self._ssh
        assert ssh is not None and ssh.stdout is not None and ssh.stderr is not None
        said = b""
        while _READY.encode() + b"\n" not in said:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([ssh.stdout], [], [], left)[0]:
                raise self._failed("it does not answer", "ไม่มีการตอบกลับ")
            read = os.read(ssh.stdout.fileno(), 4096)
            if not read:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    told = ssh.communicate(timeout=_END_S)[1].decode("utf-8", "replace")
                    why = " ".join(told.split()).rstrip(".") or f"ssh: {ssh.returncode}"
                    raise self._failed(why, why)
                raise self._failed("it does not answer", "ไม่มีการตอบกลับ")
            said += read
        return said.decode("utf-8", "replace").splitlines()

    def _compare(self, told: list[str]) -> None:
        missing = next((line.partition(" ")[2] for line in told if line.startswith("no-socket ")), None)
        if missing is not None:
            raise self._no_socket(missing)
        other = next((line for line in told if line in (_LITTLE, _BIG)), None)
        if other != (_LITTLE if sys.byteorder == "little" else _BIG):
            raise self._failed(
                "its byte order is not that of this machine, and PC/SC's protocol on Linux depends on it",
                "ลำดับไบต์ต่างจากเครื่องนี้ และโพรโทคอล PC/SC บน Linux ขึ้นกับลำดับไบต์",
            )

    def _no_socket(self, path: str) -> ForwardFailed:
        return self._failed(f"there is no socket {path}", f"ไม่มีซ็อกเก็ต {path}")

    def _failed(self, en: str, th: str) -> ForwardFailed:
        return ForwardFailed(self._host, Text(en, th))
