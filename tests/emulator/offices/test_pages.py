"""The offices' pages as a browser meets them: the whole way of a request, and everything that must not work."""

from __future__ import annotations

import re
import smtplib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from fastapi.responses import Response

from apdu_specs.language import Text
from emulator.offices.app import build_app
from emulator.offices.attempts import Limits
from emulator.offices.clock import SetClock
from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.mail.delivery import SmtpServer, deliver
from emulator.offices.offices import Offices, open_offices
from emulator.offices.rights.letter import Letter, OfficerEntry
from emulator.offices.server import OfficeServer
from emulator.offices.staff.accounts import SEEDED, Desk
from emulator.offices.web.kit import Kit, Visit
from emulator.offices.web.shown import grouped_id, waiting_time
from tests.emulator.offices.browser import Browser
from tests.emulator.offices.letters import ENTRY, LETTER, as_form
from tests.emulator.offices.rooms import CARD, CITIZEN, NEW_CARD, NOON_IN_BANGKOK, entries_about

PASSWORD = "correct horse battery"
SESSION = "thnid_session"
RECEIVED = "/nhso/requests/received"
NEW, TRACK, DESK, REGISTRY = "/nhso/requests/new", "/nhso/requests/track", "/nhso/desk", "/registry/desk"


@pytest.fixture
def catcher() -> Iterator[MailCatcher]:
    with MailCatcher() as running:
        yield running


@pytest.fixture
def offices() -> Iterator[Offices]:
    limits = Limits(per_person=3, per_address=1000, letters_per_address=3)
    opened = open_offices(clock=SetClock(NOON_IN_BANGKOK), limits=limits)
    opened.staff.set_account("nhso", name="เจ้าหน้าที่ สปสช.", desk=Desk.NHSO_REGION, region=7, password=PASSWORD)
    opened.staff.set_account("registrar", name="นายทะเบียน", desk=Desk.REGISTRY, password=PASSWORD)
    opened.registry.know_card(CITIZEN, CARD)
    yield opened
    opened.close()


@pytest.fixture
def url(offices: Offices, catcher: MailCatcher) -> Iterator[str]:
    with OfficeServer(build_app(offices, catcher=catcher)) as server:
        yield server.url


@pytest.fixture
def browser(url: str) -> Browser:
    return Browser(url)


def log_in(browser: Browser, home: str = DESK, user: str = "nhso") -> None:
    browser.get(f"{home}/login")
    entered = browser.send(f"{home}/login", {"user": user, "password": PASSWORD})
    assert entered.headers["location"] == home
    browser.follow(entered)


def grant(offices: Offices, letter: Letter = LETTER) -> None:
    reference = offices.rights.receive(replace(letter, officers=(ENTRY,))).reference
    offices.rights.approve(reference, 1, by="test")


def hand_in(browser: Browser) -> tuple[str, str]:
    """Send a letter; its reference and code as the page shows them."""
    browser.get(NEW)
    received = browser.follow(browser.send(NEW, as_form()))
    assert received.status_code == 200
    reference = re.search(r"R2569-\d{6}", received.text)
    code = re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", received.text)
    assert reference is not None and code is not None
    return reference[0], code[0]


# --- the way of a request ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("th", "มีหนังสือขอสิทธิส่งจากที่อยู่นี้มากเกินไป"), ("en", "Too many letters came from this address")],
)
def test_too_many_letters_lose_nothing_of_what_was_written(
    browser: Browser, language: str, sentence: str
) -> None:
    for _ in range(3):
        hand_in(browser)
    browser.get(NEW)
    browser.send(NEW, {**as_form(), "action": f"language-{language}"})
    refused = browser.send(NEW, as_form())
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
    assert sentence in refused.text and LETTER.organisation_name in refused.text
    wait = "โปรดรอ 1 นาที แล้วลองใหม่อีกครั้ง" if language == "th" else "Wait 1 minute and try again."
    assert wait in refused.text


