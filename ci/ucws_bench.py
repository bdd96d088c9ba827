"""The part of ``ci/bench`` that measures UCWS: a population into SQLite, then searches of it over HTTP.

The server is a process of its own with one worker; the clients are threads here, each with one connection that stays
open, asking for random people of the population. By itself: ``python ci/ucws_bench.py``.
"""

from __future__ import annotations

import http.client
import json
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

from apdu_specs import citizen_id, keys, ucws
from emulator.offices.authority import Confirmation
from emulator.offices.citizens.population import citizen_number
from emulator.offices.citizens.register import populate
from emulator.offices.embedded import EmbeddedOffices
from emulator.offices.storage import Storage

PEOPLE, SEED, ON = 100_000, 1, date(2026, 1, 1)
CLIENTS = 4
WARM_UP_S, ROUND_S, ROUNDS = 1.0, 3.0, 3
OFFICER, CARD = citizen_id.synthetic(1), bytes.fromhex("FFFF000000000001")
ASKING = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<ns2:searchCurrentByPID xmlns:ns2="http://tokenws.ucws.nhso.go.th/">'
    "<user_person_id>{officer}</user_person_id><smctoken>{token}</smctoken><person_id>{person}</person_id>"
    "</ns2:searchCurrentByPID></S:Body></S:Envelope>"
)
HEADERS = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}


def populate_s(database: Path) -> float:
    """Seconds to put the population into a new SQLite file."""
    storage = Storage(database)
    began = time.perf_counter()
    populate(storage, SEED, PEOPLE, ON)
    taken = time.perf_counter() - began
    storage.close()
    return taken


def serve(database: str) -> None:
    """The server: prints where it is and an officer's token, serves until its standard input ends."""
    with EmbeddedOffices(database=database) as offices:
        offices.know_card(OFFICER, CARD)
        offices.grant(OFFICER)
        xkey = offices.authority.challenge(OFFICER, CARD, "10001")
        card_key = keys.card_key(keys.SPECIMEN_MASTER_KEY, OFFICER, CARD)
        cryptogram = keys.match_cryptogram(
            card_key, challenge=xkey, citizen_id=OFFICER, serial=CARD, key_id=1, match_status=1
        )
        tkey = offices.authority.confirm(Confirmation(OFFICER, CARD, xkey, 1, 1, cryptogram, "10001"))
        token = offices.nhso.log_in(OFFICER, tkey).smctoken
        print(json.dumps({"url": offices.url, "token": token}), flush=True)
        sys.stdin.read()


@contextmanager
def server(database: Path) -> Iterator[tuple[str, str]]:
    """A server process; its URL and the officer's token."""
    command = [sys.executable, __file__, "serve", str(database)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdin is not None and running.stdout is not None
        try:
            told = json.loads(running.stdout.readline())
            yield told["url"], told["token"]
        finally:
            running.stdin.close()


class Client(threading.Thread):
    """Asks until told to stop; keeps how long each answer took."""

    def __init__(self, url: str, token: str, number: int, stop: threading.Event) -> None:
        super().__init__()
        where = urlsplit(url)
        assert where.hostname is not None
        self._connection = http.client.HTTPConnection(where.hostname, where.port)
        self._token = token
        self._chance = random.Random(number)
        self._ending = stop
        self.taken: list[float] = []
        self.wrong = 0

    def run(self) -> None:
        while not self._ending.is_set():
            person = citizen_number(SEED, self._chance.randrange(PEOPLE))
            asking = ASKING.format(officer=OFFICER, token=self._token, person=person).encode()
            began = time.perf_counter()
            self._connection.request("POST", ucws.PATH, asking, HEADERS)
            answer = self._connection.getresponse().read()
            self.taken.append(time.perf_counter() - began)
            self.wrong += f"<person_id>{person}</person_id>".encode() not in answer
        self._connection.close()


def searches(url: str, token: str, seconds: float) -> tuple[float, list[float]]:
    """Searches a second of all clients together, and how long each answer took."""
    stop = threading.Event()
    clients = [Client(url, token, number, stop) for number in range(CLIENTS)]
    began = time.perf_counter()
    for each in clients:
        each.start()
    time.sleep(seconds)
    stop.set()
    for each in clients:
        each.join()
    lasted = time.perf_counter() - began
    assert not any(each.wrong for each in clients), "a search was not answered with the person asked for"
    taken = [one for each in clients for one in each.taken]
    return len(taken) / lasted, taken


def measure(folder: Path) -> dict[str, float]:
    """Every figure of UCWS. Files are made in ``folder``."""
    database = folder / "ucws.db"
    population = populate_s(database)
    with server(database) as (url, token):
        searches(url, token, WARM_UP_S)
        rounds = [searches(url, token, ROUND_S) for _ in range(ROUNDS)]
    taken = [one for _, each in rounds for one in each]
    return {
        "population_s": population,
        "searches_per_s": statistics.median(rate for rate, _ in rounds),
        "search_p50_ms": statistics.median(taken) * 1e3,
        "search_p99_ms": statistics.quantiles(taken, n=100)[98] * 1e3,
    }


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2])
    else:
        with TemporaryDirectory() as temporary:
            print(json.dumps(measure(Path(temporary)), indent=2))
