"""A new card over the desk: made from an uploaded file, handed out in the same answer, and never half."""

from __future__ import annotations

import re
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from struct import pack
from zlib import crc32

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import citizen_id, keys
from emulator.card.card_file import card_bytes, card_in_bytes, open_card, read_card_file
from emulator.card.issue import blank_counters, card_from_seed
from emulator.card.personalisation import Personalisation
from emulator.errors import CardFileError
from emulator.offices.app import build_app
from emulator.offices.clock import SetClock
from emulator.offices.offices import Offices, open_offices
from emulator.offices.registry_office import Standing
from emulator.offices.server import OfficeServer
from emulator.offices.staff.accounts import Desk
from emulator.offices.web.upload import parts_of
from harness.client import CardClient
from harness.terminals.in_process import InProcessTerminal
from tests.emulator.offices.browser import Browser
from tests.emulator.offices.rooms import NOON_IN_BANGKOK, entries_about

PASSWORD = "correct horse battery"
DESK, CARDS = "/registry/desk", "/registry/desk/cards"
OLD = card_from_seed(7)
PIN = "4713"
NOBODY = citizen_id.synthetic(999)
ORDER = {"pid": OLD.citizen_id, "old_serial": OLD.serial.hex().upper(), "pin": PIN, "pin_again": PIN}


def file_of(card: Personalisation, pin: str = "1234") -> bytes:
    return card_bytes(card, blank_counters(pin, 5, card.policy))


FILE = file_of(OLD)


@pytest.fixture
def offices() -> Iterator[Offices]:
    opened = open_offices(clock=SetClock(NOON_IN_BANGKOK))
    opened.staff.set_account("registrar", name="นายทะเบียน", desk=Desk.REGISTRY, password=PASSWORD)
    opened.staff.set_account("nhso", name="สปสช.", desk=Desk.NHSO_REGION, region=7, password=PASSWORD)
    opened.registry.know_card(OLD.citizen_id, OLD.serial)
    yield opened
    opened.close()


@pytest.fixture
def browser(offices: Offices) -> Iterator[Browser]:
    with OfficeServer(build_app(offices)) as server:
        yield logged_in(server.url)


def logged_in(url: str) -> Browser:
    clerk = Browser(url)
    clerk.get(f"{DESK}/login")
    clerk.send(f"{DESK}/login", {"user": "registrar", "password": PASSWORD})
    clerk.get(DESK)
    return clerk


def send(
    browser: Browser, content: bytes | None = FILE, other: dict[str, str] | None = None
) -> httpx.Response:
    fields = {"csrf": browser.page.csrf, **ORDER, **(other or {})}
    # Without a file httpx would send another kind of form: all are sent as if they were files.
    parts: dict[str, tuple[str | None, bytes]] = {
        name: (None, value.encode()) for name, value in fields.items()
    }
    if content is not None:
        parts["card_file"] = ("old.card", content)
    answer = browser.http.post(CARDS, files=parts, headers={"Origin": browser.url})
    return browser._seen(answer)


def download(page: str) -> bytes:
    found = re.search(
        r'download="([0-9A-F]{16})\.card" href="data:application/octet-stream;base64,([^"]+)"', page
    )
    assert found is not None
    return b64decode(found[2], validate=True)


def serials(offices: Offices) -> list[bytes]:
    return [each.serial for each in offices.registry_desk.look_up(OLD.citizen_id, by="test").cards]


def test_the_answer_is_the_new_card(browser: Browser, offices: Offices, tmp_path: Path) -> None:
    done = send(browser)
    assert done.status_code == 200 and done.headers["Cache-Control"] == "no-store"
    path = tmp_path / "new.card"
    path.write_bytes(download(done.text))
    path.chmod(0o600)
    new, counters = read_card_file(path)
    assert (new.citizen_id, counters.failures, counters.pin) == (OLD.citizen_id, 0, PIN.encode())
    assert new.serial == OLD.serial[:-1] + b"\x02" and new.images == OLD.images
    assert offices.registry.standing(OLD.citizen_id, new.serial) is Standing.LATEST
    assert offices.registry.standing(OLD.citizen_id, OLD.serial) is Standing.REPLACED
    card = open_card(path)
    with InProcessTerminal(card) as terminal:
        client = CardClient(terminal)
        client.verify_pin(PIN)
        assert client.card_serial() == new.serial
    card.close()
    assert f'value="{PIN}"' not in done.text and OLD.citizen_id not in str(done.url)
    [entry] = [each for each in entries_about(offices.audit, "registrar") if each.event == "card-replaced"]
    assert (entry.outcome, entry.details) == ("00000", {"card": new.serial.hex().upper()})


