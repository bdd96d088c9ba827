"""NHSO: who gets in, why not, and what an smctoken opens and until when."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.offices.errors import Refused
from emulator.offices.nhso import RevokedBecause
from emulator.offices.tables.officers import Officer
from tests.emulator.offices.rooms import (
    CARD,
    CITIZEN,
    NEW_CARD,
    OTHER_CARD,
    OTHER_CITIZEN,
    Rooms,
    build_rooms,
)

THAI = timezone(timedelta(hours=7))


def refused(ask: Callable[[], object]) -> Refused:
    with pytest.raises(Refused) as caught:
        ask()
    return caught.value


def status_of(ask: Callable[[], object]) -> str:
    return refused(ask).reason.status


def log_in(rooms: Rooms) -> str:
    return rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken


def test_an_officer_gets_a_token_a_level_and_modules(rooms: Rooms) -> None:
    rooms.grant("register")
    login = rooms.nhso.log_in(CITIZEN, rooms.tkey())
    assert re.fullmatch(r"[a-z0-9]{16}", login.smctoken)
    assert login.expires_at == datetime(2026, 3, 11, 0, 0, tzinfo=THAI)
    assert login.level.id == "register"
    assert [module.id for module in login.modules] == ["entitlement"]
    assert login.smctoken not in repr(login)


def test_an_identity_that_is_not_confirmed_is_refused(rooms: Rooms) -> None:
    rooms.grant()
    assert status_of(lambda: rooms.nhso.log_in(CITIZEN, "0" * 32)) == "identity-not-confirmed"
    of_another = rooms.tkey(OTHER_CITIZEN, OTHER_CARD)
    assert status_of(lambda: rooms.nhso.log_in(CITIZEN, of_another)) == "identity-not-confirmed"
    tkey = rooms.tkey()
    rooms.clock.advance(timedelta(minutes=5))
    assert status_of(lambda: rooms.nhso.log_in(CITIZEN, tkey)) == "identity-not-confirmed"
    tkey = rooms.tkey()
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    assert status_of(lambda: rooms.nhso.log_in(CITIZEN, tkey)) == "identity-not-confirmed"


def test_unknown_without_right_and_revoked(rooms: Rooms) -> None:
    assert status_of(lambda: log_in(rooms)) == "officer-unknown"
    assert status_of(lambda: rooms.nhso.revoke(CITIZEN)) == "officer-unknown"
    assert status_of(lambda: rooms.nhso.set_idle_days(CITIZEN, 1)) == "officer-unknown"
    rooms.nhso.register(CITIZEN, name="เจ้าหน้าที่ ทดสอบ", organisation="99999")
    assert status_of(lambda: log_in(rooms)) == "no-right"
    rooms.grant()
    rooms.nhso.revoke(CITIZEN)
    assert status_of(lambda: log_in(rooms)) == "right-revoked"
    rooms.grant()
    assert log_in(rooms)


def test_an_officer_has_one_level_and_the_last_grant_decides(rooms: Rooms) -> None:
    rooms.grant("authenticate")
    rooms.grant("search")
    assert rooms.nhso.log_in(CITIZEN, rooms.tkey()).level.id == "search"


@pytest.mark.parametrize(("days", "lets_in"), [(0, True), (59, True), (60, True), (61, False), (400, False)])
def test_idle_days(rooms: Rooms, days: int, lets_in: bool) -> None:
    rooms.grant()
    rooms.nhso.set_idle_days(CITIZEN, days)
    if lets_in:
        assert log_in(rooms)
    else:
        refusal = refused(lambda: log_in(rooms))
        assert (refusal.reason.status, refusal.days) == ("right-lapsed", days)


def test_a_lapse_is_recorded_and_only_a_new_grant_ends_it(rooms: Rooms) -> None:
    rooms.grant()
    rooms.clock.advance(timedelta(days=61))
    assert status_of(lambda: log_in(rooms)) == "right-lapsed"
    with rooms.storage.transaction() as session:
        officer = session.get_one(Officer, CITIZEN)
        assert officer.revoked_because == RevokedBecause.SIXTY_DAYS
        assert officer.revoked_at == rooms.clock.now()
    rooms.nhso.set_idle_days(CITIZEN, 0)
    assert status_of(lambda: log_in(rooms)) == "right-lapsed"
    rooms.grant()
    assert log_in(rooms)


@given(gaps=st.lists(st.integers(0, 90), min_size=1, max_size=5))
@settings(max_examples=40)
def test_every_login_starts_the_sixty_days_anew(gaps: list[int]) -> None:
    rooms = build_rooms()
    rooms.grant()
    lapsed = False
    for gap in gaps:
        rooms.clock.advance(timedelta(days=gap))
        lapsed = lapsed or gap > 60
        if lapsed:
            assert status_of(lambda: log_in(rooms)) == "right-lapsed"
        else:
            assert log_in(rooms)
    rooms.storage.close()


def test_all_tokens_are_cleared_at_midnight_in_bangkok(rooms: Rooms) -> None:
    rooms.grant()
    token = log_in(rooms)  # at noon
    rooms.clock.advance(timedelta(hours=12) - timedelta(microseconds=1))
    assert rooms.nhso.level_of_token(token).id == "register"
    rooms.clock.advance(timedelta(microseconds=1))
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"
    token = log_in(rooms)  # at midnight sharp: good for the whole new day
    rooms.clock.advance(timedelta(hours=23))
    assert rooms.nhso.modules(token)


def test_a_token_ends_with_a_newer_login_and_with_the_right(rooms: Rooms) -> None:
    rooms.grant()
    first, second = log_in(rooms), log_in(rooms)
    assert status_of(lambda: rooms.nhso.modules(first)) == "token-not-valid"
    assert rooms.nhso.modules(second)
    rooms.nhso.revoke(CITIZEN)
    assert status_of(lambda: rooms.nhso.modules(second)) == "right-revoked"
    assert status_of(lambda: rooms.nhso.modules(first)) == "token-not-valid"
    assert status_of(lambda: rooms.nhso.modules("x" * 16)) == "token-not-valid"


def test_a_token_says_why_it_ended_until_midnight_or_logout_and_never_comes_back(rooms: Rooms) -> None:
    rooms.grant()
    token = log_in(rooms)
    rooms.nhso.revoke(CITIZEN)
    rooms.grant()  # a new right is not the old one's
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"
    token = log_in(rooms)
    rooms.nhso.revoke(CITIZEN)
    assert status_of(lambda: rooms.nhso.modules(token)) == "right-revoked"
    rooms.nhso.log_out(token)
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"
    rooms.grant()
    token = log_in(rooms)
    rooms.nhso.revoke(CITIZEN)
    rooms.clock.advance(timedelta(hours=12))
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"


def test_a_level_that_changes_keeps_the_token(rooms: Rooms) -> None:
    rooms.grant("search")
    token = log_in(rooms)
    rooms.grant("register")
    assert rooms.nhso.level_of_token(token).id == "register"


def test_another_organisation_takes_another_login(rooms: Rooms) -> None:
    rooms.grant("register")
    token = log_in(rooms)
    rooms.nhso.grant(CITIZEN, name="เจ้าหน้าที่ ทดสอบ", organisation="99998", level="register")
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"
    assert rooms.nhso.level_of_token(log_in(rooms)).id == "register"


def test_a_lapse_in_mid_session_is_told_after_it_was_recorded_too(rooms: Rooms) -> None:
    rooms.grant()
    token = log_in(rooms)
    rooms.nhso.set_idle_days(CITIZEN, 61)
    with rooms.storage.transaction() as session:
        assert rooms.nhso.lapse_in(session, CITIZEN)
    refusal = refused(lambda: rooms.nhso.modules(token))
    assert (refusal.reason.status, refusal.days) == ("right-lapsed", 61)


def test_modules_open_by_level(rooms: Rooms) -> None:
    rooms.grant("search")
    token = log_in(rooms)
    assert rooms.nhso.module(token, "entitlement")[1] == ("search",)
    assert status_of(lambda: rooms.nhso.module(token, "authentication-codes")) == "module-not-permitted"
    assert status_of(lambda: rooms.nhso.module(token, "nothing")) == "module-unknown"
    rooms.grant("authenticate")
    assert rooms.nhso.module(token, "authentication-codes")[1] == ("authentication-code",)


def test_logout_ends_the_token_and_a_stolen_one_is_audited(rooms: Rooms) -> None:
    rooms.grant()
    token = log_in(rooms)
    assert rooms.nhso.modules(token)
    rooms.nhso.log_out(token)
    assert status_of(lambda: rooms.nhso.modules(token)) == "token-not-valid"
    assert status_of(lambda: rooms.nhso.log_out(token)) == "token-not-valid"
    told = [(entry.event, entry.outcome) for entry in rooms.audit.entries()][-4:]
    assert told == [
        ("login", "00000"),
        ("logout", "00000"),
        ("token-refused", "token-not-valid"),
        ("logout", "token-not-valid"),
    ]


def test_a_right_that_ends_in_mid_session_is_refused_and_audited(rooms: Rooms) -> None:
    rooms.grant()
    token = log_in(rooms)
    with rooms.storage.transaction() as session:  # by whatever way: the session was not told
        session.get_one(Officer, CITIZEN).revoked_at = rooms.clock.now()
    assert status_of(lambda: rooms.nhso.modules(token)) == "right-revoked"
    rooms.grant()
    token = log_in(rooms)
    rooms.nhso.set_idle_days(CITIZEN, 61)
    refusal = refused(lambda: rooms.nhso.modules(token))
    assert (refusal.reason.status, refusal.days) == ("right-lapsed", 61)
    me = rooms.audit.pseudonym(CITIZEN)
    told = [(entry.outcome, entry.actor) for entry in rooms.audit.entries() if entry.event == "token-refused"]
    assert told == [("right-revoked", me), ("right-lapsed", me)]


def test_refused_logins_are_audited_and_lapses_stay_recorded(rooms: Rooms) -> None:
    rooms.grant()
    rooms.clock.advance(timedelta(days=61))
    assert status_of(lambda: log_in(rooms)) == "right-lapsed"
    assert status_of(lambda: rooms.nhso.log_in(CITIZEN, "0" * 32)) == "identity-not-confirmed"
    told = [entry.outcome for entry in rooms.audit.entries() if entry.event == "login"]
    assert told == ["right-lapsed", "identity-not-confirmed"]
