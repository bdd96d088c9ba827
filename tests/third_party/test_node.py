"""A Node program on npm's @pokusew/pcsclite, which always sends GET RESPONSE and looks at nothing before."""

from __future__ import annotations

import json
from typing import Any

import pytest

from emulator.holders.odd import odd_holder
from tests.third_party.conftest import HERE, INSTALLED, Run, file, program
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
    SEED,
    SUB_RIGHT,
    THAI_NAME,
    photo,
)

pytestmark = pytest.mark.pcsc


def reads(thnid_run: Run, **chosen: Any) -> dict[str, Any]:
    modules = INSTALLED / "node" / "node_modules"
    file(modules / "@pokusew" / "pcsclite" / "build" / "Release" / "pcsclite.node", "npm's @pokusew/pcsclite")
    done = thnid_run(
        [program("node", "nodejs"), str(HERE / "node" / "read.js")],
        environment={"NODE_PATH": str(modules)},
        **chosen,
    )
    found = json.loads(done.stdout) if done.stdout else {"says": done.stderr}
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize("generation", [each for each in GENERATIONS if each != "0002"])
def test_pcsclite_reads_everything(thnid_run: Run, generation: str) -> None:
    found = reads(thnid_run, generation=generation)
    assert found["person"] == {
        "citizenId": CITIZEN_ID,
        "thaiName": THAI_NAME,
        "englishName": ENGLISH_NAME,
        "birthDate": BIRTH_DATE,
        "sex": "1",
        "issuer": ISSUER,
        "issueDate": ISSUE_DATE,
        "expiryDate": EXPIRY_DATE,
        "address": ADDRESS,
    }
    assert bytes.fromhex(found["photo"]) == photo().ljust(5100)
    rights = found["rights"]
    assert (rights["mainRight"], rights["subRight"], rights["mainHospital"]) == (
        MAIN_RIGHT,
        SUB_RIGHT,
        MAIN_HOSPITAL,
    )
    assert found["laser"] == (None if generation == "no laser" else LASER)


@pytest.mark.parametrize("holder", ["spaces-in-photo", "blank-rights"])
def test_pcsclite_reads_odd_holders(thnid_run: Run, holder: str) -> None:
    found = reads(thnid_run, holder=holder)
    assert bytes.fromhex(found["photo"]) == odd_holder(holder, SEED).photo.ljust(5100)
    assert (found["rights"]["issueDate"] == "") is (holder == "blank-rights")


def test_a_program_that_looks_at_no_answer_fails_on_version_0002_at_the_get_response(thnid_run: Run) -> None:
    """Block 0 is the address there. The read behind its end is refused unseen; then nothing waits."""
    assert "get response: 6985" in reads(thnid_run, generation="0002", status=1)["says"]
