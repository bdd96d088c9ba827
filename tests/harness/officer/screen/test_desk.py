"""The desk without a browser: one login step by step, what breaks it off, and what is left of it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.bangkok import BANGKOK
from apdu_specs.language import Text
from apdu_specs.provinces import PROVINCES, province_code
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.citizens.population import citizen_number
from emulator.offices.clock import SetClock
from emulator.offices.embedded import EmbeddedOffices
from harness.errors import (
    CardRemoved,
    HarnessError,
    NoCard,
    NoReader,
    PinLocked,
    PinMalformed,
    PinSuspended,
    WrongPin,
)
from harness.officer import steps, token_file
from harness.officer.entitlement import EntitlementClient
from harness.officer.errors import (
    EFormAgentStopped,
    RightLapsed,
    RightRevoked,
    TokenFileNotWritten,
    TokenNotValid,
)
from harness.officer.new_card import NewCard
from harness.officer.new_pin import NewPin
from harness.officer.offices import AuthorityClient, NhsoClient
from harness.officer.screen.desk import Desk, Places
from harness.officer.screen.errors import CardPulled, ReaderUnplugged, TokensCleared, UsedElsewhere
from harness.officer.screen.midnight import LOOK_S, TEST_LOOK_S, Midnight, OfficesClock
from harness.officer.screen.pages import page
from harness.officer.screen.view import Page
from harness.officer.token_file import Place
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from tests.harness.officer.answering_server import answering
from tests.harness.officer.screen.desks import (
    LIMIT_S,
    ME,
    NOON,
    OTHER,
    PIN,
    READER,
    WRONG,
    Room,
    StillWatch,
    no_reader,
)


@pytest.fixture
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices() as serving:
        yield serving


@pytest.fixture
def room(offices: EmbeddedOffices, tmp_path: Path) -> Iterator[Room]:
    made = Room(offices, tmp_path)
    with made.authority, made.nhso, made.desk:
        yield made


PAGES = [Page.PIN, Page.CONFIRMED, Page.MENU, Page.MODULES, Page.MODULE]


def test_every_page_in_its_order(room: Room) -> None:
    room.to(Page.MODULE)
    view = room.desk.view(ME)
    assert view.next_step is None and view.error is None
    assert [path.name for path in view.written] == ["nhso_token.txt", "token.txt"]
    assert token_file.read(room.folder).citizen_id == room.card.citizen_id
    assert view.holder is not None and view.holder.th and view.holder.en
    assert room.card.citizen_id not in repr(view) and view.holder.th not in repr(view)


def test_buttons_out_of_order_do_nothing(room: Room) -> None:
    room.to(Page.PIN)
    for press in (room.desk.enter_program, room.desk.open_erm, room.desk.open_module, room.desk.press_login):
        press(ME)
        assert room.page is Page.PIN
    room.desk.search(ME, room.card.citizen_id)
    room.desk.register(ME, "99999")
    room.desk.request_code(ME, "PG0060001", "")
    assert room.page is Page.PIN
    room.desk.enter_pin(OTHER, PIN)
    assert room.page is Page.PIN
    assert room.desk.view(OTHER).page is Page.ELSEWHERE
    assert room.desk.view(OTHER).login is None


def test_the_pin_is_given_away_once(room: Room) -> None:
    room.to(Page.PIN)
    room.desk.enter_pin(ME, WRONG)
    assert isinstance(room.error, WrongPin) and room.desk.view(ME).tries_left == 2
    room.desk.enter_pin(ME, "")
    assert isinstance(room.error, PinMalformed) and room.card.failures == 1
    room.desk.enter_pin(ME, PIN)
    assert room.page is Page.CONFIRMED
    room.desk.enter_pin(ME, WRONG)
    assert room.card.failures == 0


def test_a_pin_in_thai_digits(room: Room) -> None:
    room.to(Page.PIN)
    room.desk.enter_pin(ME, "๙๙9๙")
    assert isinstance(room.error, WrongPin) and room.card.failures == 1
    room.desk.enter_pin(ME, "๑๒๓๔")
    assert room.page is Page.CONFIRMED


@pytest.mark.parametrize("pin", ["１２３４", "१२३४", "๑๒๓", "๑๒๓๔๕"])
def test_other_digits_are_no_pin(room: Room, pin: str) -> None:
    room.to(Page.PIN)
    room.desk.enter_pin(ME, pin)
    assert isinstance(room.error, PinMalformed) and room.card.failures == 0


@given(st.text(max_size=8).filter(lambda pin: not re.fullmatch("[0-9๐-๙]{4}", pin)))
def test_what_is_no_pin_costs_nothing(pin: str) -> None:
    card = card_in_memory(card_from_seed(7), pin=PIN, failures=2)
    with AuthorityClient("http://127.0.0.1:9") as authority, EntitlementClient("http://127.0.0.1:9") as nhso:
        watches: list[StillWatch] = []

        def watch(on_change: object) -> StillWatch:
            watches.append(StillWatch(on_change))  # type: ignore[arg-type]
            return watches[0]

        desk = Desk(authority, nhso, lambda _name: InProcessTerminal(card), watch=watch)
        desk.start_agent()
        watches[0].tell(card=True, visit=1)
        desk.press_login(ME)
        desk.enter_pin(ME, pin)
        assert (desk.view(ME).page, card.failures) == (Page.PIN, 2)
        assert isinstance(desk.view(ME).error, PinMalformed)
        desk.close()


@pytest.mark.parametrize(("failures", "error"), [(3, PinSuspended), (4, PinSuspended), (5, PinLocked)])
def test_a_card_that_takes_no_pin_is_asked_for_none(
    room: Room, failures: int, error: type[HarnessError]
) -> None:
    room.log_in_with(failures)
    assert room.page is Page.STOPPED
    assert type(room.error) is error
    assert room.desk.view(ME).failed_step is steps.PIN
    assert room.card.failures == failures


def test_a_locked_card_leads_to_a_new_one(offices: EmbeddedOffices, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def way(serial: bytes) -> NewCard:
        asked.append(serial)
        return NewCard(serial, desk="http://127.0.0.1:8180/registry/desk")

    made = Room(offices, tmp_path, way=way)
    with made.authority, made.nhso, made.desk:
        made.log_in_with(3)
        assert asked == [] and made.desk.view(ME).way is None
        made.desk.cancel(ME)
        made.log_in_with(5)
        assert asked == [made.card.serial]
        shown = page(made.desk.view(ME), "en", "")
        assert '<a href="http://127.0.0.1:8180/registry/desk">' in shown
        assert made.card.serial.hex().upper() in shown
        assert "สำหรับบัตรเสมือนใบนี้" in page(made.desk.view(ME), "th", "")


def test_a_suspended_card_leads_to_a_new_pin(offices: EmbeddedOffices, tmp_path: Path) -> None:
    asked: list[bytes] = []

    def way(serial: bytes) -> NewPin:
        asked.append(serial)
        return NewPin("http://127.0.0.1:8187")

    made = Room(offices, tmp_path, way_to_new_pin=way)
    with made.authority, made.nhso, made.desk:
        made.log_in_with(5)
        assert asked == [] and made.desk.view(ME).way is None
        made.desk.cancel(ME)
        made.log_in_with(3)
        assert asked == [made.card.serial]
        for language, told in (("en", "For this virtual card"), ("th", "สำหรับบัตรเสมือนใบนี้")):
            shown = page(made.desk.view(ME), language, "")  # type: ignore[arg-type]
            assert '<a href="http://127.0.0.1:8187">' in shown and told in shown


def test_a_suspended_card_where_no_counter_is_open(offices: EmbeddedOffices, tmp_path: Path) -> None:
    made = Room(offices, tmp_path, way_to_new_pin=lambda _serial: NewPin())
    with made.authority, made.nhso, made.desk:
        made.log_in_with(3)
        shown = page(made.desk.view(ME), "th", "")
        assert "<code>thnid office renew-pin</code>" in shown and "thnid office desk" in shown


def test_a_card_of_which_no_way_is_known_is_led_to_its_office_alone(room: Room) -> None:
    room.log_in_with(3)
    assert "For this virtual card" not in page(room.desk.view(ME), "en", "")


# --- the list of steps --------------------------------------------------------------------------------------------------


def marked(room: Room) -> dict[int, str]:
    html = page(room.desk.view(ME), "en", "")
    found = re.findall(r'<li class="(\w+)"[^>]*>\s*<span class="number"', html)
    assert len(found) == 11
    return dict(enumerate(found, 1))


@pytest.mark.parametrize("reached", PAGES)
def test_the_steps_agree_with_the_lamps_when_the_card_is_pulled(room: Room, reached: Page) -> None:
    room.to(reached)
    room.watch.tell(card=False, visit=1)
    assert room.page is Page.STOPPED
    told = marked(room)
    assert [told[number] for number in range(1, 6)] == ["done", "failed", "done", "done", "ahead"]
    room.desk.cancel(ME)
    assert [marked(room)[number] for number in range(1, 6)] == ["done", "now", "done", "done", "ahead"]


def test_the_steps_agree_with_the_lamps_before_a_login(room: Room) -> None:
    room.watch.tell(card=True, visit=1)
    assert [marked(room)[number] for number in range(1, 6)] == ["done", "done", "now", "ahead", "ahead"]
    room.desk.start_agent()
    assert [marked(room)[number] for number in range(1, 6)] == ["done", "done", "done", "done", "now"]
    room.watch.unplug()
    assert [marked(room)[number] for number in range(1, 6)] == ["now", "ahead", "done", "done", "ahead"]
    room.watch.tell(card=True, visit=2)
    room.log_in_with(3)
    assert [marked(room)[number] for number in range(1, 7)] == ["done"] * 5 + ["failed"]
    room.watch.tell(card=False, visit=3)
    assert marked(room)[2] == "ahead"


# --- the way back -------------------------------------------------------------------------------------------------------


def test_back_from_the_module_to_the_menu_and_on_again(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    room.desk.search(ME, citizen_number(1, 3))
    assert room.desk.view(ME).form.found is not None
    for back, reached, step in (
        (room.desk.back_to_modules, Page.MODULES, 11),
        (room.desk.back_to_menu, Page.MENU, 10),
    ):
        back(OTHER)
        back(ME)
        back(ME)  # pressed twice, it goes back once
        assert room.page is reached
        assert marked(room)[step] == "now"
    room.desk.open_erm(ME)
    assert room.page is Page.MODULES
    room.desk.open_module(ME)
    assert room.desk.view(ME).page is Page.MODULE
    assert room.desk.view(ME).form.found is None  # whom one looked up before is not shown to the next
    room.desk.search(ME, citizen_number(1, 3))
    assert room.desk.view(ME).form.found is not None


def test_there_is_no_way_back_to_before_the_menu(room: Room) -> None:
    for reached in (Page.PIN, Page.CONFIRMED, Page.MENU):
        room.to(reached)
        room.desk.back_to_modules(ME)
        room.desk.back_to_menu(ME)
        assert room.page is reached
        room.desk.cancel(ME)
        room.settle()


def test_the_modules_say_where_codes_are_issued(room: Room) -> None:
    room.to(Page.MODULES)
    shown = page(room.desk.view(ME), "th", "")
    assert "ระบบขอ Authentication Code" in shown and "ไม่อยู่ในเครื่องมือนี้" not in shown
    assert "อยู่ในโมดูล “ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน”" in shown


@pytest.mark.parametrize("page", PAGES)
def test_the_card_is_pulled(room: Room, page: Page) -> None:
    room.to(page)
    assert room.desk.view(ME).login is not None
    session = room.desk.view(ME).login.session  # type: ignore[union-attr]
    room.watch.tell(card=False, visit=2)
    assert room.page is Page.STOPPED and isinstance(room.error, CardPulled)
    room.settle()
    # What the hospital's programs live on stays until midnight, or until the officer logs out.
    assert room.has_token_file == (page is not Page.PIN)
    if session is not None:
        assert room.nhso.menu(session.smctoken)


def test_the_right_is_revoked_in_mid_session(room: Room) -> None:
    room.to(Page.MODULE)
    room.offices.revoke(room.card.citizen_id)
    room.desk.search(ME, room.card.citizen_id)
    assert room.page is Page.STOPPED
    assert isinstance(room.error, RightRevoked)
    assert room.error.message.th == "สิทธิการเข้าใช้งานของเจ้าหน้าที่รายนี้ถูกยกเลิกแล้ว"


def test_the_card_is_swapped_unseen(room: Room) -> None:
    """Out and in again between two looks: the reader's count of events tells."""
    room.to(Page.CONFIRMED)
    room.watch.tell(card=True, visit=3)
    assert isinstance(room.error, CardPulled)


