"""The officer's screen in a real browser, with a virtual card behind real PC/SC: the manual's pages, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from apdu_specs import replies
from harness.officer import token_file
from harness.officer.screen.guard import SESSION_COOKIE
from tests.browser.conftest import NARROW, WIDE, Look, OpenWindow
from tests.browser.counter import PIN, PIN_COUNTER, REGISTRY_DESK, WRONG_PIN, Counter, counter

pytestmark = pytest.mark.pcsc

BUTTONS = {
    "th": {
        "login": "เข้าใช้งานระบบเว็บตรวจสอบสิทธิโดยใช้บัตรประจำตัวประชาชน รุ่น Smart Card",
        "ok": "ตกลง",
        "enter": "เข้าใช้งานระบบโปรแกรม",
        "erm": "เข้าใช้งานระบบเว็บตรวจสอบสิทธิและลงทะเบียนออนไลน์ (ERM)",
        "module": "ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน",
        "search": "ตรวจสอบสิทธิ",
        "code": "ขอ Authentication Code",
        "to modules": "กลับไปเลือกโมดูล",
        "to menu": "กลับไปเลือกเมนู",
        "register": "ลงทะเบียน",
        "log out": "ออกจากระบบ",
        "again": "เริ่มใหม่",
    },
    "en": {
        "login": "Log in to the entitlement web system with the ID card (Smart Card)",
        "ok": "OK",
        "enter": "Enter the program",
        "erm": "ERM",
        "module": "entitlement check and registration",
        "search": "Check entitlement",
        "code": "Request the code",
        "to modules": "Back to the modules",
        "to menu": "Back to the menu",
        "register": "Register",
        "log out": "Log out",
        "again": "Start again",
    },
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Counter]:
    with counter(tmp_path, srm=True) as standing:
        yield standing


def press(page: Page, name: str, language: str = "th") -> None:
    """Press the button that says exactly this."""
    page.get_by_role("button", name=BUTTONS[language][name], exact=True).click()


def title(page: Page) -> str:
    return page.locator("h1").inner_text()


def shown(page: Page, view: str) -> None:
    """Wait until the window shows this page, and its script listens."""
    expect(page.locator("html")).to_have_attribute("data-ready", "true")
    expect(page.locator("#page")).to_have_attribute("data-view", re.compile(f"^{view}"))


def to_pin(page: Page, language: str = "th") -> None:
    page.get_by_role("button", name="Start Service").click()
    press(page, "login", language)
    shown(page, "pin")


def type_pin(page: Page, pin: str) -> None:
    page.keyboard.type(pin)
    page.keyboard.press("Enter")


def _confirm(page: Page) -> None:
    type_pin(page, PIN)
    shown(page, "confirmed")


def _enter(page: Page) -> None:
    press(page, "enter")
    shown(page, "menu")


def _open_erm(page: Page) -> None:
    press(page, "erm")
    shown(page, "modules")


def _open_module(page: Page) -> None:
    press(page, "module")
    shown(page, "module-")


FROM_PIN_TO_MODULE = (_confirm, _enter, _open_erm, _open_module)


def _to_confirmed(page: Page) -> None:
    to_pin(page)
    _confirm(page)


def _to_module(page: Page) -> None:
    to_pin(page)
    for step in FROM_PIN_TO_MODULE:
        step(page)


# --- the manual, page by page -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["th", "en"])
def test_the_manual_page_by_page(
    desk: Counter, window: OpenWindow, look: Look, language: str, tmp_path: Path
) -> None:
    desk.make_officer(desk.card)
    page = window(desk.url, language=language)
    name = f"screen-{language}"
    expect(page.locator("#card-state")).to_have_text("ยังไม่เสียบบัตร" if language == "th" else "not inserted")
    look(page, f"{name}-2.1-no-card")
    desk.bench.insert(desk.card)
    expect(page.locator("#card-state")).to_have_text("เสียบบัตรแล้ว" if language == "th" else "inserted")
    expect(page.locator(".state.agent .lamp")).to_have_class(re.compile("grey"))
    page.get_by_role("button", name="Start Service").click()
    expect(page.locator(".state.agent .lamp")).to_have_class(re.compile("green"))
    look(page, f"{name}-2.1-ready")
    press(page, "login", language)
    shown(page, "pin")
    look(page, f"{name}-2.3-pin")
    page.keyboard.type(PIN)
    expect(page.locator(".dots .on")).to_have_count(4)
    press(page, "ok", language)
    shown(page, "confirmed")
    assert token_file.read(tmp_path).citizen_id == desk.card.citizen_id
    srm = (tmp_path / "SRM Smart Card Single Sign-On" / "token.txt").read_text()
    assert re.fullmatch(r"access-token=[\w.-]+\nrefresh-token=[\w.-]+\n", srm)
    look(page, f"{name}-2.4-confirmed")
    press(page, "enter", language)
    shown(page, "menu")
    look(page, f"{name}-2.5-menu")
    press(page, "erm", language)
    shown(page, "modules")
    look(page, f"{name}-2.6-modules")
    press(page, "module", language)
    shown(page, "module-")
    look(page, f"{name}-module")
    page.locator("#pid").fill("1999900000012")
    press(page, "search", language)
    expect(page.locator("#pid-fault")).to_be_visible()
    look(page, f"{name}-module-wrong-id")
    page.locator("#pid").fill(desk.card.citizen_id)
    press(page, "search", language)
    expect(page.locator(".person h2")).to_be_visible()
    look(page, f"{name}-module-found")
    page.locator("#mobile").fill("0800000000")
    press(page, "code", language)
    expect(page.locator(".claim")).to_have_text(re.compile(r"^PP\d{10}$"))
    expect(page.locator("#pid")).to_have_value(desk.card.citizen_id)
    look(page, f"{name}-module-code")
    page.locator("#hcode").fill("12")
    press(page, "register", language)
    expect(page.locator("#hcode-fault")).to_be_visible()
    press(page, "log out", language)
    shown(page, "start")
    expect(page.locator(".good")).to_be_visible()
    assert not (tmp_path / token_file.FILE_NAME).exists()
    assert not (tmp_path / "SRM Smart Card Single Sign-On" / "token.txt").exists()
    look(page, f"{name}-logged-out")


def test_the_language_is_switched(desk: Counter, window: OpenWindow) -> None:
    page = window(desk.url)
    assert title(page) == "เข้าใช้งานด้วยบัตรประจำตัวประชาชนของเจ้าหน้าที่"
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    assert title(page) == "Log in with the officer's ID card"
    page.get_by_role("button", name="ไทย").click()
    expect(page.locator("html")).to_have_attribute("lang", "th")


# --- the PIN pad --------------------------------------------------------------------------------------------------------


def test_the_pad_by_mouse_touch_and_keyboard(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    page = window(desk.url, width=NARROW)
    to_pin(page)
    pad = page.get_by_role("group", name="แป้นใส่รหัส PIN")
    counted = page.locator("#entered")
    pad.get_by_role("button", name="5", exact=True).tap()
    expect(counted).to_have_text("กรอกแล้ว 1 จาก 4 หลัก")
    pad.get_by_role("button", name="5", exact=True).click()
    expect(counted).to_have_text("กรอกแล้ว 2 จาก 4 หลัก")
    page.keyboard.press("Backspace")
    expect(counted).to_have_text("กรอกแล้ว 1 จาก 4 หลัก")
    page.get_by_role("button", name="ตกลง", exact=True).click(
        force=True
    )  # it says that it is not ready, and why
    expect(counted).to_have_text("ต้องกรอก PIN ให้ครบ 4 หลัก")
    pad.get_by_role("button", name="ล้าง", exact=True).click()
    expect(counted).to_have_text("กรอกแล้ว 0 จาก 4 หลัก")
    for digit in PIN:  # as one who cannot see does it: from button to button
        pad.get_by_role("button", name=digit, exact=True).focus()
        page.keyboard.press("Space")
    expect(counted).to_have_text("กรอกแล้ว 4 จาก 4 หลัก")
    page.get_by_role("button", name="ตกลง", exact=True).focus()
    page.keyboard.press("Enter")
    shown(page, "confirmed")


KEYDOWN = """([key, code, shift, caps]) => document.activeElement.dispatchEvent(new KeyboardEvent("keydown",
    {key, code, shiftKey: shift, modifierCapsLock: caps, bubbles: true, cancelable: true}))"""
TYPED = {
    "Kedmanee": [("ๅ", "Digit1"), ("/", "Digit2"), ("-", "Digit3"), ("ภ", "Digit4")],
    "Thai digits": [("๑", "Digit2"), ("๒", "Digit3"), ("๓", "Digit4"), ("๔", "Digit5")],
    "French": [("&", "Digit1"), ("é", "Digit2"), ('"', "Digit3"), ("'", "Digit4")],
    "number pad": [("1", "Numpad1"), ("๒", "Numpad2"), ("3", "Numpad3"), ("4", "Numpad4")],
}


def test_the_pad_with_other_keyboards(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    page.get_by_role("button", name="Start Service").click()
    for layout, typed in TYPED.items():
        press(page, "login")
        shown(page, "pin")
        for key, code in typed:
            page.evaluate(KEYDOWN, [key, code, layout == "Thai digits", False])
        expect(page.locator("#entered"), layout).to_have_text("กรอกแล้ว 4 จาก 4 หลัก")
        page.keyboard.press("Enter")
        shown(page, "confirmed")
        assert desk.card.failures == 0
        press(page, "log out")
        shown(page, "start")


def test_the_pad_says_what_is_no_digit(desk: Counter, window: OpenWindow) -> None:
    """With Caps Lock a Thai keyboard's row of digits gives other Thai digits: no key there stands for two of them."""
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    counted = page.locator("#entered")
    page.keyboard.press("1")
    for key, code, shift, caps in (
        ("+", "Digit1", False, True),
        ("!", "Digit1", True, False),
        ("ก", "KeyD", False, False),
        ("１", "KeyA", False, False),
    ):
        page.evaluate(KEYDOWN, [key, code, shift, caps])
        expect(counted).to_have_text("แป้นที่กดไม่ใช่ตัวเลข 0 ถึง 9")
        box = counted.bounding_box()  # also for who sees it
        assert box is not None and box["height"] > 20 and box["width"] > 200
        expect(page.locator(".dots .on")).to_have_count(1)
        page.keyboard.press("Backspace")
        page.keyboard.press("1")
        expect(counted).to_have_text("กรอกแล้ว 1 จาก 4 หลัก")
    page.evaluate(KEYDOWN, ["End", "Numpad1", False, False])  # the number pad without its lock
    expect(counted).to_have_text("กรอกแล้ว 1 จาก 4 หลัก")


