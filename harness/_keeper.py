"""The keeper of a private pcscd: a small process that starts it and sees to it that nothing outlives its owner.

Run as a script with ``python -I -S`` (standard library only, so that it starts fast) by ``harness.stack``.
The first line on stdin is the order (JSON), one line on stdout is the reply; stdin then stays open for as
long as the stack is wanted.

Whoever dies, and however: the owner's end (exit, Ctrl-C, kill -9) shows as end of file on stdin and on its
pidfd; the keeper then kills pcscd and removes the folder. The keeper's own end kills pcscd through
PR_SET_PDEATHSIG, and closes the abstract sockets and the lock that reserve ports and folder. The keeper has a
session of its own, so that a Ctrl-C at the terminal does not hit it before its owner.

pcscd's socket path is compiled in, so it is started as systemd would start it: with a listening socket as
descriptor 3 (sd_listen_fds(3)). It also writes a pid file to /run/pcscd, which must never be the system
pcscd's:

* as root it runs as nobody, who cannot write there;
* anyone else cannot write there either; where /run/pcscd is missing, or root cannot become nobody, pcscd gets
  a mount namespace with a /run of its own.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import json
import os
import random
import select
import signal
import socket
import struct
import sys
from typing import Any, NoReturn

FOLDER_PREFIX = "thnid-pcsc-"
SOCKET_NAME = "pcscd.comm"
LOG_NAME = "pcscd.log"
RUN_FOLDER = "/run/pcscd"
LOWEST_PORT, HIGHEST_PORT = 20000, 32000  # under the range that connections get their own ports from
ATTEMPTS = 6
NOBODY = 65534

PR_SET_PDEATHSIG = 1
CLONE_NEWNS, CLONE_NEWUSER = 0x20000, 0x10000000
MS_REC, MS_PRIVATE, MS_NOSUID, MS_NODEV = 0x4000, 0x40000, 0x2, 0x4
FIRST_PASSED_DESCRIPTOR = 3

# pcsc-lite's own protocol, as far as asking for the version: the daemon answers once it serves clients.
COMMAND_VERSION = 0x11
PROTOCOL_VERSION = (4, 4)
VERSION_FORMAT = struct.Struct("=iiI")
HEADER_FORMAT = struct.Struct("=II")


class Refused(Exception):
    """The stack cannot be started; ``kind`` is what the owner makes of it."""

    def __init__(self, kind: str, why: str, port: int = 0) -> None:
        super().__init__(why)
        self.reply = {"failed": kind, "why": why, "port": port}


class OwnerGone(Exception):
    """The owner ended, or asked for the end."""


class Stopped(BaseException):
    """A signal asked the keeper to end."""


# --- folder ---------------------------------------------------------------------------------------


def make_folder(path: str, readable_by_nobody: bool) -> int:
    """Make ``path`` and lock it; the lock says that its keeper is alive. Returns the descriptor that holds it."""
    for _ in range(ATTEMPTS):
        try:
            os.mkdir(path, 0o700)
        except FileExistsError:
            remove_if_stale(path)
            continue
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        # someone sweeping may have taken it for stale between the two calls
        with contextlib.suppress(FileNotFoundError):
            if os.stat(path).st_ino == os.fstat(descriptor).st_ino:
                os.chmod(path, 0o711 if readable_by_nobody else 0o700)
                return descriptor
        os.close(descriptor)
    raise Refused("unavailable", f"the folder {path} cannot be made")


def remove_if_stale(path: str) -> None:
    """Remove a stack's folder of ours whose keeper is dead (it and its owner were both killed)."""
    with contextlib.suppress(OSError):
        if os.lstat(path).st_uid != os.geteuid():
            return
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            remove_folder(path)
        finally:
            os.close(descriptor)


def sweep(parent: str) -> None:
    """Remove what dead keepers left in ``parent``."""
    with contextlib.suppress(OSError):
        for name in os.listdir(parent):
            if name.startswith(FOLDER_PREFIX):
                remove_if_stale(os.path.join(parent, name))