def test_nothing_lives_on_the_token(offices: EmbeddedOffices, tmp_path: Path) -> None:
    made = Room(offices, tmp_path, tokens=False)
    with made.authority, made.nhso, made.desk:
        made.to(Page.MENU)
        login = made.desk.view(ME).login
        assert login is not None and login.session is not None
        made.watch.tell(card=False, visit=2)
        made.settle()
        with pytest.raises(TokenNotValid):
            made.nhso.menu(login.session.smctoken)


def test_the_reader_is_unplugged(room: Room) -> None:
    room.to(Page.PIN)
    room.watch.unplug()
    assert isinstance(room.error, ReaderUnplugged)
    assert room.desk.view(ME).next_step is steps.READER
    room.desk.cancel(ME)
    room.desk.press_login(ME)
    assert room.page is Page.PIN  # this test's terminal needs no reader


def test_what_was_asked_for_clears_the_refusal(room: Room) -> None:
    """The card is put back, the reader plugged in again: the page follows by itself."""
    room.to(Page.CONFIRMED)
    room.watch.tell(card=False, visit=2)
    assert room.page is Page.STOPPED and isinstance(room.error, CardPulled)
    room.watch.tell(card=True, visit=3)
    cleared = room.desk.view(ME)
    assert (cleared.page, cleared.error, cleared.next_step) == (Page.START, None, steps.LOGIN_BY_CARD)
    room.settle()
    room.desk.press_login(ME)
    room.watch.unplug()
    assert isinstance(room.error, ReaderUnplugged)
    room.watch.tell(card=False, visit=4)
    assert (room.page, room.desk.view(ME).next_step) == (Page.START, steps.CARD)


