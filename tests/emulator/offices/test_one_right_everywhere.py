"""One right as UCWS, SRM, the agent's desk and ERM tell it: they agree on its last day and on the card's number."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import citizen_id
from apdu_specs.bangkok import BANGKOK
from apdu_specs.values import BuddhistDate
from emulator.holders import holder_from_seed
from emulator.holders.holder import Holder
from emulator.offices.app import build_app
from emulator.offices.citizens.admission import citizen_of_holder
from emulator.offices.citizens.population import citizen_from_seed
from emulator.offices.server import OfficeServer
from tests.emulator.offices.people import PERSON, RIGHT, officer_token
from tests.emulator.offices.rooms import CITIZEN, Rooms, build_rooms

BORN_2005, ON_CARD, ON_CARD_TOO = (citizen_id.synthetic(number) for number in (910, 911, 912))
LAST_DAY = BuddhistDate(2573, 9, 30)
BIRTHDAY_60 = datetime(2065, 3, 19, 17, 0, tzinfo=UTC)  # 20 March 2065, midnight in Bangkok
SEARCH = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><t:searchCurrentByPID '
    'xmlns:t="http://tokenws.ucws.nhso.go.th/"><user_person_id>{0}</user_person_id><smctoken>{1}</smctoken>'
    "<person_id>{2}</person_id></t:searchCurrentByPID></S:Body></S:Envelope>"
)


@dataclass
class Services:
    """Everybody who tells a right, over HTTP."""

    rooms: Rooms
    http: httpx.Client
    smctoken: str

    def ucws(self, pid: str) -> dict[str, str]:
        asked = SEARCH.format(CITIZEN, self.smctoken, pid)
        got = self.http.post("/ucwstokenp1/UCWSTokenP1", content=asked, headers={"Content-Type": "text/xml"})
        return {
            each.tag: each.text or "" for each in ElementTree.fromstring(got.text).iterfind(".//return/*")
        }

    def agent(self, pid: str) -> dict[str, Any]:
        token = self.rooms.offices.agent_desk.issue_token("99312")
        return self._json("/nhso/agent/rights", token, pid)

    def erm(self, pid: str) -> dict[str, Any]:
        return self._json("/nhso/entitlement/search", self.smctoken, pid)

    def srm(self, pid: str) -> dict[str, Any]:
        access = self.rooms.offices.srm.issue(self.smctoken).access
        bearer = {"Authorization": f"Bearer {access}"}
        found = self.http.get("/api/ucws/v1/right-search", params={"pid": pid}, headers=bearer).json()
        assert isinstance(found, dict)
        return found

    def _json(self, path: str, token: str, pid: str) -> dict[str, Any]:
        got = self.http.post(path, json={"pid": pid}, headers={"Authorization": f"Bearer {token}"})
        found = got.json()
        assert got.status_code == 200 and isinstance(found, dict)
        return found


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    rooms = build_rooms()
    ending = replace(RIGHT, until=BIRTHDAY_60)
    changing = replace(RIGHT, since=datetime(2026, 3, 31, 17, 0, tzinfo=UTC), until=BIRTHDAY_60)
    rooms.offices.citizens.admit(replace(PERSON, citizen_id=BORN_2005, entitlement=ending, pending=changing))
    rooms.offices.citizens.admit_holder(on_card(ON_CARD))
    rooms.offices.citizens.admit_holder(on_card(ON_CARD_TOO))
    with (
        OfficeServer(build_app(rooms.offices)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as http,
    ):
        yield Services(rooms, http, officer_token(rooms))
    rooms.storage.close()


def on_card(pid: str, last_day: BuddhistDate | None = LAST_DAY) -> Holder:
    """A holder whose chip says until when the right is good."""
    holder = holder_from_seed(1)
    assert holder.rights is not None
    return replace(holder, citizen_id=pid, rights=replace(holder.rights, expiry_date=last_day))


def test_a_right_ends_with_the_last_second_of_its_last_day(services: Services) -> None:
    assert services.agent(BORN_2005)["expireDateTime"] == "2065-03-19T23:59:59"
    told = services.ucws(BORN_2005)
    assert (told["expdate"], told["new_expdate"]) == ("26080319", "26080319")
    found = services.erm(BORN_2005)
    assert {found[each]["until"] for each in ("right", "pending")} == {"2065-03-19T23:59:59"}


def test_the_last_day_that_a_card_tells_is_the_last_day(services: Services) -> None:
    assert services.agent(ON_CARD)["expireDateTime"] == "2030-09-30T23:59:59"
    assert services.ucws(ON_CARD)["expdate"] == "25730930"
    assert services.erm(ON_CARD)["right"]["until"] == "2030-09-30T23:59:59"


def test_srm_tells_every_published_key_of_a_card_holders_fund(services: Services) -> None:
    found = services.srm(ON_CARD)
    assert set(found) == {"checkDate", "pid", "tname", "fname", "lname", "birthDate", "funds"}
    (fund,) = found["funds"]
    assert {name: set(value) if isinstance(value, dict) else str for name, value in fund.items()} == {
        "mainInscl": {"id", "name"},
        "subInscl": {"id", "name"},
        "hospMain": {"hcode", "hname"},
        "hospSub": {"hcode", "hname"},
        "hospMainOp": {"hcode", "hname"},
        "purchaseProvince": {"name"},
        "startDateTime": str,
        "cardId": str,
        "paidModel": str,
    }
    assert re.fullmatch(r"\d{10}", fund["cardId"])
    assert services.ucws(ON_CARD)["cardid"] == fund["cardId"]
    assert services.srm(ON_CARD_TOO)["funds"][0]["cardId"] != fund["cardId"]


def test_the_number_is_the_same_in_another_office(services: Services) -> None:
    told = services.srm(ON_CARD)["funds"][0]["cardId"]
    elsewhere = citizen_of_holder(on_card(ON_CARD), lambda _name, _province: None, datetime.now(UTC))
    assert elsewhere.entitlement is not None and elsewhere.entitlement.card_number == told


def test_a_card_without_an_end_tells_none() -> None:
    holder = on_card(ON_CARD, None)
    right = citizen_of_holder(holder, lambda _name, _province: None, datetime.now(UTC)).entitlement
    assert right is not None and right.until is right.last_second is None


@given(st.integers(0, 100), st.integers(0, 10**6), st.dates(date(2026, 1, 1), date(2040, 1, 1)))
def test_a_right_stands_in_its_last_second_and_not_in_the_next(seed: int, number: int, on: date) -> None:
    person = replace(citizen_from_seed(seed, number, on), pending=None, deceased_at=None)
    right = person.entitlement
    if right is None or right.last_second is None:
        return
    assert person.as_of(right.last_second).entitlement == right
    assert person.as_of(right.last_second + timedelta(seconds=1)).entitlement is None
    assert right.last_second.astimezone(BANGKOK).time() == time(23, 59, 59)
