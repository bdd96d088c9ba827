"""The staff's accounts and sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from emulator.offices.errors import Refused
from emulator.offices.staff.accounts import IDLE_LIMIT, LONGEST_SESSION, Desk, Staff
from emulator.offices.tables.sessions import StaffSession
from emulator.offices.tables.staff import StaffAccount
from tests.emulator.offices.rooms import Rooms

PASSWORD = "correct horse battery"


@pytest.fixture
def staff(rooms: Rooms) -> Staff:
    rooms.offices.staff.set_account(
        "nhso", name="เจ้าหน้าที่", desk=Desk.NHSO_REGION, region=7, password=PASSWORD
    )
    return rooms.offices.staff


def test_a_session(staff: Staff) -> None:
    token = staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    member = staff.member(token)
    assert member is not None and (member.user, member.desk, member.region) == ("nhso", Desk.NHSO_REGION, 7)
    assert staff.member("x" * 43) is None
    staff.log_out(token)
    assert staff.member(token) is None


@pytest.mark.parametrize(
    ("user", "password", "desk"),
    [
        ("nhso", "wrong", Desk.NHSO_REGION),
        ("nhso", "", Desk.NHSO_REGION),
        ("nhso", PASSWORD + " ", Desk.NHSO_REGION),
        ("nobody", PASSWORD, Desk.NHSO_REGION),
        ("n" * 5000, "p" * 5000, Desk.NHSO_REGION),
        ("nhso", PASSWORD, Desk.REGISTRY),
    ],
)
def test_all_that_is_wrong_is_refused_alike(staff: Staff, user: str, password: str, desk: Desk) -> None:
    with pytest.raises(Refused) as caught:
        staff.log_in(user, password, desk)
    assert caught.value.reason.status == "staff-unknown"


def test_a_session_ends_when_idle_and_after_a_day(rooms: Rooms, staff: Staff) -> None:
    token = staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    passed = timedelta()
    while passed + IDLE_LIMIT < LONGEST_SESSION:
        step = IDLE_LIMIT - timedelta(minutes=1)
        rooms.clock.advance(step)
        passed += step
        assert staff.member(token) is not None
    rooms.clock.advance(IDLE_LIMIT - timedelta(minutes=1))
    assert staff.member(token) is None
    other = staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    rooms.clock.advance(IDLE_LIMIT)
    assert staff.member(other) is None


def test_a_new_password_ends_sessions(staff: Staff) -> None:
    token = staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    new = staff.set_account("nhso", name="x", desk=Desk.NHSO_REGION)
    assert staff.member(token) is None
    assert staff.member(staff.log_in("nhso", new.password, Desk.NHSO_REGION)) is not None
    assert new.password not in repr(new)


def test_a_password_is_set_and_sessions_end(rooms: Rooms, staff: Staff) -> None:
    tokens = [staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION) for _ in range(2)]
    assert [each.sessions for each in staff.accounts()] == [2]
    rooms.clock.advance(timedelta(minutes=1))
    assert staff.set_password("nhso", "another good one") == 2
    assert [staff.member(token) for token in tokens] == [None, None]
    with pytest.raises(Refused):
        staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    member = staff.member(staff.log_in("nhso", "another good one", Desk.NHSO_REGION))
    assert member is not None and (member.name, member.region) == ("เจ้าหน้าที่", 7)  # particulars stay
    [account] = staff.accounts()
    assert (account.member, account.password_set_at, account.sessions) == (member, rooms.clock.now(), 1)
    told = [each for each in rooms.audit.entries() if each.event == "staff-password"]
    assert [(each.outcome, each.subject) for each in told] == [("00000", rooms.audit.pseudonym("nhso"))]


def test_idle_sessions_are_not_counted(rooms: Rooms, staff: Staff) -> None:
    staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    rooms.clock.advance(IDLE_LIMIT)
    assert [each.sessions for each in staff.accounts()] == [0]


def test_no_password_for_nobody_or_that_is_none(rooms: Rooms, staff: Staff) -> None:
    with pytest.raises(Refused) as caught:
        staff.set_password("nobody", PASSWORD)
    assert caught.value.reason.status == "account-unknown"
    for unfit in ("short", "x" * 201):
        with pytest.raises(ValueError):
            staff.set_password("nhso", unfit)
    assert staff.member(staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION))
    told = [each.outcome for each in rooms.audit.entries() if each.event == "staff-password"]
    assert told == ["account-unknown"]


def test_accounts_are_seeded_once(rooms: Rooms) -> None:
    made = rooms.offices.staff.seed()
    assert {each.desk for each in made} == set(Desk)
    assert rooms.offices.staff.seed() == ()
    for each in made:
        rooms.offices.staff.log_in(each.user, each.password, each.desk)


def test_neither_password_nor_token_is_stored(rooms: Rooms, staff: Staff) -> None:
    token = staff.log_in("nhso", PASSWORD, Desk.NHSO_REGION)
    with rooms.storage.reading() as session:
        account = session.scalars(select(StaffAccount)).one()
        begun = session.scalars(select(StaffSession)).one()
    stored = account.password_hash + account.salt + begun.token_digest
    assert PASSWORD.encode() not in stored and token.encode() not in stored


@pytest.mark.parametrize(
    ("user", "password"), [("Nhso", PASSWORD), ("", PASSWORD), ("a b", PASSWORD), ("a", "short")]
)
def test_what_is_no_account(rooms: Rooms, user: str, password: str) -> None:
    with pytest.raises(ValueError):
        rooms.offices.staff.set_account(user, name="x", desk=Desk.REGISTRY, password=password)