@pytest.mark.parametrize(
    ("refused", "state"), [(NoCard(READER), "empty"), (NoReader(), "none"), (CardRemoved(), "empty")]
)
def test_no_card_or_no_reader_clears_when_there_is_one(room: Room, refused: HarnessError, state: str) -> None:
    def refuse(_name: str | None) -> Terminal:
        raise refused

    if state == "empty":
        room.watch.tell(card=False, visit=0)
    room.desk._open_reader = refuse
    room.desk.start_agent()
    room.desk.press_login(ME)
    assert (room.page, room.error) == (Page.STOPPED, refused)
    room.watch.tell(card=state == "none", visit=1, name="Another")
    assert room.page is (Page.START if state == "none" else Page.STOPPED)
    room.watch.tell(card=True, visit=2)
    assert (room.page, room.error) == (Page.START, None)


@pytest.mark.parametrize(("failures", "error"), [(3, PinSuspended), (5, PinLocked)])
def test_what_was_said_of_a_card_is_not_said_of_the_next(
    room: Room, failures: int, error: type[HarnessError]
) -> None:
    room.log_in_with(failures)
    assert (room.page, type(room.error)) == (Page.STOPPED, error)
    room.watch.tell(card=False, visit=2)
    assert (room.page, type(room.error)) == (Page.STOPPED, error)  # whoever reads it holds the card
    room.watch.tell(card=True, visit=3)
    cleared = room.desk.view(ME)
    assert (cleared.page, cleared.error) == (Page.START, None)
    room.desk.press_login(ME)  # the same card again is told the same again
    assert (room.page, type(room.error)) == (Page.STOPPED, error)


