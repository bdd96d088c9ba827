"""Who may talk to the screen, and what everybody else gets: pages of this machine's own, with the token, and no stack trace."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.officer.agent import Symbol
from harness.officer.entitlement import EntitlementClient
from harness.officer.offices import AuthorityClient
from harness.officer.screen.app import BUTTONS
from harness.officer.screen.desk import Desk
from harness.officer.screen.guard import SESSION_COOKIE, Guard
from harness.officer.screen.server import ScreenServer
from tests.harness.officer.screen.desks import StillWatch, no_reader

NOWHERE = "http://127.0.0.1:9"


class Window:
    """A browser window that keeps its cookies."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.token = ""

    def open(self) -> httpx.Response:
        page = self.http.get("/")
        found = re.search(r'name="form-token" content="([0-9a-f]+)"', page.text)
        assert found is not None
        self.token = found[1]
        return page

    def press(self, path: str, headers: dict[str, str] | None = None, **form: str) -> httpx.Response:
        return self.http.post(f"/{path}", data={"csrf": self.token, **form}, headers=headers)


@pytest.fixture
def desk() -> Iterator[Desk]:
    with AuthorityClient(NOWHERE) as authority, EntitlementClient(NOWHERE) as nhso:
        yield Desk(authority, nhso, no_reader, watch=StillWatch)


@pytest.fixture
def window(desk: Desk) -> Iterator[Window]:
    with desk, ScreenServer(desk) as server:
        opened = Window(server.url)
        opened.open()
        yield opened
        opened.http.close()


def test_a_button_of_our_own_page(window: Window, desk: Desk) -> None:
    pressed = window.press("agent/start")
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/")
    assert desk.agent.symbol is Symbol.GREEN


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:{port}", "127.0.0.1:1", "127.0.0.1", "", "[::1]:1"]
)
def test_a_name_that_was_made_to_point_here(window: Window, desk: Desk, host: str) -> None:
    named = {"Host": host.format(port=window.http.base_url.port)}
    for path in ("/", "/events", "/static/screen.js"):
        assert window.http.get(path, headers=named).status_code == 421
    assert window.press("agent/start", headers=named).status_code == 421
    assert desk.agent.symbol is Symbol.GREY


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_form_of_another_site(window: Window, desk: Desk, headers: dict[str, str]) -> None:
    assert window.press("agent/start", headers=headers).status_code == 403
    assert desk.agent.symbol is Symbol.GREY


def test_own_origins(window: Window, desk: Desk) -> None:
    port = window.http.base_url.port
    for name in ("127.0.0.1", "localhost", "[::1]"):
        own = {"Host": f"{name}:{port}", "Origin": f"http://{name}:{port}", "Sec-Fetch-Site": "same-origin"}
        assert window.press("agent/start", headers=own).status_code == 303


def test_a_form_without_its_token(window: Window, desk: Desk) -> None:
    own = window.token
    other = Window(window.url)
    other.open()
    for token in ("", "0" * 64, own[:-1], other.token, "ก"):
        window.token = token
        assert window.press("agent/start").status_code == 403
    assert desk.agent.symbol is Symbol.GREY


def test_a_session_cannot_be_planted(window: Window) -> None:
    for planted in ("a.b", "x", "." * 64, window.http.cookies[SESSION_COOKIE] + "0"):
        stranger = httpx.Client(base_url=window.url, trust_env=False, cookies={SESSION_COOKIE: planted})
        given_one = stranger.get("/").headers["set-cookie"]
        assert f"={planted};" not in given_one
        assert re.search(r"HttpOnly; Path=/; SameSite=strict", given_one)
        stranger.close()


def test_a_page_of_another_site_leads_here(window: Window) -> None:
    """The browser keeps the cookie back then: without care the officer would be given a new session."""
    led = window.http.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert led.status_code == 403
    assert "set-cookie" not in led.headers
    assert window.http.get("/", headers={"Sec-Fetch-Site": "none"}).status_code == 200


