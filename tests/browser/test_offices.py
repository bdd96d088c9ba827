"""A whole office in a real browser: from the organisation's letter to the officer's screen, and to the right's end.

Everything runs as ``thnid backoffice serve`` puts it together, with a virtual card behind real PC/SC and a clock that moves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect

from emulator.card import Card
from emulator.card.card_file import read_card_file
from emulator.card.issue import card_from_seed, card_in_file, card_in_memory
from emulator.offices.citizens.population import citizen_number
from harness.bench import Bench
from harness.cli.whole_office import OfficeOptions, WholeOffice, whole_office
from harness.stack import Stack
from tests.browser.conftest import NARROW, WIDE, Look, OpenWindow
from tests.browser.test_officer_screen import press, shown, to_pin, type_pin

pytestmark = pytest.mark.pcsc

PIN, OFFICER = "1234", 7
PEOPLE = 30
NEW_SERIAL = "FFFF0000000000AA"
LIMIT_S = 60.0
REFUSED_ON_PURPOSE = r"status of 4\d\d"


@dataclass(frozen=True)
class Town:
    """The offices, a card in the reader of the officer's machine, and the clock that all of them follow."""

    office: WholeOffice
    card: Card
    bench: Bench

    @property
    def pages(self) -> str:
        return self.office.services["pages"]

    def password(self, user: str) -> str:
        return next(each.password for each in self.office.accounts if each.user == user)

    def let_days_pass(self, days: int) -> None:
        """As tests of others do it: over HTTP."""
        with httpx.Client(trust_env=False, timeout=LIMIT_S) as http:
            moved = http.post(f"{self.pages}/test/clock", json={"advance_days": days})
        assert moved.status_code == 200, moved.text


@pytest.fixture
def town() -> Iterator[Town]:
    with ExitStack() as cleanup:
        stack = cleanup.enter_context(Stack())
        bench = cleanup.enter_context(Bench(stack))
        card = card_in_memory(card_from_seed(OFFICER), pin=PIN)
        office = cleanup.enter_context(whole_office(OfficeOptions(people=PEOPLE, test_mode=True)))
        office.backoffice.offices.registry.know_card(card.citizen_id, card.serial)
        yield Town(office, card, bench)


def fill_in(page: Page, pid: str, level: str = "authenticate") -> None:
    """The organisation's letter with one officer."""
    fields = {
        "organisation_name": "โรงพยาบาลตัวอย่างทดสอบ",
        "organisation": "99000",
        "address": "1 หมู่ที่ 1 ตำบลศิลา อำเภอเมืองขอนแก่น จังหวัดขอนแก่น",
        "phone": "043-123-456",
        "superior_name": "นายใจดี มีสุข",
        "superior_position": "ผู้อำนวยการ",
        "officers-0-name": "นายวีระ มั่นมณี",
        "officers-0-pid": pid,
        "officers-0-office_phone": "043-123-456",
        "officers-0-mobile": "081-234-5678",
        "officers-0-email": "officer@example.org",
    }
    for name, value in fields.items():
        page.locator(f"[id='{name}']").fill(value)
    page.locator("#region").select_option("7")
    page.locator(f"input[name='officers-0-level'][value='{level}']").check()


def send(page: Page) -> None:
    page.locator("form#request .actions button[value=send]").click()


def log_in(page: Page, user: str, password: str) -> None:
    page.locator("#user").fill(user)
    page.locator("#password").fill(password)
    page.locator("main button[type=submit]").click()


def granted_by_letter(town: Town, window: OpenWindow) -> None:
    """The officer asks and is granted a right, without looking at every page."""
    page = window(f"{town.pages}/nhso/requests/new")
    fill_in(page, town.card.citizen_id)
    send(page)
    page.goto(f"{town.pages}/nhso/desk")
    log_in(page, "nhso", town.password("nhso"))
    page.locator("table a").first.click()
    page.get_by_role("button", name="อนุมัติ", exact=True).click()
    expect(page.locator(".tag.good")).to_have_text("อนุมัติแล้ว")


