"""Refused logins: how many are too many, for whom, and until when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu_specs import replies
from emulator.offices.attempts import Attempts, Limits
from emulator.offices.clock import SetClock
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage
from tests.emulator.offices.rooms import CITIZEN, NOON_IN_BANGKOK, OTHER_CITIZEN

KEY = bytes(32)
HERE, ELSEWHERE = "192.0.2.1", "192.0.2.2"


def fail(attempts: Attempts, person: str = CITIZEN, address: str = HERE) -> Refused:
    with pytest.raises(Refused) as caught, attempts.counted(person, address):
        raise Refused(replies.CRYPTOGRAM_MISMATCH)
    return caught.value


def is_turned_away(refused: Refused) -> bool:
    return refused.reason is replies.TOO_MANY_ATTEMPTS


def test_too_many_of_a_person_and_of_an_address(database: str) -> None:
    storage, clock = Storage(database), SetClock(NOON_IN_BANGKOK)
    attempts = Attempts(storage, clock, KEY, Limits(per_person=3, per_address=5))
    assert not any(is_turned_away(fail(attempts)) for _ in range(3))
    turned_away = fail(attempts, address=ELSEWHERE)
    assert is_turned_away(turned_away)
    assert turned_away.retry_after == 60
    assert not any(is_turned_away(fail(attempts, OTHER_CITIZEN)) for _ in range(2))
    assert is_turned_away(fail(attempts, "1999900000099"))  # the address is full
    with attempts.counted("1999900000099", ELSEWHERE):
        pass  # who is not refused is let through
    clock.advance(timedelta(seconds=60))
    assert not is_turned_away(fail(attempts))
    storage.close()


def send(attempts: Attempts, address: str | None = HERE, *, fault: bool = False) -> int | None:
    """Send a letter; how long to wait, if it was not received because of others."""
    try:
        with attempts.letter(address):
            if fault:
                raise Refused(replies.REQUEST_NOT_VALID)
    except Refused as refused:
        return refused.retry_after if refused.reason is replies.TOO_MANY_LETTERS else None
    return None


def test_too_many_letters_of_an_address(database: str) -> None:
    storage, clock = Storage(database), SetClock(NOON_IN_BANGKOK)
    attempts = Attempts(storage, clock, KEY, Limits(per_address=1, letters_per_address=3))
    assert [send(attempts, fault=True) for _ in range(9)] == [None] * 9  # nothing was received
    for wait in (None, None, None):
        assert send(attempts) is wait
        clock.advance(timedelta(seconds=10))
    assert send(attempts) == 30
    assert send(attempts, ELSEWHERE) is None
    with attempts.counted(CITIZEN, HERE):
        pass  # who logs in there is not concerned
    clock.advance(timedelta(seconds=30))
    assert (send(attempts), send(attempts)) == (None, 10)
    assert [send(attempts, None) for _ in range(4)] == [None] * 4  # a socket without addresses
    storage.close()


def test_two_servers_count_together_and_a_restart_forgives_nothing(database: str) -> None:
    clock = SetClock(NOON_IN_BANGKOK)
    for number in range(4):
        storage = Storage(database)
        refused = fail(Attempts(storage, clock, KEY, Limits(per_person=3)))
        assert is_turned_away(refused) is (number == 3)
        storage.close()


@given(gaps=st.lists(st.integers(0, 40), max_size=25))
@settings(max_examples=40)
def test_never_more_than_the_limit_within_the_window(gaps: list[int]) -> None:
    storage, clock = Storage(), SetClock(NOON_IN_BANGKOK)
    attempts = Attempts(storage, clock, KEY, Limits(per_person=4))
    counted: list[int] = []
    now = 0
    for gap in gaps:
        now += gap
        clock.advance(timedelta(seconds=gap))
        recent = [at for at in counted if at > now - 60]
        refused = fail(attempts)
        assert is_turned_away(refused) is (len(recent) >= 4)
        if is_turned_away(refused):
            assert refused.retry_after == recent[-4] + 60 - now
        else:
            counted.append(now)
    storage.close()
