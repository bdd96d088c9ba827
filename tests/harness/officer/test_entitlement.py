"""ERM's module over HTTP, as the officer's program asks: what NHSO says, and what is no answer of NHSO's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.citizens.population import citizen_number
from emulator.offices.embedded import EmbeddedOffices
from harness.officer.entitlement import EntitlementClient, Hospital
from harness.officer.errors import NhsoRefused, ServiceNonsense, TokenNotValid
from harness.officer.login import Login
from harness.officer.offices import AuthorityClient
from harness.terminals.in_process import InProcessTerminal
from tests.harness.officer.answering_server import answering

SOMEBODY = citizen_number(1, 0)


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices() as serving:
        serving.offices.citizens.populate(1, 40)
        yield serving


@pytest.fixture(scope="module")
def client(offices: EmbeddedOffices) -> Iterator[EntitlementClient]:
    with EntitlementClient(offices.nhso_url) as opened:
        yield opened


@pytest.fixture(scope="module")
def smctoken(offices: EmbeddedOffices, client: EntitlementClient) -> str:
    card = card_in_memory(card_from_seed(7))
    offices.know_card(card.citizen_id, card.serial)
    offices.grant(card.citizen_id, level="authenticate")
    with AuthorityClient(offices.authority_url) as authority:
        login = Login(lambda: InProcessTerminal(card), authority, client, lambda _tries: "1234").run()
    assert login.session is not None
    return login.session.smctoken


def test_everybody_can_be_shown(client: EntitlementClient, smctoken: str) -> None:
    for number in range(40):
        wanted = citizen_number(1, number)
        found = client.search(smctoken, wanted)
        assert found.citizen_id == wanted
        assert found.name and found.age and found.sex in ("ชาย", "หญิง") and len(found.birth_date) == 8
        if found.right is not None:
            assert found.right.main_labelled.startswith("(") and found.right.main.en
        assert wanted not in repr(found) and found.name not in repr(found)


def test_a_code(client: EntitlementClient, smctoken: str) -> None:
    living = next(n for n in range(40) if not client.search(smctoken, citizen_number(1, n)).deceased)
    wanted = citizen_number(1, living)
    given = client.request_code(smctoken, wanted, "PG0060001", "0800000000")
    assert len(given.code) == 12 and given.code.startswith("PP")
    assert client.search(smctoken, wanted).codes == (given,)


def test_refusals_name_the_field(client: EntitlementClient, smctoken: str) -> None:
    with pytest.raises(NhsoRefused) as caught:
        client.search(smctoken, "1")
    assert caught.value.status == "request-not-valid"
    assert caught.value.fields["pid"].th
    with pytest.raises(NhsoRefused) as caught:
        client.register(smctoken, SOMEBODY, "123456")
    assert set(caught.value.fields) == {"hcode"}
    with pytest.raises(TokenNotValid):
        client.search("0" * 16, SOMEBODY)


def test_srm_tokens(client: EntitlementClient, smctoken: str) -> None:
    tokens = client.srm_tokens(smctoken)
    assert tokens is not None and tokens.access.count(".") == 2 and tokens.access != tokens.refresh


GOOD: dict[str, Any] = {
    "pid": "1999900000013",
    "title": "นาย",
    "first_name": "ทดสอบ",
    "last_name": "ระบบ",
    "birth_date": "25350320",
    "age": "33 ปี",
    "sex": "ชาย",
    "province": "เชียงใหม่",
    "deceased": False,
    "right": None,
    "pending": None,
    "claim_types": [],
    "latest_codes": [],
    "checked_at": "2026-02-01T12:00:00",
}


@pytest.mark.parametrize(
    "wrong",
    [
        {"pid": 1999900000013},
        {"birth_date": "25350320 "},
        {"birth_date": "２５३५０३２０"},
        {"pid": "१९९९९०००००१३"},
        {"checked_at": "๒๐๒๖-๐๒-๐๑T๑๒:๐๐:๐๐"},
        {"first_name": "\x1b[31m"},
        {"right": "UCS"},
        {"claim_types": None},
        {"latest_codes": [{"claim_code": "<b>"}]},
        {"checked_at": "today"},
    ],
)
def test_what_is_no_answer(wrong: dict[str, Any]) -> None:
    body = json.dumps({**GOOD, **wrong}).encode()
    with answering(200, body) as url, EntitlementClient(url) as client, pytest.raises(ServiceNonsense):
        client.search("0" * 16, "1999900000013")
    with answering(200, json.dumps(GOOD).encode()) as url, EntitlementClient(url) as client:
        assert client.search("0" * 16, "1999900000013").name == "นายทดสอบ ระบบ"


@pytest.mark.parametrize(("told", "english"), [({}, ""), ({"hname_en": None}, ""), ({"hname_en": "X"}, "X")])
def test_a_hospital_may_have_no_english_name(told: dict[str, Any], english: str) -> None:
    hospital = {"hcode": "99000", "hname": "ก", **told}
    right = {
        "main": {"id": "UCS", "name": {"en": "x", "th": "ก"}},
        "main_labelled": "(UCS) ก",
        "sub_labelled": "",
        "since": "2026-02-01T12:00:00",
        "until": None,
        "province": "",
        "main_hospital": hospital,
        "outpatient_hospital": None,
        "sub_hospital": None,
    }
    body = json.dumps({**GOOD, "right": right}).encode()
    with answering(200, body) as url, EntitlementClient(url) as client:
        found = client.search("0" * 16, "1999900000013").right
    assert found is not None and found.main_hospital == Hospital("99000", "ก", english)


def test_where_srm_is_not_offered() -> None:
    refusal = {
        "status": "no-such-service",
        "message": {"en": "x", "th": "ก"},
        "what_to_do": {"en": "x", "th": "ก"},
    }
    with answering(404, json.dumps(refusal).encode()) as url, EntitlementClient(url) as client:
        assert client.srm_tokens("0" * 16) is None
