"""Whatever a declaration says in English has its Thai."""

from __future__ import annotations

import re

import pytest

from harness.qualify import thai
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import BasisKind, iso, manual, pcsc, proposed

THAI = re.compile("[\u0e00-\u0e7f]")
SYMBOLS = {"", "%", "ms", "s"}


@pytest.mark.parametrize("name", CRITERIA)
def test_unit_source_and_words_are_known(name: str) -> None:
    criterion = CRITERIA[name]
    assert criterion.unit in thai.UNITS or criterion.unit in SYMBOLS
    assert thai.missing(criterion.basis) == []
    said = thai.basis(criterion.basis)
    assert not THAI.search(said.en) and said.en == str(criterion.basis)
    assert criterion.basis.kind is BasisKind.ISO or THAI.search(said.th)
    for value in (*criterion.limits.equals, *criterion.limits.marginal_equals):
        if isinstance(value, str) and not re.fullmatch("[A-Z_]+", value):
            assert value in thai.WORDS


def test_sources() -> None:
    assert (
        thai.basis(manual("section 3.1: reads the national card")).th == "คู่มือ ข้อ 3.1: อ่านบัตรประจำตัวประชาชนได้"
    )
    assert thai.basis(pcsc("part 5, SCardConnect")).th == "PC/SC ส่วนที่ 5, SCardConnect"
    assert thai.basis(iso("7816-3 8.2")).th == "ISO/IEC 7816-3 8.2"
    assert thai.basis(proposed("5 %")).th == "ข้อเสนอ: 5 %"


def test_what_has_no_thai_stays_english_and_is_missed() -> None:
    odd = proposed("a reason of another day; constant")
    assert thai.basis(odd).th == "ข้อเสนอ: a reason of another day; คงที่"
    assert thai.missing(odd) == ["a reason of another day"]
    assert thai.unit("parsecs").th == "parsecs"
    assert thai.word("as found") is None