@pytest.mark.parametrize("language", ["th", "en"])
def test_from_the_letter_to_the_module(town: Town, window: OpenWindow, look: Look, language: str) -> None:
    thai = language == "th"
    page = window(town.pages, language=language, expected=REFUSED_ON_PURPOSE)
    name = f"offices-{language}"
    assert page.locator("html").get_attribute("lang") == language
    look(page, f"{name}-1-first-page")
    page.locator("a[href='/nhso/requests/new']").click()
    send(page)
    summary = page.locator(".summary")
    expect(summary).to_be_focused()
    assert summary.locator("li").count() >= 8
    look(page, f"{name}-2-letter-faults")
    fill_in(page, "1999900000010")
    send(page)
    expect(summary.locator("li")).to_have_count(1)
    summary.locator("a").click()
    expect(page.locator("#officers-0-pid")).to_be_focused()
    page.locator("#officers-0-pid").fill(town.card.citizen_id)
    assert page.locator("#organisation_name").input_value() == "โรงพยาบาลตัวอย่างทดสอบ"
    send(page)
    reference = page.locator("#reference").inner_text()
    receipt = page.locator("#receipt").inner_text()
    look(page, f"{name}-3-received")

    desk = window(f"{town.pages}/nhso/desk", language=language, expected=REFUSED_ON_PURPOSE)
    log_in(desk, "nhso", "wrong-password")
    expect(desk.get_by_role("alert")).to_be_visible()
    look(desk, f"{name}-4-staff-login-refused")
    log_in(desk, "nhso", town.password("nhso"))
    look(desk, f"{name}-5-queue")
    desk.get_by_role("link", name=reference).click()
    look(desk, f"{name}-6-letter")
    desk.get_by_role("button", name="อนุมัติ" if thai else "Grant", exact=True).click()
    expect(desk.locator(".tag.good")).to_have_text("อนุมัติแล้ว" if thai else "Granted")
    look(desk, f"{name}-7-decided")
    desk.locator("a[href='/nhso/desk/rights']").click()
    look(desk, f"{name}-8-rights")

    page.goto(f"{town.pages}/nhso/requests/track")
    page.locator("#reference").fill(reference)
    page.locator("#receipt").fill(receipt)
    look(page, f"{name}-9-track")
    page.locator("main button[type=submit]").click()
    expect(page.locator(".tag.good")).to_have_text("อนุมัติแล้ว" if thai else "Granted")
    look(page, f"{name}-10-status")

    mail_comes(page, town)
    expect(page.locator("article").first).to_contain_text("officer@example.org")
    look(page, f"{name}-11-mail")

    town.bench.insert(town.card)
    screen = window(town.office.services["screen"], language=language)
    to_pin(screen, language)
    type_pin(screen, PIN)
    shown(screen, "confirmed")
    press(screen, "enter", language)
    press(screen, "erm", language)
    press(screen, "module", language)
    shown(screen, "module-")
    screen.locator("#pid").fill(citizen_number(1, 3))
    press(screen, "search", language)
    expect(screen.locator("article h2")).to_be_visible()
    assert citizen_number(1, 3) in screen.locator("article").inner_text().replace(" ", "")
    look(screen, f"{name}-12-module")


def mail_comes(page: Page, town: Town) -> None:
    """Open the page of caught e-mail once there is one."""
    town.office.backoffice.catcher.wait_for(1, LIMIT_S)
    page.goto(f"{town.pages}/mail")
    expect(page.locator("article").first).to_be_visible()


def test_sixty_days_pass(town: Town, window: OpenWindow, look: Look) -> None:
    """The screen says so, the regional office's page does, and the officer is told by e-mail."""
    granted_by_letter(town, window)
    town.bench.insert(town.card)
    screen = window(town.office.services["screen"])
    to_pin(screen)
    type_pin(screen, PIN)
    shown(screen, "confirmed")
    town.let_days_pass(61)
    expect(screen.locator(".alert")).to_be_visible()  # by itself: the offices' clock has passed midnight
    screen.goto(town.office.services["screen"])
    press(screen, "again")
    press(screen, "login")
    shown(screen, "pin")
    type_pin(screen, PIN)
    expect(screen.locator(".alert")).to_contain_text("60")
    look(screen, "offices-th-13-sixty-days-screen")
    desk = window(f"{town.pages}/nhso/desk/rights")
    log_in(desk, "nhso", town.password("nhso"))
    desk.get_by_role("button", name="ยกเลิกสิทธิที่ครบกำหนดทันที").click()
    expect(desk.locator(".tag.bad")).to_contain_text("60")
    look(desk, "offices-th-14-sixty-days-rights")
    assert any("60" in each.body for each in town.office.backoffice.catcher.wait_for(2, LIMIT_S))


