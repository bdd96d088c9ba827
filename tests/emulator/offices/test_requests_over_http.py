"""Requests for rights as programs send them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest

from emulator.offices.attempts import Limits
from emulator.offices.embedded import EmbeddedOffices
from emulator.offices.mail.catcher import MailCatcher
from tests.emulator.offices.letters import ENTRY, LETTER, as_json
from tests.emulator.offices.rooms import CITIZEN

REQUESTS = "/nhso/requests"


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def offices(catcher: MailCatcher) -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(catcher=catcher) as running:
        yield running


@pytest.fixture
def http(offices: EmbeddedOffices) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=offices.url, trust_env=False) as client:
        yield client


@pytest.fixture
def counter(offices: EmbeddedOffices) -> dict[str, str]:
    return {"X-Counter-Key": offices.counter_key}


def test_the_whole_way(http: httpx.Client, counter: dict[str, str], catcher: MailCatcher) -> None:
    received = http.post(REQUESTS, json=as_json())
    assert received.status_code == 201
    told = received.json()
    assert set(told["note"]) == {"en", "th"}
    [waiting] = http.get(REQUESTS, headers=counter).json()["requests"]
    assert (waiting["waiting"], waiting["officers"][0]["pid"]) == (2, CITIZEN)
    one = f"{REQUESTS}/{told['reference']}"
    approved = http.post(f"{one}/approvals", json={"officer": 1}, headers=counter).json()
    assert approved["officers"][0]["decision"] == "approved"
    body = {"officer": 2, "reason": "ข้อมูลไม่ครบ"}
    assert http.post(f"{one}/refusals", json=body, headers=counter).json()["waiting"] == 0
    assert {mail.recipients[0] for mail in catcher.wait_for(2)} == {"one@example.org", "two@example.org"}
    status = {"reference": told["reference"], "receipt": told["receipt"]}
    shown = http.post(f"{REQUESTS}/status", json=status).json()
    assert [each["pid"] for each in shown["officers"]] == [None, None]
    assert http.get(REQUESTS, headers=counter).json() == {"requests": []}
    assert len(http.get(REQUESTS, params={"everything": True}, headers=counter).json()["requests"]) == 1
    ended = http.post(f"{REQUESTS}/revocations", json={"pid": CITIZEN, "reason": "ลาออก"}, headers=counter)
    assert ended.json() == {"level": None}
    assert "ลาออก" in catcher.wait_for(3)[0].body
    assert http.post(f"{REQUESTS}/sweeps", headers=counter).json() == {"told": 0}


def test_every_field_at_fault_is_named_in_both_languages(http: httpx.Client, counter: dict[str, str]) -> None:
    letter = replace(LETTER, organisation="1", officers=(replace(ENTRY, pid="1" * 13, level=""),))
    refused = http.post(REQUESTS, json=as_json(letter))
    assert refused.status_code == 422
    faults = {each["field"]: each["reason"] for each in refused.json()["fields"]}
    assert set(faults) == {"organisation", "officers.0.level", "officers.0.pid"}
    assert all(set(reason) == {"en", "th"} for reason in faults.values())
    assert http.get(REQUESTS, params={"everything": True}, headers=counter).json() == {"requests": []}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("mobile", "08१２३４५６７８"),
        ("office_phone", "0४３१२३४५६"),
        ("office_phone", "043123456ต่อ१"),
        ("name", "😀😀"),
        ("name", "12345"),
    ],
)
def test_what_is_no_digit_and_no_name_is_refused(http: httpx.Client, field: str, value: str) -> None:
    entry = replace(ENTRY, **{field: value})
    refused = http.post(REQUESTS, json=as_json(replace(LETTER, officers=(entry,))))
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["fields"]] == [f"officers.0.{field}"]
    assert http.post(REQUESTS, json=as_json(replace(LETTER, phone="0４３１２３४५६"))).status_code == 422
    assert http.post(REQUESTS, json=as_json(replace(LETTER, organisation_name="่้๊"))).status_code == 422


def test_a_reference_in_other_digits_is_none(http: httpx.Client, counter: dict[str, str]) -> None:
    http.post(REQUESTS, json=as_json())
    assert http.get(f"{REQUESTS}/R2569-000001", headers=counter).status_code == 200
    assert http.get(f"{REQUESTS}/R２５６９-000001", headers=counter).status_code == 422


def test_too_many_officers_is_a_sentence(http: httpx.Client) -> None:
    letter = as_json()
    letter["officers"] = letter["officers"][:1] * 201
    refused = http.post("/nhso/requests", json=letter)
    [fault] = refused.json()["fields"]
    assert (refused.status_code, fault["field"]) == (422, "officers")
    assert fault["reason"]["en"] == "at most 200 officers in one letter; write another"
    assert fault["reason"]["th"] == "ระบุได้ไม่เกิน 200 รายต่อหนังสือหนึ่งฉบับ หากมีมากกว่านี้ให้ทำหนังสืออีกฉบับ"


def test_too_many_letters_from_one_address(http: httpx.Client) -> None:
    received = [http.post(REQUESTS, json=as_json()) for _ in range(Limits().letters_per_address)]
    assert {each.status_code for each in received} == {201}
    refused = http.post(REQUESTS, json=as_json())
    assert (refused.status_code, refused.json()["status"]) == (429, "too-many-letters")
    assert set(refused.json()["message"]) == {"en", "th"}
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    told = received[0].json()
    assert (
        http.post(f"{REQUESTS}/status", json={k: told[k] for k in ("reference", "receipt")}).status_code
        == 200
    )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", REQUESTS),
        ("GET", f"{REQUESTS}/R2569-000001"),
        ("POST", f"{REQUESTS}/R2569-000001/approvals"),
        ("POST", f"{REQUESTS}/R2569-000001/refusals"),
        ("POST", f"{REQUESTS}/revocations"),
        ("POST", f"{REQUESTS}/sweeps"),
    ],
)
def test_deciding_needs_the_counter_key(http: httpx.Client, method: str, path: str) -> None:
    for key in ({}, {"X-Counter-Key": "wrong"}):
        refused = http.request(method, path, json={}, headers=key)
        assert (refused.status_code, refused.json()["status"]) == (401, "counter-key-not-valid")


@pytest.mark.parametrize("officer", [0, 201, 10**30, "1", None, True])
def test_an_officer_is_a_place_in_the_letter(
    http: httpx.Client, counter: dict[str, str], officer: object
) -> None:
    reference = http.post(REQUESTS, json=as_json()).json()["reference"]
    path = f"{REQUESTS}/{reference}/approvals"
    refused = http.post(
        path, content=httpx.Request("POST", "http://x", json={"officer": officer}).content, headers=counter
    )
    assert refused.status_code == 422
    assert http.post(path, json={"officer": 3}, headers=counter).status_code == 404
