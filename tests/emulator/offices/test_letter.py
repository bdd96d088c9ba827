"""What is checked of a letter that asks for rights: every field, with a reason in both languages."""

from __future__ import annotations

import sys
import unicodedata
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import citizen_id
from emulator.offices.levels import standard_levels
from emulator.offices.rights.letter import MOST_OFFICERS, Letter, OfficerEntry, faults, tidied
from tests.emulator.offices.letters import ENTRY, LETTER, OTHER_ENTRY
from tests.emulator.offices.rooms import CITIZEN, OTHER_CITIZEN

LEVELS = standard_levels()


def at_fault(letter: Letter) -> list[str]:
    return [fault.field for fault in faults(tidied(letter), LEVELS)]


def with_officer(**changed: str) -> Letter:
    return replace(LETTER, officers=(replace(ENTRY, **changed),))


def test_a_letter_in_order() -> None:
    assert at_fault(LETTER) == []


def test_an_empty_letter_names_every_field_that_is_required() -> None:
    assert at_fault(Letter()) == [
        "organisation_name",
        "organisation",
        "address",
        "phone",
        "region",
        "officers",
        "officers.0.name",
        "officers.0.level",
        "officers.0.pid",
        "officers.0.office_phone",
        "officers.0.mobile",
        "officers.0.email",
        "superior_name",
        "superior_position",
    ]


def test_an_officer_of_whom_only_the_name_is_there() -> None:
    wanted = ["level", "pid", "office_phone", "mobile", "email"]
    letter = replace(LETTER, officers=(OfficerEntry(name="ก"),))
    assert at_fault(letter) == [f"officers.0.{name}" for name in wanted]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation", "1234"),
        ("organisation", "123456"),
        ("organisation", "1234A"),
        ("region", "0"),
        ("region", "14"),
        ("region", "ก"),
        ("phone", "12345678"),
        ("phone", "0123"),
        ("fax", "x"),
        ("organisation_name", "ก" * 121),
        ("organisation_name", "ก\u202eข"),
        ("address", "\x00"),
        ("letter_number", "1" * 61),
    ],
)
def test_a_field_of_the_letter_at_fault(field: str, value: str) -> None:
    assert at_fault(replace(LETTER, **{field: value})) == [field]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("pid", CITIZEN[:12]),
        ("pid", CITIZEN + "1"),
        ("pid", CITIZEN[:12] + str((int(CITIZEN[12]) + 1) % 10)),
        ("pid", "abc"),
        ("level", "everything"),
        ("level", "search, register"),
        ("office_phone", "999"),
        ("mobile", "0212345678"),
        ("mobile", "081234567"),
        ("email", "one"),
        ("email", "one@"),
        ("email", "one@example"),
        ("email", "one@example.org\nBcc: two@example.org"),
        ("email", ".one@example.org"),
        ("email", "o..ne@example.org"),
        ("email", "หนึ่ง@example.org"),
        ("email", "a" * 64 + "@" + "b" * 60 + "." + "c" * 190 + ".org"),
        ("replaces", "123"),
        ("replaces", CITIZEN),
        ("name", "ก\x1b[2J"),
    ],
)
def test_a_field_of_an_officer_at_fault(field: str, value: str) -> None:
    assert at_fault(with_officer(**{field: value})) == [f"officers.0.{field}"]


def test_values_are_taken_as_people_write_them() -> None:
    thai_digits = str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙")
    spaced = f" {CITIZEN[0]}-{CITIZEN[1:5]}-{CITIZEN[5:10]}-{CITIZEN[10:12]}-{CITIZEN[12]} "
    letter = tidied(with_officer(pid=spaced, mobile="081-234 5678", office_phone="(043) 123-456 ต่อ 12"))
    assert (letter.officers[0].pid, letter.officers[0].mobile) == (CITIZEN, "0812345678")
    assert faults(letter, LEVELS) == ()
    assert tidied(with_officer(pid=CITIZEN.translate(thai_digits))).officers[0].pid == CITIZEN


OTHER_DIGITS = [
    chr(code)
    for code in range(sys.maxunicode + 1)
    if unicodedata.category(chr(code)) in ("Nd", "No", "Nl") and chr(code) not in "0123456789๐๑๒๓๔๕๖๗๘๙"
]


@pytest.mark.parametrize(
    "written", ["043.123.456", "+6643123456", "+66 43 123 456", "043\u200b123456", "+66043123456"]
)
def test_a_telephone_number_as_people_write_it(written: str) -> None:
    assert tidied(replace(LETTER, phone=written)).phone == "043123456"