def test_a_right_is_revoked_in_mid_session(town: Town, window: OpenWindow, look: Look) -> None:
    granted_by_letter(town, window)
    town.bench.insert(town.card)
    screen = window(town.office.services["screen"], width=NARROW)
    to_pin(screen)
    type_pin(screen, PIN)
    shown(screen, "confirmed")
    desk = window(f"{town.pages}/nhso/desk/rights")
    log_in(desk, "nhso", town.password("nhso"))
    desk.locator("[id='reason-1']").fill("ย้ายหน่วยงาน")
    desk.get_by_role("button", name="ยกเลิกสิทธิ", exact=True).click()
    expect(desk.locator(".tag.bad")).to_have_text("ยกเลิกแล้ว")
    look(desk, "offices-th-15-revoked-rights")
    press(screen, "enter")
    expect(screen.locator(".alert .code")).to_have_text("right-revoked")
    look(screen, "offices-th-16-revoked-screen")


def test_a_request_is_refused_with_a_reason(town: Town, window: OpenWindow, look: Look) -> None:
    page = window(f"{town.pages}/nhso/requests/new", language="en")
    fill_in(page, citizen_number(1, 5))
    send(page)
    reference, receipt = page.locator("#reference").inner_text(), page.locator("#receipt").inner_text()
    desk = window(f"{town.pages}/nhso/desk", language="en", expected=REFUSED_ON_PURPOSE)
    log_in(desk, "nhso", town.password("nhso"))
    desk.get_by_role("link", name=reference).click()
    desk.get_by_role("button", name="Do not grant").click()
    expect(desk.get_by_role("alert")).to_be_visible()  # a refusal says why
    look(desk, "offices-en-17-no-reason")
    desk.locator("#reason-1").fill("Not an officer of this hospital")
    desk.get_by_role("button", name="Do not grant").click()
    expect(desk.locator(".tag.bad")).to_have_text("Not granted")
    page.goto(f"{town.pages}/nhso/requests/track")
    page.locator("#reference").fill(reference)
    page.locator("#receipt").fill(receipt)
    page.locator("main button[type=submit]").click()
    expect(page.locator("main")).to_contain_text("Not an officer of this hospital")
    look(page, "offices-en-18-refused")
    page.get_by_role("button", name="Correct and send again").click()
    assert page.locator("#officers-0-name").input_value() == "นายวีระ มั่นมณี"


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_registry_desk(town: Town, window: OpenWindow, look: Look, language: str) -> None:
    """Look a card up, replace it; the old one is refused from then on."""
    name = f"registry-{language}"
    page = window(f"{town.pages}/registry/desk", language=language, expected=REFUSED_ON_PURPOSE)
    look(page, f"{name}-1-login")
    log_in(page, "registrar", town.password("registrar"))
    look(page, f"{name}-2-desk")
    page.set_viewport_size({"width": NARROW, "height": 844})
    who = page.locator(".who")
    expect(who).to_have_text(
        "เจ้าหน้าที่สำนักทะเบียน (จำลอง)" if language == "th" else "Registry officer (stand-in)"
    )
    assert who.evaluate(
        "each => [each.scrollWidth <= each.clientWidth, each.scrollHeight <= each.clientHeight]"
    ) == [
        True,
        True,
    ]  # nothing of it is cut off
    page.set_viewport_size({"width": WIDE, "height": 900})
    counter = page.locator("main .notice a")
    expect(counter).to_have_attribute("href", town.office.services["counter"])
    page.locator("#query").fill("12")
    page.locator("form[role=search] button").click()
    expect(page.locator(".summary, .notice.bad").first).to_be_visible()
    look(page, f"{name}-3-not-found")
    page.locator("#query").fill(town.card.citizen_id)
    page.locator("form[role=search] button").click()
    expect(page.locator("tbody tr")).to_have_count(1)
    look(page, f"{name}-4-found")
    page.locator("details summary").click()
    page.locator("#new_serial").fill(NEW_SERIAL)
    page.locator("form[action='/registry/desk/replacements'] button").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.get_by_role("status")).to_be_visible()
    look(page, f"{name}-5-replaced")
    town.office.backoffice.offices.nhso.grant(
        town.card.citizen_id, name="นายวีระ มั่นมณี", organisation="99000", level="search"
    )
    town.bench.insert(town.card)
    screen = window(town.office.services["screen"], language=language)
    to_pin(screen, language)
    type_pin(screen, PIN)
    expect(screen.locator(".alert")).to_be_visible()
    look(screen, f"{name}-6-old-card-on-screen")