def test_from_form_to_email(browser: Browser, offices: Offices, catcher: MailCatcher) -> None:
    reference, code = hand_in(browser)
    log_in(browser)
    assert f'href="/nhso/desk/requests/{reference}"' in browser.page.text
    path = f"/nhso/desk/requests/{reference}"
    browser.get(path)
    refused = browser.send(path, {"action": "refuse-2", "reason-2": " "})
    assert refused.status_code == 422 and 'id="reason-2-fault"' in refused.text
    browser.follow(browser.send(path, {"action": "refuse-2", "reason-2": "เอกสารไม่ครบ"}))
    done = browser.follow(browser.send(path, {"action": "approve-1"}))
    assert "อนุมัติแล้ว" in done.text and "เอกสารไม่ครบ" in done.text
    assert browser.send(path, {"action": "approve-1"}).status_code == 409
    deliver(offices.mail, SmtpServer(catcher.host, catcher.port))
    catcher.wait_for(2)
    assert "one@example.org" in browser.get("/mail").text
    organisation = Browser(browser.url)
    organisation.get(TRACK)
    shown = organisation.send(TRACK, {"reference": reference.lower(), "receipt": code})
    assert "เอกสารไม่ครบ" in shown.text and CITIZEN not in shown.text
    again = organisation.send(TRACK, {"reference": reference, "receipt": code, "action": "again"})
    assert "two@example.org" in again.text and "one@example.org" not in again.text


def test_reloading_sends_no_second_letter(browser: Browser, offices: Offices) -> None:
    browser.get(NEW)
    sent = browser.send(NEW, as_form())
    assert (sent.status_code, sent.headers["location"]) == (303, RECEIVED)
    cookie = sent.headers["set-cookie"]
    assert all(word in cookie for word in ("HttpOnly", "SameSite=strict", f"Path={RECEIVED}", "Max-Age=600"))
    first, again = browser.follow(sent), browser.get(RECEIVED)
    assert first.text == again.text and "R2569-000001" in again.text
    assert re.search(r"[a-z0-9]{4}-[a-z0-9]{4}-[a-z0-9]{4}", again.text)
    assert len(offices.rights.letters()) == 1
    assert f'name="back" value="{RECEIVED}"' in again.text  # the other language, and no other letter


@pytest.mark.parametrize("receipt", [None, "", "R2569-000001", "R2569-000001.abcdefghjkmn", "." * 300])
def test_who_sent_nothing_is_shown_no_receipt(
    browser: Browser, offices: Offices, receipt: str | None
) -> None:
    offices.rights.receive(LETTER)
    if receipt is not None:
        browser.http.cookies.set("thnid_receipt", receipt, domain="127.0.0.1", path=RECEIVED)
    shown = browser.get(RECEIVED)
    assert (shown.status_code, shown.headers["location"]) == (303, TRACK)


def test_a_refused_form_keeps_the_draft_and_says_what_is_wrong(browser: Browser, offices: Offices) -> None:
    browser.get(NEW)
    bad = replace(LETTER, organisation="12", officers=(replace(ENTRY, email="x@", level=""),))
    refused = browser.send(NEW, as_form(bad))
    assert refused.status_code == 422
    assert 'value="นางสาวทดสอบ ระบบ"' in refused.text and 'value="x@"' in refused.text
    for field in ("organisation", "officers-0-level", "officers-0-email"):
        assert f"#{field}" in browser.page.links and field in browser.page.ids
        assert f"{field}-fault" in browser.page.ids
    assert offices.rights.letters(waiting=False) == ()


def test_rows_come_and_go_with_their_values(browser: Browser) -> None:
    browser.get(NEW)
    more = browser.send(NEW, {**as_form(), "action": "add"})
    assert "officers-2-name" in browser.page.named and "two@example.org" in more.text
    fewer = browser.send(NEW, {**as_form(), "action": "remove-0"})
    assert "one@example.org" not in fewer.text and "two@example.org" in fewer.text
    english = browser.send(NEW, {**as_form(), "action": "language-en"})
    assert '<html lang="en">' in english.text and "two@example.org" in english.text
    assert '<html lang="en">' in browser.get(NEW).text


def test_a_form_with_blank_rows_names_the_fields_that_it_shows(browser: Browser) -> None:
    form = as_form(replace(LETTER, officers=(replace(ENTRY, name=""), replace(ENTRY, email=""))))
    form |= {name: "" for name in form if name.startswith("officers-0-")}
    browser.get(NEW)
    browser.send(NEW, form)
    assert "#officers-0-email" in browser.page.links and "officers-1-name" not in browser.page.ids


