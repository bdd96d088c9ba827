"""A program on Debian's python3-pyscard, run by Debian's own Python."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.third_party.conftest import HERE, Run, file
from tests.third_party.expected import (
    ADDRESS,
    BIRTH_DATE,
    CITIZEN_ID,
    ENGLISH_NAME,
    EXPIRY_DATE,
    GENERATIONS,
    ISSUE_DATE,
    ISSUER,
    LASER,
    MAIN_HOSPITAL,
    MAIN_RIGHT,
    SUB_RIGHT,
    THAI_NAME,
    photo,
)

pytestmark = pytest.mark.pcsc
PACKAGE = "python3-pyscard"


@pytest.mark.parametrize("generation", GENERATIONS)
def test_pyscard_reads_everything_on_every_generation(thnid_run: Run, generation: str) -> None:
    file(Path("/usr/lib/python3/dist-packages/smartcard"), PACKAGE)
    python = file(Path("/usr/bin/python3"), "python3")
    found = json.loads(
        thnid_run([python, "-I", str(HERE / "read_with_pyscard.py")], generation=generation).stdout
    )
    assert found["person"] == {
        "citizen_id": CITIZEN_ID,
        "thai_name": THAI_NAME,
        "english_name": ENGLISH_NAME,
        "birth_date": BIRTH_DATE,
        "sex": "1",
        "issuer": ISSUER,
        "issue_date": ISSUE_DATE,
        "expiry_date": EXPIRY_DATE,
        "address": ADDRESS,
    }
    assert bytes.fromhex(found["photo"]) == photo().ljust(5118)
    assert (found["rights"]["main_right"], found["rights"]["sub_right"]) == (MAIN_RIGHT, SUB_RIGHT)
    assert found["rights"]["main_hospital"] == MAIN_HOSPITAL
    assert found["laser"] == (None if generation == "no laser" else LASER)
    assert found["cplc"].startswith("9f7f2a")
