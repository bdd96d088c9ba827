"""SRM's tokens and its search: signed as published, rotating, dead after reuse, errors with a message."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import httpx
import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import replies
from emulator.offices.app import build_app
from emulator.offices.errors import Refused
from emulator.offices.server import OfficeServer
from emulator.offices.srm.tokens import SrmTokens
from tests.emulator.offices.people import (
    DECEASED,
    ENTITLED,
    NOBODY,
    WITHOUT_RIGHT,
    admit_people,
    officer_token,
)
from tests.emulator.offices.rooms import CITIZEN, Rooms, build_rooms

REFRESH, SEARCH = "/api/scard/access-token", "/api/ucws/v1/right-search"


@dataclass
class Srm:
    """SRM over HTTP and an officer's first tokens."""

    rooms: Rooms
    http: httpx.Client
    access: str
    refresh: str

    def next_pair(self, refresh: str) -> httpx.Response:
        return self.http.post(REFRESH, data={"refresh_token": refresh})

    def search(self, pid: str, access: str | None = None) -> httpx.Response:
        bearer = {"Authorization": f"Bearer {self.access if access is None else access}"}
        return self.http.get(SEARCH, params={"pid": pid}, headers=bearer)


@pytest.fixture
def srm() -> Iterator[Srm]:
    rooms = build_rooms()
    admit_people(rooms)
    token = officer_token(rooms)
    with (
        OfficeServer(build_app(rooms.offices)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        first = http.post("/nhso/srm/tokens", headers={"Authorization": f"Bearer {token}"}).json()
        assert set(first) == {"access-token", "refresh-token"}
        yield Srm(rooms, http, first["access-token"], first["refresh-token"])
    rooms.storage.close()


def part(token: str, number: int) -> dict[str, object]:
    text = token.split(".")[number]
    found = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    assert isinstance(found, dict)
    return found


def test_tokens_are_hs512_jwts_that_say_nothing_of_the_officer(srm: Srm) -> None:
    for token, life in ((srm.access, 3600), (srm.refresh, 86_400)):
        assert part(token, 0) == {"alg": "HS512", "typ": "JWT"}
        claims = part(token, 1)
        assert claims["exp"] == int(srm.rooms.clock.now().timestamp()) + life
        assert CITIZEN not in json.dumps(claims)


def test_a_search_replies_as_published(srm: Srm) -> None:
    got = srm.search(ENTITLED)
    assert got.status_code == 200
    assert got.json() == {
        "checkDate": "2026-03-10T12:00:00",
        "pid": "1999900009002",
        "tname": "นาย",
        "fname": "ทดสอบ",
        "lname": "ระบบ",
        "birthDate": "25350320",
        "funds": [
            {
                "mainInscl": {"id": "UCS", "name": "สิทธิหลักประกันสุขภาพแห่งชาติ"},
                "subInscl": {"id": "89", "name": "ช่วงอายุ 12-59 ปี"},
                "hospSub": {"hcode": "99314", "hname": "โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างศิลา"},
                "hospMainOp": {"hcode": "99313", "hname": "โรงพยาบาลชุมชนตัวอย่างขอนแก่น"},
                "hospMain": {"hcode": "99312", "hname": "โรงพยาบาลตัวอย่างขอนแก่น"},
                "purchaseProvince": {"name": "ขอนแก่น"},
                "startDateTime": "2021-03-16T00:00:00",
                "cardId": "0000000042",
                "paidModel": "1",
            }
        ],
    }
    assert srm.search(WITHOUT_RIGHT).json()["funds"] == []
    deceased = srm.search(DECEASED).json()
    assert (deceased["deathDate"], deceased["funds"]) == ("2025-01-01T07:00:00", [])


def refusal(got: httpx.Response) -> int:
    body = got.json()
    assert body["status"] == got.status_code
    assert body["message"] and body["messageEn"] and body["error"]
    return got.status_code


def test_errors_have_a_message(srm: Srm) -> None:
    assert refusal(srm.search(NOBODY)) == 404
    assert refusal(srm.search("12")) == 422
    assert refusal(srm.http.get(SEARCH, params={"pid": ENTITLED})) == 401
    assert refusal(srm.search(ENTITLED, "nonsense")) == 401
    assert refusal(srm.next_pair("nonsense")) == 401
    assert refusal(srm.http.post(REFRESH, data={"other": "x"})) == 400
    assert refusal(srm.http.post(REFRESH, content=b"\xff\xfe" * 10_000)) == 400
    assert refusal(srm.http.post(REFRESH, json={"refresh_token": srm.refresh})) == 400


@pytest.mark.parametrize(
    ("params", "thai", "english"),
    [
        ({}, "pid ต้องระบุ", "pid is required."),
        ({"pid": ""}, "pid ต้องระบุ", "pid is required."),
        ({"pid": "1"}, "pid ต้องเป็นเลขประจำตัวประชาชน 13 หลัก", "pid must be 13 digits"),
        ({"pid": "๑"}, "pid ต้องเป็นเลขประจำตัวประชาชน 13 หลัก", "pid must be 13 digits"),
    ],
)
def test_the_field_at_fault_is_named(srm: Srm, params: dict[str, str], thai: str, english: str) -> None:
    bearer = {"Authorization": f"Bearer {srm.access}"}
    got = srm.http.get(SEARCH, params=params, headers=bearer)
    assert refusal(got) == 422
    assert thai in got.json()["message"] and english in got.json()["messageEn"]


def test_an_access_token_expires_and_a_refresh_brings_the_next(srm: Srm) -> None:
    srm.rooms.clock.advance(timedelta(minutes=59, seconds=59))
    assert srm.search(ENTITLED).status_code == 200
    srm.rooms.clock.advance(timedelta(seconds=1))
    assert refusal(srm.search(ENTITLED)) == 401
    pair = srm.next_pair(srm.refresh).json()
    assert srm.search(ENTITLED, pair["access-token"]).status_code == 200
    srm.rooms.clock.advance(timedelta(hours=24))
    assert refusal(srm.next_pair(pair["refresh-token"])) == 401


def test_a_refresh_is_told_as_json_or_as_the_lines_of_the_file(srm: Srm) -> None:
    got = srm.next_pair(srm.refresh)
    assert got.headers["content-type"] == "application/json"
    form = {"refresh_token": got.json()["refresh-token"]}
    text = srm.http.post(REFRESH, data=form, headers={"Accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    lines = dict(line.split("=", 1) for line in text.text.splitlines())
    assert set(lines) == {"access-token", "refresh-token"}
    assert srm.search(ENTITLED, lines["access-token"]).status_code == 200


def test_a_refresh_token_that_comes_twice_ends_the_login(srm: Srm) -> None:
    newer = srm.next_pair(srm.refresh).json()
    assert refusal(srm.next_pair(srm.refresh)) == 401
    assert refusal(srm.next_pair(newer["refresh-token"])) == 401
    for access in (srm.access, newer["access-token"]):
        assert refusal(srm.search(ENTITLED, access)) == 401
    last = list(srm.rooms.audit.entries())[-1]
    assert (last.event, last.outcome) == ("srm-refresh", "srm-token-not-valid")


def test_tokens_are_not_interchangeable(srm: Srm) -> None:
    assert refusal(srm.search(ENTITLED, srm.refresh)) == 401
    assert refusal(srm.next_pair(srm.access)) == 401


def test_a_revoked_right_ends_everything(srm: Srm) -> None:
    srm.rooms.nhso.revoke(CITIZEN)
    assert refusal(srm.search(ENTITLED)) == 403
    assert refusal(srm.next_pair(srm.refresh)) == 403


def test_nothing_of_a_search_is_logged(srm: Srm, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    assert srm.search(ENTITLED).status_code == 200
    assert refusal(srm.search(NOBODY)) == 404
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert not [line for line in ours if ENTITLED in line or NOBODY in line or srm.access in line]


def test_forged_tokens(srm: Srm) -> None:
    claims = part(srm.access, 1)
    unsigned = jwt.encode(claims, "", algorithm="none")
    other_key = jwt.encode(claims, b"k" * 64, algorithm="HS512")
    for forged in (unsigned, other_key, srm.access[:-4] + "AAAA", srm.access + "x" * 4000):
        assert refusal(srm.search(ENTITLED, forged)) == 401


def test_every_database_has_a_key_of_its_own_and_keeps_it(rooms: Rooms) -> None:
    token = officer_token(rooms)
    pair = rooms.offices.srm.issue(token)
    restarted = SrmTokens(rooms.storage, rooms.clock, rooms.audit, rooms.nhso)
    assert restarted.officer_of(pair.access) == CITIZEN
    assert restarted.refresh(pair.refresh).access
    elsewhere = build_rooms()
    officer_token(elsewhere)
    with pytest.raises(Refused) as refused:
        elsewhere.offices.srm.officer_of(pair.access)
    assert refused.value.reason == replies.SRM_TOKEN_NOT_VALID
    elsewhere.storage.close()


@pytest.fixture(scope="module")
def tokens() -> Iterator[SrmTokens]:
    rooms = build_rooms()
    yield rooms.offices.srm
    rooms.storage.close()


@given(st.text(max_size=80) | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True))
def test_whatever_is_no_token_is_refused(tokens: SrmTokens, nonsense: str) -> None:
    for use in (tokens.officer_of, tokens.refresh):
        with pytest.raises(Refused):
            use(nonsense)