def remove_folder(path: str) -> None:
    """Remove a stack's folder and everything in it."""
    for folder, _, files in os.walk(path, topdown=False):
        for name in files:
            with contextlib.suppress(OSError):
                os.unlink(os.path.join(folder, name))
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def write_configuration(folder: str, order: dict[str, Any], ports: list[int]) -> str:
    """reader.conf for these readers; returns the folder it is in. More than one reader needs a driver file each."""
    configuration = os.path.join(folder, "conf")
    os.makedirs(configuration, mode=0o755, exist_ok=True)
    entries = []
    for index, (name, port) in enumerate(zip(order["names"], ports, strict=True)):
        driver = order["driver"]
        if len(ports) > 1:
            driver = copy_driver(driver, os.path.join(folder, f"vpcd{index}.so"))
        entries.append(
            f'FRIENDLYNAME "{name}"\nDEVICENAME /dev/null:{port}\nLIBPATH {driver}\nCHANNELID {port}\n'
        )
    path = os.path.join(configuration, "reader.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(entries))
    os.chmod(configuration, 0o755)
    os.chmod(path, 0o644)
    return configuration


def copy_driver(driver: str, to: str) -> str:
    """A copy of its own for one reader: pcscd cross-wires readers whose entries share a driver file."""
    if not os.path.exists(to):
        with open(driver, "rb") as source, open(to, "wb") as target:
            target.write(source.read())
        os.chmod(to, 0o755)
    return to


# --- ports ----------------------------------------------------------------------------------------


def reserve(port: int) -> list[socket.socket] | None:
    """Reserve ``port`` and the next against other stacks for as long as the returned sockets are open.

    The names live in the kernel and die with their holder. None: another stack has one of them, or someone
    listens.
    """
    held: list[socket.socket] = []
    try:
        for each in (port, port + 1):
            name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            held.append(name)
            name.bind(f"\0thnid-vpcd-port-{each}")
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("0.0.0.0", each))
                probe.listen(1)
    except (OSError, OverflowError):
        for each_socket in held:
            each_socket.close()
        return None
    return held


def choose_ports(asked: list[int | None]) -> tuple[list[int], list[socket.socket]]:
    """A reserved pair for every reader: the one asked for, or a free one. Raises Refused("port_taken")."""
    ports: list[int] = []
    reservations: list[socket.socket] = []
    for wanted in asked:
        candidates = (
            [wanted] if wanted is not None else random.sample(range(LOWEST_PORT, HIGHEST_PORT, 2), 200)
        )
        for port in candidates:
            held = reserve(port)
            if held is not None:
                ports.append(port)
                reservations += held
                break
        else:
            for each in reservations:
                each.close()
            if wanted is None:
                raise Refused("unavailable", f"no free port between {LOWEST_PORT} and {HIGHEST_PORT}")
            raise Refused("port_taken", "port taken", wanted)
    return ports, reservations


