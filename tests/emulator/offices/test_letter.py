"""What is checked of a letter that asks for rights: every field, with a reason in both languages."""

from __future__ import annotations

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
            assert hasattr(tidy.officers[int(rest[0])], rest[1])
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
_SPOILT = "\u200b1"


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