REFUSED = {
    "no file": (None, {}, 422, "card_file"),
    "an empty file": (b"", {}, 422, "card_file"),
    "no card": (b"\x89PNG\r\n\x1a\n" + bytes(9000), {}, 422, "card_file"),
    "half a card": (FILE[:4000], {}, 422, "card_file"),
    "a damaged card": (FILE[:3000] + b"\xff" + FILE[3001:], {}, 422, "card_file"),
    "a long file": (FILE + bytes(65 * 1024), {}, 422, "card_file"),
    "another office's card": (file_of(card_from_seed(7, master_key=bytes(range(32)))), {}, 422, "card_file"),
    "somebody else's card": (file_of(card_from_seed(8)), {}, 422, "card_file"),
    "a card never issued": (file_of(card_from_seed(7, issue=9)), {}, 422, "card_file"),
    "a real card": (file_of(replace(OLD, serial=bytes(range(8)))), {}, 422, "card_file"),
    "a short PIN": (FILE, {"pin": "471", "pin_again": "471"}, 422, "pin"),
    "a PIN of letters": (FILE, {"pin": "abcd", "pin_again": "abcd"}, 422, "pin"),
    "a weak PIN in Thai digits": (FILE, {"pin": "๑๒๓๔", "pin_again": "๑๒๓๔"}, 422, "pin"),
    "full-width digits": (FILE, {"pin": "４７１３", "pin_again": "４７１３"}, 422, "pin"),
    "two PINs": (FILE, {"pin_again": "4714"}, 422, "pin_again"),
    "a weak PIN": (FILE, {"pin": "1234", "pin_again": "1234"}, 422, "pin"),
    "the birth year": (FILE, {"pin": "YEAR", "pin_again": "YEAR"}, 422, "pin"),
    "another latest card": (FILE, {"old_serial": "FFFF00000007000F"}, 404, None),
    "no serial": (FILE, {"old_serial": "x"}, 422, "old_serial"),
}


@pytest.mark.parametrize("language", ["th", "en"])
@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_changes_nothing(
    browser: Browser, offices: Offices, what: str, language: str
) -> None:
    content, other, status, field = REFUSED[what]
    if other.get("pin") == "YEAR":
        year = str(OLD.text_fields["MOI"]["birth_date"].year)
        other = {"pin": year, "pin_again": year}
    browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
    refused = send(browser, content, other)
    assert refused.status_code == status, refused.text
    assert "download=" not in refused.text and f'<html lang="{language}">' in refused.text
    if field is not None and field != "old_serial":
        assert f"{field}-fault" in browser.page.ids and f"#{field}" in browser.page.links
    assert serials(offices) == [OLD.serial]
    assert offices.registry.standing(OLD.citizen_id, OLD.serial) is Standing.LATEST
    assert all(told not in refused.text for told in (f'value="{PIN}"', 'value="1234"'))


def test_thai_digits_are_digits(browser: Browser, offices: Offices, tmp_path: Path) -> None:
    """On the card the PIN is the same four digits."""
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    for query in (OLD.citizen_id.translate(thai), OLD.serial.hex().upper().translate(thai)):
        found = browser.send(DESK, {"query": query})
        assert found.status_code == 200 and OLD.serial.hex().upper() in found.text
    done = send(browser, other={"pin": PIN.translate(thai), "pin_again": PIN})
    assert done.status_code == 200, done.text
    path = tmp_path / "new.card"
    path.write_bytes(download(done.text))
    card = open_card(path)
    with InProcessTerminal(card) as terminal:
        CardClient(terminal).verify_pin(PIN)
    card.close()


@pytest.mark.parametrize(
    ("query", "thai", "english", "other"),
    [
        (NOBODY, "ไม่พบว่าเคยออกบัตรให้แก่เลขประจำตัวประชาชนนี้", "no card on file for this citizen id", "serial."),
        ("FF" * 8, "ไม่พบบัตรที่มีหมายเลขบัตรนี้", "no card with this serial on file", "citizen id."),
    ],
)
def test_what_is_not_found_is_what_was_asked_for(
    browser: Browser, query: str, thai: str, english: str, other: str
) -> None:
    for language, told in (("th", thai), ("en", english)):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        missed = browser.send(DESK, {"query": query})
        assert missed.status_code == 404 and told in missed.text
        notice = missed.text.partition('role="alert"')[2].partition("</div>")[0]
        assert other not in notice


def test_the_desk_leads_to_the_pin_counter_beside_it(offices: Offices) -> None:
    urls: dict[str, str] = {}
    with OfficeServer(build_app(offices, neighbours=urls)) as server:
        clerk = logged_in(server.url)
        assert "thnid office desk" in clerk.get(DESK).text
        urls["counter"] = "http://127.0.0.1:8187/"
        for language, told in (
            ("th", "เคาน์เตอร์กำหนดรหัส PIN ของเครื่องนี้"),
            ("en", "this machine&#39;s PIN counter"),
        ):
            clerk.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
            shown = clerk.get(DESK).text
            assert (
                f'<a href="http://127.0.0.1:8187/">{told}</a>' in shown and "thnid office desk" not in shown
            )


