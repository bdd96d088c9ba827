"""Server processes of their own: two on one database, and one that is killed in the middle of logins."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest

from apdu_specs import keys
from emulator.offices.offices import open_offices
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.rooms import CARD, CITIZEN, build_rooms

PROGRAM = str(Path(sys.executable).with_name("thnid"))
CID = CARD.hex().upper()
LIMIT_S = 60


@contextmanager
def server(database: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server process and where it is; ended at the end, if it is not ended yet."""
    process = subprocess.Popen(
        [PROGRAM, "office", "serve", "--db", database, "--json"], stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())["nhso_url"].removesuffix("/nhso")
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=LIMIT_S)


@pytest.fixture
def seeded(database: str) -> str:
    """A database where CITIZEN is an officer with a right. Real servers have a real clock: granted now."""
    offices = open_offices(database=database)
    offices.registry.know_card(CITIZEN, CARD)
    offices.nhso.grant(CITIZEN, name="เจ้าหน้าที่ ทดสอบ", organisation="99999", level="register")
    offices.close()
    return database


def confirmation(xkey: str) -> dict[str, object]:
    key = keys.card_key(keys.SPECIMEN_MASTER_KEY, CITIZEN, CARD)
    cryptogram = keys.match_cryptogram(
        key, challenge=bytes.fromhex(xkey), citizen_id=CITIZEN, serial=CARD, key_id=1, match_status=1
    )
    answer = {"pid": CITIZEN, "cid": CID, "xkey": xkey, "key_id": 1, "match_status": 1}
    return {**answer, "envelope": cryptogram.hex()}


def challenge(http: httpx.Client, url: str) -> str:
    return str(http.post(f"{url}/authority/9080", json={"pid": CITIZEN, "cid": CID}).json()["xkey"])


def test_two_servers_hold_a_challenge_single_use(seeded: str) -> None:
    def confirm(number: int) -> str:
        told = clients[number].post(f"{urls[number % 2]}/authority/9081", json=answer).json()
        return str(told["status"])

    with ExitStack() as stack:
        urls = [stack.enter_context(server(seeded))[1] for _ in range(2)]
        http = stack.enter_context(httpx.Client(trust_env=False, timeout=LIMIT_S))
        answer = confirmation(challenge(http, urls[0]))
        clients = [stack.enter_context(httpx.Client(trust_env=False, timeout=LIMIT_S)) for _ in range(8)]
        outcomes = at_once(confirm, 8)
    assert sorted(outcomes) == ["00000"] + ["95003"] * 7


def test_a_server_killed_in_the_middle_of_logins_loses_nothing(seeded: str) -> None:
    tokens: list[str] = []
    enough = threading.Event()

    def log_in_until_it_fails(url: str) -> None:
        try:
            with httpx.Client(trust_env=False, timeout=LIMIT_S) as mine:
                while True:
                    tkey = mine.post(f"{url}/authority/9081", json=confirmation(challenge(mine, url))).json()[
                        "tkey"
                    ]
                    login = mine.post(f"{url}/nhso/login", json={"pid": CITIZEN, "tkey": tkey}).json()
                    tokens.append(login["smctoken"])
                    if len(tokens) == 10:
                        enough.set()
        except httpx.HTTPError:
            enough.set()

    with httpx.Client(trust_env=False, timeout=LIMIT_S) as http:
        with server(seeded) as (process, url):
            spent, unspent = challenge(http, url), challenge(http, url)
            assert http.post(f"{url}/authority/9081", json=confirmation(spent)).json()["status"] == "00000"
            officer = threading.Thread(target=log_in_until_it_fails, args=(url,))
            officer.start()
            assert enough.wait(LIMIT_S)
            process.kill()
            officer.join(timeout=LIMIT_S)
        assert len(tokens) >= 10
        with server(seeded) as (_, url):
            assert http.post(f"{url}/authority/9081", json=confirmation(spent)).json()["status"] == "95003"
            assert http.post(f"{url}/authority/9081", json=confirmation(unspent)).json()["status"] == "00000"
            last = [
                http.get(f"{url}/nhso/menu", headers={"Authorization": f"Bearer {token}"}).status_code
                for token in tokens[-2:]
            ]
    # The last token that the officer heard of is good, unless one more login was stored whose answer was lost.
    rooms = build_rooms(seeded)
    logins = [entry for entry in rooms.audit.entries() if entry.event == "login"]
    assert len(logins) - len(tokens) in (0, 1)
    assert last == [401, 200 if len(logins) == len(tokens) else 401]
    assert rooms.audit.verify() is None
    rooms.storage.close()