def listens(pid: int, ports: list[int]) -> bool:
    """Whether process ``pid`` listens on all ``ports`` (and, where /proc hides that, whether anyone does)."""
    inodes: dict[str, int] = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError), open(table, encoding="ascii") as lines:
            for fields in (line.split() for line in lines):
                if len(fields) > 9 and fields[3] == "0A":
                    inodes[f"socket:[{fields[9]}]"] = int(fields[1].rpartition(":")[2], 16)
    try:
        own = [os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")]
    except PermissionError:
        own = list(inodes)
    except OSError:
        return False
    return set(ports) <= {inodes[link] for link in own if link in inodes}


# --- pcscd ----------------------------------------------------------------------------------------


def listen_at(path: str) -> socket.socket:
    """The socket that clients will connect to; only this user may."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    os.chmod(path, 0o600)
    listener.listen(64)
    return listener


def start_pcscd(order: dict[str, Any], configuration: str, listener: socket.socket) -> int:
    """Fork and become pcscd. Returns its pid; raises Refused when a step before the exec failed."""
    report_read, report_write = os.pipe()
    keeper = os.getpid()
    pid = os.fork()
    if pid == 0:
        step = "fork"
        try:
            os.close(report_read)
            signal.set_wakeup_fd(-1)
            for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
                signal.signal(number, signal.SIG_DFL)
            report = fcntl.fcntl(report_write, fcntl.F_DUPFD_CLOEXEC, 10)
            source = fcntl.fcntl(listener.fileno(), fcntl.F_DUPFD_CLOEXEC, 10)
            report_write = report
            log = os.open(
                os.path.join(order["folder"], LOG_NAME), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600
            )
            log = fcntl.fcntl(log, fcntl.F_DUPFD_CLOEXEC, 10)
            step = "confining"
            confine()
            step = "starting"
            become_pcscd(order, configuration, source, log, keeper)
        except BaseException as error:
            os.write(report_write, f"{step}: {error}".encode())
        os._exit(127)
    os.close(report_write)
    with os.fdopen(report_read, "rb") as report_file:
        failure = report_file.read().decode("utf-8", "replace")  # ends at exec
    if failure:
        os.waitpid(pid, 0)
        raise Refused("unavailable", f"pcscd cannot be started ({failure})")
    return pid


def become_pcscd(order: dict[str, Any], configuration: str, source: int, log: int, keeper: int) -> NoReturn:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)  # after the change of user, which would clear it
    if os.getppid() != keeper:  # it died before the line above
        os._exit(0)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.dup2(source, FIRST_PASSED_DESCRIPTOR)
    environment = dict(os.environ, LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
    arguments = [order["pcscd"], "--foreground", "--config", configuration]
    with open(order["pcscd"], "rb") as program:
        if b"disable-polkit" in program.read():
            arguments.append("--disable-polkit")
    os.execve(order["pcscd"], arguments, environment)


def confine() -> None:
    """Make sure that pcscd cannot touch a system pcscd's pid file, and finds the /run/pcscd it insists on."""
    if os.geteuid() == 0:
        with contextlib.suppress(OSError):
            if not os.path.isdir(RUN_FOLDER):
                os.makedirs(RUN_FOLDER, exist_ok=True)
                os.chmod(RUN_FOLDER, 0o755)  # as pcscd would make it, whatever our umask
            become_nobody()
            return
        own_run_folder(user_namespace=False)
    elif not os.path.isdir(RUN_FOLDER) or os.access(RUN_FOLDER, os.W_OK):
        own_run_folder(user_namespace=True)


def become_nobody() -> None:
    os.setgroups([])
    os.setresgid(NOBODY, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, NOBODY)


def own_run_folder(*, user_namespace: bool) -> None:
    """A mount namespace (inside a user namespace when not root) where /run is empty and ours."""
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.geteuid(), os.getegid()

    def checked(result: int, what: str) -> None:
        if result != 0:
            number = ctypes.get_errno()
            raise OSError(number, f"{RUN_FOLDER} is missing and {what} is not allowed: {os.strerror(number)}")

    checked(libc.unshare(CLONE_NEWNS | (CLONE_NEWUSER if user_namespace else 0)), "a namespace")
    if user_namespace:
        for name, text in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
            with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
                file.write(text)
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "a private mount")
    checked(libc.mount(b"tmpfs", b"/run", b"tmpfs", MS_NOSUID | MS_NODEV, b"mode=755"), "a private /run")


# --- waiting --------------------------------------------------------------------------------------


class Watch:
    """What the keeper waits on: its owner (stdin and pidfd) and, once started, pcscd (pidfd)."""

    def __init__(self, owner: int) -> None:
        self._owner = {sys.stdin.fileno()}
        with contextlib.suppress(OSError, AttributeError):
            self._owner.add(os.pidfd_open(owner))
        self._poll = select.poll()
        for descriptor in self._owner:
            self._poll.register(descriptor, select.POLLIN)

    def until(self, descriptors: list[int], timeout_s: float | None) -> int | None:
        """The first of ``descriptors`` that is ready; None when the time is over. Raises OwnerGone."""
        for descriptor in descriptors:
            self._poll.register(descriptor, select.POLLIN)
        try:
            ready = [fd for fd, _ in self._poll.poll(None if timeout_s is None else int(timeout_s * 1000))]
        finally:
            for descriptor in descriptors:
                self._poll.unregister(descriptor)
        if self._owner & set(ready):
            raise OwnerGone
        return ready[0] if ready else None