def test_no_fee_is_said_of_pins_only(browser: Browser) -> None:
    for language, told in (("th", "ไม่มีค่าธรรมเนียม"), ("en", "free of charge")):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        before, _, after = browser.get(DESK).text.partition('<div class="notice">')
        assert told not in before and told in after


def test_the_owner_may_insist_without_choosing_the_file_again(browser: Browser, offices: Offices) -> None:
    weak = {"pin": "1111", "pin_again": "1111"}
    refused = send(browser, other=weak)
    assert "insist" in browser.page.ids
    kept = re.search(r'name="kept_file" value="([^"]+)"', refused.text)
    assert kept is not None and b64decode(kept[1]) == FILE
    done = send(browser, b"", {**weak, "insist": "yes", "kept_file": kept[1]})
    assert done.status_code == 200
    assert card_in_bytes(Path("x"), download(done.text)).serial == serials(offices)[0]
    bad = send(browser, b"", {"kept_file": "%%%"})
    assert bad.status_code == 422


def test_sent_twice_there_is_one_new_card(browser: Browser, offices: Offices) -> None:
    first = send(browser)
    again = send(browser)  # reloaded, or pressed twice: it names the card that was the latest then
    assert (first.status_code, again.status_code) == (200, 409)
    assert len(serials(offices)) == 2


def test_a_lost_answer_is_made_good_by_another_card(browser: Browser, offices: Offices) -> None:
    lost = card_in_bytes(Path("x"), download(send(browser).text)).serial
    found = browser.send(DESK, {"query": OLD.citizen_id})
    assert lost.hex().upper() in found.text
    new = card_in_bytes(Path("x"), download(send(browser, other={"old_serial": lost.hex()}).text)).serial
    assert set(serials(offices)) == {OLD.serial, lost, new} and len({OLD.serial, lost, new}) == 3
    standings = [offices.registry.standing(OLD.citizen_id, each) for each in (OLD.serial, lost, new)]
    assert standings == [Standing.REPLACED, Standing.REPLACED, Standing.LATEST]


def test_it_is_for_the_registry_offices_staff(browser: Browser, offices: Offices) -> None:
    token = browser.page.csrf
    stranger = Browser(browser.url)
    stranger.get("/")
    assert send(stranger).headers["location"].startswith(f"{DESK}/login")
    browser.page.csrf = "0" * 64
    assert send(browser).status_code == 403
    browser.page.csrf = token
    cross = {"Origin": "http://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.http.post(CARDS, files={"csrf": (None, token)}, headers=cross).status_code == 403
    assert browser.http.get(CARDS).status_code == 405
    assert serials(offices) == [OLD.serial]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b""),
        ("multipart/form-data", b"--x--"),
        ("multipart/form-data; boundary=", b"----"),
        ('multipart/form-data; boundary="\xe0"', b""),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\n\r\n--x--"),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\nv'),
        ("multipart/form-data; boundary=x", b"--x" * 400_000),
        ("application/x-www-form-urlencoded", b"csrf=x"),
    ],
)
def test_what_is_no_form_is_refused(browser: Browser, kind: str, body: bytes) -> None:
    answer = browser.http.post(CARDS, content=body, headers={b"Content-Type": kind.encode("latin-1")})
    assert answer.status_code in (403, 413, 422) and "Traceback" not in answer.text


NAMES = st.text("abcdefgh_", min_size=1, max_size=10)


@given(fields=st.dictionaries(NAMES, st.binary(max_size=200), max_size=8))
def test_a_form_comes_as_it_was_sent(fields: dict[str, bytes]) -> None:
    sent = httpx.Request(
        "POST", "http://x/", files={name: ('a;b"c', content) for name, content in fields.items()} or None
    )
    if fields:
        assert parts_of(sent.headers["Content-Type"], sent.read()) == fields


@given(
    content=st.binary(max_size=600),
    kind=st.sampled_from(["multipart/form-data; boundary=x", "multipart/form-data"]),
)
def test_any_bytes_are_a_form_or_none(content: bytes, kind: str) -> None:
    for body in (content, b"--x\r\n" + content + b"\r\n--x--\r\n"):
        with suppress(ValueError):
            parts_of(kind, body)


_BODY = 1536


@given(at=st.integers(0, len(FILE) - 1 - _BODY), byte=st.integers(0, 255), cut=st.booleans())
def test_any_body_with_a_right_checksum_is_a_card_or_none(at: int, byte: int, cut: bool) -> None:
    """Whoever writes the checksum anew gets no further than the parser."""
    body = bytearray(FILE[_BODY:])
    body[at] = byte
    raw = bytes(body[:at] if cut else body)
    header = FILE[:10] + pack(">II", len(raw), crc32(raw))
    content = header.ljust(512, b"\0") + FILE[512:_BODY] + raw
    try:
        card = card_in_bytes(Path("x"), content)
    except CardFileError:
        return
    assert len(card.serial) == keys.SERIAL_LENGTH
