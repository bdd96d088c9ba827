"""Which names the offices answer to, who sees caught e-mail, and HEAD: from this machine and from others."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.offices.app import build_app
from emulator.offices.embedded import EmbeddedOffices
from emulator.offices.hosts import KnownHosts, is_loopback
from emulator.offices.mail.catcher import MailCatcher
from tests.emulator.offices.rooms import build_rooms

HERE, ELSEWHERE = "127.0.0.1", "192.0.2.7"
NEIGHBOURS = {
    "screen": "http://127.0.0.1:1001",
    "agent": "http://127.0.0.1:1002",
    "counter": "http://127.0.0.1:1003",
}
OURS = ("localhost", "127.0.0.1", "[::1]", "LOCALHOST", "localhost.", "ucws.nhso.go.th", "UCWS.nhso.go.th")
NOBODYS = (
    "evil.example",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "ucws.nhso.go.th.evil.example",
    "evil@localhost",
    "localhost/evil.example",
    "localhost?",
    "localhost:port",
    "[::1",
    "192.168.1.5",
    "127.0.0.2",
    "2130706433",
    "",
    "localhost, evil.example",
)


@pytest.fixture(scope="module")
def catcher() -> Iterator[MailCatcher]:
    catcher = MailCatcher().start()
    yield catcher
    catcher.stop()


@pytest.fixture(scope="module")
def offices(catcher: MailCatcher) -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(catcher=catcher, host_names=("devbox",)) as running:
        running.neighbours.update(NEIGHBOURS)
        yield running


@pytest.mark.parametrize("port", ["", ":80", ":8180"])
@pytest.mark.parametrize("name", OURS)
def test_names_that_are_ours(name: str, port: str) -> None:
    assert f"{name}{port}" in KnownHosts()


@pytest.mark.parametrize("name", NOBODYS)
def test_names_that_are_not(name: str) -> None:
    assert name not in KnownHosts()


@given(st.ip_addresses())
def test_an_address_is_ours_where_the_offices_listen_everywhere(address: object) -> None:
    name = f"[{address}]" if ":" in str(address) else str(address)
    assert f"{name}:8180" in KnownHosts("0.0.0.0")
    assert f"{name}:8180" in KnownHosts("::")
    assert f"{name}:8180" in KnownHosts(str(address))
    assert (name in KnownHosts()) == (str(address) in ("127.0.0.1", "::1"))


@given(st.from_regex(r"[a-z0-9]{1,9}(\.[a-z0-9]{1,9}){0,3}\.[a-z]{2,9}", fullmatch=True))
def test_a_name_is_ours_when_it_was_given(name: str) -> None:
    for bound in ("127.0.0.1", "0.0.0.0"):
        assert name not in KnownHosts(bound)
        assert f"{name.upper()}:80" in KnownHosts(bound, (name,))


def test_what_is_this_machine() -> None:
    assert all(map(is_loopback, ("127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1")))
    assert not any(map(is_loopback, (None, "", "testclient", "192.0.2.7", "::ffff:192.0.2.7", "0.0.0.0")))


@pytest.mark.parametrize(
    "path", ["/", "/mail", "/openapi.json", "/nhso/menu", "/ucwstokenp1/UCWSTokenP1?wsdl"]
)
def test_a_page_under_another_name_reads_nothing(offices: EmbeddedOffices, path: str) -> None:
    """DNS rebinding: the browser is here, the name is the attacker's."""
    port = offices.url.rsplit(":", 1)[1]
    refused = httpx.get(offices.url + path, headers={"Host": f"evil.example:{port}"}, trust_env=False)
    assert (refused.status_code, refused.json()["status"]) == (421, "host-unknown")
    assert set(refused.json()["message"]) == set(refused.json()["what_to_do"]) == {"en", "th"}
    for host in (f"localhost:{port}", f"devbox:{port}", "ucws.nhso.go.th"):
        answer = httpx.get(offices.url + path, headers={"Host": host}, trust_env=False)
        assert answer.status_code == (401 if path == "/nhso/menu" else 200)


@pytest.mark.parametrize("path", ["/", "/mail", "/openapi.json", "/nhso/menu", "/nhso/login", "/nothing"])
def test_head_is_get_without_a_body(offices: EmbeddedOffices, path: str) -> None:
    with httpx.Client(base_url=offices.url, trust_env=False) as http:
        http.get("/")  # brings the cookie, which pages are made for
        got, head = http.get(path), http.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert dict(head.headers) == dict(got.headers)


def test_the_first_page_leads_to_everything(offices: EmbeddedOffices) -> None:
    page = httpx.get(offices.url, trust_env=False).text
    assert all(f'href="{url}"' in page for url in (*NEIGHBOURS.values(), "/mail"))


def asked_from(address: str, path: str, catcher: MailCatcher, *, open_mail: bool = False) -> httpx.Response:
    rooms = build_rooms()
    app = build_app(rooms.offices, catcher=catcher, open_mail=open_mail, neighbours=NEIGHBOURS)

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 5000))
        async with httpx.AsyncClient(transport=transport, base_url="http://offices") as http:
            return await http.get(path)

    try:
        # In a thread of its own: this one may have an event loop still, of a browser that an earlier test opened.
        with ThreadPoolExecutor(1) as apart:
            return apart.submit(asyncio.run, ask()).result()
    finally:
        rooms.storage.close()


def test_caught_mail_is_for_this_machine(catcher: MailCatcher) -> None:
    assert asked_from(HERE, "/mail", catcher).status_code == 200
    refused = asked_from(ELSEWHERE, "/mail", catcher)
    assert refused.status_code == 403
    assert "อีเมลที่ดักไว้ดูได้เฉพาะบนเครื่องที่ให้บริการเท่านั้น" in refused.text
    assert asked_from(ELSEWHERE, "/mail", catcher, open_mail=True).status_code == 200


def test_other_machines_are_led_to_nothing_that_they_cannot_reach(catcher: MailCatcher) -> None:
    page = asked_from(ELSEWHERE, "/", catcher)
    assert page.status_code == 200
    assert not any(url in page.text for url in (*NEIGHBOURS.values(), '"/mail"'))
    assert '"/mail"' in asked_from(ELSEWHERE, "/", catcher, open_mail=True).text