def test_rights_are_listed_and_ended(browser: Browser, offices: Offices) -> None:
    grant(offices)
    log_in(browser)
    assert all(told in browser.get(f"{DESK}/rights").text for told in (ENTRY.name, "1 9999 "))
    assert browser.send(f"{DESK}/rights", {"pid": CITIZEN, "reason": ""}).status_code == 422
    browser.follow(browser.send(f"{DESK}/rights", {"pid": CITIZEN, "reason": "ลาออก", "action": "revoke"}))
    assert "ยกเลิกแล้ว" in browser.page.text
    browser.follow(browser.send(f"{DESK}/rights", {"action": "sweep"}))


def test_another_regions_rights_are_none_of_ours(browser: Browser, offices: Offices) -> None:
    grant(offices, replace(LETTER, region="8"))
    log_in(browser)
    assert ENTRY.name not in browser.get(f"{DESK}/rights").text
    refused = browser.send(f"{DESK}/rights", {"pid": CITIZEN, "reason": "ลาออก", "action": "revoke"})
    assert refused.status_code == 403
    clock = offices.clock
    assert isinstance(clock, SetClock)
    clock.advance(timedelta(days=61))
    log_in(browser)
    browser.get(f"{DESK}/rights")
    browser.follow(browser.send(f"{DESK}/rights", {"action": "sweep"}))
    [holder] = offices.rights.holders()
    assert holder.ended_at is None
    assert offices.rights.sweep() == 1


def test_the_letters_date_and_numbers_as_people_write_them(browser: Browser, offices: Offices) -> None:
    letter = replace(
        LETTER, letter_date=" 10  มีนาคม 2569 ", officers=(replace(ENTRY, office_phone="02 123 4567 ต่อ 12"),)
    )
    browser.get(NEW)
    browser.follow(browser.send(NEW, as_form(letter)))
    log_in(browser)
    shown = browser.get(f"{DESK}/requests/R2569-000001").text
    told = ("10 มีนาคม 2569", "02-123-4567 ต่อ 12", "081-234-5678", "043-123-456", grouped_id(CITIZEN))
    assert [each for each in told if each not in shown] == []
    assert CITIZEN not in shown


def test_a_card_is_looked_up_and_replaced(browser: Browser, offices: Offices) -> None:
    log_in(browser, REGISTRY, "registrar")
    assert browser.send(REGISTRY, {"query": "123"}).status_code == 422
    assert browser.send(REGISTRY, {"query": NEW_CARD.hex()}).status_code == 404
    assert CITIZEN in browser.send(REGISTRY, {"query": CARD.hex()}).text
    told = {"pid": CITIZEN, "old_serial": CARD.hex(), "new_serial": "xyz"}
    assert browser.send(f"{REGISTRY}/replacements", told).status_code == 422
    done = browser.send(f"{REGISTRY}/replacements", {**told, "new_serial": NEW_CARD.hex()})
    assert done.status_code == 200 and NEW_CARD.hex().upper() in done.text and "ถูกแทนที่แล้ว" in done.text
    assert browser.send(f"{REGISTRY}/replacements", {**told, "new_serial": "FF" * 8}).status_code == 409
    looked = [entry for entry in entries_about(offices.audit, "registrar") if entry.event == "card-looked-up"]
    assert len(looked) > 2 and CITIZEN not in str(looked)


# --- what must not work -----------------------------------------------------------------------------------------------

FORMS = [NEW, TRACK, f"{DESK}/login", f"{REGISTRY}/login", "/language", "/logout"]


@pytest.mark.parametrize("path", FORMS)
def test_a_form_without_the_right_token_is_refused(browser: Browser, offices: Offices, path: str) -> None:
    for csrf in ("", "x", "0" * 64, "ก"):
        browser.get("/")
        refused = browser.send(path, {**as_form(), "csrf": csrf})
        assert (refused.status_code, offices.rights.letters()) == (403, ())
        assert "หน้านี้หมดอายุ" in refused.text


def test_the_token_of_another_browser_is_refused(browser: Browser, url: str) -> None:
    browser.get(NEW)
    other = Browser(url)
    other.get(NEW)
    assert other.send(NEW, {**as_form(), "csrf": browser.page.csrf}).status_code == 403