def test_every_answer_carries_the_headers(window: Window) -> None:
    answers = [
        window.open(),
        window.http.get("/static/screen.css"),
        window.http.get("/static/../guard.py"),
        window.http.get("/nowhere"),
        window.http.get("/agent/start"),
        window.http.put("/"),
        window.press("agent/start"),
        window.press("pin", headers={"Origin": "null"}),
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 404, 404, 405, 405, 303, 403]
    for answer in answers:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in answer.headers
    page = answers[0].text
    assert not re.search(r"<script>|<style|\son[a-z]+=|\sstyle=", page)
    assert not re.search(r"(src|href)=\"(?!/|#)", page)


def test_a_wrong_method_and_the_icon(window: Window) -> None:
    wrong = window.http.put("/")
    assert "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้" in wrong.text and "GET" in wrong.headers["allow"]
    icon = window.http.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")


def test_refusals_in_both_languages(window: Window) -> None:
    assert "ไม่มีหน้านี้" in window.http.get("/nowhere").text
    window.press("language", language="en")
    assert "There is no such page here." in window.http.get("/nowhere").text
    assert 'lang="en"' in window.open().text
    window.press("language", language="xx")
    assert 'lang="th"' in window.open().text


def test_a_form_that_is_too_long(window: Window) -> None:
    assert window.press("entitlement/search", pid="1" * 5000).status_code == 413


@settings(max_examples=40)
@given(path=st.sampled_from(sorted(BUTTONS)), value=st.text(max_size=60), body=st.binary(max_size=200))
def test_no_form_brings_the_screen_down(path: str, value: str, body: bytes) -> None:
    window = _shared_window()
    fields = ("pin", "pid", "hcode", "mobile", "claim_type", "language")
    filled = {"csrf": window.token} | dict.fromkeys(fields, value)
    assert window.http.post(f"/{path}", data=filled).status_code == 303
    raw = urlencode({"csrf": window.token}).encode() + b"&" + body
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert window.http.post(f"/{path}", content=raw, headers=form).status_code in (303, 403)
    assert window.http.post(f"/{path}", content=body, headers=form).status_code in (303, 403)
    assert window.open().status_code == 200


_shared: list[Window] = []


def _shared_window() -> Window:
    return _shared[0]


@pytest.fixture(autouse=True, scope="module")
def _serve_for_properties() -> Iterator[None]:
    with AuthorityClient(NOWHERE) as authority, EntitlementClient(NOWHERE) as nhso:
        desk = Desk(authority, nhso, no_reader, watch=StillWatch)
        with desk, ScreenServer(desk) as server:
            window = Window(server.url)
            window.open()
            _shared.append(window)
            yield
            _shared.clear()
            window.http.close()


def test_the_stream_says_when_to_look(window: Window, desk: Desk) -> None:
    with window.http.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert next(lines) == "event: look"
        assert (next(lines), next(lines)) == ("data: {}", "")
        desk.start_agent()
        assert next(lines) == "event: look"


def test_a_fault_is_one_sentence_and_is_not_told_in_the_log(
    window: Window, desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_owner: str) -> None:
        raise RuntimeError("1999900000013 entered 1234")

    monkeypatch.setattr(desk, "view", broken)
    failed = window.http.get("/")
    assert failed.status_code == 500
    window.http.get("/nothing")  # the fault is noted after its answer: once this is answered, it was
    assert "Traceback" not in failed.text and "1999900000013" not in failed.text + caplog.text
    assert "RuntimeError" in caplog.text


@given(st.text(max_size=100), st.integers(1, 65535))
def test_only_names_of_this_machine_are_ours(host: str, port: int) -> None:
    own = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    bare = {"127.0.0.1", "localhost", "[::1]"} if port == 80 else set()
    assert Guard.knows_host(host, port) == (host.lower() in own | bare)
