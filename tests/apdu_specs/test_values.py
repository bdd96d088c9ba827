"""Dates of the Buddhist era, names as people write them, citizen ids, sentences in two languages."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import citizen_id
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.values import LIFELONG, Address, BuddhistDate, Name


@pytest.mark.parametrize(
    ("buddhist", "christian"),
    [
        (BuddhistDate(2567, 2, 29), date(2024, 2, 29)),
        (BuddhistDate(2543, 2, 29), date(2000, 2, 29)),
        (BuddhistDate(2566, 2, 29), None),  # 2023 is no leap year
        (BuddhistDate(2443, 2, 29), None),  # nor is 1900
        (BuddhistDate(2566, 2, 28), date(2023, 2, 28)),
        (BuddhistDate(2566, 4, 31), None),
        (BuddhistDate(2566, 12, 31), date(2023, 12, 31)),
        (BuddhistDate(2505, None, None), None),
        (BuddhistDate(2505, 6, None), None),
        (BuddhistDate(2505, None, 15), None),
        (BuddhistDate(544, 1, 1), date(1, 1, 1)),
        (BuddhistDate(543, 1, 1), None),
        (BuddhistDate(0, 1, 1), None),
        (LIFELONG, None),
    ],
)
def test_christian_day_of_a_buddhist_date(buddhist: BuddhistDate, christian: date | None) -> None:
    assert buddhist.to_christian() == christian
    if christian is not None:
        assert BuddhistDate.from_christian(christian) == buddhist


@given(st.dates(max_value=date(9456, 12, 31)))
def test_every_christian_day_comes_back(day: date) -> None:
    assert BuddhistDate.from_christian(day).to_christian() == day
    assert BuddhistDate.from_digits(BuddhistDate.from_christian(day).digits()).to_christian() == day


@pytest.mark.parametrize(
    ("year", "month", "day"),
    [(-1, 1, 1), (10000, 1, 1), (2566, 13, 1), (2566, 1, 32), (2566, 0, 1), (2566, 1, 0), (9999, 99, None)],
)
def test_what_is_no_date(year: int, month: int | None, day: int | None) -> None:
    with pytest.raises(SpecError):
        BuddhistDate(year, month, day)


@pytest.mark.parametrize("digits", ["", "2520031", "252003151", "๒๕๒๐๐๓๑๕", "2520-3-1", "２５２００３１５"])
def test_digits_are_eight_ascii_digits(digits: str) -> None:
    with pytest.raises(SpecError, match="eight digits"):
        BuddhistDate.from_digits(digits)


def test_dates_as_text() -> None:
    assert [str(each) for each in (BuddhistDate(2567, 2, 9), BuddhistDate(2505, 6, None), LIFELONG)] == [
        "2567-02-09",
        "2505-06-??",
        "lifelong",
    ]
    assert LIFELONG.is_lifelong and LIFELONG.digits() == "99999999"
    assert not BuddhistDate(9999, 9, 9).is_lifelong


def test_names_as_people_write_them() -> None:
    assert str(Name("นาย", "ทดสอบ", "", "ตัวอย่าง")) == "นายทดสอบ ตัวอย่าง"
    assert str(Name("Mr.", "Tod", "", "Tong")) == "Mr. Tod Tong"
    assert str(Name("Mr.", "Tod", "Tim", "Tong")) == "Mr. Tod Tim Tong"
    assert Name("นาย", "ทดสอบ", "", "ตัวอย่าง").joined() == "นาย#ทดสอบ##ตัวอย่าง"
    assert (
        str(Address("9", "", "", "", "ถนนก", "แขวงข", "เขตค", "กรุงเทพมหานคร"))
        == "9 ถนนก แขวงข เขตค กรุงเทพมหานคร"
    )


# --- citizen ids ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first_twelve", "digit"),
    [
        # 1*13 + 9*12 + 9*11 + 9*10 + 9*9 = 391; plus 2 times the twelfth digit; 11 minus the rest of 11, last digit
        ("199990000000", "5"),  # 391 = 35*11 + 6
        ("199990000001", "3"),  # 393 = 35*11 + 8
        ("199990000003", "0"),  # 397 = 36*11 + 1: ten counts as nought
        ("199990000007", "2"),  # 405 = 36*11 + 9
        ("199990000008", "1"),  # 407 = 37*11: eleven counts as one
        ("199991234567", "3"),  # 391 + 1*8 + 2*7 + 3*6 + 4*5 + 5*4 + 6*3 + 7*2 = 503 = 45*11 + 8
    ],
)
def test_check_digit(first_twelve: str, digit: str) -> None:
    assert citizen_id.check_digit(first_twelve) == digit
    assert citizen_id.is_valid(first_twelve + digit)
    assert sum(citizen_id.is_valid(first_twelve + other) for other in "0123456789") == 1


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "199990000000",
        "19999000000055",
        "๑๙๙๙๙๐๐๐๐๐๐๐๕",
        "1999900000o05",
        " 1999900000005",
        "1999900000006",
    ],
)
def test_what_is_no_citizen_id(wrong: str) -> None:
    assert not citizen_id.is_valid(wrong)


@given(st.integers(0, 10**7 - 1))
def test_synthetic_citizen_ids(number: int) -> None:
    made = citizen_id.synthetic(number)
    assert made[5:12] == f"{number:07d}"
    assert citizen_id.is_valid(made) and made.startswith("19999")


@given(st.integers(0, 10**7 - 1), st.sampled_from([0, 1, *range(3, 12)]), st.integers(1, 9))
def test_one_wrong_digit_is_nearly_always_noticed(number: int, place: int, more: int) -> None:
    """But for the third, which weighs eleven, and for ids that end in 0 or 1: two rests of eleven lead to each."""
    made = citizen_id.synthetic(number)
    wrong = made[:place] + str((int(made[place]) + more) % 10) + made[place + 1 :]
    assert not citizen_id.is_valid(wrong) or made[-1] in "01"


@pytest.mark.parametrize("number", [-1, 10**7])
def test_there_are_ten_million_synthetic_people(number: int) -> None:
    with pytest.raises(ValueError, match="at most 7 digits"):
        citizen_id.synthetic(number)


def test_a_text_speaks_both_languages() -> None:
    text = Text(en="card", th="บัตร")
    assert (text.say("en"), text.say("th"), str(text)) == ("card", "บัตร", "card")