FROM_ELSEWHERE = [
    {"Origin": "http://evil.example"},
    {"Origin": "https://127.0.0.1:8180.evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
]


def test_a_form_from_elsewhere_is_refused(browser: Browser) -> None:
    for header in FROM_ELSEWHERE:
        browser.get(NEW)
        assert browser.send(NEW, as_form(), **header).status_code == 403, header


def test_a_session_is_new_after_login(browser: Browser) -> None:
    """Whoever planted the cookie of before holds nothing afterwards."""
    planted = "a" * 43
    browser.http.cookies.set(SESSION, planted, domain="127.0.0.1", path="/")
    browser.get(f"{DESK}/login")
    entered = browser.send(f"{DESK}/login", {"user": "nhso", "password": PASSWORD})
    assert entered.status_code == 303
    cookie = entered.headers["set-cookie"]
    assert planted not in cookie and "HttpOnly" in cookie and "SameSite=strict" in cookie


def test_a_planted_cookie_opens_nothing(browser: Browser, url: str) -> None:
    log_in(browser)
    thief = Browser(url)
    thief.http.cookies.set(SESSION, "a" * 43)
    assert thief.get(DESK).headers["location"] == "/nhso/desk/login?next=/nhso/desk"


def test_logging_out_ends_the_session(browser: Browser, url: str) -> None:
    log_in(browser)
    token = browser.http.cookies[SESSION]
    assert browser.send("/logout").status_code == 303
    thief = Browser(url)
    thief.http.cookies.set(SESSION, token)
    assert thief.get(DESK).status_code == 303


ELSEWHERE = [
    "http://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "\\/evil.example",
    "/%2f/evil.example",
    "javascript:alert(1)",
    "/nhso/desk\r\nSet-Cookie: a=b",
    "/ /evil.example",
    "/@evil.example",
    "",
]


def test_nobody_is_sent_elsewhere(browser: Browser) -> None:
    for wanted in ELSEWHERE:
        browser.get("/")
        switched = browser.send("/language", {"language": "en", "back": wanted})
        assert switched.headers["location"] == "/", wanted
        browser.http.get(f"{DESK}/login", params={"next": wanted})
        browser.get(f"{DESK}/login")
        entered = browser.send(f"{DESK}/login", {"user": "nhso", "password": PASSWORD, "next": wanted})
        assert entered.headers["location"] == DESK, wanted
        assert "evil" not in str(switched.headers) + str(entered.headers)


def test_after_login_one_is_where_one_wanted(browser: Browser) -> None:
    browser.follow(browser.get(f"{DESK}/rights"))
    assert 'value="/nhso/desk/rights"' in browser.page.text
    told = {"user": "nhso", "password": PASSWORD, "next": "/nhso/desk/rights"}
    assert browser.send(f"{DESK}/login", told).headers["location"] == "/nhso/desk/rights"


def test_a_desk_is_for_its_own_staff(browser: Browser) -> None:
    log_in(browser, REGISTRY, "registrar")
    for path in (DESK, f"{DESK}/all", f"{DESK}/rights", f"{DESK}/requests/R2569-000001"):
        assert browser.get(path).headers["location"].startswith("/nhso/desk/login")
    sent = browser.send(f"{DESK}/rights", {"pid": CITIZEN, "reason": "x"})
    assert sent.headers["location"] == "/nhso/desk/login?next=/nhso/desk"


def test_another_regions_letter_is_unknown(browser: Browser, offices: Offices) -> None:
    reference = offices.rights.receive(replace(LETTER, region="8")).reference
    log_in(browser)
    path = f"/nhso/desk/requests/{reference}"
    assert browser.get(path).status_code == 404
    assert browser.send(path, {"action": "approve-1"}).status_code == 404
    assert offices.rights.letter(reference).waiting == 2


def test_guessing_passwords_and_receipts_is_slowed(browser: Browser) -> None:
    browser.get(f"{DESK}/login")
    told = {"user": "nhso", "password": "wrong"}
    answers = [browser.send(f"{DESK}/login", told) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert browser.send(f"{DESK}/login", {**told, "password": PASSWORD}).status_code == 429
    guess = {"reference": "R2569-000001", "receipt": "aaaa"}
    assert [browser.send(TRACK, guess).status_code for _ in range(4)] == [404, 404, 404, 429]
    for language, wait in (("th", "โปรดรอ 1 นาที แล้วลองใหม่อีกครั้ง"), ("en", "Wait 1 minute and try again.")):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        for path, tried in ((f"{DESK}/login", {"user": "nhso", "password": "wrong"}), (TRACK, guess)):
            refused = browser.send(path, tried)
            assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
            assert wait in refused.text and "รอตามเวลาที่แจ้ง" not in refused.text


@pytest.mark.parametrize(
    ("seconds", "english", "thai"),
    [
        (1, "1 second", "1 วินาที"),
        (59, "59 seconds", "59 วินาที"),
        (60, "1 minute", "1 นาที"),
        (61, "1 minute 1 second", "1 นาที 1 วินาที"),
        (600, "10 minutes", "10 นาที"),
    ],
)
def test_how_long_to_wait(seconds: int, english: str, thai: str) -> None:
    assert waiting_time(seconds) == Text(english, thai)


def test_staff_are_named_in_the_pages_language(offices: Offices, url: str) -> None:
    offices.staff.set_password("nhso", PASSWORD)
    named = {
        "nhso": ("เจ้าหน้าที่ สปสช.", "เจ้าหน้าที่ สปสช."),
        "region": ("เจ้าหน้าที่ สปสช. เขต (จำลอง)", "NHSO regional officer (stand-in)"),
    }
    offices.staff.set_account("region", name=SEEDED[0].name.th, desk=Desk.NHSO_REGION, password=PASSWORD)
    for user, names in named.items():
        browser = Browser(url)
        log_in(browser, user=user)
        for language, name in zip(("th", "en"), names, strict=True):
            browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
            assert f'<span class="who">{name}</span>' in browser.get(DESK).text


def test_an_empty_letter_names_the_first_officers_fields(browser: Browser) -> None:
    browser.get(NEW)
    browser.send(NEW, {})
    listed = [link[1:] for link in browser.page.links if link.startswith("#") and link != "#content"]
    named = ["name", "level", "pid", "office_phone", "mobile", "email"]
    assert [each for each in listed if each.startswith("officers")] == [
        "officers",
        *(f"officers-0-{each}" for each in named),
    ]
    assert set(listed) <= browser.page.ids and "แบบอเนกประสงค์" in browser.page.text


def test_other_requests_of_an_officer_are_one_notice(browser: Browser, offices: Offices) -> None:
    asked = replace(LETTER, officers=(ENTRY,))
    first = offices.rights.receive(asked).reference
    sent = [offices.rights.receive(replace(asked, region=region)).reference for region in "777777778"]
    log_in(browser)
    shown = browser.get(f"{DESK}/requests/{first}").text
    assert shown.count('class="notice care"') == 1 and "อีก 9 ฉบับ" in shown
    linked = [link for link in browser.page.links if link.startswith(f"{DESK}/requests/")]
    # The newest is another region's: named, and not led to.
    assert linked == [f"{DESK}/requests/{each}" for each in sent[-2:-6:-1]] and sent[-1] in shown


def test_a_request_is_found_by_thai_digits(browser: Browser) -> None:
    reference, code = hand_in(browser)
    thai = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    browser.get(TRACK)
    shown = browser.send(TRACK, {"reference": reference.translate(thai), "receipt": code.translate(thai)})
    assert shown.status_code == 200 and LETTER.organisation_name in shown.text


@pytest.mark.parametrize(
    "body", [b"\xff", b"csrf=%ff", b"&".join(b"a%d=1" % n for n in range(3000)), b"{}", b"csrf"]
)
def test_what_is_no_form_is_refused(browser: Browser, body: bytes) -> None:
    browser.get(NEW)
    answer = browser.http.post(
        NEW, content=body, headers={"Content-Type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code in (403, 422) and "Traceback" not in answer.text


def test_what_was_typed_is_shown_as_text(browser: Browser) -> None:
    evil = '"><script>alert(1)</script>{{ 7*7 }}'
    browser.get(NEW)
    shown = browser.send(NEW, as_form(replace(LETTER, organisation="1", organisation_name=evil)))
    assert browser.page.scripts == 0 and "{{ 7*7 }}" in shown.text


def test_what_is_wrong_is_listed_in_the_order_of_the_page(browser: Browser) -> None:
    """Everything that can be wrong at once, of two officers, the same person."""
    spoilt = Letter(
        fax="1",
        letter_number="x" * 61,
        letter_date="x" * 41,
        officers=(OfficerEntry(name="\u200b", replaces="1"), replace(ENTRY, name=""), ENTRY),
    )
    browser.get(NEW)
    shown = browser.send(NEW, as_form(spoilt)).text
    listed = [link[1:] for link in browser.page.links if link.startswith("#") and link != "#content"]
    assert len(listed) == 19 and listed[-3] == "officers-2-pid"
    assert listed == sorted(listed, key=lambda each: shown.index(f' id="{each}"'))


def test_an_officers_level_stands_where_the_manual_has_it(browser: Browser) -> None:
    browser.get(NEW)
    wanted = ["name", "level", "pid", "office_phone", "mobile", "email", "replaces"]
    asked = [name for name in browser.page.named.values() if name.startswith("officers-0-")]
    assert list(dict.fromkeys(asked)) == [f"officers-0-{each}" for each in wanted]


@pytest.mark.parametrize(
    ("date", "thai", "english"),
    [
        ("Tue, 10 Mar 2026 05:00:00 +0000", "10 มี.ค. 2569 เวลา 12:00 น.", "10 Mar 2026, 12:00"),
        ("Tue, 10 Mar 2026 18:30:00 -0000", "11 มี.ค. 2569 เวลา 01:30 น.", "11 Mar 2026, 01:30"),
        ("Tue, 10 Mar 2026 12:00:00 +0700", "10 มี.ค. 2569 เวลา 12:00 น.", "10 Mar 2026, 12:00"),
        ("Fri, 31 Dec 9999 23:59:59 +0000", "31 Dec 9999", "31 Dec 9999"),
        ("yesterday", "yesterday", "yesterday"),
    ],
)
def test_a_caught_mail_is_dated_as_people_date(
    browser: Browser, catcher: MailCatcher, date: str, thai: str, english: str
) -> None:
    with smtplib.SMTP(catcher.host, catcher.port) as smtp:
        smtp.sendmail("a@example.org", "b@example.org", f"Date: {date}\r\nSubject: x\r\n\r\nx\r\n")
    catcher.wait_for(1)
    for language, told in (("th", thai), ("en", english)):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        assert told in browser.get("/mail").text


def test_a_mail_without_headers(browser: Browser, catcher: MailCatcher) -> None:
    with smtplib.SMTP(catcher.host, catcher.port) as smtp:
        smtp.sendmail("a@example.org", "b@example.org", "\r\nx\r\n")
    assert (catcher.wait_for(1)[0].date, catcher.mail[0].dated) == ("", None)
    shown = browser.get("/mail").text
    assert "(ไม่มีหัวเรื่อง)" in shown and "None" not in shown and "<dd></dd>" not in shown


def test_many_mails_are_on_several_pages(browser: Browser, catcher: MailCatcher) -> None:
    with smtplib.SMTP(catcher.host, catcher.port) as smtp:
        for number in range(101):
            smtp.sendmail("a@example.org", "b@example.org", f"Subject: no. {number}\r\n\r\nx\r\n")
    newest = browser.get("/mail").text
    assert newest.count("<article") == 100 and ">no. 100<" in newest and ">no. 0<" not in newest
    [older] = [link for link in browser.page.links if link.startswith("/mail?")]
    oldest = browser.get(older).text
    assert oldest.count("<article") == 1 and ">no. 0<" in oldest and "ไปยังอีเมลล่าสุด" in oldest
    assert not [link for link in browser.page.links if link.startswith("/mail?")]
    assert browser.get("/mail?before=x").text.count("<article") == 100
    assert "ไม่มีอีเมลที่เก่ากว่านี้" in browser.get("/mail?before=0").text


# --- every page -------------------------------------------------------------------------------------------------------


def test_every_page_keeps_the_rules(browser: Browser, offices: Offices) -> None:
    offices.nhso.grant(CITIZEN, name="นางสาวทดสอบ ระบบ", organisation="99999", level="search")
    reference = offices.rights.receive(LETTER).reference
    paths = ["/", NEW, TRACK, f"{DESK}/login", f"{REGISTRY}/login", "/mail", "/static/unknown"]
    staff = [DESK, f"{DESK}/all", f"{DESK}/rights", f"{DESK}/requests/{reference}", f"{DESK}/requests/x"]
    for path in (*paths, "log in", *staff):
        if path == "log in":
            log_in(browser)
            continue
        for language in ("th", "en"):
            browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
            answer = browser.get(path)
            assert f'<html lang="{language}">' in answer.text, path
            headers = answer.headers
            assert "script-src" not in headers["Content-Security-Policy"]
            assert headers["Content-Security-Policy"].startswith("default-src 'none'")
            assert (headers["X-Content-Type-Options"], headers["Cache-Control"]) == ("nosniff", "no-store")
            assert headers["Referrer-Policy"] == "no-referrer" and headers["X-Frame-Options"] == "DENY"
            page = browser.page
            assert page.scripts == 0 and set(page.named) <= page.labelled, path
            assert {link[1:] for link in page.links if link.startswith("#")} <= page.ids
            assert CITIZEN not in str(answer.url)


OPENED = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize(
    ("method", "path", "status", "thai", "english"),
    [
        ("GET", "/nowhere", 404, "ไม่มีหน้านี้", "There is no such page here."),
        ("GET", "/nhso", 404, "ไม่มีหน้านี้", "There is no such page here."),
        ("HEAD", "/nowhere", 404, "", ""),
        ("POST", "/", 405, "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้", "This page cannot be asked for in this way."),
        ("GET", "/logout", 405, "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้", "This page cannot be asked for in this way."),
        ("GET", "/nhso/login", 405, "เรียกหน้านี้ด้วยวิธีนี้ไม่ได้", "This page cannot be asked for in this way."),
    ],
)
def test_a_browser_that_is_lost_gets_a_page(
    browser: Browser, method: str, path: str, status: int, thai: str, english: str
) -> None:
    for language, told in (("th", thai), ("en", english)):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        answer = browser.ask(method, path, OPENED)
        assert answer.status_code == status and answer.headers["content-type"].startswith("text/html")
        assert ("allow" in answer.headers) == (status == 405)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        if method != "HEAD":
            assert f"<h1>{told}</h1>" in answer.text and f'<html lang="{language}">' in answer.text
            assert "/" in browser.page.links and "/static/offices.css" in answer.text


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "text/html, image/gif, image/jpeg, */*; q=0.2"]
)
def test_a_program_that_is_lost_gets_json(browser: Browser, accept: str) -> None:
    for method, path, status in (("GET", "/nowhere", 404), ("POST", "/", 405), ("GET", "/nhso/login", 405)):
        answer = browser.http.request(method, path, headers={"Accept": accept})
        assert (answer.status_code, answer.json()["status"]) == (status, "no-such-service")
        assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("pages", [True, False])
def test_the_icon_is_where_browsers_look(offices: Offices, pages: bool) -> None:
    with OfficeServer(build_app(offices, pages=pages)) as server:
        browser = Browser(server.url)
        icon = browser.http.get("/favicon.ico")
        assert (icon.status_code, icon.headers["content-type"]) == (200, "image/svg+xml")
        assert icon.content.startswith(b"<svg ")
        if pages:
            assert '<link rel="icon" href="/favicon.ico"' in browser.get("/").text
        else:  # offices without pages have none for who is lost either
            assert browser.http.get("/nowhere", headers=OPENED).json()["status"] == "no-such-service"


def test_ucws_says_to_a_person_what_it_is(browser: Browser) -> None:
    path = "/ucwstokenp1/UCWSTokenP1"
    for language, told in (("th", "บริการ SOAP 1.1"), ("en", "The SOAP 1.1 service")):
        browser.http.cookies.set("lang", language, domain="127.0.0.1", path="/")
        shown = browser.ask("GET", path, OPENED)
        assert shown.status_code == 200 and told in shown.text and "searchCurrentByPID" in shown.text
        assert {f"{path}?wsdl", f"{path}?xsd=1", "/"} <= set(browser.page.links)
    for contract in ("?wsdl", "?xsd=1"):
        served = browser.http.get(path + contract, headers=OPENED)
        assert served.headers["content-type"].startswith("text/xml")
    program = browser.http.get(path)
    assert program.status_code == 404 and program.headers["content-type"].startswith("text/xml")


def test_the_style_sheet_is_ours(browser: Browser) -> None:
    css = browser.http.get("/static/offices.css")
    assert css.headers["content-type"].startswith("text/css")
    assert "http" not in css.text and "@import" not in css.text and "Sarabun" in css.text


@pytest.mark.parametrize("secure", [True, False])
def test_cookies_are_secure_where_the_address_is(offices: Offices, secure: bool) -> None:
    visit = Visit("th", "/", secure, token="a" * 43, token_is_new=True, csrf="", member=None)
    answer = Response()
    Kit(offices.staff, bytes(32)).remember(answer, visit, visit.token)
    assert ("Secure" in answer.headers["set-cookie"]) == secure
