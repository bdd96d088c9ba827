"""Where everything lies on the card, as readers of real cards know it: offsets and lengths as literals."""

from __future__ import annotations

import pytest

from apdu_specs import adm, card_manager, moi, nhso
from apdu_specs.errors import SpecError
from apdu_specs.file import File
from apdu_specs.generations import GENERATIONS

CURRENT = {
    "version": (0x0000, 4),
    "citizen_id": (0x0004, 13),
    "thai_name": (0x0011, 100),
    "english_name": (0x0075, 100),
    "birth_date": (0x00D9, 8),
    "sex": (0x00E1, 1),
    "request_number": (0x00E2, 20),
    "issuer": (0x00F6, 100),
    "issuer_code": (0x015A, 13),
    "issue_date": (0x0167, 8),
    "expiry_date": (0x016F, 8),
    "card_type": (0x0177, 2),
    "photo_header": (0x0179, 2),
    "photo": (0x017B, 5118),
    "address": (0x1579, 160),
    "photo_number": (0x1619, 14),
    "signature": (0x1627, 256),
}
RIGHTS = {
    "version": (0x0000, 4),
    "main_inscl": (0x0004, 60),
    "sub_inscl": (0x0040, 100),
    "main_hospital": (0x00A4, 80),
    "sub_hospital": (0x00F4, 80),
    "paid_type": (0x0144, 1),
    "issue_date": (0x0145, 8),
    "expiry_date": (0x014D, 8),
    "update_date": (0x0155, 8),
    "hospital_changes": (0x015D, 1),
}
ADM_INFO = {
    "version": (0, 2),
    "state": (2, 1),
    "authorize": (3, 1),
    "reserved": (4, 3),
    "laser_number": (7, 16),
}
CPLC = {
    "header": (0, 3),
    "ic_fabricator": (3, 2),
    "ic_type": (5, 2),
    "os_id": (7, 2),
    "os_date": (9, 2),
    "os_level": (11, 2),
    "serial": (13, 8),
    "ic_module": (21, 4),
    "icc_manufacturer": (25, 4),
    "pre_perso": (29, 8),
    "perso": (37, 8),
}
OLD_ADDRESS = {"version": (0, 4), "address": (4, 150), "photo_number": (154, 14), "signature": (168, 256)}


def places(file: File) -> dict[str, tuple[int, int]]:
    return {field.name: (file.offset(field.name), field.length) for field in file.fields}


@pytest.mark.parametrize(
    ("file", "expected", "length"),
    [
        (moi.CURRENT, CURRENT, 0x1727),
        (moi.OLD_PERSON, dict(list(CURRENT.items())[:14]), 0x1579),
        (moi.OLD_ADDRESS, OLD_ADDRESS, 424),
        (nhso.RIGHTS, RIGHTS, 0x015E),
        (adm.INFO, ADM_INFO, 23),
        (adm.INFO_WITHOUT_LASER, dict(list(ADM_INFO.items())[:4]), 7),
        (card_manager.CPLC, CPLC, 45),
    ],
)
def test_offsets_and_lengths(file: File, expected: dict[str, tuple[int, int]], length: int) -> None:
    assert places(file) == expected
    assert file.length == length
    assert "no such field" not in file


def test_blocks_of_the_generations() -> None:
    """Version 0002 keeps person and photo in block 1; everybody else has all of it in block 0."""
    for name, generation in GENERATIONS.items():
        expected = {0: 424, 1: 5497} if name == "0002" else {0: 5927}
        assert {block: file.length for block, file in generation.blocks(moi.MOI).items()} == expected
        assert {block: file.length for block, file in generation.blocks(nhso.NHSO).items()} == {0: 350}
        assert generation.blocks(adm.ADM) == {} == generation.blocks(card_manager.CARD_MANAGER)


def test_locating_a_field() -> None:
    current, old = GENERATIONS["TH NID 18"], GENERATIONS["0002"]
    assert current.locate(moi.MOI, "address") == (0, 0x1579, 160)
    assert old.locate(moi.MOI, "address") == (0, 4, 150)
    assert old.locate(moi.MOI, "photo") == (1, 0x017B, 5118)
    with pytest.raises(SpecError, match="generation 0002 has no field laser_number in MOI"):
        old.locate(moi.MOI, "laser_number")


def test_identifiers() -> None:
    assert moi.AID.hex().upper() == "A000000054480001"
    assert nhso.AID.hex().upper() == "A000000054480083"
    assert adm.AID.hex().upper() == "A000000084060002"
    assert [aid.hex().upper() for aid in card_manager.CARD_MANAGER.aids] == ["A000000003000000", "434D"]


@pytest.mark.parametrize(
    ("file", "field", "value", "says"),
    [
        (moi.CURRENT, "thai_name", "ไม่ใช่ชื่อ", "field thai_name"),
        (
            moi.CURRENT,
            "citizen_id",
            "12345678901234",
            "field citizen_id: 14 bytes do not fit in a field of 13",
        ),
        (moi.CURRENT, "citizen_id", "๑๒๓", "field citizen_id: this field holds ASCII only"),
        (moi.CURRENT, "issuer", "東京", "field issuer: '東' cannot be written in TIS-620"),
        (moi.CURRENT, "issuer", "ก" * 101, "field issuer: 101 bytes do not fit in a field of 100"),
        (moi.CURRENT, "photo", bytes(5119), "field photo: 5119 bytes do not fit in a field of 5118"),
        (moi.CURRENT, "photo_header", b"123", "field photo_header"),
        (moi.CURRENT, "sex", "1", "field sex"),
        (moi.CURRENT, "birth_date", "25200101", "field birth_date"),
        (adm.INFO, "laser_number", "A" * 17, "field laser_number"),
        (adm.INFO, "laser_number", "ก", "field laser_number: this field holds ASCII only"),
    ],
)
def test_what_does_not_fit_names_its_field(file: File, field: str, value: object, says: str) -> None:
    with pytest.raises(SpecError) as refused:
        file.field(field).build(value)
    assert says in str(refused.value)


@pytest.mark.parametrize(
    ("field", "raw"),
    [("sex", b"3"), ("sex", b"\xff"), ("birth_date", b"25201301"), ("birth_date", b"2520 101")],
)
def test_what_does_not_parse_names_its_field(field: str, raw: bytes) -> None:
    with pytest.raises(SpecError, match=f"field {field}: "):
        moi.CURRENT.field(field).parse(raw)


def test_a_whole_file_wants_all_of_it() -> None:
    with pytest.raises(SpecError, match=r"file NHSO, block 0 has 350 bytes, got 349"):
        nhso.RIGHTS.parse(bytes(349))
    with pytest.raises(SpecError, match=r"file ADM info lacks state, reserved"):
        adm.INFO.build({"version": b"\x01\x00", "authorize": b"\x01", "laser_number": "AA0000000001"})