# --- the module ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_fault_is_told_at_the_top_and_leads_to_its_field(
    desk: Counter, window: OpenWindow, look: Look, width: int
) -> None:
    desk.put(desk.card)
    page = window(desk.url, width=width)
    _to_module(page)
    page.locator("#pid").fill(desk.card.citizen_id)
    press(page, "search")
    expect(page.locator(".person h2")).to_be_visible()
    told = page.locator("#faults")
    for field, button in (("mobile", "code"), ("hcode", "register")):
        page.locator(f"#{field}").fill("12")
        press(page, button)
        expect(told).to_be_focused()
        expect(told).to_be_in_viewport()
        assert told.get_attribute("role") == "alert"
        expect(told.locator("a")).to_have_count(1)
        if width == WIDE:  # the pictures are of both widths
            look(page, f"screen-th-module-fault-{field}")
        told.locator("a").click()
        expect(page.locator(f"#{field}")).to_be_focused()
        expect(page.locator(f"#{field}")).to_have_attribute("aria-invalid", "true")
        expect(page.locator(f"#{field}")).to_have_attribute("aria-describedby", f"{field}-fault")
        expect(page.locator(f"#{field}")).to_be_in_viewport()


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_types_of_service_are_readable_whole(desk: Counter, window: OpenWindow, width: int) -> None:
    desk.put(desk.card)
    page = window(desk.url, width=width)
    _to_module(page)
    page.locator("#pid").fill(desk.card.citizen_id)
    press(page, "search")
    kinds = page.get_by_role("radiogroup", name="ประเภทบริการ").get_by_role("radio")
    assert kinds.count() >= 6 and kinds.first.is_checked()
    hidden = page.evaluate(
        "[...document.querySelectorAll('.option, .option span')].filter((each) => each.scrollWidth > each.clientWidth + 1"
        " && getComputedStyle(each).display !== 'inline').length"
    )
    assert hidden == 0
    page.get_by_role("radio", name=re.compile("PG0130001")).check()
    press(page, "code")
    expect(page.locator(".claim")).to_be_visible()
    expect(page.locator(".codes")).to_contain_text("PG0130001")