def test_what_nobody_sees_is_dropped() -> None:
    assert (
        tidied(replace(LETTER, organisation_name="โรง\u200bพยาบาล\ufeff ทดสอบ")).organisation_name
        == "โรงพยาบาล ทดสอบ"
    )


OF_DIGITS = {"phone": "043123456", "fax": "043123456ต่อ12", "organisation": "99999", "region": "7"}
OFFICERS_DIGITS = {
    "pid": CITIZEN,
    "office_phone": "043123456ต่อ12",
    "mobile": "0812345678",
    "replaces": OTHER_CITIZEN,
}


@given(st.data(), st.sampled_from(OTHER_DIGITS))
def test_digits_are_ours_or_thai(data: st.DataObject, digit: str) -> None:
    """Full-width, Devanagari, superscript: a digit of any other script is none."""
    field, right = data.draw(st.sampled_from([*OF_DIGITS.items(), *OFFICERS_DIGITS.items()]))
    place = data.draw(st.sampled_from([n for n, each in enumerate(right) if each.isdigit()]))
    wrong = right[:place] + digit + right[place + 1 :]
    if field in OF_DIGITS:
        assert at_fault(replace(LETTER, **{field: wrong})) == [field]  # type: ignore[arg-type]
    else:
        assert at_fault(with_officer(**{field: wrong})) == [f"officers.0.{field}"]


@given(st.sampled_from([*OF_DIGITS.items(), *OFFICERS_DIGITS.items()]))
def test_thai_digits_are_kept_as_ours(given_field: tuple[str, str]) -> None:
    field, right = given_field
    thai = right.translate(str.maketrans("0123456789", "๐๑๒๓๔๕๖๗๘๙"))
    if field in OF_DIGITS:
        letter = tidied(replace(LETTER, **{field: thai}))  # type: ignore[arg-type]
        assert getattr(letter, field) == right
    else:
        letter = tidied(with_officer(**{field: thai}))
        assert getattr(letter.officers[0], field) == right
    assert faults(letter, LEVELS) == ()


@pytest.mark.parametrize(
    "name",
    [
        "นางสาวทดสอบ ระบบ",
        "ว่าที่ร้อยตรีหญิง น้ำผึ้ง เเก้วใส",
        "พ.ต.อ.หญิง ม.ร.ว. ฤทัย ณ อยุธยา",
        "นพ.ไตรรัตน์ ศรีวงษ์-ทองแท้",
        "พระครูสังฆรักษ์ ปัญญาวุฑฺโฒ",
        "Dr. Anne-Marie O'Neill",
        "José Núñez Müller",
        "Jose\u0301 D\u2019Arcy",
        "ก",
    ],
)
def test_names_of_people(name: str) -> None:
    assert at_fault(replace(with_officer(name=name), superior_name=name)) == []


@pytest.mark.parametrize(
    "name",
    [
        "😀😀",
        "12345",
        "๑๒๓",
        "นาย ๑",
        "Anne 2",
        "สมชาย 😀",
        "่้๊",
        "ิ่",
        "...",
        "- -",
        "'",
        "ะา",
        "สมชาย@x",
        "<b>",
        "ＡＢ",
        "भारत",
    ],
)
def test_what_is_nobodys_name(name: str) -> None:
    assert at_fault(with_officer(name=name)) == ["officers.0.name"]
    assert at_fault(replace(LETTER, superior_name=name)) == ["superior_name"]


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("โรงพยาบาล 50 พรรษา มหาวชิราลงกรณ", False),
        ("สถานีอนามัยเฉลิมพระเกียรติ ๖๐ พรรษา (สาขา 2/1)", False),
        ("Clinic No. 1, Khon Kaen & Co.", False),
        ("่้๊", True),
        ("12345", True),
        ("😀😀", True),
        ("- . /", True),
    ],
)
def test_names_of_organisations_and_positions(name: str, wrong: bool) -> None:
    for field in ("organisation_name", "superior_position"):
        assert at_fault(replace(LETTER, **{field: name})) == ([field] if wrong else [])  # type: ignore[arg-type]


@given(st.text(max_size=30))
def test_a_name_in_order_has_a_letter_and_no_digit(name: str) -> None:
    tidy = tidied(with_officer(name=name)).officers[0].name
    if at_fault(with_officer(name=name)) == []:
        assert any(unicodedata.category(each) in ("Lu", "Ll", "Lo") for each in tidy)
        assert {unicodedata.category(each)[0] for each in tidy} <= {"L", "M", "P", "Z"}
        assert all(
            "THAI" in unicodedata.name(each) or "LATIN" in unicodedata.name(each)
            for each in tidy
            if each.isalpha()
        )


