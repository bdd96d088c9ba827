"""Thai digits where a number is asked for."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.digits import plain_digits


def test_thai_digits_are_plain_ones() -> None:
    assert plain_digits("๐๑๒๓๔๕๖๗๘๙") == "0123456789"
    assert plain_digits("๐๘๑-234 ๕๖๗๘") == "081-234 5678"


@given(st.characters())
def test_every_other_character_stays(character: str) -> None:
    thai = unicodedata.name(character, "").startswith("THAI DIGIT ")
    assert plain_digits(character) == (str(unicodedata.digit(character)) if thai else character)


@given(st.characters(categories=["Nd"]))
def test_other_scripts_digits_are_no_plain_ones(digit: str) -> None:
    plain = plain_digits(digit)
    assert plain.isascii() == (digit.isascii() or "๐" <= digit <= "๙")