def test_another_reader_is_none_of_our_business(room: Room) -> None:
    room.to(Page.PIN)
    room.watch.tell(card=True, visit=1)
    assert room.page is Page.PIN


@pytest.mark.parametrize("page", PAGES)
def test_the_agent_is_stopped(room: Room, page: Page) -> None:
    room.to(page)
    room.desk.stop_agent()
    assert isinstance(room.error, EFormAgentStopped)
    assert "Start Service" in room.error.what_to_do.en and "Start Service" in room.error.what_to_do.th
    assert "click" not in room.error.what_to_do.en.lower() and "คลิก" not in room.error.what_to_do.th
    room.settle()
    assert not room.has_token_file
    room.desk.start_agent()
    assert room.desk.view(ME).page is Page.START


def test_logging_out_ends_the_token(room: Room) -> None:
    room.to(Page.MODULE)
    login = room.desk.view(ME).login
    assert login is not None and login.session is not None
    room.desk.cancel(ME)
    room.settle()
    assert room.page is Page.START and room.desk.view(ME).logged_out
    assert not room.has_token_file
    assert not room.has_srm_file
    with pytest.raises(TokenNotValid):
        room.nhso.menu(login.session.smctoken)
    room.desk.press_login(ME)
    again = room.desk.view(ME)
    assert again.page is Page.PIN and not again.logged_out


