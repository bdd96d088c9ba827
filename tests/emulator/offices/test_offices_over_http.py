"""The offices as programs meet them: JSON in, JSON out, refusals in two languages, nothing leaked, clean ends."""

from __future__ import annotations

import logging
import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from apdu_specs import keys
from emulator.errors import EmulatorError
from emulator.offices.embedded import EmbeddedOffices
from emulator.offices.errors import DatabaseUnusable, PortNotAllowed, PortTaken
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.rooms import CARD, CITIZEN, NEW_CARD

CID = "FFFF000000000001"
LONE_SURROGATE = rb'{"pid": "\ud800", "tkey": "\udfff"}'


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices() as running:
        yield running


@pytest.fixture(scope="module")
def http(offices: EmbeddedOffices) -> Iterator[httpx.Client]:
    counter = {"X-Counter-Key": offices.counter_key}
    with httpx.Client(base_url=offices.url, headers=counter, trust_env=False) as client:
        yield client


def test_the_whole_conversation(offices: EmbeddedOffices, http: httpx.Client) -> None:
    assert http.post("/registry/cards", json={"pid": CITIZEN, "serial": CID}).json() == {"latest_serial": CID}
    right = {"pid": CITIZEN, "name": "เจ้าหน้าที่ ทดสอบ", "organisation": "99999", "level": "register"}
    assert http.post("/nhso/rights", json=right).json() == {"level": "register"}
    given = http.post("/authority/9080", json={"pid": CITIZEN, "cid": CID, "office": "10001"}).json()
    assert (given["action"], given["status"], len(given["xkey"])) == ("9080", "00000", 64)
    cryptogram = keys.match_cryptogram(
        keys.card_key(keys.SPECIMEN_MASTER_KEY, CITIZEN, CARD),
        challenge=bytes.fromhex(given["xkey"]),
        citizen_id=CITIZEN,
        serial=CARD,
        key_id=1,
        match_status=1,
    )
    answer = {"pid": CITIZEN, "cid": CID, "xkey": given["xkey"], "key_id": 1, "match_status": 1}
    confirmed = http.post("/authority/9081", json={**answer, "envelope": cryptogram.hex()}).json()
    assert (confirmed["action"], confirmed["status"], len(confirmed["tkey"])) == ("9081", "00000", 32)
    login = http.post("/nhso/login", json={"pid": CITIZEN, "tkey": confirmed["tkey"]}).json()
    assert login["level"]["id"] == "register"
    bearer = {"Authorization": f"Bearer {login['smctoken']}"}
    menu = http.get("/nhso/menu", headers=bearer).json()["menu"]
    assert menu == login["menu"]
    assert [entry["id"] for entry in menu] == ["erm"]
    opened = http.get("/nhso/modules/entitlement", headers=bearer).json()
    assert opened["title"]["th"] == "ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน"
    assert opened["actions"] == ["search", "register"]
    again = http.post("/authority/9081", json={**answer, "envelope": cryptogram.hex()})
    assert (again.status_code, again.json()["status"], again.json()["action"]) == (403, "95003", "9081")
    assert http.post("/nhso/revocations", json={"pid": CITIZEN}).json() == {"level": None}
    assert http.get("/nhso/menu", headers=bearer).status_code == 403
    proof = http.post("/registry/proofs", json={"pid": CITIZEN, "serial": CID, "challenge": "00" * 16})
    assert len(proof.json()["proof"]) == 64
    new = {"pid": CITIZEN, "old_serial": CID, "new_serial": NEW_CARD.hex()}
    assert http.post("/registry/replacements", json=new).json() == {"latest_serial": "FFFF000000000003"}
    old = http.post("/authority/9080", json={"pid": CITIZEN, "cid": CID})
    assert (old.status_code, old.json()["status"]) == (403, "95002")


