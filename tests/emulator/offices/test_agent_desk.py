"""NHSO's side of the SmartCard Agent: literal shapes, a hospital's token, duplicates, drafts, history."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulator.offices.app import build_app
from emulator.offices.server import OfficeServer
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.people import DECEASED, ENTITLED, INSURED, NOBODY, WITHOUT_RIGHT, admit_people
from tests.emulator.offices.refusals import refusal
from tests.emulator.offices.rooms import Rooms, build_rooms

UUID = "123e4567-e89b-42d3-a456-426614174000"
ASKED = {"pid": ENTITLED, "claimType": "PG0060001", "mobile": "0800000000", "correlationId": UUID}
COUNTER = "X-Counter-Key"


@dataclass
class Desk:
    """The desk over HTTP, and the token of hospital 99312."""

    rooms: Rooms
    http: httpx.Client
    token: str

    def post(self, path: str, body: dict[str, Any], token: str | None = None) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {token or self.token}"}
        return self.http.post(f"/nhso/agent/{path}", json=body, headers=bearer)

    def refused(self, path: str, body: dict[str, Any], token: str | None = None) -> tuple[int, str]:
        return refusal(self.post(path, body, token))


@pytest.fixture
def desk() -> Iterator[Desk]:
    rooms = build_rooms()
    admit_people(rooms)
    with (
        OfficeServer(build_app(rooms.offices)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        key = {COUNTER: rooms.offices.counter_key}
        given = http.post("/nhso/hospital-tokens", json={"hcode": "99312"}, headers=key).json()
        yield Desk(rooms, http, given["token"])
    rooms.storage.close()


def test_rights_are_the_published_keys(desk: Desk) -> None:
    told = desk.post("rights", {"pid": ENTITLED}).json()
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", told.pop("correlationId")
    )
    claims = told.pop("claimTypes")
    assert claims[0] == {
        "claimType": "PG0060001",
        "claimTypeName": "เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)",
    }
    assert told == {
        "pid": "1999900009002",
        "titleName": "003",
        "fname": "ทดสอบ",
        "lname": "ระบบ",
        "nation": "099",
        "birthDate": "25350320",
        "sex": "ชาย",
        "transDate": "2021-03-16T13:11:56",
        "mainInscl": "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ",
        "subInscl": "(89) ช่วงอายุ 12-59 ปี",
        "age": "33 ปี 11 เดือน 18 วัน",
        "checkDate": "2026-03-10T12:00:00",
        "hospSub": {"hcode": "99314", "hname": "โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างศิลา"},
        "hospMainOp": {"hcode": "99313", "hname": "โรงพยาบาลชุมชนตัวอย่างขอนแก่น"},
        "hospMain": {"hcode": "99312", "hname": "โรงพยาบาลตัวอย่างขอนแก่น"},
        "paidModel": "1",
        "startDateTime": "2021-03-16T00:00:00",
    }
    assert desk.post("rights", {"pid": ENTITLED}).json()["correlationId"] != UUID


def test_keys_without_a_value_are_absent(desk: Desk) -> None:
    insured = desk.post("rights", {"pid": INSURED}).json()
    assert (insured["titleName"], insured["sex"], insured["mainInscl"]) == (
        "004",
        "หญิง",
        "(SSS) สิทธิประกันสังคม",
    )
    assert not {"hospSub", "hospMainOp", "paidModel", "expireDateTime"} & insured.keys()
    for pid in (WITHOUT_RIGHT, DECEASED):
        assert desk.refused("rights", {"pid": pid}) == (404, "no-entitlement")
    assert desk.refused("rights", {"pid": NOBODY}) == (404, "citizen-unknown")


def test_a_confirmation_is_answered_as_published(desk: Desk) -> None:
    told = desk.post("confirmations", {**ASKED, "hn": None, "hcode": "99312"}).json()
    assert re.fullmatch(r"PP\d{10}", told.pop("claimCode"))
    assert told == {
        "pid": ENTITLED,
        "claimType": "PG0060001",
        "correlationId": UUID,
        "createdDate": "2026-03-10T12:00:00",
    }


def test_the_same_day_is_a_duplicate_the_next_is_not(desk: Desk) -> None:
    assert desk.post("confirmations", ASKED).status_code == 200
    assert desk.refused("confirmations", ASKED) == (409, "authenticated-today")
    desk.rooms.clock.advance(timedelta(hours=11, minutes=59))
    assert desk.refused("confirmations", ASKED) == (409, "authenticated-today")
    desk.rooms.clock.advance(timedelta(minutes=1))
    assert desk.post("confirmations", ASKED).status_code == 200


def test_another_hospital_may_ask_on_the_same_day(desk: Desk) -> None:
    other = desk.rooms.offices.agent_desk.issue_token("99400")
    first = desk.post("confirmations", ASKED).json()["claimCode"]
    desk.rooms.clock.advance(timedelta(minutes=1))
    second = desk.post("confirmations", ASKED, other).json()["claimCode"]
    everywhere = desk.post("history", {"pid": ENTITLED, "limit": 5, "all_hospitals": True}).json()
    assert [each["claimCode"] for each in everywhere] == [second, first]
    mine = desk.post("history", {"pid": ENTITLED}).json()
    assert mine == [
        {
            "hcode": "99312",
            "claimType": "PG0060001",
            "claimCode": first,
            "claimDateTime": "2026-03-10T12:00:00",
            "checkDate": "2026-03-10T12:01:00",
        }
    ]


def test_the_history_is_the_newest_five(desk: Desk) -> None:
    codes = []
    for _ in range(7):
        codes.append(desk.post("confirmations", ASKED).json()["claimCode"])
        desk.rooms.clock.advance(timedelta(days=1))
    told = desk.post("history", {"pid": ENTITLED, "limit": 5, "all_hospitals": True}).json()
    assert [each["claimCode"] for each in told] == codes[:1:-1]
    assert desk.post("history", {"pid": NOBODY, "limit": 5}).json() == []


def test_a_draft_gives_no_code(desk: Desk) -> None:
    for _ in range(2):
        told = desk.post("drafts", ASKED)
        assert (told.status_code, told.json()) == (
            200,
            {
                "pid": ENTITLED,
                "claimType": "PG0060001",
                "correlationId": UUID,
                "createdDate": "2026-03-10T12:00:00",
            },
        )
    assert desk.post("history", {"pid": ENTITLED}).json() == []
    assert desk.post("confirmations", ASKED).status_code == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mobile": "12345"}, "mobile"),
        ({"mobile": None}, "mobile"),
        ({"claimType": "x"}, "claimType"),
        ({"correlationId": "x"}, "correlationId"),
        ({"pid": "123"}, "pid"),
        ({"hn": "\0"}, "hn"),
    ],
)
def test_fields_that_do_not_fit_are_named(desk: Desk, change: dict[str, Any], field: str) -> None:
    for path in ("confirmations", "drafts"):
        got = desk.post(path, {**ASKED, **change})
        assert got.status_code == 422
        assert [fault["field"] for fault in got.json()["fields"]] == [field]
    assert desk.post("history", {"pid": ENTITLED}).json() == []


def test_an_empty_mobile_is_taken(desk: Desk) -> None:
    assert desk.post("confirmations", {**ASKED, "mobile": ""}).status_code == 200


def test_only_a_hospitals_token_opens_the_desk(desk: Desk) -> None:
    bodies = {
        "rights": {"pid": ENTITLED},
        "confirmations": ASKED,
        "drafts": ASKED,
        "history": {"pid": ENTITLED},
    }
    for path, body in bodies.items():
        assert desk.refused(path, body, UUID) == (401, "hospital-token-not-valid")
        assert desk.http.post(f"/nhso/agent/{path}", json=body).status_code == 401
        assert desk.post(path, body, desk.token.upper()).status_code == 200
    desk.rooms.offices.agent_desk.revoke_tokens("99312")
    assert desk.refused("rights", {"pid": ENTITLED}) == (401, "hospital-token-not-valid")


def test_tokens_are_for_the_counter_to_give(desk: Desk) -> None:
    assert desk.http.post("/nhso/hospital-tokens", json={"hcode": "99312"}).status_code == 401


def test_a_token_is_nowhere_in_the_database(tmp_path: Path) -> None:
    rooms = build_rooms(tmp_path / "offices.db")
    token = rooms.offices.agent_desk.issue_token("99312")
    assert rooms.offices.agent_desk.hospital_of(token) == "99312"
    rooms.storage.close()
    for file in tmp_path.iterdir():
        assert token.encode() not in file.read_bytes()


def test_ten_at_once_get_one_code(desk: Desk) -> None:
    statuses = at_once(lambda _: desk.post("confirmations", ASKED).status_code, 10)
    assert sorted(statuses) == [200] + [409] * 9
