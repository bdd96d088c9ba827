"""Synthetic holders: reproducible, plausible, and small enough for every field of the card."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import astuple, replace
from datetime import date
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from apdu_specs.citizen_id import is_valid
from apdu_specs.values import BuddhistDate, Sex
from emulator.holders import Holder, Rights, holder_from_seed, specimen_photo
from emulator.holders.sitter import sitter_for

SEEDS = st.integers(min_value=0, max_value=10**9)
ROOT = Path(__file__).parents[2]
TITLES = {
    "นาย": "Mr.",
    "นาง": "Mrs.",
    "นางสาว": "Miss",
    "เด็กชาย": "Master",
    "เด็กหญิง": "Miss",
}
FEMALE_TITLES = {"นาง", "นางสาว", "เด็กหญิง"}
START_OF_IMAGE, END_OF_IMAGE = b"\xff\xd8", b"\xff\xd9"


def rights_of(holder: Holder) -> Rights:
    assert holder.rights is not None
    return holder.rights


def text_bytes(text: str) -> bytes:
    """TIS-620, which has no other Thai characters than the card knows."""
    return text.encode("tis_620")


# ------------------------------------------------------------ the same seed, the same holder


def test_seed_7_is_this_person_forever() -> None:
    holder = holder_from_seed(7)
    assert holder.thai_name.joined() == "นาย#วีระ##มั่นมณี"
    assert holder.english_name.joined() == "Mr.#Wira##Manmani"
    assert holder.birth_date == BuddhistDate(2540, 11, 25)
    assert holder.sex is Sex.MALE
    assert holder.address.joined() == "434###ซอยสุขใจ 4##แขวงลาดยาว#เขตจตุจักร#กรุงเทพมหานคร"
    assert holder.request_number == "99995074357/25670221"
    assert holder.issuer == "ท้องถิ่นเขตจตุจักร/กรุงเทพมหานคร"
    assert (holder.issue_date.digits(), holder.expiry_date.digits()) == ("25670221", "25751124")
    assert holder.laser_number == "OT9124880363"
    assert holder.signature[:4] == bytes.fromhex("9FF19365")
    assert rights_of(holder).main_hospital == "โรงพยาบาลตัวอย่างกรุงเทพมหานคร"


@pytest.mark.parametrize(
    ("seed", "citizen_id"),
    [
        # By hand: 1,9,9,9,9,1,2,3,4,5,6,7 weighted 13..2 sum to 503 = 45 * 11 + 8, and 11 - 8 = 3.
        (0, "1999912345673"),
        # By hand: 1,9,9,9,9,8,6,0,3,3,5,4 weighted 13..2 sum to 547 = 49 * 11 + 8, and 11 - 8 = 3.
        (1, "1999986033543"),
    ],
)
def test_citizen_id_of_a_seed(seed: int, citizen_id: str) -> None:
    assert holder_from_seed(seed).citizen_id == citizen_id


@given(SEEDS)
@settings(max_examples=30)
def test_same_seed_gives_the_same_holder(seed: int) -> None:
    assert holder_from_seed(seed) == holder_from_seed(seed)


def test_another_process_with_another_hash_seed_gives_the_same_holder() -> None:
    program = (
        "from dataclasses import astuple; from hashlib import sha256\n"
        "from emulator.holders import holder_from_seed\n"
        "print(sha256(repr([astuple(holder_from_seed(s)) for s in range(5)]).encode()).hexdigest())"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for hash_seed in ("0", "1")
    }
    assert len(digests) == 1


def test_neighbouring_seeds_are_different_people() -> None:
    holders = [holder_from_seed(seed) for seed in range(300)]
    assert len({holder.citizen_id for holder in holders}) == 300
    assert len({holder.photo for holder in holders}) == 300
    assert len({(holder.thai_name, holder.birth_date) for holder in holders}) == 300
    assert {holder.sex for holder in holders} == {Sex.MALE, Sex.FEMALE}


def test_looks_do_not_follow_from_sex() -> None:
    """A drawing made with the chances that chose the sex would give all men the same few colours of hair."""

    def hairs(sex: Sex) -> set[tuple[int, int, int]]:
        seeds = (seed for seed in range(120) if holder_from_seed(seed).sex is sex)
        return {sitter_for(seed, sex, 40).hair for seed in seeds}

    assert hairs(Sex.MALE) == hairs(Sex.FEMALE)
    assert len(hairs(Sex.MALE)) > 3


def test_a_negative_seed_or_an_impossible_age_is_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        holder_from_seed(-1)
    with pytest.raises(ValueError, match="years old"):
        holder_from_seed(1, youngest=6)


# ------------------------------------------------------------ every field fits


@given(SEEDS)
@settings(max_examples=300)
def test_every_field_fits_the_card(seed: int) -> None:
    holder = holder_from_seed(seed)
    assert re.fullmatch(r"19999\d{8}", holder.citizen_id)
    assert is_valid(holder.citizen_id)
    assert len(text_bytes(holder.thai_name.joined())) <= 100
    assert len(holder.english_name.joined().encode("ascii")) <= 100
    assert re.fullmatch(r"\d{11}/\d{8}", holder.request_number)
    assert len(text_bytes(holder.issuer)) <= 100
    assert holder.issuer.count("/") == 1
    assert re.fullmatch(r"\d{13}", holder.issuer_code)
    assert holder.card_type == "01"
    assert len(text_bytes(holder.address.joined())) <= 160
    assert holder.address.joined().count("#") == 7
    assert re.fullmatch(r"\d{14}", holder.photo_number)
    assert len(holder.signature) == 256
    assert re.fullmatch(r"[A-Z]{2}\d{10}", holder.laser_number)


@given(SEEDS)
@settings(max_examples=200)
def test_rights_fit_the_card_and_still_run(seed: int) -> None:
    holder = holder_from_seed(seed)
    rights = rights_of(holder)
    assert 0 < len(text_bytes(rights.main_inscl)) <= 60
    assert 0 < len(text_bytes(rights.sub_inscl)) <= 100
    assert 0 < len(text_bytes(rights.main_hospital)) <= 80
    assert 0 < len(text_bytes(rights.sub_hospital)) <= 80
    assert re.fullmatch(r"[0-9]", rights.paid_type)
    assert re.fullmatch(r"[0-9]", rights.hospital_changes)
    assert "ตัวอย่าง" in rights.main_hospital
    assert "ตัวอย่าง" in rights.sub_hospital
    assert rights.issue_date is not None
    assert rights.expiry_date is not None
    assert (
        holder.issue_date.digits() <= rights.issue_date.digits() <= "25690101" < rights.expiry_date.digits()
    )


def test_a_holder_may_have_no_rights() -> None:
    assert replace(holder_from_seed(1), rights=None).rights is None


def test_nothing_personal_is_in_the_repr() -> None:
    holder = holder_from_seed(7)
    shown = repr(holder) + repr(holder.rights)
    for secret in (holder.citizen_id, holder.thai_name.first, holder.english_name.last, "UCS"):
        assert secret not in shown


# ------------------------------------------------------------ plausible people


@given(SEEDS, st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(7, 85))
@settings(max_examples=200)
def test_age_title_sex_and_dates_agree(seed: int, today: date, youngest: int) -> None:
    holder = holder_from_seed(seed, today=today, youngest=youngest)
    born, issued = holder.birth_date.to_christian(), holder.issue_date.to_christian()
    assert born is not None
    assert issued is not None
    age = (today - born).days / 365.25
    assert youngest - 0.01 <= age <= 86.01
    assert issued <= today
    age_when_issued = (issued - born).days / 365.25
    assert age_when_issued >= 6.99

    title = holder.thai_name.title
    assert holder.english_name.title == TITLES[title]
    assert (title in FEMALE_TITLES) == (holder.sex is Sex.FEMALE)
    assert title.startswith("เด็ก") == (
        issued.year - born.year - ((issued.month, issued.day) < (born.month, born.day)) < 15
    )

    expires = holder.expiry_date.to_christian()
    if holder.expiry_date.is_lifelong:
        assert age_when_issued >= 69.99
    else:
        assert expires is not None
        assert 7.99 <= (expires - issued).days / 365.25 <= 9.01


@given(SEEDS)
@settings(max_examples=100)
def test_adults_by_default(seed: int) -> None:
    assert holder_from_seed(seed).birth_date.digits() <= "25510101"  # 18 years before the first day of 2026


@given(SEEDS)
@settings(max_examples=200)
def test_address_labels(seed: int) -> None:
    address = holder_from_seed(seed).address
    if address.changwat == "กรุงเทพมหานคร":
        assert (address.tambon[:4], address.amphoe[:3]) == ("แขวง", "เขต")
        assert not address.moo
    else:
        assert address.changwat.startswith("จังหวัด")
        assert (address.tambon[:4], address.amphoe[:5]) == ("ตำบล", "อำเภอ")
    for part, label in zip(astuple(address)[1:5], ("หมู่ที่ ", "ตรอก", "ซอย", "ถนน"), strict=True):
        assert part == "" or part.startswith(label)


# ------------------------------------------------------------ the drawn portrait


@given(SEEDS, st.sampled_from(Sex), st.integers(7, 90))
@settings(max_examples=300)
def test_photo_is_a_small_baseline_jpeg_with_one_pair_of_markers(seed: int, sex: Sex, age: int) -> None:
    photo = specimen_photo(seed, sex=sex, age=age)
    assert len(photo) <= 5118
    assert photo.startswith(bytes.fromhex("FFD8FFE0"))
    assert photo.endswith(END_OF_IMAGE)
    assert (photo.count(START_OF_IMAGE), photo.count(END_OF_IMAGE)) == (1, 1)
    assert b"\xff\xc0" in photo  # SOF0: baseline
    assert b"\xff\xc2" not in photo.split(b"\xff\xda")[0]  # SOF2: progressive


def test_photo_header_is_like_a_real_cards() -> None:
    photo = holder_from_seed(3).photo
    assert photo[6:11] == b"JFIF\0"
    assert photo[11:18] == bytes.fromhex("0101 01 0060 0060")  # JFIF 1.01, 96 dpi
    frame = photo[photo.index(b"\xff\xc0") :]
    assert frame[4:10] == bytes.fromhex("08 00B2 0094 03")  # 8 bits, 178 lines of 148 pixels, 3 components
    assert [frame[11], frame[14], frame[17]] == [0x22, 0x11, 0x11]  # 4:2:0
    picture = Image.open(BytesIO(photo))
    picture.load()
    assert picture.size == (148, 178)


def test_the_kept_quality_shows_the_drawing() -> None:
    """Most seeds must not need the coarse qualities: then the field would be used badly."""
    sizes = [len(specimen_photo(seed, sex=Sex.FEMALE, age=40)) for seed in range(50)]
    assert min(sizes) > 3500
