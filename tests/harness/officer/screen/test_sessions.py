"""The session's value: another one when an officer logs in and out, so that who knew it before knows nothing of use."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emulator.offices.embedded import EmbeddedOffices
from harness.officer.screen.guard import SESSION_COOKIE, Guard
from harness.officer.screen.server import ScreenServer
from tests.harness.officer.screen.desks import PIN, WRONG, Room

SCRIPT = {"X-Requested-With": "screen"}
LOGGED_IN = ("confirmed", "menu", "modules", "module")
TO_MODULE = ("pin", "enter", "menu/erm", "modules/entitlement")


class Tab:
    """A tab of a browser that keeps its cookies; what it shows, and presses."""

    def __init__(self, room: Room, url: str) -> None:
        self.room = room
        self.http = httpx.Client(base_url=url, trust_env=False)
        self.view()

    @property
    def value(self) -> str:
        return str(self.http.cookies[SESSION_COOKIE])

    def view(self) -> str:
        """The page that a visitor with this tab's cookies gets; its forms' token is kept."""
        page = self.http.get("/").text
        found = re.search(r'name="form-token" content="([0-9a-f]+)"', page)
        shown = re.search(r'data-view="([a-z]+)', page)
        assert found is not None and shown is not None
        self.token = found[1]
        return shown[1]

    def press(self, path: str, **form: str) -> httpx.Response:
        return self.http.post(f"/{path}", data={"csrf": self.token, **form})

    def to_pin(self) -> None:
        self.press("agent/start")
        self.room.watch.tell(card=True, visit=1)
        self.press("login")
        assert self.view() == "pin"


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(pages=False) as serving:
        yield serving


@pytest.fixture
def tab(offices: EmbeddedOffices, tmp_path: Path) -> Iterator[Tab]:
    room = Room(offices, tmp_path)
    with room.authority, room.nhso, room.desk, ScreenServer(room.desk) as server:
        opened = Tab(room, server.url)
        yield opened
        opened.http.close()


def assert_worthless(tab: Tab, old: str, token: str) -> None:
    """Whoever has only this value is a stranger, also to the forms that went with it."""
    with httpx.Client(base_url=tab.http.base_url, trust_env=False, cookies={SESSION_COOKIE: old}) as stranger:
        assert stranger.post("/agent/stop", data={"csrf": token}).status_code == 403
        early = stranger.get("/", headers=SCRIPT)
        assert (early.status_code, early.text) == (204, "")
        assert "set-cookie" not in early.headers  # it might take the new value's place
        opened = stranger.get("/")
        assert SESSION_COOKIE in opened.headers["set-cookie"]
        assert not re.search(r'data-view="(pin|confirmed|menu|module)', opened.text)


def test_logging_in_and_out_changes_the_value(tab: Tab) -> None:
    tab.to_pin()
    planted, token = tab.value, tab.token
    tab.press("pin", pin=WRONG)
    assert tab.value == planted
    given_one = tab.press("pin", pin=PIN).headers["set-cookie"]
    assert re.search(r"HttpOnly; Path=/; SameSite=strict", given_one)
    assert tab.value != planted
    assert_worthless(tab, planted, token)
    assert tab.view() == "confirmed"
    inside, token = tab.value, tab.token
    tab.press("cancel")
    assert tab.value not in (planted, inside)
    assert_worthless(tab, inside, token)
    assert tab.view() == "start" and "ออกจากระบบแล้ว" in tab.http.get("/").text


def test_the_pages_script_is_given_the_new_value_too(tab: Tab) -> None:
    tab.to_pin()
    before = tab.value
    answer = tab.http.post("/pin", data={"csrf": tab.token, "pin": PIN}, headers=SCRIPT)
    assert (answer.status_code, tab.value == before) == (204, False)
    assert tab.view() == "confirmed"


def test_the_stream_of_another_tab_goes_on(tab: Tab) -> None:
    tab.to_pin()
    with tab.http.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(lines) == "event: look"
        assert (next(lines), next(lines)) == ("data: {}", "")
        tab.room.desk.enter_pin(tab.value, PIN, lambda _owner: "renamed")
        assert next(lines) == "event: look"


def test_a_login_that_failed_keeps_its_windows_name(tab: Tab) -> None:
    tab.to_pin()
    before = tab.value
    tab.room.offices.set_idle_days(tab.room.card.citizen_id, 61)
    tab.press("pin", pin=PIN)
    assert tab.value == before and tab.view() == "stopped"


BUTTONS = st.sampled_from([*TO_MODULE, "login", "cancel", "wrong", "take-over", "agent/stop", "agent/start"])


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.lists(BUTTONS, min_size=1, max_size=8), st.booleans())
def test_it_changes_with_the_officers_login_and_never_else(
    tab: Tab, presses: list[str], inside: bool
) -> None:
    tab.press("cancel")
    tab.view()
    tab.room.settle()
    tab.room.put(0)
    tab.to_pin()
    for path in ("pin", *presses) if inside else presses:
        old, token, was = tab.value, tab.token, tab.view()
        tab.press("pin" if path == "wrong" else path, pin=WRONG if path == "wrong" else PIN)
        new, now = tab.value, tab.view()
        by_itself = path == "agent/stop"  # the agent ends the login, not the window
        changed = (was in LOGGED_IN) != (now in LOGGED_IN) and not by_itself
        assert (new != old) == changed, (path, was, now)
        if changed:
            assert_worthless(tab, old, token)


@given(st.text(max_size=80), st.integers(1, 5))
def test_only_the_latest_value_is_a_session(stranger: str, times: int) -> None:
    guard = Guard()
    values = [guard.new_session()]
    while len(values) <= times:
        values.append(guard.renewed(values[-1]))
    *old, latest = values
    assert guard.is_session(latest) and not guard.is_retired(latest)
    assert not any(guard.is_session(each) for each in old) and all(guard.is_retired(each) for each in old)
    assert len({guard.form_token(each) for each in values}) == len(values)
    assert not guard.is_session(stranger) and not guard.is_retired(stranger)
