"""ERM's module: search, register, request a code; what each level may; what is refused and leaves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest

from apdu_specs import replies
from emulator.offices.app import build_app
from emulator.offices.authen_codes import AuthenCodes, CodeRequest
from emulator.offices.citizens.hospitals import hospitals_of
from emulator.offices.errors import Refused
from emulator.offices.server import OfficeServer
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.people import (
    CHANGING,
    DECEASED,
    ENTITLED,
    INSURED,
    NOBODY,
    WITHOUT_RIGHT,
    admit_people,
    officer_token,
)
from tests.emulator.offices.refusals import refusal
from tests.emulator.offices.rooms import CITIZEN, Rooms, build_rooms, entries_about

GENERAL = "PG0060001"
ELSEWHERE = hospitals_of("50")[2]


@dataclass
class Module:
    """The module over HTTP."""

    rooms: Rooms
    http: httpx.Client

    def post(self, path: str, body: dict[str, Any], token: str) -> httpx.Response:
        return self.http.post(
            f"/nhso/entitlement/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
        )

    def refused(self, path: str, body: dict[str, Any], token: str) -> tuple[int, str]:
        return refusal(self.post(path, body, token))


@pytest.fixture
def module() -> Iterator[Module]:
    rooms = build_rooms()
    admit_people(rooms)
    with (
        OfficeServer(build_app(rooms.offices)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Module(rooms, http)
    rooms.storage.close()


def test_a_search(module: Module) -> None:
    found = module.post("search", {"pid": ENTITLED}, officer_token(module.rooms, "search")).json()
    assert (found["title"], found["first_name"], found["last_name"]) == ("นาย", "ทดสอบ", "ระบบ")
    assert (found["birth_date"], found["sex"], found["deceased"]) == ("25350320", "ชาย", False)
    assert found["age"] == "33 ปี 11 เดือน 18 วัน"
    assert found["right"]["main"] == {
        "id": "UCS",
        "name": {"en": "universal coverage", "th": "สิทธิหลักประกันสุขภาพแห่งชาติ"},
    }
    assert found["right"]["main_labelled"] == "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ"
    assert found["right"]["sub_labelled"] == "(89) ช่วงอายุ 12-59 ปี"
    assert (found["right"]["until"], found["pending"], found["latest_codes"]) == (None, None, [])
    assert found["right"]["sub_hospital"]["hcode"] == "99314"
    assert [each["id"] for each in found["claim_types"]] == [
        "PG0060001",
        "PG0110001",
        "PG0120001",
        "PG0130001",
        "PG0140001",
        "PG0150001",
    ]


def test_searches_of_other_people(module: Module) -> None:
    token = officer_token(module.rooms)
    none = module.post("search", {"pid": WITHOUT_RIGHT}, token).json()
    assert none["right"] is None and [each["id"] for each in none["claim_types"]] == [GENERAL]
    deceased = module.post("search", {"pid": DECEASED}, token).json()
    assert deceased["deceased"] and deceased["right"] is None and deceased["claim_types"] == []
    assert module.post("search", {"pid": CHANGING}, token).json()["pending"]["since"] == "2026-04-01T00:00:00"
    assert module.refused("search", {"pid": NOBODY}, token) == (404, "citizen-unknown")


@pytest.mark.parametrize(
    ("level", "register", "code"),
    [
        ("search", "action-not-permitted", "action-not-permitted"),
        ("register", None, "action-not-permitted"),
        ("authenticate", None, None),
    ],
)
def test_a_level_permits_what_it_says(
    module: Module, level: str, register: str | None, code: str | None
) -> None:
    token = officer_token(module.rooms, level)
    assert module.post("search", {"pid": ENTITLED}, token).status_code == 200
    for path, body, expected in (
        ("registrations", {"pid": ENTITLED, "hcode": ELSEWHERE.code}, register),
        ("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL}, code),
    ):
        if expected is None:
            assert module.post(path, body, token).status_code == 200
        else:
            assert module.refused(path, body, token) == (403, expected)


def test_a_registration_waits_for_midnight(module: Module) -> None:
    token = officer_token(module.rooms)
    asked = {"pid": ENTITLED, "hcode": ELSEWHERE.code}
    told = module.post("registrations", asked, token).json()
    assert told["right"]["sub_hospital"]["hcode"] == "99314"
    assert told["pending"]["sub_hospital"] == {
        "hcode": ELSEWHERE.code,
        "hname": ELSEWHERE.name,
        "hname_en": ELSEWHERE.english,
    }
    assert ELSEWHERE.english.endswith(" Hospital")
    assert told["pending"]["since"] == "2026-03-11T00:00:00"
    assert module.refused("registrations", asked, token) == (409, "already-registered")
    module.rooms.clock.advance(timedelta(hours=12))
    after = module.rooms.offices.citizens.search(ENTITLED)
    assert after is not None and after.pending is None and after.entitlement is not None
    assert after.entitlement.sub_hospital == ELSEWHERE
    back = {"pid": ENTITLED, "hcode": "99314"}
    assert module.post("registrations", back, officer_token(module.rooms)).json()["pending"] is not None


def test_who_has_no_right_gets_the_one_of_their_age(module: Module) -> None:
    token = officer_token(module.rooms)
    told = module.post("registrations", {"pid": WITHOUT_RIGHT, "hcode": ELSEWHERE.code}, token).json()
    assert (told["pending"]["main"]["id"], told["pending"]["sub"]["id"]) == ("UCS", "89")
    assert told["pending"]["until"] == "2052-03-19T23:59:59"  # the eve of the sixtieth birthday


@pytest.mark.parametrize(
    ("person", "hospital", "status"),
    [
        (INSURED, ELSEWHERE.code, (409, "not-registrable")),
        (DECEASED, ELSEWHERE.code, (409, "citizen-deceased")),
        (NOBODY, ELSEWHERE.code, (404, "citizen-unknown")),
        (ENTITLED, "00001", (404, "hospital-unknown")),
    ],
)
def test_registrations_that_are_refused(
    module: Module, person: str, hospital: str, status: tuple[int, str]
) -> None:
    before = module.rooms.offices.citizens.search(person)
    token = officer_token(module.rooms)
    assert module.refused("registrations", {"pid": person, "hcode": hospital}, token) == status
    assert module.rooms.offices.citizens.search(person) == before


def test_a_code_is_given_once_a_day(module: Module) -> None:
    token = officer_token(module.rooms)
    asked = {"pid": ENTITLED, "claim_type": GENERAL, "mobile": "0800000000", "hn": "42"}
    told = module.post("authentication-codes", asked, token).json()
    assert re.fullmatch(r"PP\d{10}", told["claim_code"])
    assert (told["hcode"], told["created_at"]) == ("99999", "2026-03-10T12:00:00")
    assert module.post("search", {"pid": ENTITLED}, token).json()["latest_codes"] == [told]
    assert module.refused("authentication-codes", asked, token) == (409, "authenticated-today")
    other = {**asked, "claim_type": "PG0130001"}
    assert module.post("authentication-codes", other, token).status_code == 200
    module.rooms.clock.advance(timedelta(hours=12))
    assert module.post("authentication-codes", asked, officer_token(module.rooms)).status_code == 200


@pytest.mark.parametrize(
    ("person", "claim_type", "status"),
    [
        (ENTITLED, "PG0180001", (409, "claim-type-not-open")),
        (WITHOUT_RIGHT, "PG0130001", (409, "claim-type-not-open")),
        (DECEASED, GENERAL, (409, "citizen-deceased")),
        (NOBODY, GENERAL, (404, "citizen-unknown")),
    ],
)
def test_codes_that_are_refused(
    module: Module, person: str, claim_type: str, status: tuple[int, str]
) -> None:
    token = officer_token(module.rooms)
    assert module.refused("authentication-codes", {"pid": person, "claim_type": claim_type}, token) == status


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("search", {"pid": "1999900009003"}, "pid"),
        ("search", {}, "pid"),
        ("search", {"pid": ENTITLED, "more": 1}, "more"),
        ("registrations", {"pid": ENTITLED, "hcode": "9931"}, "hcode"),
        ("authentication-codes", {"pid": ENTITLED, "claim_type": "PG9990001"}, "claim_type"),
        ("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL, "mobile": "12"}, "mobile"),
        ("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL, "mobile": "๐๘๐๐๐๐๐๐๐๐"}, "mobile"),
        ("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL, "hn": "x" * 21}, "hn"),
    ],
)
def test_fields_that_do_not_fit_are_named(
    module: Module, path: str, body: dict[str, str], field: str
) -> None:
    got = module.post(path, body, officer_token(module.rooms))
    told = got.json()
    assert (got.status_code, told["status"]) == (422, "request-not-valid")
    (fault,) = told["fields"]
    assert fault["field"] == field and fault["reason"]["en"] and re.search("[ก-๙]", fault["reason"]["th"])
    assert ENTITLED not in got.text


def test_nobody_passes_without_a_token(module: Module) -> None:
    bodies = {
        "search": {"pid": ENTITLED},
        "registrations": {"pid": ENTITLED, "hcode": ELSEWHERE.code},
        "authentication-codes": {"pid": ENTITLED, "claim_type": GENERAL},
    }
    for path, body in bodies.items():
        assert module.refused(path, body, "abcdefgh12345678") == (401, "token-not-valid")
        assert module.http.post(f"/nhso/entitlement/{path}", json=body).status_code == 401


def test_what_is_changed_is_audited(module: Module) -> None:
    token = officer_token(module.rooms)
    module.post("registrations", {"pid": ENTITLED, "hcode": ELSEWHERE.code}, token)
    module.post("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL}, token)
    module.post("authentication-codes", {"pid": ENTITLED, "claim_type": GENERAL}, token)
    entries = [(each.event, each.outcome) for each in entries_about(module.rooms.audit, ENTITLED)]
    assert entries == [
        ("citizen-registered", "00000"),
        ("authen-code-requested", "00000"),
        ("authen-code-requested", "authenticated-today"),
    ]
    officers = {each.actor for each in entries_about(module.rooms.audit, ENTITLED)}
    assert officers == {module.rooms.audit.pseudonym(CITIZEN)}
    assert module.rooms.audit.verify() is None


def request_of(person: str, number: int = 0) -> CodeRequest:
    return CodeRequest(person, GENERAL, "99999", "", f"00000000-0000-4000-8000-{number:012d}")


def test_the_days_limit_holds_on_every_database(rooms: Rooms) -> None:
    admit_people(rooms)
    twice = AuthenCodes(rooms.storage, rooms.clock, rooms.audit, rooms.offices.citizens, a_day=2)
    given = [twice.request(request_of(ENTITLED, n), by=CITIZEN).code for n in range(2)]
    assert len(set(given)) == 2
    with pytest.raises(Refused) as refused:
        twice.request(request_of(ENTITLED, 2), by=CITIZEN)
    assert refused.value.reason == replies.AUTHENTICATED_TODAY
    assert {each.code for each in twice.history(ENTITLED, limit=5)} == set(given)


def test_of_many_at_once_one_gets_the_code(rooms: Rooms) -> None:
    admit_people(rooms)

    def ask(number: int) -> str:
        try:
            return rooms.offices.authen_codes.request(request_of(ENTITLED, number), by=CITIZEN).code
        except Refused as refused:
            return refused.reason.status

    assert sorted(at_once(ask, 8))[1:] == ["authenticated-today"] * 7
    assert len(rooms.offices.authen_codes.history(ENTITLED, limit=5)) == 1
    assert rooms.audit.verify() is None


def test_registering_holds_on_every_database(rooms: Rooms) -> None:
    admit_people(rooms)
    rooms.offices.citizens.register(ENTITLED, ELSEWHERE.code, by=CITIZEN)
    with pytest.raises(Refused) as refused:
        rooms.offices.citizens.register(ENTITLED, ELSEWHERE.code, by=CITIZEN)
    assert refused.value.reason == replies.ALREADY_REGISTERED
    found = rooms.offices.citizens.search(ENTITLED)
    assert found is not None and found.pending is not None
    assert found.pending.sub_hospital == ELSEWHERE
