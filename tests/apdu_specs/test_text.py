"""How values stand in fields: padding, parts, dates, the end of a photo."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import text
from apdu_specs.errors import SpecError
from apdu_specs.values import LIFELONG, Address, BuddhistDate, Name, Sex

# What TIS-620 has: ASCII without controls, and the Thai letters, less the four places that it leaves empty.
CHARACTERS = st.sampled_from(
    [chr(code) for code in (*range(0x20, 0x7F), *range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C))]
)
TEXTS = st.text(CHARACTERS, max_size=30)
PARTS = st.text(CHARACTERS.filter(lambda character: character != "#"), max_size=10).map(str.strip)
DATES = st.one_of(
    st.none(),
    st.just(LIFELONG),
    st.builds(
        BuddhistDate,
        st.integers(0, 9999),
        st.one_of(st.none(), st.integers(1, 12)),
        st.one_of(st.none(), st.integers(1, 31)),
    ),
)


def test_thai_text_is_tis_620_padded_with_spaces() -> None:
    assert text.thai(8).build("กรุงเทพ") == bytes.fromhex("A1C3D8A7E0B7BE20")
    assert text.thai(8).parse(bytes.fromhex("A1C3D8A7E0B7BE20")) == "กรุงเทพ"
    assert text.thai(4).build("") == b"    "
    assert text.thai(4).parse(b"    ") == ""
    assert text.thai(6).build("ก ข") == b"\xa1 \xa2   "
    assert text.thai(6).parse(b" \xa1  \xa2 ") == " ก  ข"  # spaces in front and inside belong to it


def test_all_of_thai_survives() -> None:
    letters = "".join(chr(code) for code in (*range(0x0E01, 0x0E3B), *range(0x0E3F, 0x0E5C)))
    raw = text.thai(len(letters)).build(letters)
    assert raw == bytes((*range(0xA1, 0xDB), *range(0xDF, 0xFC)))
    assert text.thai(len(letters)).parse(raw) == letters


def test_what_a_real_card_may_hold_is_shown_as_far_as_it_can_be() -> None:
    assert text.thai(4).parse(b"\xa1\xdb\xfc ") == "ก��"  # places that TIS-620 leaves empty
    assert text.thai(4).parse(b"\xa1\x00\x00\x00") == "ก"  # padded with NUL by somebody
    assert text.ascii_text(3).parse(b"\xa1\xa2 ") == "กข"  # Thai where ASCII should be


@given(TEXTS.map(str.rstrip))
def test_thai_text_parses_back(value: str) -> None:
    assert text.thai(30).parse(text.thai(30).build(value)) == value


@given(TEXTS)
def test_text_fills_its_field(value: str) -> None:
    raw = text.thai(30).build(value)
    assert len(raw) == 30
    assert raw.rstrip(b" ") == value.encode("tis-620").rstrip(b" ")


# --- names and addresses ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_card", "expected"),
    [
        ("นาย#ทดสอบ##ตัวอย่าง", Name("นาย", "ทดสอบ", "", "ตัวอย่าง")),
        ("นาย#ทดสอบ#กลาง#ตัวอย่าง", Name("นาย", "ทดสอบ", "กลาง", "ตัวอย่าง")),
        ("นาย#ทดสอบ#ตัวอย่าง", Name("นาย", "ทดสอบ", "ตัวอย่าง", "")),  # a separator short
        ("นาย#ทดสอบ", Name("นาย", "ทดสอบ", "", "")),
        ("นายทดสอบ", Name("นายทดสอบ", "", "", "")),
        ("", Name("", "", "", "")),
        ("###", Name("", "", "", "")),
        ("นาย#ทดสอบ##ตัวอย่าง#ณ#อยุธยา", Name("นาย", "ทดสอบ", "", "ตัวอย่าง ณ อยุธยา")),  # two too many
        (" Mr. # Tod ## Tong ", Name("Mr.", "Tod", "", "Tong")),
    ],
)
def test_names_with_more_or_fewer_parts(on_card: str, expected: Name) -> None:
    assert text.name(100).parse(on_card.encode("tis-620").ljust(100)) == expected


@pytest.mark.parametrize(
    ("on_card", "expected"),
    [
        (
            "1/2#หมู่ที่ 3#ตรอกก#ซอยข#ถนนค#ตำบลง#อำเภอจ#จังหวัดฉ",
            Address("1/2", "หมู่ที่ 3", "ตรอกก", "ซอยข", "ถนนค", "ตำบลง", "อำเภอจ", "จังหวัดฉ"),
        ),
        (
            "9####ถนนก#แขวงข#เขตค#กรุงเทพมหานคร",
            Address("9", "", "", "", "ถนนก", "แขวงข", "เขตค", "กรุงเทพมหานคร"),
        ),
        ("9#หมู่ที่ 1", Address("9", "หมู่ที่ 1", "", "", "", "", "", "")),
        ("", Address("", "", "", "", "", "", "", "")),
        ("1#2#3#4#5#6#7#8#9#10", Address("1", "2", "3", "4", "5", "6", "7", "8 9 10")),
    ],
)
def test_addresses_with_more_or_fewer_parts(on_card: str, expected: Address) -> None:
    assert text.address(160).parse(on_card.encode("tis-620").ljust(160)) == expected


@given(st.builds(Name, PARTS, PARTS, PARTS, PARTS))
def test_names_parse_back(name: Name) -> None:
    raw = text.name(100).build(name)
    assert raw.count(b"#") == 3
    assert text.name(100).parse(raw) == name


@given(st.builds(Address, *(PARTS for _ in range(8))))
def test_addresses_parse_back(address: Address) -> None:
    raw = text.address(160).build(address)
    assert raw.count(b"#") == 7
    assert text.address(160).parse(raw) == address


def test_a_separator_cannot_be_inside_a_part() -> None:
    with pytest.raises(SpecError, match="'#' separates the parts"):
        Name("นาย", "ทด#สอบ", "", "ตัวอย่าง")


# --- dates and sex ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("25200315", BuddhistDate(2520, 3, 15)),
        ("25050600", BuddhistDate(2505, 6, None)),
        ("25050000", BuddhistDate(2505, None, None)),
        ("25050015", BuddhistDate(2505, None, 15)),
        ("00000000", BuddhistDate(0, None, None)),
        ("25660231", BuddhistDate(2566, 2, 31)),  # no such day, but a real card may say so
        ("99999999", LIFELONG),
        ("        ", None),
    ],
)
def test_dates(digits: str, expected: BuddhistDate | None) -> None:
    assert text.BUDDHIST_DATE.parse(digits.encode()) == expected
    assert text.BUDDHIST_DATE.build(expected) == digits.encode()


@pytest.mark.parametrize(
    "digits", [b"25201301", b"25200132", b"2520 301", b"252003  ", b"ABCDEFGH", b"99999901"]
)
def test_what_is_no_date(digits: bytes) -> None:
    with pytest.raises(SpecError):
        text.BUDDHIST_DATE.parse(digits)


@given(DATES)
def test_dates_parse_back(value: BuddhistDate | None) -> None:
    assert text.BUDDHIST_DATE.parse(text.BUDDHIST_DATE.build(value)) == value


def test_sex() -> None:
    assert [text.SEX.build(sex) for sex in (Sex.MALE, Sex.FEMALE)] == [b"1", b"2"]
    assert [text.SEX.parse(raw) for raw in (b"1", b"2")] == [Sex.MALE, Sex.FEMALE]


# --- photo, laser number ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on_card", "photo"),
    [
        (b"\xff\xd8ab\xff\xd9   ", b"\xff\xd8ab\xff\xd9"),
        (b"\xff\xd8  \xff\xd9   ", b"\xff\xd8  \xff\xd9"),  # spaces inside are image data
        (b"\xff\xd8a   \xff\xd9 ", b"\xff\xd8a   \xff\xd9"),
        (b"\xff\xd8\xff\xd9b\xff\xd9 ", b"\xff\xd8\xff\xd9b\xff\xd9"),  # the last end counts
        (b"\xff\xd8ab\xff\xd9\0\0 ", b"\xff\xd8ab\xff\xd9"),  # padded with something else
        (b"\xff\xd8abcdefg", b"\xff\xd8abcdefg"),  # cut off
        (b"\xff\xd8abc    ", b"\xff\xd8abc"),
        (b" " * 9, b""),
    ],
)
def test_a_photo_ends_with_its_end_marker(on_card: bytes, photo: bytes) -> None:
    assert text.jpeg(len(on_card)).parse(on_card) == photo


@given(st.binary(max_size=40))
def test_photos_parse_back(body: bytes) -> None:
    photo = b"\xff\xd8" + body + b"\xff\xd9"
    assert text.jpeg(60).parse(text.jpeg(60).build(photo)) == photo


def test_the_laser_number_is_padded_with_nul() -> None:
    assert text.nul_padded(16).build("AA0000000001") == b"AA0000000001\0\0\0\0"
    assert text.nul_padded(16).parse(b"AA0000000001\0\0\0\0") == "AA0000000001"
    assert text.nul_padded(16).parse(bytes(16)) == ""
