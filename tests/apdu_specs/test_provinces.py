"""The 77 provinces and their names in both languages."""

from __future__ import annotations

import re

from apdu_specs.provinces import PROVINCES, province_code, province_said


def test_there_are_77_with_names_of_their_own() -> None:
    assert len(PROVINCES) == 77
    assert (
        len({name.th for name in PROVINCES.values()}) == len({name.en for name in PROVINCES.values()}) == 77
    )
    assert all(re.fullmatch(r"\d\d", code) for code in PROVINCES)
    assert all(re.fullmatch(r"[A-Z][a-z]+([ -][A-Za-z][a-z]+)*", name.en) for name in PROVINCES.values())
    assert all(re.fullmatch(r"[\u0e01-\u0e4e]+", name.th) for name in PROVINCES.values())


def test_each_is_said_in_the_readers_language() -> None:
    assert province_said("กรุงเทพมหานคร", "en") == "Bangkok"
    assert province_said("จังหวัดประจวบคีรีขันธ์", "en") == "Prachuap Khiri Khan"
    assert province_said("พระนครศรีอยุธยา", "th") == "พระนครศรีอยุธยา"
    assert province_said("ไม่มีจังหวัดนี้", "en") == "ไม่มีจังหวัดนี้"


def test_codes_are_found_by_thai_names() -> None:
    assert (province_code("บึงกาฬ"), province_code("จังหวัดขอนแก่น"), province_code("Bangkok")) == (
        "38",
        "40",
        None,
    )