def test_another_window_takes_over(room: Room) -> None:
    room.to(Page.MODULE)
    room.desk.take_over(ME)
    assert room.page is Page.MODULE  # from itself it takes nothing
    room.desk.cancel(OTHER)
    assert room.page is Page.MODULE
    room.desk.take_over(OTHER)
    assert isinstance(room.error, UsedElsewhere)
    room.desk.press_login(OTHER)
    assert room.desk.view(OTHER).page is Page.PIN


def test_midnight(room: Room) -> None:
    room.to(Page.MODULE)
    room.desk.midnight()
    assert isinstance(room.error, TokensCleared)
    room.settle()
    assert not room.has_token_file and not room.has_srm_file


def test_midnight_takes_what_a_login_that_broke_off_left(room: Room) -> None:
    room.to(Page.CONFIRMED)
    room.watch.tell(card=False, visit=1)
    assert room.has_token_file and room.has_srm_file
    room.desk.midnight()
    assert not room.has_token_file and not room.has_srm_file


@pytest.mark.parametrize("days", [-400, -1, 0, 1, 400])
def test_a_token_of_today_outlives_a_restart_whatever_day_the_offices_have(room: Room, days: int) -> None:
    room.clock = datetime.now(BANGKOK).replace(hour=12) + timedelta(days=days)
    room.to(Page.CONFIRMED)
    place, today = Places((Place(room.folder),), room.folder), room.clock

    def restarted(now: datetime) -> None:
        with Desk(room.authority, room.nhso, no_reader, places=place, clock=lambda: now, watch=StillWatch):
            pass

    restarted(today)
    restarted(today.replace(hour=23, minute=59))
    assert room.has_token_file and room.has_srm_file
    restarted(today.replace(hour=0, minute=0) + timedelta(days=1))
    assert not room.has_token_file and not room.has_srm_file


def test_midnight_before_the_token_disturbs_nobody(room: Room) -> None:
    room.to(Page.PIN)
    room.desk.midnight()
    assert room.page is Page.PIN


def test_a_right_that_lapsed(room: Room) -> None:
    room.offices.set_idle_days(room.card.citizen_id, 61)
    room.to(Page.PIN)
    room.desk.enter_pin(ME, PIN)
    assert isinstance(room.error, RightLapsed)
    assert room.desk.view(ME).failed_step is steps.NHSO
    assert not room.has_token_file


def test_no_reader_is_said_by_name(room: Room) -> None:
    def none(_name: str | None) -> Terminal:
        raise NoReader

    room.desk._open_reader = none
    room.desk.start_agent()
    room.desk.press_login(ME)
    assert isinstance(room.error, NoReader)


def test_a_token_file_that_cannot_be_written_ends_the_session(
    offices: EmbeddedOffices, tmp_path: Path
) -> None:
    made = Room(offices, tmp_path / "nowhere")
    with made.authority, made.nhso, made.desk:
        made.to(Page.PIN)
        made.desk.enter_pin(ME, PIN)
        assert isinstance(made.error, TokenFileNotWritten)


# --- the module ---------------------------------------------------------------------------------------------------------


