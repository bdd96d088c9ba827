"""Who is let in over HTTP: the counters' key, limits, logout, the clock of test mode, the messages as text."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import timedelta

import httpx
import pytest

from apdu_specs import ami, keys
from apdu_specs.ami import Action
from emulator.offices.attempts import Limits
from emulator.offices.clock import SetClock
from emulator.offices.embedded import EmbeddedOffices
from tests.emulator.offices.rooms import CARD, CITIZEN, NOON_IN_BANGKOK, OTHER_CARD, OTHER_CITIZEN

CID = CARD.hex().upper()


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOON_IN_BANGKOK)


@pytest.fixture
def offices(clock: SetClock) -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(clock=clock, limits=Limits(per_person=3, per_address=6), test_mode=True) as running:
        running.know_card(CITIZEN, CARD)
        running.know_card(OTHER_CITIZEN, OTHER_CARD)
        running.grant(CITIZEN)
        yield running


@pytest.fixture
def http(offices: EmbeddedOffices) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=offices.url, trust_env=False) as client:
        yield client


def cryptogram(challenge: bytes, citizen: str = CITIZEN, serial: bytes = CARD) -> bytes:
    key = keys.card_key(keys.SPECIMEN_MASTER_KEY, citizen, serial)
    return keys.match_cryptogram(
        key, challenge=challenge, citizen_id=citizen, serial=serial, key_id=1, match_status=1
    )


def tkey_of(http: httpx.Client) -> str:
    xkey = http.post("/authority/9080", json={"pid": CITIZEN, "cid": CID}).json()["xkey"]
    answer = {"pid": CITIZEN, "cid": CID, "xkey": xkey, "key_id": 1, "match_status": 1}
    envelope = cryptogram(bytes.fromhex(xkey)).hex()
    return str(http.post("/authority/9081", json={**answer, "envelope": envelope}).json()["tkey"])


def log_in(http: httpx.Client) -> dict[str, str]:
    login = http.post("/nhso/login", json={"pid": CITIZEN, "tkey": tkey_of(http)}).json()
    return {"Authorization": f"Bearer {login['smctoken']}"}


@pytest.mark.parametrize("shown", [{}, {"X-Counter-Key": ""}, {"X-Counter-Key": "wrong"}])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/registry/cards", {"pid": CITIZEN, "serial": "FFFF0000000000EE"}),
        ("/registry/replacements", {"pid": CITIZEN, "old_serial": CID, "new_serial": "FFFF0000000000EE"}),
        ("/registry/standings", {"pid": CITIZEN, "serial": CID}),
        ("/registry/proofs", {"pid": CITIZEN, "serial": CID, "challenge": "00" * 16}),
        ("/nhso/rights", {"pid": OTHER_CITIZEN, "name": "x", "organisation": "99999", "level": "search"}),
        ("/nhso/revocations", {"pid": CITIZEN}),
    ],
)
def test_counters_are_for_who_has_the_key(
    offices: EmbeddedOffices, http: httpx.Client, path: str, body: dict[str, str], shown: dict[str, str]
) -> None:
    before = offices.offices.audit.head()
    refused = http.post(path, json=body, headers=shown)
    assert (refused.status_code, refused.json()["status"]) == (401, "counter-key-not-valid")
    assert offices.offices.audit.head() == before
    allowed = http.post(path, json=body, headers={"X-Counter-Key": offices.counter_key})
    assert allowed.status_code == 200


def test_logout(http: httpx.Client) -> None:
    bearer = log_in(http)
    assert http.get("/nhso/menu", headers=bearer).status_code == 200
    assert http.post("/nhso/logout", headers=bearer).json() == {"logged_out": True}
    for stolen in (http.get("/nhso/menu", headers=bearer), http.post("/nhso/logout", headers=bearer)):
        assert (stolen.status_code, stolen.json()["status"]) == (401, "token-not-valid")
    assert http.post("/nhso/logout").status_code == 401


def test_too_many_refused_logins_have_to_wait(http: httpx.Client, clock: SetClock) -> None:
    wrong = {"pid": CITIZEN, "tkey": "0" * 32}
    assert [http.post("/nhso/login", json=wrong).status_code for _ in range(3)] == [401] * 3
    clock.advance(timedelta(seconds=20))
    for path, body in (("/nhso/login", wrong), ("/authority/9080", {"pid": CITIZEN, "cid": CID})):
        turned_away = http.post(path, json=body)
        assert (turned_away.status_code, turned_away.json()["status"]) == (429, "too-many-attempts")
        assert turned_away.headers["Retry-After"] == "40"
        assert set(turned_away.json()["message"]) == {"en", "th"}
    other = {"pid": OTHER_CITIZEN, "cid": OTHER_CARD.hex()}
    assert http.post("/authority/9080", json=other).status_code == 200
    clock.advance(timedelta(seconds=40))
    assert log_in(http)


def test_the_clock_moves_in_test_mode_only(http: httpx.Client, clock: SetClock) -> None:
    bearer = log_in(http)
    moved = http.post("/test/clock", json={"advance_days": 61})
    assert moved.json() == {"now": "2026-05-10T05:00:00+00:00"}
    assert clock.now().isoformat() == "2026-05-10T05:00:00+00:00"
    assert http.get("/nhso/menu", headers=bearer).status_code == 401
    lapsed = http.post("/nhso/login", json={"pid": CITIZEN, "tkey": tkey_of(http)}).json()
    assert (lapsed["status"], lapsed["days"]) == ("right-lapsed", 61)
    assert http.post("/test/clock", json={"advance_days": -1}).status_code == 422
    assert http.get("/nhso/clock").json() == moved.json()
    with EmbeddedOffices(clock=SetClock(NOON_IN_BANGKOK)) as ordinary:
        refused = httpx.post(f"{ordinary.url}/test/clock", json={"advance_days": 1}, trust_env=False)
        assert refused.status_code == 404
        assert httpx.get(f"{ordinary.url}/nhso/clock", trust_env=False).status_code == 404


@pytest.mark.parametrize("announced", [True, False])
def test_an_oversize_request_is_refused(http: httpx.Client, announced: bool) -> None:
    body = b'{"pid": "' + b"1" * 2_000_000 + b'"}'
    content = body if announced else (body[start : start + 65536] for start in range(0, len(body), 65536))
    refused = http.post("/nhso/login", content=content, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["status"]) == (413, "request-too-long")


# --- the messages as text ---------------------------------------------------------------------------------------------


def say(http: httpx.Client, message: bytes) -> tuple[int, bytes]:
    answer = http.post("/authority/ami", content=message, headers={"Content-Type": "text/plain"})
    assert answer.headers["Content-Type"].startswith("text/plain")
    return answer.status_code, answer.content


def test_a_login_in_the_messages_that_are_public(http: httpx.Client) -> None:
    status, answer = say(http, b"9080" + CITIZEN.encode() + CID.encode() + b"10001")
    assert (status, answer[:9], len(answer)) == (200, b"908000000", 9 + 32)
    xkey = answer[9:].decode()
    envelope = ami.seal(1, 1, cryptogram(xkey.encode()))
    confirm = ami.build(Action.CONFIRM, pid=CITIZEN, cid=CID, xkey=xkey, envelope=envelope)
    status, answer = say(http, confirm)
    assert (status, answer[:9], len(answer)) == (200, b"908100000", 9 + 32)
    tkey = answer[9:].decode()
    assert say(http, confirm) == (403, b"908195003")
    about = ami.build(Action.SERVICE, tkey=tkey, office="10001", version="01", service="001", pid=CITIZEN)
    status, answer = say(http, about)
    assert (status, answer[:9]) == (200, b"500000000")
    assert json.loads(answer[9:])["pid"] == CITIZEN
    other = ami.build(
        Action.SERVICE, tkey=tkey, office="10001", version="01", service="001", pid=OTHER_CITIZEN
    )
    assert say(http, other) == (403, b"500090016")
    consent = ami.build(
        Action.CONSENT,
        tkey=tkey,
        pid=OTHER_CITIZEN,
        cid=OTHER_CARD.hex().upper(),
        mode="1",
        envelope=ami.seal(1, 1, cryptogram(tkey.encode(), OTHER_CITIZEN, OTHER_CARD)),
    )
    assert say(http, consent) == (200, b"509000000")
    assert say(http, other)[0] == 200
    assert http.post("/nhso/login", json={"pid": CITIZEN, "tkey": tkey}).status_code == 200


def test_consent_by_the_card_alone_is_refused_in_words(http: httpx.Client) -> None:
    asked = {
        "tkey": "0" * 32,
        "pid": CITIZEN,
        "cid": CID,
        "key_id": 1,
        "match_status": 1,
        "envelope": "00" * 32,
    }
    refused = http.post("/authority/5090", json={**asked, "mode": "2"})
    [fault] = refused.json()["fields"]
    assert (refused.status_code, refused.json()["status"], fault["field"]) == (422, "90011", "mode")
    assert "by the card alone" in fault["reason"]["en"] and "ใช้บัตรอย่างเดียว" in fault["reason"]["th"]


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        (b"", b"000090011"),
        (b"9999", b"000090011"),
        (b"\xff\xfe\x00", b"000090011"),
        (b"9080", b"908090011"),
        (b"90801999900000014FFFF00000000000110001", b"908090011"),  # wrong check digit
        (b"90801999900000013FFFF0000000000G110001", b"908090011"),
        (b"9081" + b"0" * 61 + b"999:", b"908190011"),
        (
            b"50900123456789abcdef0123456789abcdef"
            + CITIZEN.encode()
            + CID.encode()
            + b"268:0101"
            + b"5A" * 32,
            b"509090011",
        ),
        (b"5000" + b"0" * 32 + b"1000101001" + CITIZEN.encode(), b"500090001"),
    ],
)
def test_messages_that_are_refused(http: httpx.Client, message: bytes, answer: bytes) -> None:
    status, content = say(http, message)
    assert content == answer
    assert 400 <= status < 500


def test_too_many_messages(http: httpx.Client) -> None:
    unknown_card = b"9080" + CITIZEN.encode() + b"FFFF0000000000EE10001"
    assert [say(http, unknown_card)[1] for _ in range(4)] == [b"908090009"] * 3 + [b"908090008"]


# --- what is not told -------------------------------------------------------------------------------------------------


def test_no_citizen_id_in_any_address_or_log_of_a_whole_login(
    offices: EmbeddedOffices, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked: list[str] = []
    with httpx.Client(
        base_url=offices.url,
        headers={"X-Counter-Key": offices.counter_key},
        event_hooks={"request": [lambda request: asked.append(str(request.url))]},
        trust_env=False,
    ) as http:
        http.post("/registry/cards", json={"pid": CITIZEN, "serial": CID})
        bearer = log_in(http)
        http.get("/nhso/menu", headers=bearer)
        http.get("/nhso/modules/entitlement", headers=bearer)
        http.post("/nhso/logout", headers=bearer)
        http.post("/nhso/login", json={"pid": CITIZEN, "tkey": "0" * 32})
        http.post("/nhso/revocations", json={"pid": CITIZEN})
    assert len(asked) == 9
    audit = " ".join(str(entry) for entry in offices.offices.audit.entries())
    for secret in (CITIZEN, bearer["Authorization"][7:], offices.counter_key):
        assert secret not in " ".join(asked)
        assert secret not in caplog.text
        assert secret not in audit
    assert offices.counter_key not in repr(offices.offices)
