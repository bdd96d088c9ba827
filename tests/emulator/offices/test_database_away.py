"""A database that is stopped under a running office: everybody is told, in their own way, and afterwards served again."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator

import httpx
import pytest

from emulator.offices.app import build_app
from emulator.offices.server import OfficeServer
from emulator.offices.web.kit import LANGUAGE_COOKIE, SESSION_COOKIE
from tests.emulator.offices.postgres import Postgres
from tests.emulator.offices.rooms import CARD, CITIZEN, OFFICE, build_rooms

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
ASKED = {"pid": CITIZEN, "cid": CARD.hex().upper(), "office": OFFICE}
SEARCH = (
    '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body>'
    '<n:searchCurrentByPID xmlns:n="http://tokenws.ucws.nhso.go.th/">'
    "<user_person_id>{user}</user_person_id><smctoken>0123456789abcdef</smctoken><person_id>{user}</person_id>"
    "</n:searchCurrentByPID></S:Body></S:Envelope>"
)


@pytest.fixture
def at(postgres: Postgres) -> Iterator[tuple[httpx.Client, str]]:
    """Offices on a database of their own, and its address."""
    address = postgres.new_database()
    rooms = build_rooms(address)
    with (
        OfficeServer(build_app(rooms.offices)) as server,
        httpx.Client(base_url=server.url, trust_env=False, timeout=30) as http,
    ):
        yield http, address
    rooms.storage.close()


def test_a_program_gets_a_reason_and_is_served_when_it_is_back(
    at: tuple[httpx.Client, str], postgres: Postgres, caplog: pytest.LogCaptureFixture
) -> None:
    http, address = at
    with postgres.gone(address), caplog.at_level(logging.ERROR):
        refused = http.post("/authority/9080", json=ASKED)
    assert (refused.status_code, refused.json()["status"]) == (503, "office-database-away")
    assert "nothing was stored" in refused.json()["message"]["en"]
    assert all(re.search("[ก-๙]", refused.json()[key]["th"]) for key in ("message", "what_to_do"))
    assert "/authority/9080 failed: OperationalError" in caplog.text and CITIZEN not in caplog.text
    assert http.post("/authority/9080", json=ASKED).status_code == 200


@pytest.mark.parametrize(("language", "words"), [("en", "cannot use its database"), ("th", "ใช้ฐานข้อมูลไม่ได้")])
def test_a_person_gets_a_page(
    at: tuple[httpx.Client, str], postgres: Postgres, language: str, words: str
) -> None:
    http, address = at
    http.cookies.set(LANGUAGE_COOKIE, language)
    http.cookies.set(SESSION_COOKIE, "a" * 43)
    with postgres.gone(address):
        page = http.get("/nhso/desk", headers=BROWSER)
    assert (page.status_code, page.headers["content-type"]) == (503, "text/html; charset=utf-8")
    assert words in page.text and "Content-Security-Policy" in page.headers
    assert "set-cookie" not in page.headers  # who is logged in stays so
    assert http.get("/nhso/desk", headers=BROWSER, follow_redirects=False).status_code == 303


def test_who_speaks_soap_gets_a_fault(at: tuple[httpx.Client, str], postgres: Postgres) -> None:
    http, address = at

    def search() -> httpx.Response:
        xml = {"Content-Type": "text/xml; charset=utf-8"}
        return http.post("/ucwstokenp1/UCWSTokenP1", content=SEARCH.format(user=CITIZEN), headers=xml)

    with postgres.gone(address):
        fault = search()
    assert (fault.status_code, fault.headers["content-type"]) == (500, "text/xml;charset=utf-8")
    assert "<faultcode>S:Server</faultcode>" in fault.text and "ใช้ฐานข้อมูลไม่ได้" in fault.text
    assert "NHSO-00003" in search().text
