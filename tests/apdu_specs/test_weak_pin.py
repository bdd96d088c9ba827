"""Which PINs owners are warned of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import weak_pin as w
from apdu_specs.language import Text
from apdu_specs.values import BuddhistDate

ID = "1999900123456"
BORN = BuddhistDate(2535, 3, 20)


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("0000", w.SAME_DIGITS),
        ("7777", w.SAME_DIGITS),
        ("1234", w.A_RUN),
        ("4321", w.A_RUN),
        ("7890", w.A_RUN),
        ("0987", w.A_RUN),
        ("1212", w.A_PAIR),
        ("2580", w.A_COLUMN),
        ("0852", w.A_COLUMN),
        ("2535", w.A_BIRTH_YEAR),
        ("1992", w.A_BIRTH_YEAR),
        ("2003", w.A_BIRTHDAY),
        ("0320", w.A_BIRTHDAY),
        ("9999", w.OF_THE_ID),
        ("0012", w.OF_THE_ID),
        ("3456", w.OF_THE_ID),
    ],
)
def test_easily_guessed(pin: str, why: Text) -> None:
    assert why in w.weaknesses(pin, citizen_id=ID, born=BORN)


@pytest.mark.parametrize("pin", ["7302", "9516", "1357", "0246", "8864", "1223"])
def test_not_easily_guessed(pin: str) -> None:
    assert w.weaknesses(pin, citizen_id=ID, born=BORN) == ()


def test_unknown_days_of_birth_warn_of_the_year_only() -> None:
    born = BuddhistDate(2535, None, None)
    assert w.weaknesses("2535", born=born) == (w.A_BIRTH_YEAR,)
    assert w.weaknesses("0000", born=born) == (w.SAME_DIGITS,)


@given(st.from_regex(r"[0-9]{4}", fullmatch=True), st.from_regex(r"[0-9]{13}", fullmatch=True))
def test_whatever_stands_in_the_id_is_warned_of(pin: str, citizen_id: str) -> None:
    assert (w.OF_THE_ID in w.weaknesses(pin, citizen_id=citizen_id)) == (pin in citizen_id)


def test_most_pins_are_fine() -> None:
    weak = [pin for pin in (f"{n:04}" for n in range(10_000)) if w.weaknesses(pin, citizen_id=ID, born=BORN)]
    assert len(weak) < 150
