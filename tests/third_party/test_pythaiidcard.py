"""PyPI's pythaiidcard reads person, NHSO rights and laser number; what it cannot read, ours reads.

Its ways with the fields are its own (it replaces ``#`` by a space before it splits), and kept here as they are: what
is asserted is that it gets from our card what it makes of such a field on any card.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.holders.odd import odd_holder
from tests.third_party.conftest import HERE, INSTALLED, Run, file
from tests.third_party.expected import CITIZEN_ID, GENERATIONS, LASER, MAIN_HOSPITAL, MAIN_RIGHT, SEED, photo

pytestmark = pytest.mark.pcsc

PACKAGE = "PyPI's pythaiidcard"
RAISES_ON_PERSON = ("unknown-birth-date", "unknown-birth-day", "lifelong-card")
FIELD_WITHOUT_ITS_LAST_18_BYTES = 5100


def reads(thnid_run: Run, **chosen: Any) -> dict[str, Any]:
    python = file(INSTALLED / "python" / "bin" / "python", PACKAGE)
    found = json.loads(thnid_run([python, str(HERE / "read_with_pythaiidcard.py")], **chosen).stdout)
    assert isinstance(found, dict)
    return found


def ours(thnid_run: Run, holder: str) -> dict[str, Any]:
    """What our own client reads from the same card."""
    import sys

    found = json.loads(
        thnid_run([sys.executable, "-m", "harness.cli", "read", "--json"], holder=holder).stdout
    )
    assert found["unreadable"] == []
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("generation", [each for each in GENERATIONS if each != "0002"])
def test_every_generation_with_everything_in_block_0(thnid_run: Run, generation: str) -> None:
    found = reads(thnid_run, generation=generation)
    assert found["person"]["cid"] == CITIZEN_ID
    assert found["person"]["thai_name"]["full_name"].strip() == "นาย วีระ  มั่นมณี"
    assert found["person"]["date_of_birth"] == "1997-11-25"
    assert found["person"]["expire_date"] == "2032-11-24"
    assert bytes.fromhex(found["person"]["photo"]) == photo().ljust(FIELD_WITHOUT_ITS_LAST_18_BYTES)
    assert (found["rights"]["main_inscl"], found["rights"]["main_hospital_name"]) == (
        MAIN_RIGHT,
        MAIN_HOSPITAL,
    )
    # It fetches 7 of the 16 bytes, and where there is no laser number takes the header for one.
    assert found["laser"] == ("\x01\x00\x01\x01\x00\x00\x00" if generation == "no laser" else LASER[:7])


def test_version_0002_is_beyond_it(thnid_run: Run) -> None:
    """It does not know that old cards keep the person in block 1."""
    assert reads(thnid_run, generation="0002")["person"]["raised"] == "DataReadError"


@pytest.mark.parametrize("holder", RAISES_ON_PERSON)
def test_it_raises_on_dates_that_are_no_days_and_ours_reads_them(thnid_run: Run, holder: str) -> None:
    found = reads(thnid_run, holder=holder)
    assert found["person"]["raised"] == "ValidationError"
    assert "Invalid date" in found["person"]["says"]
    assert found["laser"] == LASER[:7]
    dates = ours(thnid_run, holder)["person"]
    assert dates["birth_date"]["digits"] == odd_holder(holder, SEED).birth_date.digits()
    assert dates["expiry_date"]["lifelong"] is (holder == "lifelong-card")


def test_it_raises_on_blank_rights_and_ours_says_there_are_none(thnid_run: Run) -> None:
    found = reads(thnid_run, holder="blank-rights")
    assert found["person"]["cid"] == CITIZEN_ID
    assert found["rights"]["raised"] == "ValidationError"
    assert ours(thnid_run, "blank-rights")["rights"] is None


@pytest.mark.parametrize(
    "holder", ["longest-names", "largest-photo", "spaces-in-photo", "expired-rights", "expired-card"]
)
def test_holders_that_it_reads(thnid_run: Run, holder: str) -> None:
    found, expected = reads(thnid_run, holder=holder), odd_holder(holder, SEED)
    assert found["person"]["cid"] == CITIZEN_ID
    name = expected.thai_name
    assert found["person"]["thai_name"]["full_name"].split() == [
        part for part in (name.title, name.first, name.middle, name.last) if part
    ]
    photo_field = expected.photo.ljust(5118)
    assert bytes.fromhex(found["person"]["photo"]) == photo_field[:FIELD_WITHOUT_ITS_LAST_18_BYTES]
    assert found["person"]["is_expired"] is (holder == "expired-card")
    assert found["rights"]["is_expired"] is (holder == "expired-rights")


def test_all_space_photo_is_handed_on_as_a_photo(thnid_run: Run) -> None:
    assert bytes.fromhex(reads(thnid_run, holder="no-photo")["person"]["photo"]) == b" " * 5100


def test_the_soi_beside_a_moo_is_lost_by_it_and_kept_by_ours(thnid_run: Run) -> None:
    found = reads(thnid_run, holder="moo-and-soi")["person"]["address_info"]
    assert found["soi"] == ""
    assert ours(thnid_run, "moo-and-soi")["person"]["address"]["soi"] == "ซอยร่มเย็น 3"