def test_one_officer_is_named_once() -> None:
    letter = replace(LETTER, officers=(ENTRY, OTHER_ENTRY, replace(ENTRY, level="search")))
    assert at_fault(letter) == ["officers.2.pid"]


def test_who_is_replaced_goes_and_goes_once() -> None:
    third = citizen_id.synthetic(3)
    both = (replace(ENTRY, replaces=third), replace(OTHER_ENTRY, replaces=third))
    assert at_fault(replace(LETTER, officers=both)) == ["officers.1.replaces"]
    crossed = (replace(ENTRY, replaces=OTHER_CITIZEN), OTHER_ENTRY)
    assert at_fault(replace(LETTER, officers=crossed)) == ["officers.0.replaces"]
    assert at_fault(with_officer(replaces=third)) == []


def test_many_officers_and_too_many() -> None:
    many = tuple(replace(ENTRY, pid=citizen_id.synthetic(n)) for n in range(MOST_OFFICERS + 1))
    assert at_fault(replace(LETTER, officers=many[:-1])) == []
    assert at_fault(replace(LETTER, officers=many)) == ["officers"]


def test_blank_rows_are_nobody() -> None:
    assert len(tidied(replace(LETTER, officers=(OfficerEntry(), ENTRY, OfficerEntry(" ")))).officers) == 1


texts = st.text(max_size=40)
officers = st.builds(OfficerEntry, **{each.name: texts for each in fields(OfficerEntry)})
letters = st.builds(
    Letter,
    **{each.name: texts for each in fields(Letter) if each.name != "officers"},
    officers=st.lists(officers, max_size=4).map(tuple),
)


@given(letters)
def test_whatever_is_written_is_judged_field_by_field(letter: Letter) -> None:
    tidy = tidied(letter)
    assert tidied(tidy) == tidy
    known = {each.name for each in fields(Letter)}
    for fault in faults(tidy, LEVELS):
        name, *rest = fault.field.split(".")
        assert name in known
        if rest:
            # Of a letter without officers the first one's fields are told.
            assert hasattr((tidy.officers or (OfficerEntry(),))[int(rest[0])], rest[1])
        assert fault.reason.en and fault.reason.th


@given(st.integers(0, 9_999_999), st.integers(0, 12), st.integers(1, 9))
def test_one_mistyped_digit_of_an_id_is_found(number: int, place: int, by: int) -> None:
    right = citizen_id.synthetic(number)
    wrong = right[:place] + str((int(right[place]) + by) % 10) + right[place + 1 :]
    assert at_fault(with_officer(pid=right)) == []
    # The check is modulo 11 brought to one digit, so a few mistakes in a single place pass it.
    assert at_fault(with_officer(pid=wrong)) == ([] if citizen_id.is_valid(wrong) else ["officers.0.pid"])


_PLACES = [
    [
        "organisation_name",
        "organisation",
        "address",
        "phone",
        "fax",
        "letter_number",
        "letter_date",
        "region",
    ],
    ["name", "level", "pid", "office_phone", "mobile", "email", "replaces"],
    ["superior_name", "superior_position"],
]
_SPOILT = "\x07"  # unprintable, no digit, no level, no address


@given(
    st.sets(st.sampled_from(_PLACES[0] + _PLACES[2])),
    st.lists(st.sets(st.sampled_from(_PLACES[1])), min_size=1, max_size=3),
)
def test_faults_stand_in_the_order_of_the_page(spoilt: set[str], of_officers: list[set[str]]) -> None:
    entries = [
        replace(ENTRY, **{"pid": citizen_id.synthetic(number), **dict.fromkeys(wrong, _SPOILT)})
        for number, wrong in enumerate(of_officers)
    ]
    letter = replace(LETTER, **dict.fromkeys(spoilt, _SPOILT), officers=tuple(entries))
    before = [name for name in _PLACES[0] if name in spoilt]
    after = [name for name in _PLACES[2] if name in spoilt]
    inside = [
        f"officers.{number}.{name}"
        for number, wrong in enumerate(of_officers)
        for name in _PLACES[1]
        if name in wrong
    ]
    # Two that name the same person to be replaced are at fault for that as well: the same field twice, side by side.
    assert list(dict.fromkeys(at_fault(letter))) == [*before, *inside, *after]
