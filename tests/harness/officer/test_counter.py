"""The registry office's counter: the owner of the card in the reader chooses a PIN; nobody else sees it."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from apdu_specs.pin_policy import PinState
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.embedded import EmbeddedOffices
from harness.client import CardClient
from harness.errors import NoCard, PinLocked, PinMalformed, WrongPin
from harness.officer.counter.app import build_counter
from harness.officer.counter.renewal import CardSwapped, PinEasilyGuessed, PinRenewal, PinsDiffer
from harness.officer.errors import RegistryRefused
from harness.officer.new_card import NewCard
from harness.officer.offices import RegistryClient
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.web_server import WebServer

GOOD, WEAK = "7302", "1234"
FIELD = r'name="{}" value="(\w+)"'


@dataclass
class Reader:
    """What is in the reader, if anything."""

    card: Card | None = field(default_factory=lambda: card_in_memory(card_from_seed(1), failures=3))

    def connect(self) -> Terminal:
        if self.card is None:
            raise NoCard("reader")
        return InProcessTerminal(self.card)


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(pages=False) as running:
        yield running


@pytest.fixture
def reader(offices: EmbeddedOffices) -> Reader:
    reader = Reader()
    assert reader.card is not None
    offices.know_card(reader.card.citizen_id, reader.card.serial)
    return reader


@pytest.fixture
def renewal(offices: EmbeddedOffices, reader: Reader) -> Iterator[PinRenewal]:
    with RegistryClient(offices.registry_url, counter_key=offices.counter_key) as registry:
        yield PinRenewal(reader.connect, registry)


@pytest.fixture
def http(renewal: PinRenewal) -> Iterator[httpx.Client]:
    with (
        WebServer(build_counter(renewal)) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        yield client


def accepts(card: Card | None, pin: str) -> bool:
    assert card is not None
    with InProcessTerminal(card) as terminal:
        try:
            CardClient(terminal).verify_pin(pin)
        except WrongPin:
            return False
    return True


def choose(http: httpx.Client, pin: str, again: str | None = None, **more: str) -> httpx.Response:
    """What the owner does on the page, and what comes of it."""
    page = http.get("/owner").text
    token, serial = (re.search(rf'name="{name}" value="(\w+)"', page) for name in ("csrf", "serial"))
    told = {
        "csrf": token[1] if token else "",
        "serial": serial[1] if serial else "",
        "pin": pin,
        "again": pin if again is None else again,
    }
    return http.post("/owner", data={**told, **more})


def test_a_suspended_card_gets_the_pin_that_its_owner_chose(reader: Reader, renewal: PinRenewal) -> None:
    assert (renewal.look().state, renewal.look().tries_left) == (PinState.SUSPENDED, None)
    renewed = renewal.renew(GOOD, GOOD, insist=False)
    assert (renewed.state, renewed.tries_left) == (PinState.READY, 3)
    assert accepts(reader.card, GOOD)


def test_a_weak_pin_is_warned_of_and_the_owner_may_insist(reader: Reader, renewal: PinRenewal) -> None:
    with pytest.raises(PinEasilyGuessed) as caught:
        renewal.renew(WEAK, WEAK, insist=False)
    assert caught.value.reasons and WEAK not in caught.value.message.en
    assert renewal.look().state is PinState.SUSPENDED
    renewal.renew(WEAK, WEAK, insist=True)
    assert accepts(reader.card, WEAK)


def test_the_owners_own_digits_are_weak(reader: Reader, renewal: PinRenewal) -> None:
    assert reader.card is not None
    pin = reader.card.citizen_id[6:10]
    with pytest.raises(PinEasilyGuessed):
        renewal.renew(pin, pin, insist=False)


@pytest.mark.parametrize("pin", ["", "123", "12345", "12a4", "๑๒๓๔"])
def test_what_is_no_pin(renewal: PinRenewal, pin: str) -> None:
    with pytest.raises(PinMalformed):
        renewal.renew(pin, pin, insist=True)


def test_two_entries_that_differ(renewal: PinRenewal) -> None:
    with pytest.raises(PinsDiffer):
        renewal.renew(GOOD, "7303", insist=True)


def test_a_locked_card_is_refused(reader: Reader, renewal: PinRenewal) -> None:
    reader.card = card_in_memory(card_from_seed(1), failures=5)
    assert renewal.look().state is PinState.LOCKED
    with pytest.raises(PinLocked):
        renewal.renew(GOOD, GOOD, insist=False)


def test_a_card_that_the_registry_does_not_know(reader: Reader, renewal: PinRenewal) -> None:
    reader.card = card_in_memory(card_from_seed(99), failures=3)
    with pytest.raises(RegistryRefused):
        renewal.renew(GOOD, GOOD, insist=False)
    assert renewal.look().state is PinState.SUSPENDED


def test_another_card_than_the_one_shown(reader: Reader, renewal: PinRenewal) -> None:
    with pytest.raises(CardSwapped):
        renewal.renew(GOOD, GOOD, insist=False, serial=bytes(8))


# --- the pages --------------------------------------------------------------------------------------------------------


def test_the_owner_sets_the_pin_and_no_page_tells_it(reader: Reader, http: httpx.Client) -> None:
    clerk = http.get("/")
    assert "รหัส PIN ถูกระงับ" in clerk.text
    assert reader.card is not None and reader.card.citizen_id not in clerk.text
    done = choose(http, GOOD)
    assert done.status_code == 200 and GOOD not in done.text + str(done.url) + str(done.headers)
    assert accepts(reader.card, GOOD)


def test_weak_then_insisted_on(reader: Reader, http: httpx.Client) -> None:
    warned = choose(http, WEAK)
    assert warned.status_code == 422 and "คาดเดาได้ง่าย" in warned.text and 'name="insist"' in warned.text
    assert f'"{WEAK}"' not in warned.text
    assert choose(http, WEAK, insist="yes").status_code == 200
    assert accepts(reader.card, WEAK)


def test_a_locked_card_on_the_pages(reader: Reader, http: httpx.Client) -> None:
    reader.card = card_in_memory(card_from_seed(1), failures=5)
    clerk = http.get("/").text
    assert "ถูกล็อกถาวร" in clerk and "thnid" not in clerk  # of this counter nobody told how it is replaced
    assert 'name="pin"' not in http.get("/owner").text
    assert choose(http, GOOD).status_code == 422
    assert reader.card.state is PinState.LOCKED


@pytest.mark.parametrize(
    ("known", "led"),
    [
        ({"desk": "http://127.0.0.1:9/registry/desk"}, 'href="http://127.0.0.1:9/registry/desk"'),
        ({"file": Path("l.card")}, "<code>thnid office replace-card --card l.card --out l-new.card</code>"),
        ({"in_memory": True}, "<code>thnid card set --state ready</code>"),
    ],
)
def test_a_locked_card_leads_to_a_new_one(
    reader: Reader, renewal: PinRenewal, known: dict[str, Any], led: str
) -> None:
    reader.card = card_in_memory(card_from_seed(1), failures=5)
    counter = build_counter(renewal, way_to_new_card=lambda serial: NewCard(serial, **known))
    with WebServer(counter) as server, httpx.Client(base_url=server.url, trust_env=False) as client:
        assert led in client.get("/").text
        english = client.get("/", headers={"Cookie": "lang=en"}).text
        assert led in english and ":</p>" in english
        reader.card = card_in_memory(card_from_seed(1), failures=3)
        assert led not in client.get("/").text


@pytest.mark.parametrize("failures", [0, 3, 5])
@pytest.mark.parametrize(
    ("replaced", "thai", "english"),
    [
        (True, "บัตรใบนี้ถูกแทนที่ด้วยบัตรใบใหม่แล้ว", "This card has been replaced by a newer one."),
        (False, "สำนักทะเบียนไม่พบว่าได้ออกบัตรใบนี้", "The registry office did not issue this card"),
    ],
)
def test_a_card_that_the_registry_refuses_is_told_before_anything_is_typed(
    offices: EmbeddedOffices,
    reader: Reader,
    http: httpx.Client,
    replaced: bool,
    thai: str,
    english: str,
    failures: int,
) -> None:
    reader.card = card_in_memory(card_from_seed(50 + failures if replaced else 99), failures=failures)
    if replaced:
        offices.know_card(reader.card.citizen_id, reader.card.serial)
        offices.replace_card(reader.card.citizen_id, reader.card.serial)
    before = offices.offices.audit.head()
    for path in ("/", "/owner"):
        told = http.get(path).text
        assert told.count(thai) == 1 and 'role="alert"' in told
        assert 'name="pin"' not in told and 'href="/owner"' not in told
        assert "ใช้งานได้" not in told and "เหลือโอกาส" not in told and "ล็อกถาวร" not in told
        assert english in http.get(path, headers={"Cookie": "lang=en"}).text
    assert reader.card.failures == failures
    assert offices.offices.audit.head() == before  # who only looks changes nothing
    reader.card = card_in_memory(card_from_seed(1))
    assert "รหัส PIN ใช้งานได้" in http.get("/").text and 'name="pin"' in http.get("/owner").text


def test_a_card_that_is_replaced_while_its_owner_types(
    offices: EmbeddedOffices, reader: Reader, http: httpx.Client
) -> None:
    reader.card = card_in_memory(card_from_seed(43), failures=3)
    offices.know_card(reader.card.citizen_id, reader.card.serial)
    page = http.get("/owner").text
    fields = {name: found[1] for name in ("csrf", "serial") if (found := re.search(FIELD.format(name), page))}
    offices.replace_card(reader.card.citizen_id, reader.card.serial)
    refused = http.post("/owner", data={**fields, "pin": GOOD, "again": GOOD})
    assert refused.status_code == 422
    assert refused.text.count("บัตรใบนี้ถูกแทนที่ด้วยบัตรใบใหม่แล้ว") == 1 and 'name="pin"' not in refused.text
    assert reader.card.state is PinState.SUSPENDED


@pytest.mark.parametrize("failures", [0, 3])
def test_without_the_registry_nothing_is_typed_in_vain(reader: Reader, failures: int) -> None:
    reader.card = card_in_memory(card_from_seed(1), failures=failures)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        nobody = f"http://127.0.0.1:{listener.getsockname()[1]}/registry"
    with (
        RegistryClient(nobody) as registry,
        WebServer(build_counter(PinRenewal(reader.connect, registry))) as server,
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        for path in ("/", "/owner"):
            told = client.get(path)
            assert told.status_code == 200 and "เชื่อมต่อสำนักทะเบียนไม่ได้" in told.text
            assert "ระหว่างนี้ยังกำหนดรหัส PIN ใหม่ไม่ได้" in told.text
            assert 'name="pin"' not in told.text and 'href="/owner"' not in told.text
            english = client.get(path, headers={"Cookie": "lang=en"}).text
            assert "There is no connection to the registry office." in english
            assert "Until then no new PIN can be set." in english
        assert reader.card.failures == failures
        reader.card = card_in_memory(card_from_seed(1), failures=5)  # for this one no office helps
        for path in ("/", "/owner"):
            told = client.get(path)
            assert "ล็อกถาวร" in told.text and "เชื่อมต่อ" not in told.text and 'name="pin"' not in told.text


@pytest.mark.parametrize(("pin", "again"), [("๗๓๐๒", "๗๓๐๒"), ("๗๓๐๒", GOOD), ("7๓0๒", "๗3๐2")])
def test_thai_digits_are_digits(reader: Reader, http: httpx.Client, pin: str, again: str) -> None:
    assert choose(http, pin, again).status_code == 200
    assert reader.card is not None and reader.card.counters.pin == GOOD.encode("ascii")


@pytest.mark.parametrize("pin", ["٧٣٠٢", "７３０２", "०१२३"])
def test_other_scripts_digits_are_none(reader: Reader, http: httpx.Client, pin: str) -> None:
    assert choose(http, pin).status_code == 422
    assert reader.card is not None and reader.card.state is PinState.SUSPENDED


def test_no_card_and_a_swapped_one(reader: Reader, http: httpx.Client) -> None:
    page = http.get("/owner").text
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token is not None
    told = {"csrf": token[1], "serial": "00" * 8, "pin": GOOD, "again": GOOD}
    assert "คนละใบ" in http.post("/owner", data=told).text
    assert http.post("/owner", data={**told, "serial": "nonsense"}).status_code == 422
    reader.card = None
    assert http.get("/").status_code == 200
    assert http.post("/owner", data=told).status_code == 422


@pytest.mark.parametrize(
    "headers",
    [{"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Host": "evil.example"}],
)
def test_forms_from_elsewhere_change_nothing(
    renewal: PinRenewal, http: httpx.Client, headers: dict[str, str]
) -> None:
    page = http.get("/owner").text
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token is not None
    told = {"csrf": token[1], "pin": GOOD, "again": GOOD}
    assert http.post("/owner", data=told, headers=headers).status_code == 403
    assert http.post("/owner", data={**told, "csrf": "0" * 64}).status_code == 403
    assert renewal.look().state is PinState.SUSPENDED


@pytest.mark.parametrize("path", ["/owner", "/language"])
def test_a_browser_that_leaves_half_way_is_no_failure(
    renewal: PinRenewal, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    told = iter([{"type": "http.request", "body": b"pin=73", "more_body": True}, {"type": "http.disconnect"}])
    answers = []

    async def receive() -> Any:
        return next(told)

    async def send(message: Any) -> None:
        answers.append(message)

    async def leave() -> None:
        await build_counter(renewal)(_post(path), receive, send)

    asyncio.run(leave())
    assert answers[0]["status"] == 403 and caplog.records == []
    assert renewal.look().state is PinState.SUSPENDED


def _post(path: str) -> dict[str, Any]:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1:8000")],
        "server": ("127.0.0.1", 8000),
    }


def test_other_names_for_this_machine_are_not_served(http: httpx.Client) -> None:
    assert http.get("/", headers={"Host": "evil.example"}).status_code == 421


def test_language_and_headers(http: httpx.Client) -> None:
    page = http.get("/owner")
    assert "script" not in page.text and "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert page.headers["Cache-Control"] == "no-store"
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token is not None
    answer = http.post("/language", data={"csrf": token[1], "language": "en", "back": "//evil.example"})
    assert answer.headers["location"] == "/"
    assert "Max-Age=31536000" in answer.headers["set-cookie"]
    assert "Choose your PIN" in http.get("/owner").text
    assert http.get("/static/counter.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    ("method", "path", "status", "thai", "english"),
    [
        ("GET", "/nothing", 404, "ไม่มีหน้านี้", "There is no such page here."),
        ("POST", "/", 405, "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้", "This page cannot be asked for in this way."),
    ],
)
def test_what_is_not_served_is_told_in_the_language_of_the_window(
    http: httpx.Client, method: str, path: str, status: int, thai: str, english: str
) -> None:
    answer = http.request(method, path)
    assert (answer.status_code, answer.text) == (status, thai)
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert ("allow" in answer.headers) == (status == 405)
    assert http.request(method, path, headers={"Cookie": "lang=en"}).text == english


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("GET", "/nothing", 404, "There is no such page here."),
        ("POST", "/", 405, "This page cannot be asked for in this way."),
    ],
)
def test_a_browser_that_is_lost_gets_a_page(
    http: httpx.Client, method: str, path: str, status: int, told: str
) -> None:
    opened = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Cookie": "lang=en"}
    page = http.request(method, path, headers=opened)
    assert (page.status_code, page.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert f"<h1>{told}</h1>" in page.text and '<a href="/">To the first page</a>' in page.text
    assert ("allow" in page.headers) == (status == 405)
    elsewhere = http.request(method, path, headers={**opened, "Host": "evil.example"})
    assert elsewhere.text == told and "set-cookie" not in elsewhere.headers


def test_the_icon(http: httpx.Client) -> None:
    icon = http.get("/favicon.ico")
    assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
    assert 'href="/favicon.ico"' in http.get("/").text


def test_the_new_pin_is_asked_for_twice(reader: Reader, http: httpx.Client) -> None:
    assert "กรอกรหัส PIN ใหม่อีกครั้งเพื่อยืนยัน" in http.get("/owner").text
