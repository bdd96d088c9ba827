"""The part of ``ci/bench`` that measures the offices: officer logins a second, without the card.

Each login is action 9080, action 9081 with a right cryptogram, and NHSO's login, over HTTP on loopback connections that
stay open. Two server processes (``thnid office serve``) share one database; the officers, who compute what their cards
would answer, are threads of this process on the same machine and take part of its processors.
"""

from __future__ import annotations

import json
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from apdu_specs import citizen_id, keys

PROCESSES = 2
OFFICERS_A_PROCESS = 4
SECONDS = 6.0
WARM_UP_S = 1.5
KEY_ID = 1
_THNID = str(Path(sys.executable).with_name("thnid"))


@dataclass(frozen=True, slots=True)
class Person:
    """An officer with a card."""

    citizen_id: str
    serial: bytes
    card_key: bytes


def person(number: int) -> Person:
    """The officer with this number."""
    citizen, serial = citizen_id.synthetic(7000 + number), keys.VIRTUAL_SERIAL_MARK + number.to_bytes(6)
    return Person(citizen, serial, keys.card_key(keys.SPECIMEN_MASTER_KEY, citizen, serial))


class Connection:
    """One HTTP/1.1 connection that posts JSON; no more of a client than the offices need."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None and parts.port is not None
        self._host = f"{parts.hostname}:{parts.port}"
        self._socket = socket.create_connection((parts.hostname, parts.port))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, path: str, body: dict[str, object]) -> dict[str, object]:
        """The answer, which must be a success."""
        content = json.dumps(body).encode()
        head = f"POST {path} HTTP/1.1\r\nHost: {self._host}\r\nContent-Type: application/json\r\n"
        self._socket.sendall(f"{head}Content-Length: {len(content)}\r\n\r\n".encode() + content)
        raw = self._socket.recv(65536)
        while b"\r\n\r\n" not in raw:
            raw += self._socket.recv(65536)
        told, _, rest = raw.partition(b"\r\n\r\n")
        length = next(
            int(line[15:]) for line in told.split(b"\r\n") if line.lower().startswith(b"content-length:")
        )
        while len(rest) < length:
            rest += self._socket.recv(65536)
        if b" 200 " not in told.split(b"\r\n", 1)[0]:
            raise RuntimeError(f"{path}: {rest.decode()}")
        found: dict[str, object] = json.loads(rest)
        return found

    def close(self) -> None:
        """Close it."""
        self._socket.close()


def log_in(offices: Connection, officer: Person) -> None:
    """9080, 9081, NHSO's login."""
    pid, cid = officer.citizen_id, officer.serial.hex().upper()
    xkey = str(offices.post("/authority/9080", {"pid": pid, "cid": cid, "office": "10001"})["xkey"])
    cryptogram = keys.match_cryptogram(
        officer.card_key,
        challenge=bytes.fromhex(xkey),
        citizen_id=pid,
        serial=officer.serial,
        key_id=KEY_ID,
        match_status=1,
    )
    answer = {"pid": pid, "cid": cid, "xkey": xkey, "key_id": KEY_ID, "match_status": 1}
    tkey = offices.post("/authority/9081", {**answer, "envelope": cryptogram.hex()})["tkey"]
    offices.post("/nhso/login", {"pid": pid, "tkey": tkey})


@dataclass(slots=True)
class Shift:
    """What the officers do between start and end."""

    from_s: float
    until_s: float
    taken_ms: list[float] = field(default_factory=list)
    errors: list[Exception] = field(default_factory=list)

    def work(self, url: str, officer: Person) -> None:
        """Log in again and again; only logins wholly inside the measured time count."""
        try:
            offices = Connection(url)
            while (began := time.perf_counter()) < self.until_s:
                log_in(offices, officer)
                ended = time.perf_counter()
                if began >= self.from_s and ended <= self.until_s:
                    self.taken_ms.append((ended - began) * 1000)
            offices.close()
        except Exception as error:  # told to whoever measures, not to a thread's end
            self.errors.append(error)


@contextmanager
def server(database: str) -> Iterator[str]:
    """A server process of the offices; gives its address."""
    process = subprocess.Popen(
        [_THNID, "office", "serve", "--db", database, "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield str(json.loads(process.stdout.readline())["nhso_url"]).removesuffix("/nhso")
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(30)


def seed(database: str, officers: list[Person]) -> None:
    """Make them officers with a right."""
    from emulator.offices.offices import open_offices

    offices = open_offices(database=database)
    for each in officers:
        offices.registry.know_card(each.citizen_id, each.serial)
        offices.nhso.grant(each.citizen_id, name="เจ้าหน้าที่ ทดสอบ", organisation="99999", level="register")
    offices.close()


def logins(database: str, seconds: float = SECONDS) -> dict[str, float]:
    """Logins a second of two processes on one database, and milliseconds a login."""
    officers = [person(number) for number in range(PROCESSES * OFFICERS_A_PROCESS)]
    seed(database, officers)
    with ExitStack() as stack:
        urls = [stack.enter_context(server(database)) for _ in range(PROCESSES)]
        now = time.perf_counter()
        shift = Shift(now + WARM_UP_S, now + WARM_UP_S + seconds)
        threads = [
            threading.Thread(target=shift.work, args=(urls[number % PROCESSES], officer))
            for number, officer in enumerate(officers)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    if shift.errors:
        raise shift.errors[0]
    spread = statistics.quantiles(shift.taken_ms, n=100)
    return {
        "logins/s": len(shift.taken_ms) / seconds,
        "median ms": statistics.median(shift.taken_ms),
        "p99 ms": spread[98],
    }


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Every figure of the offices; those on PostgreSQL only where it is installed."""
    from tests.emulator.offices.postgres import NoPostgres, private_postgres

    figures = {"SQLite": logins(str(folder / "offices.db"))}
    with suppress(NoPostgres), private_postgres() as postgres:
        figures["PostgreSQL"] = logins(postgres.new_database(by_socket=True))
    return figures