def test_the_module_keeps_what_was_found(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    room.desk.search(ME, "not an id")
    assert set(room.desk.view(ME).form.fields) == {"pid"}
    wanted = citizen_number(1, 3)
    room.desk.search(ME, f"{wanted[0]} {wanted[1:5]} {wanted[5:10]} {wanted[10:12]} {wanted[12]}")
    found = room.desk.view(ME).form.found
    assert found is not None and found.citizen_id == wanted
    searched = f'name="pid" inputmode="numeric" maxlength="20" required value="{wanted}"'
    assert searched in page(room.desk.view(ME), "th", "")
    room.desk.request_code(ME, "XX", "123")
    assert searched in page(room.desk.view(ME), "th", "")
    assert set(room.desk.view(ME).form.fields) == {"claim_type", "mobile"}
    assert room.desk.view(ME).form.found == found
    room.desk.register(ME, "12")
    assert set(room.desk.view(ME).form.fields) == {"hcode"}
    room.desk.register(ME, "00000")  # no such hospital: NHSO's own sentence
    form = room.desk.view(ME).form
    assert form.error is not None and form.found == found
    assert (dict(form.fields), form.entered) == ({"hcode": form.error.message}, {"hcode": "00000"})
    assert 'value="00000" aria-invalid="true"' in page(room.desk.view(ME), "th", "")
    assert searched in page(room.desk.view(ME), "th", "")
    room.desk.request_code(ME, next(iter(found.claim_types)), "")
    assert room.desk.view(ME).form.given is not None
    assert searched in page(room.desk.view(ME), "th", "")
    room.desk.search(ME, "1234")
    assert 'required value="1234"' in page(room.desk.view(ME), "th", "")
    room.desk.search(ME, wanted)
    assert wanted not in repr(room.desk.view(ME))


THAI = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")


def test_thai_digits_in_the_module(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    wanted = citizen_number(1, 3)
    room.desk.search(ME, f"{wanted[0]}-{wanted[1:]}".translate(THAI))
    found = room.desk.view(ME).form.found
    assert found is not None and found.citizen_id == wanted
    room.desk.request_code(ME, next(iter(found.claim_types)), "๐๘๐ ๐๐๐ ๐๐๐๐")
    assert room.desk.view(ME).form.given is not None, room.desk.view(ME).form.fields
    assert found.right is not None and found.right.main_hospital is not None
    room.desk.register(ME, found.right.main_hospital.code.translate(THAI))
    assert room.desk.view(ME).form.registered, room.desk.view(ME).form.error
    room.desk.request_code(ME, next(iter(found.claim_types)), "０８００００００００")
    assert set(room.desk.view(ME).form.fields) == {"mobile"}


def test_every_fault_of_the_module_leads_to_its_field(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    assert 'id="faults"' not in page(room.desk.view(ME), "en", "")
    room.desk.search(ME, "1")
    shown = page(room.desk.view(ME), "en", "")
    assert "<title>Error: Entitlement check" in shown
    assert '<a href="#pid">Citizen id, 13 digits: Enter 13 digits with a right check digit.</a>' in shown
    room.desk.search(ME, citizen_number(1, 3))
    room.desk.request_code(ME, "XX", "12")
    shown = page(room.desk.view(ME), "th", "")
    assert "<title>พบข้อผิดพลาด: " in shown and "โปรดแก้ไขข้อมูลต่อไปนี้" in shown
    for name in ("claim_type", "mobile"):
        assert f'<a href="#{name}">' in shown and shown.count(f' id="{name}"') == 1
        assert f'aria-invalid="true" aria-describedby="{name}-fault"' in shown
    room.desk.register(ME, "00000")  # NHSO's own sentence stands there once
    error = room.desk.view(ME).form.error
    assert error is not None
    shown = page(room.desk.view(ME), "en", "")
    assert '<a href="#hcode">Hospital code, 5 digits</a>' in shown and error.message.en in shown


def found_by(room: Room, pid: str, **changes: object) -> str:
    room.desk.search(ME, pid)
    view = room.desk.view(ME)
    assert view.form.found is not None, view.form.error
    shown = replace(view, form=replace(view.form, found=replace(view.form.found, **changes)))  # type: ignore[arg-type]
    return page(shown, "en", "")


def test_the_english_page_is_english(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    room.desk.search(ME, citizen_number(1, 0))
    found = room.desk.view(ME).form.found
    assert found is not None and found.right is not None
    right = replace(
        found.right, main_labelled="(UCS) ก", main=Text("universal coverage", "ก"), sub_labelled="(89) ข"
    )
    shown = found_by(room, citizen_number(1, 0), sex="หญิง", age="1 ปี 0 เดือน 18 วัน", right=right)
    for told in (
        "<dd>female</dd>",
        f"<dd>{PROVINCES[province_code(found.province) or ''].en}</dd>",
        "1 year 0 months 18 days",
        "(UCS) universal coverage",
        "(89) age 12 to 59 years",
    ):
        assert told in shown, told
    hospital = right.main_hospital
    assert hospital is not None and hospital.english.endswith("Example Hospital")
    assert f"</span> {hospital.english}" in shown and hospital.name not in shown
    nameless = replace(right, main_hospital=replace(hospital, english=""))
    assert f'<span lang="th">{hospital.name}</span>' in found_by(room, citizen_number(1, 0), right=nameless)
    odd = replace(right, sub_labelled="(ZZ) ค")
    shown = found_by(room, citizen_number(1, 0), sex="ไม่ระบุ", age="ไม่ทราบ", right=odd)
    assert all(f"<dd>{told}</dd>" in shown for told in ("ไม่ระบุ", "ไม่ทราบ", "(ZZ) ค"))


def test_nothing_is_asked_for_the_deceased(room: Room) -> None:
    room.offices.offices.citizens.populate(1, 30)
    room.to(Page.MODULE)
    forms = ('action="/entitlement/code"', 'action="/entitlement/register"')
    living = found_by(room, citizen_number(1, 3), deceased=False)
    assert forms[0] in living
    deceased = found_by(room, citizen_number(1, 3), deceased=True)
    assert "This person is deceased." in deceased and not any(each in deceased for each in forms)
    assert "permits no registration" not in deceased


# --- midnight and yesterday ---------------------------------------------------------------------------------------------


def test_midnight_is_bangkoks() -> None:
    times = [datetime(2026, 3, 10, 16, 59, 59, tzinfo=BANGKOK)]
    called: list[datetime] = []
    midnight = Midnight(lambda: called.append(times[0]), lambda: times[0])
    assert midnight.look() == 30.0
    times[0] = datetime(2026, 3, 10, 23, 59, 50, tzinfo=BANGKOK)
    assert midnight.look() == pytest.approx(10.0)
    times[0] += timedelta(seconds=10)
    midnight.look()
    assert len(called) == 1
    midnight.look()
    assert len(called) == 1
    times[0] += timedelta(days=3)  # the machine slept
    midnight.look()
    assert len(called) == 2


def test_the_timer_runs_and_ends() -> None:
    moments = iter([NOON, NOON + timedelta(days=1)])
    rang = threading.Event()
    last = NOON + timedelta(days=1)
    midnight = Midnight(rang.set, lambda: next(moments, last))
    midnight.start()
    assert rang.wait(LIMIT_S)
    midnight.close()


@pytest.fixture
def tested() -> Iterator[EmbeddedOffices]:
    """Offices in test mode."""
    with EmbeddedOffices(clock=SetClock(NOON), test_mode=True) as running:
        yield running


def test_the_offices_clock_is_followed_in_test_mode(tested: EmbeddedOffices) -> None:
    called: list[datetime] = []
    with NhsoClient(tested.nhso_url) as nhso, httpx.Client(trust_env=False) as tester:
        clock = OfficesClock(nhso)
        midnight = Midnight(lambda: called.append(clock()), clock, clock.look_s)
        assert midnight.look() == TEST_LOOK_S
        assert called == []
        tester.post(f"{tested.url}/test/clock", json={"advance_days": 1}).raise_for_status()
        midnight.look()
        midnight.look()
    assert called == [NOON + timedelta(days=1)]


def test_without_test_mode_it_is_the_machines(offices: EmbeddedOffices) -> None:
    asked = OfficesClock(NhsoClient(offices.nhso_url))
    before = datetime.now(UTC)
    assert before <= asked() <= datetime.now(UTC)
    assert asked.look_s() == LOOK_S
    asked._nhso.close()  # it is never asked again
    assert asked() >= before


@pytest.mark.parametrize(
    "told", [b'{"now": "soon"}', b'{"now": "2026-03-10T12:00:00"}', b"[]", b'{"now": "1111111111"}']
)
def test_whoever_tells_nonsense_is_not_followed(told: bytes) -> None:
    with answering(200, told) as url, NhsoClient(url) as nhso:
        clock = OfficesClock(nhso)
        assert clock() >= NOON
        assert clock.look_s() == LOOK_S
