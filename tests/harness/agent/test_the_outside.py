"""What pages of other origins, people and tools see of the agent; and that nothing about anybody is logged."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from harness.agent.app import build_app
from harness.agent.nhso import NhsoDesk
from harness.agent.patient import PatientCard, PatientReader
from harness.terminals.presence import Readers
from harness.web_server import WebServer
from tests.emulator.offices.people import ENTITLED
from tests.harness.agent.scene import ASKED, Scene

PAGE = "https://his.example"


def test_a_page_of_another_origin_reads_the_answers_and_the_refusals(unchanged: Scene) -> None:
    for path, status in (
        ("/api/smartcard/terminals", 200),
        ("/api/smartcard/read", 200),
        ("/api/smartcard/probe/1", 400),
        ("/api/nothing", 404),
    ):
        answer = unchanged.get(path, Origin=PAGE)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in answer.headers
    assert "access-control-allow-origin" not in unchanged.get("/api/smartcard/terminals").headers


OPENED = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(
    ("method", "path", "status", "thai", "english"),
    [
        ("GET", "/nowhere", 404, "ไม่มีหน้านี้", "There is no such page here."),
        ("GET", "/api/smartcard", 404, "ไม่มีหน้านี้", "There is no such page here."),
        ("POST", "/", 405, "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้", "This page cannot be asked for in this way."),
        (
            "GET",
            "/api/nhso-service/confirm-save",
            405,
            "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้",
            "This page cannot be asked for in this way.",
        ),
    ],
)
def test_a_browser_that_is_lost_gets_a_page_and_a_program_springs_json(
    unchanged: Scene, method: str, path: str, status: int, thai: str, english: str
) -> None:
    page = unchanged.http.request(method, path, headers={"Accept": OPENED})
    assert page.status_code == status and page.headers["content-type"].startswith("text/html")
    assert thai in page.text and english in page.text and '<a href="/">' in page.text
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert ("allow" in page.headers) == (status == 405)
    for accept in ("*/*", "application/json", "text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2"):
        told = unchanged.http.request(method, path, headers={"Accept": accept})
        assert (told.status_code, told.json()["path"]) == (status, path)


def test_the_icon_and_the_first_page(unchanged: Scene) -> None:
    icon = unchanged.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    front = unchanged.get("/")
    assert 'href="/favicon.ico"' in front.text and 'href="/v3/api-docs"' in front.text
    assert "img-src 'self'" in front.headers["content-security-policy"]


@pytest.mark.parametrize("path", ["/api/nhso-service/confirm-save", "/api/nhso-service/confirm-save/"])
def test_a_browser_asks_first_as_chromium_does(unchanged: Scene, path: str) -> None:
    answer = unchanged.http.options(
        path,
        headers={
            "Origin": PAGE,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "content-type",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert answer.status_code == 200
    told = answer.headers
    assert told["access-control-allow-origin"] == "*"
    assert "POST" in told["access-control-allow-methods"]
    assert told["access-control-allow-headers"] == "content-type"
    assert told["access-control-allow-private-network"] == "true"
    assert answer.content == b""


def test_consent_is_given_to_what_was_asked_only(unchanged: Scene) -> None:
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "GET"}
    told = unchanged.http.options("/api/smartcard/read", headers=asked).headers
    assert not {"access-control-allow-headers", "access-control-allow-private-network"} & set(told)
    local = {**asked, "Access-Control-Request-Local-Network": "true"}
    told = unchanged.http.options("/api/smartcard/read", headers=local).headers
    assert told["access-control-allow-local-network"] == "true"


def test_is_it_up(unchanged: Scene) -> None:
    assert unchanged.get("/api/api/preference").status_code == 200
    front = unchanged.get("/")
    assert front.status_code == 200
    assert front.headers["content-type"] == "text/html; charset=utf-8"
    assert "โปรแกรมทำงานอยู่" in front.text and "/api/smartcard/read-card-only" in front.text
    assert "<script" not in front.text
    for old in ("/swagger-ui.html", "/swagger-ui/index.html"):
        assert unchanged.get(old).headers["location"] == "/"


def test_the_openapi_document(unchanged: Scene) -> None:
    document = unchanged.get("/v3/api-docs").json()
    assert {path: sorted(methods) for path, methods in document["paths"].items()} == {
        "/api/smartcard/terminals": ["get"],
        "/api/smartcard/read": ["get"],
        "/api/smartcard/read-card-only": ["get"],
        "/api/smartcard/probe/{pid}": ["get"],
        "/api/nhso-service/confirm-save": ["post"],
        "/api/nhso-service/save-as-draft": ["post"],
        "/api/nhso-service/latest-authen-code/{pid}": ["get"],
        "/api/nhso-service/latest-5-authen-code-all-hospital/{pid}": ["get"],
        "/api/api/preference": ["get"],
    }
    tags = {
        tag
        for methods in document["paths"].values()
        for each in methods.values()
        for tag in each.get("tags", [])
    }
    assert tags == {"secure-smart-card-agent-resource", "nhso-service-resource"}


def test_nothing_about_anybody_is_logged_or_shown(unchanged: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    unchanged.get(f"/api/nhso-service/latest-authen-code/{ENTITLED}")
    unchanged.get(f"/api/smartcard/probe/{ENTITLED}?x={ENTITLED}")
    unchanged.get("/api/smartcard/read?readImageFlag=true")
    unchanged.http.post("/api/nhso-service/save-as-draft", json={**ASKED, "mobile": "1"})
    # The test's own requests are logged by httpx, and pytest listens to a logger that is switched off.
    silent = ("httpx", "httpcore", "uvicorn.access")
    ours = [each for each in caplog.records if not each.name.startswith(silent)]
    assert not logging.getLogger("uvicorn.access").propagate
    assert not any(ENTITLED in each.getMessage() for each in ours)
    card = PatientCard(ENTITLED, "นาย", "ทดสอบ", "ระบบ")
    assert repr(card) == "PatientCard()"


def test_a_fault_is_a_refusal_without_a_trace(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(PatientReader):
        def terminals(self) -> list[dict[str, Any]]:
            raise RuntimeError(f"about {ENTITLED}")

    reader = Broken(lambda: Readers(True, ()))
    with (
        NhsoDesk("http://127.0.0.1:9/nhso", "x") as nhso,
        WebServer(build_app(reader, nhso)) as server,
    ):
        answer = httpx.get(f"{server.url}/api/smartcard/terminals", headers={"Origin": PAGE}, trust_env=False)
    told = answer.json()
    assert (answer.status_code, told["message"]) == (500, "โปรแกรมขัดข้อง กรุณาลองใหม่อีกครั้ง")
    assert answer.headers["access-control-allow-origin"] == "*"
    assert ENTITLED not in answer.text + caplog.text
    assert "RuntimeError" in caplog.text


@pytest.mark.parametrize(
    "path", ["/", "/api/smartcard/terminals", "/api/smartcard/read", "/api/nothing", "/api/api/preference"]
)
def test_head_is_get_without_a_body(unchanged: Scene, path: str) -> None:
    got, head = unchanged.http.get(path), unchanged.http.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers["content-type"] == got.headers["content-type"]
    assert int(head.headers["content-length"]) > 0


@pytest.mark.parametrize("name", ["terminals", "read", "read-card-only"])
def test_a_slash_at_the_end_changes_nothing(unchanged: Scene, name: str) -> None:
    plain = unchanged.http.get(f"/api/smartcard/{name}")
    slashed = unchanged.http.get(f"/api/smartcard/{name}/", follow_redirects=False)
    assert (plain.status_code, slashed.status_code) == (200, 200)
    told, again = plain.json(), slashed.json()
    if name == "terminals":
        assert again == told
    else:
        assert set(again) == set(told)


@pytest.mark.parametrize(
    "path",
    [
        f"/api/smartcard/probe/{ENTITLED}",
        f"/api/nhso-service/latest-authen-code/{ENTITLED}",
        f"/api/nhso-service/latest-5-authen-code-all-hospital/{ENTITLED}",
        "/api/api/preference",
    ],
)
def test_nor_does_one_after_a_citizen_id(unchanged: Scene, path: str) -> None:
    slashed = unchanged.http.get(f"{path}/", follow_redirects=False)
    assert slashed.status_code == 200
    assert type(slashed.json()) is type(unchanged.get(path).json())


def test_a_page_without_an_origin_of_its_own_asks_too(unchanged: Scene) -> None:
    """Programs made of pages in files: their origin is ``null``."""
    answer = unchanged.http.options(
        "/api/smartcard/read",
        headers={
            "Origin": "null",
            "Access-Control-Request-Method": "GET",
            "Access-Control-Request-Private-Network": "true",
        },
    )
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, "*")
    assert answer.headers["access-control-allow-private-network"] == "true"
    assert (
        unchanged.get("/api/smartcard/terminals", Origin="null").headers["access-control-allow-origin"] == "*"
    )


def test_answers_tell_the_time_of_the_clock_that_was_given() -> None:
    class Nobody(NhsoDesk):
        def history(self, pid: str, *, limit: int, all_hospitals: bool) -> list[dict[str, str]]:
            return []

    noon = datetime(2030, 1, 2, 5, 0, tzinfo=UTC)
    reader = PatientReader(lambda: Readers(True, ()))
    with (
        Nobody("http://127.0.0.1:9/nhso", "x") as nhso,
        WebServer(build_app(reader, nhso, clock=lambda: noon)) as server,
    ):
        path = f"/api/nhso-service/latest-authen-code/{ENTITLED}"
        assert httpx.get(server.url + path, trust_env=False).json() == {"checkDate": "2030-01-02T12:00:00"}


def test_who_still_waits_for_a_card_when_the_agent_ends_is_told_so(caplog: pytest.LogCaptureFixture) -> None:
    begun, go_on = threading.Event(), threading.Event()

    class Waiting(PatientReader):
        def read(self, *, photo: bool) -> PatientCard:
            begun.set()
            assert go_on.wait(60)
            return PatientCard(ENTITLED)

    reader = Waiting(lambda: Readers(True, ()))
    with NhsoDesk("http://127.0.0.1:9/nhso", "x") as nhso, ThreadPoolExecutor(1) as program:
        with WebServer(build_app(reader, nhso)) as server:
            answer = program.submit(
                httpx.get, f"{server.url}/api/smartcard/read", trust_env=False, timeout=20
            )
            assert begun.wait(60)
        assert (answer.result(20).status_code, answer.result().json()["message"]) == (500, "โปรแกรมกำลังปิด")
        go_on.set()
    assert "Traceback" not in caplog.text