def assert_bilingual(refusal: dict[str, object]) -> None:
    for key in ("message", "what_to_do"):
        sentence = refusal[key]
        assert isinstance(sentence, dict)
        assert set(sentence) == {"en", "th"}
        assert all(sentence.values())


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/authority/9080", {"cid": CID}, "pid"),
        ("/authority/9080", {"pid": "1999900000011", "cid": CID}, "pid"),
        ("/authority/9080", {"pid": "๑๙๙๙๙๐๐๐๐๐๐๑๗", "cid": CID}, "pid"),
        ("/authority/9080", {"pid": CITIZEN, "cid": "FFFF"}, "cid"),
        ("/authority/9080", {"pid": CITIZEN, "cid": "FF FF 00 00 00 0"}, "cid"),
        ("/authority/9080", {"pid": CITIZEN, "cid": CID, "office": "1"}, "office"),
        ("/authority/9080", {"pid": CITIZEN, "cid": CID, "pin": "1234"}, "pin"),
        ("/authority/9081", {"pid": CITIZEN, "cid": CID, "match_status": 1.5}, "match_status"),
        ("/registry/proofs", {"pid": CITIZEN, "serial": CID, "challenge": "00"}, "challenge"),
        ("/nhso/rights", {"pid": CITIZEN, "name": "a\u001b[2J", "organisation": "1", "level": "x"}, "name"),
        ("/nhso/rights", {"pid": CITIZEN, "name": " ", "organisation": "1", "level": "x"}, "organisation"),
        ("/nhso/rights", {"pid": CITIZEN, "name": "x", "organisation": "99999", "level": "x"}, "level"),
        ("/nhso/login", {"pid": CITIZEN, "tkey": None}, "tkey"),
        ("/nhso/login", [], "body"),
        ("/nhso/login", 7, "body"),
    ],
)
def test_a_field_that_does_not_fit_is_named(http: httpx.Client, path: str, body: object, field: str) -> None:
    answer = http.post(path, json=body)
    refusal = answer.json()
    assert answer.status_code == 422
    assert refusal["status"] == ("90011" if "authority" in path else "request-not-valid")
    assert_bilingual(refusal)
    reasons = {fault["field"]: fault["reason"] for fault in refusal["fields"]}
    assert field in reasons
    assert set(reasons[field]) == {"en", "th"}
    assert CITIZEN not in answer.text
    assert "1234" not in answer.text


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b'{"pid": NaN}', LONE_SURROGATE])
def test_bytes_that_are_no_request_are_refused(http: httpx.Client, content: bytes) -> None:
    answer = http.post("/nhso/login", content=content, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert_bilingual(answer.json())


BODIES_TAKEN = [
    "/nhso/login",
    "/nhso/requests",
    "/nhso/rights",
    "/registry/cards",
    "/registry/proofs",
    "/authority/9080",
]


@pytest.mark.parametrize("path", BODIES_TAKEN)
@pytest.mark.parametrize(
    "content",
    [b"[" * 100_000, b"[" * 100_000 + b"]" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b'"\xc3"'],
    ids=["open", "nested", "objects", "no-utf-8", "half-a-letter"],
)
@pytest.mark.parametrize("accept", ["*/*", "text/html"])
def test_a_body_that_cannot_be_read_is_a_request_not_valid(
    http: httpx.Client, path: str, content: bytes, accept: str
) -> None:
    headers = {"Content-Type": "application/json", "Accept": accept}
    answer = http.post(path, content=content, headers=headers)
    told = answer.json()
    assert answer.status_code == 422
    assert told["status"] == ("90011" if "authority" in path else "request-not-valid")
    assert [each["field"] for each in told["fields"]] == ["body"]
    assert_bilingual({key: told[key] for key in ("message", "what_to_do")} | {"status": told["status"]})


def test_unknown_addresses_and_methods(http: httpx.Client) -> None:
    for answer in (http.get("/nothing"), http.get("/authority/9080"), http.post("/nhso/menu")):
        assert answer.status_code in (404, 405)
        assert answer.json()["status"] == "no-such-service"
        assert_bilingual(answer.json())


@pytest.mark.parametrize("header", [{}, {"Authorization": "Basic x"}, {"Authorization": "Bearer x"}])
def test_a_menu_needs_a_token(http: httpx.Client, header: dict[str, str]) -> None:
    answer = http.get("/nhso/menu", headers=header)
    assert (answer.status_code, answer.json()["status"]) == (401, "token-not-valid")


def test_nothing_personal_is_logged(http: httpx.Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    http.post("/nhso/login", json={"pid": CITIZEN, "tkey": "0" * 32})
    http.post("/nhso/login", json={"pid": CITIZEN})
    assert CITIZEN not in caplog.text


def test_a_fault_of_our_own_is_a_refusal_without_details(
    offices: EmbeddedOffices,
    http: httpx.Client,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError(f"secret {CITIZEN}")

    monkeypatch.setattr(offices.nhso, "revoke", breaks)
    answer = http.post("/nhso/revocations", json={"pid": CITIZEN})
    assert (answer.status_code, answer.json()["status"]) == (500, "office-fault")
    assert_bilingual(answer.json())
    assert "secret" not in answer.text + caplog.text


def test_a_taken_port_is_one_clear_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            EmbeddedOffices(port=port)
    assert isinstance(caught.value, EmulatorError)
    assert str(port) in caught.value.message.en
    assert str(port) in caught.value.message.th


@pytest.mark.parametrize(("host", "port"), [("127.0.0.1", 70000), ("192.0.2.1", 0)])
def test_an_address_that_cannot_be_had(host: str, port: int) -> None:
    with pytest.raises(PortNotAllowed):
        EmbeddedOffices(host=host, port=port)


def test_a_port_of_ones_choice_is_free_again_after_stop() -> None:
    with EmbeddedOffices() as first:
        port = int(first.url.rpartition(":")[2])
        httpx.get(f"{first.url}/nothing", trust_env=False)
    with EmbeddedOffices(port=port) as second:
        assert httpx.get(f"{second.url}/nothing", trust_env=False).status_code == 404
    second.stop()  # a second time: harmless
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{second.url}/nothing", trust_env=False)


def test_a_database_file_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "offices.db"
    with EmbeddedOffices(database=path) as offices:
        offices.know_card(CITIZEN, CARD)
        offices.grant(CITIZEN)
        new_serial = offices.replace_card(CITIZEN, CARD)
        assert keys.is_virtual(new_serial)
    with EmbeddedOffices(database=path) as offices:
        assert len(offices.authority.challenge(CITIZEN, new_serial, " " * 5)) == 32
        body = {"pid": CITIZEN, "cid": CID}
        answer = httpx.post(f"{offices.authority_url}/9080", json=body, trust_env=False)
        assert answer.json()["status"] == "95002"


@pytest.mark.parametrize("content", [None, b"this is not a database, but long enough to be looked at" * 20])
def test_a_database_that_cannot_be_used(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "offices.db"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(DatabaseUnusable):
        EmbeddedOffices(database=path)
    assert content is None or path.read_bytes() == content


def test_many_clients_at_once_on_the_in_memory_database(offices: EmbeddedOffices) -> None:
    serial = bytes.fromhex("FFFF0000000000AA")
    offices.know_card("1999900000030", serial)
    body = {"pid": "1999900000030", "cid": serial.hex()}

    def ask(_: int) -> list[str]:
        with httpx.Client(base_url=offices.url, trust_env=False) as client:
            return [client.post("/authority/9080", json=body).json()["xkey"] for _ in range(5)]

    assert len({xkey for seen in at_once(ask, 6) for xkey in seen}) == 30
