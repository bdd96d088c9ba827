"""A private PostgreSQL for a test session: its own files, a socket in its own folder, a loopback port of its own."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

_READY = "ready to accept connections"
_DEADLINE_S = 60.0
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    # Nothing here has to survive a power cut.
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
}


class NoPostgres(Exception):
    """PostgreSQL is not installed, or did not start."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster. Each database that it makes is new and empty."""

    folder: Path
    port: int
    _numbers: Iterator[int]

    def new_database(self, *, by_socket: bool = False, encoding: str = "UTF8") -> str:
        """The address of a new database, by the loopback port or by the socket."""
        name = f"offices_{next(self._numbers)}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING '{encoding}'".encode())
        if by_socket:
            return f"postgresql://thnid@/{name}?host={self.folder}&port={self.port}"
        return f"postgresql://thnid@127.0.0.1:{self.port}/{name}"

    def cut_off_everybody(self) -> None:
        """End every connection, as a restart does."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )

    @contextmanager
    def gone(self, address: str) -> Iterator[None]:
        """Nobody gets into a database meanwhile, as while it is stopped."""
        name = urlsplit(address).path.removeprefix("/")
        self._allow(name, "false")
        try:
            self.cut_off_everybody()
            yield
        finally:
            self._allow(name, "true")

    def _allow(self, name: str, whether: str) -> None:
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {whether}".encode())

    def _address(self, database: str) -> str:
        return f"host={self.folder} port={self.port} user=thnid dbname={database}"


@contextmanager
def private_postgres() -> Iterator[Postgres]:
    """Start a cluster; ended, and its files removed, on leaving. Ends by itself if this process is killed."""
    folder = Path(tempfile.mkdtemp(prefix="thnid-postgres-"))
    try:
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "nobody")
        data = folder / "data"
        made = _run(
            "initdb", "-D", str(data), "-U", "thnid", "--auth=trust", "-E", "UTF8", "--locale=C", "--no-sync"
        )
        _, errors = made.communicate(timeout=_DEADLINE_S)
        if made.returncode != 0:
            raise NoPostgres(errors)
        port = _free_port()
        settings = {**_SETTINGS, "port": str(port), "unix_socket_directories": str(folder)}
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        server = _run("postgres", "-D", str(data), *options)
        try:
            _await_ready(server)
            yield Postgres(folder, port, count(1))
        finally:
            server.send_signal(signal.SIGINT)  # fast: it does not wait for clients
            server.wait(_DEADLINE_S)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: str) -> subprocess.Popen[str]:
    command = ["setpriv", "--pdeathsig", "INT"]
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        command += [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
    return subprocess.Popen(
        [*command, _program(program), *arguments],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        cwd="/",
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )


def _program(name: str) -> str:
    versions = sorted(
        Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: path.parts[-3].zfill(4)
    )
    found = str(versions[-1]) if versions else shutil.which(name)
    if found is None:
        raise NoPostgres("PostgreSQL is not installed: ci/setup --with-third-party installs it")
    return found


def _await_ready(server: subprocess.Popen[str]) -> None:
    said: list[str] = []
    ready = threading.Event()

    def listen() -> None:
        assert server.stderr is not None
        for line in server.stderr:
            if not ready.is_set():
                said.append(line)
            if _READY in line:
                ready.set()

    def give_up() -> None:
        server.wait()
        ready.set()

    for work in (listen, give_up):
        threading.Thread(target=work, daemon=True).start()
    if not ready.wait(_DEADLINE_S) or server.poll() is not None:
        raise NoPostgres("".join(said))


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
        assert isinstance(port, int)
        return port