def await_ready(watch: Watch, ended: int, path: str, timeout_s: float) -> bool:
    """Wait until pcscd answers the version question at ``path``. False: it ended, or did not answer in time."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.connect(path)
        client.sendall(
            HEADER_FORMAT.pack(VERSION_FORMAT.size, COMMAND_VERSION)
            + VERSION_FORMAT.pack(*PROTOCOL_VERSION, 0)
        )
        # whatever it answers, a newer protocol included, it answers only when its readers are registered
        return watch.until([client.fileno(), ended], timeout_s) == client.fileno() and bool(client.recv(1))


def kill(pid: int) -> None:
    """Kill pcscd and wait for its end: it leaves nothing behind that a gentle end would remove."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, 0)


# --- the keeper's life ----------------------------------------------------------------------------


def start(order: dict[str, Any], watch: Watch) -> tuple[int, int, list[int], list[socket.socket]]:
    """A pcscd that serves all its readers: pid, pidfd, ports, reservations. Raises Refused, OwnerGone."""
    path = os.path.join(order["folder"], SOCKET_NAME)
    asked = order["ports"]
    for _ in range(ATTEMPTS):
        ports, reservations = choose_ports(asked)
        with listen_at(path) as listener:
            pid = start_pcscd(order, write_configuration(order["folder"], order, ports), listener)
            try:
                ended = os.pidfd_open(pid)
                ready = await_ready(watch, ended, path, order["timeout_s"])
                if ready and listens(pid, [each for port in ports for each in (port, port + 1)]):
                    return pid, ended, ports, reservations
            except BaseException:
                kill(pid)
                raise
        kill(pid)
        if not ready:
            raise Refused("unavailable", "pcscd did not start" + last_words(order["folder"]))
        if all(port is not None for port in asked):
            raise Refused("port_taken", "port taken", asked[0])
        for each in reservations:  # someone was faster on a port that had been free: choose again
            each.close()
    raise Refused("unavailable", "the reader driver opened no port" + last_words(order["folder"]))


def last_words(folder: str) -> str:
    """The last line of pcscd's log, for the sentence that reports its failure."""
    with (
        contextlib.suppress(OSError),
        open(os.path.join(folder, LOG_NAME), encoding="utf-8", errors="replace") as log,
    ):
        lines = log.read().strip().splitlines()
        if lines:
            return f": {lines[-1].strip()}"
    return ""


def say(reply: dict[str, Any]) -> None:
    """One line to the owner, if it still listens."""
    with contextlib.suppress(OSError):
        os.write(sys.stdout.fileno(), json.dumps(reply).encode() + b"\n")


def stop(number: int, frame: object) -> None:
    """Signal handler: end in good order."""
    raise Stopped


def main() -> None:
    """Keep one stack from the order on stdin to the end of its owner."""
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, stop)
    os.umask(0o077)
    with os.fdopen(os.dup(sys.stdin.fileno()), "rb", buffering=0) as orders:
        order = json.loads(orders.readline())
    watch = Watch(order["owner"])
    folder, lock, pid = order["folder"], -1, 0
    try:
        sweep(os.path.dirname(folder))
        lock = make_folder(folder, readable_by_nobody=os.geteuid() == 0)
        pid, ended, ports, _reservations = start(order, watch)
        say({"ports": ports, "pcscd": pid})
        watch.until([ended], None)
        _, status = os.waitpid(pid, 0)
        pid = 0
        say({"ended": os.waitstatus_to_exitcode(status)})
    except Refused as refused:
        say(refused.reply)
    except OSError as error:
        say(Refused("unavailable", str(error)).reply)
    except (OwnerGone, Stopped):
        pass
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        if pid:
            kill(pid)
        if lock >= 0:
            remove_folder(folder)


if __name__ == "__main__":
    main()