@pytest.mark.parametrize("language", ["th", "en"])
def test_a_new_card_over_the_registry_desk(
    town: Town, window: OpenWindow, look: Look, tmp_path: Path, language: str
) -> None:
    """From the old card's file to the new one, which opens with the PIN that its owner chose."""
    name = f"registry-{language}-new-card"
    old, no_card = tmp_path / "old.card", tmp_path / "photo.jpg"
    card_in_file(old, card_from_seed(OFFICER), pin=PIN, failures=5)
    no_card.write_bytes(b"\xff\xd8\xff\xe0" + bytes(5000))
    page = window(f"{town.pages}/registry/desk", language=language, expected=REFUSED_ON_PURPOSE)
    log_in(page, "registrar", town.password("registrar"))
    page.locator("#query").fill(town.card.citizen_id)
    page.locator("form[role=search] button").click()
    issue(page, no_card, "4713", "4714")
    expect(page.locator(".summary li")).to_have_count(2)
    look(page, f"{name}-1-faults")
    issue(page, old, "1111", "1111")
    expect(page.locator("#pin-fault")).to_be_visible()
    assert page.locator("#pin").input_value() == page.locator("#pin_again").input_value() == ""
    look(page, f"{name}-2-weak-pin")
    page.locator("#insist").check()
    issue(page, None, "1111", "1111")
    expect(page.locator("tbody tr")).to_have_count(2)
    look(page, f"{name}-3-issued")
    with page.expect_download() as coming:
        page.locator("#download").click()
    new = tmp_path / coming.value.suggested_filename
    coming.value.save_as(new)
    card, counters = read_card_file(new)
    assert (counters.pin, counters.failures, card.citizen_id) == (b"1111", 0, town.card.citizen_id)
    assert new.name == f"{card.serial.hex().upper()}.card"
    page.reload()  # the browser sends it again: the card that it names is the latest no more
    expect(page.locator(".notice.bad")).to_be_visible()
    expect(page.locator("tbody tr")).to_have_count(2)


def issue(page: Page, file: Path | None, pin: str, again: str) -> None:
    """Fill the form of a new card and send it."""
    if file is not None:
        page.locator("#card_file").set_input_files(file)
    page.locator("#pin").fill(pin)
    page.locator("#pin_again").fill(again)
    page.locator("#reissue button").click()


def test_a_forged_form_is_refused(town: Town, window: OpenWindow) -> None:
    """Without the page's own token nothing is done, and the page says so in a sentence."""
    page = window(f"{town.pages}/nhso/requests/new", expected=REFUSED_ON_PURPOSE)
    fill_in(page, town.card.citizen_id)
    page.evaluate("document.querySelector('form#request input[name=csrf]').value = 'x'")
    send(page)
    expect(page.get_by_role("alert")).to_be_visible()
    assert town.office.backoffice.offices.rights.letters() == ()


def test_the_language_switch_keeps_what_was_filled_in(town: Town, window: OpenWindow) -> None:
    page = window(f"{town.pages}/nhso/requests/new")
    fill_in(page, town.card.citizen_id)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert page.locator("#officers-0-pid").input_value() == town.card.citizen_id
    assert re.search(r"[A-Za-z]", page.locator("h1").inner_text())
