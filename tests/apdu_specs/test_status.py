"""Status words: which number a word carries, what it means, and which ones the card may never answer."""

from __future__ import annotations

import errno
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import adm
from apdu_specs.command import Command
from apdu_specs.language import Text
from apdu_specs.status import Family, StatusWord, explain, is_declared, kind_of
from apdu_specs.system_errors import reason_for, reason_of


@pytest.mark.parametrize(
    ("sw", "kind", "number"),
    [
        (0x6100, Family.BYTES_WAITING, 256),
        (0x6101, Family.BYTES_WAITING, 1),
        (0x61FF, Family.BYTES_WAITING, 255),
        (0x6C00, Family.WRONG_LE, 256),
        (0x6C12, Family.WRONG_LE, 18),
        (0x63C0, Family.TRIES_LEFT, 0),
        (0x63C2, Family.TRIES_LEFT, 2),
        (0x63CF, Family.TRIES_LEFT, 15),
        (0x6300, Family.TRIES_LEFT_PUBLISHED, 0),
        (0x6302, Family.TRIES_LEFT_PUBLISHED, 2),
        (0x630F, Family.TRIES_LEFT_PUBLISHED, 15),
    ],
)
def test_families(sw: int, kind: Family, number: int) -> None:
    assert kind_of(sw) is kind
    assert kind.number(sw) == number
    assert kind.word(number) == sw
    assert [each for each in Family if each.number(sw) is not None] == [kind]
    assert str(number) in explain(sw).en and str(number) in explain(sw).th


@pytest.mark.parametrize(
    ("sw", "kind"),
    [
        (0x9000, StatusWord.OK),
        (0x6581, StatusWord.MEMORY_FAILURE),
        (0x6700, StatusWord.WRONG_LENGTH),
        (0x6982, StatusWord.SECURITY_NOT_SATISFIED),
        (0x6983, StatusWord.PIN_SUSPENDED),
        (0x6984, StatusWord.PIN_LOCKED),
        (0x6985, StatusWord.CONDITIONS_NOT_SATISFIED),
        (0x6A80, StatusWord.WRONG_DATA),
        (0x6A82, StatusWord.NOT_FOUND),
        (0x6A86, StatusWord.WRONG_PARAMETERS),
        (0x6B00, StatusWord.OUTSIDE_FILE),
        (0x6D00, StatusWord.UNKNOWN_INSTRUCTION),
        (0x6E00, StatusWord.UNKNOWN_CLASS),
    ],
)
def test_fixed_words(sw: int, kind: StatusWord) -> None:
    assert kind_of(sw) is kind
    assert kind.raw == bytes((sw >> 8, sw & 0xFF))
    assert is_declared(sw)


def test_exactly_these_are_declared() -> None:
    fixed = {int(word) for word in StatusWord}
    families = {
        *range(0x6100, 0x6200),
        *range(0x6C00, 0x6D00),
        *range(0x6300, 0x6310),
        *range(0x63C0, 0x63D0),
    }
    assert len(fixed) == 13
    assert {sw for sw in range(0x10000) if is_declared(sw)} == fixed | families


@pytest.mark.parametrize("sw", [0x0000, 0x6310, 0x63BF, 0x63D0, 0x6F00, 0x9001, 0xFFFF])
def test_what_is_not_declared_is_said_to_be_so(sw: int) -> None:
    assert kind_of(sw) is None
    assert explain(sw) == Text(f"{sw:04X}: not a status word of this card", f"{sw:04X}: ไม่ใช่รหัสสถานะของบัตรนี้")


@given(st.integers(0, 0xFFFF))
def test_everything_is_explained_without_a_gap(sw: int) -> None:
    text = explain(sw)
    assert text.en and text.th
    assert "{n}" not in text.en + text.th


@pytest.mark.parametrize(
    ("command", "sw", "with_data", "english", "thai"),
    [
        (adm.VERIFY, 0x63C2, True, "wrong PIN; tries left: 2", "PIN ไม่ถูกต้อง เหลือโอกาสอีก 2 ครั้ง"),
        (adm.VERIFY, 0x63C2, False, "no PIN verified yet; tries left: 2", "ยังไม่ได้ยืนยัน PIN เหลือโอกาสอีก 2 ครั้ง"),
        (adm.VERIFY_PUBLISHED, 0x6301, True, "wrong PIN; tries left: 1", "PIN ไม่ถูกต้อง เหลือโอกาสอีก 1 ครั้ง"),
        (
            adm.VERIFY_PUBLISHED,
            0x6301,
            False,
            "no PIN verified yet; tries left: 1",
            "ยังไม่ได้ยืนยัน PIN เหลือโอกาสอีก 1 ครั้ง",
        ),
        (
            *(adm.CHANGE_REFERENCE_DATA, 0x63C0, True),
            *("the old PIN is wrong; tries left: 0", "PIN เดิมไม่ถูกต้อง เหลือโอกาสอีก 0 ครั้ง"),
        ),
    ],
)
def test_tries_left_mean_one_thing_after_one_command(
    command: Command, sw: int, with_data: bool, english: str, thai: str
) -> None:
    assert explain(sw, command.own_meanings(with_data=with_data)) == Text(english, thai)


@given(st.sampled_from(list(errno.errorcode)))
def test_why_the_system_refused_has_words_in_both_languages(number: int) -> None:
    why = reason_for(number)
    assert why.en == os.strerror(number) and re.search("[ก-๙]", why.th) and not why.th.endswith(".")


def test_common_reasons_have_no_english_in_them() -> None:
    missing, rights, exists, no_folder, folder, full, read_only, refused = 2, 13, 17, 20, 21, 28, 30, 111
    for number in (missing, rights, exists, no_folder, folder, full, read_only, refused):
        assert not re.search("[A-Za-z]", reason_of(OSError(number, os.strerror(number))).th)
    assert "what happened" in reason_of(OSError("what happened")).th