def test_back_to_the_menu_and_on_again(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    _to_module(page)
    press(page, "to modules")
    shown(page, "modules")
    press(page, "to menu")
    shown(page, "menu")
    press(page, "erm")
    shown(page, "modules")
    press(page, "module")
    shown(page, "module-")


def test_the_pin_is_nowhere_in_the_page(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    before = page.content()
    addresses: list[str] = []
    page.on("request", lambda request: addresses.append(request.url))
    page.keyboard.type("7391")
    expect(page.locator(".dots .on")).to_have_count(4)
    after = page.content()
    assert "7391" not in re.sub(r"[0-9a-f]{64}", "", after)
    assert [after.count(f">{digit}<") for digit in "7391"] == [before.count(f">{digit}<") for digit in "7391"]
    assert page.locator("input:not([type=hidden])").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator(".alert")).to_be_visible()
    seen = page.content() + str(addresses) + str(page.context.cookies())
    assert "7391" not in re.sub(r"[\w-]{30,}|:\d+", "", seen)  # without sessions' names and the port
    assert page.evaluate("JSON.stringify([localStorage, sessionStorage])") == "[{},{}]"


# --- wrong PINs ---------------------------------------------------------------------------------------------------------


def test_three_wrong_pins_then_five(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    expect(page.locator("#tries")).to_have_text("เหลือโอกาสอีก 3 ครั้ง")
    type_pin(page, WRONG_PIN)
    expect(page.locator(".alert .strong")).to_have_text("รหัส PIN ไม่ถูกต้อง เหลือโอกาสอีก 2 ครั้ง")
    expect(page.locator("#tries")).to_have_text("เหลือโอกาสอีก 2 ครั้ง")
    look(page, "screen-th-pin-wrong")
    type_pin(page, WRONG_PIN)
    expect(page.locator("#tries")).to_contain_text("เหลือโอกาสครั้งสุดท้าย")
    look(page, "screen-th-pin-last-try")
    type_pin(page, WRONG_PIN)
    shown(page, "stopped")
    assert title(page) == "PIN ของบัตรนี้ถูกระงับ"
    expect(page.locator(".facts")).to_contain_text("สำนักทะเบียนของกรมการปกครองทุกแห่ง")
    assert desk.card.failures == 3
    expect(page.locator(".way a")).to_have_attribute("href", PIN_COUNTER)
    look(page, "screen-th-suspended")
    # The screen sends no PIN to a suspended card, not even the right one: it would be counted.
    press(page, "again")
    shown(page, "start")
    press(page, "login")
    shown(page, "stopped")
    assert desk.card.failures == 3
    # Other programs do.
    assert desk.present(PIN) == 0x6983
    assert desk.present(PIN) == 0x6984
    press(page, "again")
    shown(page, "start")
    press(page, "login")
    shown(page, "stopped")
    assert title(page) == "บัตรนี้ใช้ยืนยันตัวบุคคลไม่ได้แล้ว"
    expect(page.locator(".facts")).to_contain_text("ทำบัตรใหม่")
    look(page, "screen-th-locked")


def test_tries_are_told_before_the_first_digit(desk: Counter, window: OpenWindow) -> None:
    desk.put_with_failures(2)
    page = window(desk.url, language="en")
    to_pin(page, "en")
    expect(page.locator("#tries")).to_contain_text("This is the last try.")
    type_pin(page, PIN)
    shown(page, "confirmed")
    assert desk.card.failures == 0


# --- card and reader ----------------------------------------------------------------------------------------------------


def test_the_pin_session_ends_with_the_login(desk: Counter, window: OpenWindow) -> None:
    """A card left in the reader confirms nothing for the next program."""
    desk.put(desk.card)
    _to_confirmed(window(desk.url))
    assert not desk.has_open_session()


def test_the_card_is_pulled(desk: Counter, window: OpenWindow) -> None:
    """From the PIN's page, and from each that follows."""
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    for far in range(len(FROM_PIN_TO_MODULE) + 1):
        for step in FROM_PIN_TO_MODULE[:far]:
            step(page)
        desk.bench.remove()
        shown(page, "stopped")
        assert title(page) == "บัตรถูกถอดออก"
        expect(page.locator("#card-state")).to_have_text("ยังไม่เสียบบัตร")
        expect(page.locator("#page")).to_contain_text("เสียบบัตรของเจ้าหน้าที่อีกครั้งแล้วเริ่มใหม่")
        desk.bench.insert(desk.card)
        expect(page.locator("#card-state")).to_have_text("เสียบบัตรแล้ว")
        assert not desk.has_open_session()
        shown(page, "start-green-card")  # the page follows the reader: nothing is left to press away
        press(page, "login")
        shown(page, "pin")


def test_what_the_officer_sees_when_the_card_is_pulled(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    page.keyboard.type("12")
    desk.bench.remove()
    shown(page, "stopped")
    look(page, "screen-th-pulled")


def test_no_reader(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    desk.bench.close()
    desk.stack.stop()
    shown(page, "stopped")
    expect(page.locator(".alert")).to_contain_text("เครื่องอ่านบัตรถูกถอดออก")
    press(page, "again")
    shown(page, "start-green-none")
    look(page, "screen-th-no-reader")
    press(page, "login")
    shown(page, "stopped")
    look(page, "screen-th-no-pcsc")


def test_the_agent_is_stopped_in_the_middle(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    press(page, "login")
    shown(page, "stopped")
    expect(page.locator(".alert")).to_contain_text("E-Form Agent")
    expect(page.locator("#page")).to_contain_text("เลือก Start Service ของโปรแกรม E-Form Agent")
    to_pin(page)
    page.get_by_role("button", name="Stop", exact=True).click()
    shown(page, "stopped")


# --- NHSO ---------------------------------------------------------------------------------------------------------------


def test_the_right_is_revoked_in_the_middle(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    page = window(desk.url)
    _to_module(page)
    desk.offices.revoke(desk.card.citizen_id)
    page.locator("#pid").fill(desk.card.citizen_id)
    press(page, "search")
    shown(page, "stopped")
    expect(page.locator(".alert .code")).to_have_text("right-revoked")
    expect(page.locator(".alert")).to_contain_text(replies.RIGHT_REVOKED.message.th)
    press(page, "again")
    press(page, "login")
    shown(page, "pin")
    type_pin(page, PIN)
    shown(page, "stopped")
    expect(page.locator(".alert .code")).to_have_text("right-revoked")
    look(page, "screen-th-revoked")


def test_sixty_days_without_a_login(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    desk.offices.set_idle_days(desk.card.citizen_id, 61)
    page = window(desk.url)
    to_pin(page)
    type_pin(page, PIN)
    shown(page, "stopped")
    expect(page.locator(".at")).to_contain_text("ขั้นตอนที่ 8")
    look(page, "screen-th-60-days")


def test_another_window(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put(desk.card)
    first, second = window(desk.url), window(desk.url)
    _to_module(first)
    shown(second, "elsewhere")
    look(second, "screen-th-elsewhere")
    second.get_by_role("button", name="ยกเลิกแล้วเริ่มที่นี่").click()
    shown(second, "start")
    shown(first, "stopped")


def session_of(page: Page) -> str:
    return next(each["value"] for each in page.context.cookies() if each["name"] == SESSION_COOKIE)


def test_two_tabs_of_a_browser_go_on_with_the_sessions_new_value(desk: Counter, window: OpenWindow) -> None:
    desk.put(desk.card)
    one = window(desk.url)
    to_pin(one)
    planted = session_of(one)
    two = one.context.new_page()
    two.goto(desk.url)
    shown(two, "pin")
    type_pin(two, PIN)
    shown(two, "confirmed")
    shown(one, "confirmed")
    inside = session_of(one)
    assert inside != planted
    press(one, "enter")
    shown(one, "menu")
    shown(two, "menu")
    two.get_by_role("button", name="English").click()  # a form that stood there all the time
    expect(two.locator("html")).to_have_attribute("lang", "en")
    press(two, "log out", "en")
    shown(two, "start")
    shown(one, "start")
    assert session_of(one) not in (planted, inside)
    press(one, "login", "en")
    shown(two, "pin")
    stranger = window(desk.url)
    stranger.context.add_cookies([{"name": SESSION_COOKIE, "value": inside, "url": desk.url}])
    stranger.goto(desk.url)
    shown(stranger, "elsewhere")


def test_a_session_that_was_retired_for_good_begins_anew(desk: Counter, window: OpenWindow) -> None:
    """The answer with the new value was lost: the window looks for a while, then it is a new one."""
    desk.put(desk.card)
    page = window(desk.url)
    to_pin(page)
    before = session_of(page)
    type_pin(page, PIN)
    shown(page, "confirmed")
    page.context.add_cookies([{"name": SESSION_COOKIE, "value": before, "url": desk.url}])
    desk.desk.bell.ring()
    shown(page, "elsewhere")


def test_a_locked_card_leads_to_a_new_one(desk: Counter, window: OpenWindow, look: Look) -> None:
    desk.put_with_failures(5)
    page = window(desk.url, language="en")
    page.get_by_role("button", name="Start Service").click()
    press(page, "login", "en")
    shown(page, "stopped")
    expect(page.locator(".way a")).to_have_attribute("href", REGISTRY_DESK)
    look(page, "screen-en-locked")


def test_another_site_cannot_press_buttons(desk: Counter, window: OpenWindow) -> None:
    """A page of another origin of this machine: the browser sends the cookie along, and it does not help."""
    page = window(desk.url, expected="403")
    token = page.locator("meta[name=form-token]").get_attribute("content")
    page.route(
        "http://127.0.0.1:1/", lambda route: route.fulfill(body="<p>elsewhere</p>", content_type="text/html")
    )
    page.goto("http://127.0.0.1:1/")
    with page.expect_response(f"{desk.url}/agent/start") as answered:
        page.evaluate(
            """([url, token]) => {
                document.body.innerHTML = `<form method="post" action="${url}/agent/start"><input name="csrf" value="${token}"></form>`;
                document.forms[0].submit();
            }""",
            [desk.url, token],
        )
    assert answered.value.status == 403
    assert desk.desk.agent.symbol.value == "grey"
