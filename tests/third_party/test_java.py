"""A program on javax.smartcardio, which sends GET RESPONSE by itself with the class of the command before."""

from __future__ import annotations

import ctypes.util
import subprocess
from pathlib import Path

import pytest

from tests.third_party.conftest import HERE, LIMIT_S, Run, program
from tests.third_party.expected import (
    ADDRESS,
    ATRS,
    BIRTH_DATE,
    CITIZEN_ID,
    ENGLISH_NAME,
    EXPIRY_DATE,
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
JDK = "default-jdk-headless"


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    folder = tmp_path_factory.mktemp("classes")
    source = HERE / "java" / "Read.java"
    subprocess.run(
        [program("javac", JDK), "-encoding", "UTF-8", "-d", str(folder), str(source)],
        check=True,
        timeout=LIMIT_S,
    )
    return folder


def reads(thnid_run: Run, classes: Path, generation: str, *, status: int = 0) -> dict[str, str]:
    """What it printed, and what it ``says`` where it fails."""
    options = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dfile.encoding=UTF-8", "-cp", str(classes)]
    library = ctypes.util.find_library("pcsclite")
    if library is not None:  # Java itself looks only for the name that the development package brings
        options.append(f"-Dsun.security.smartcardio.library={library}")
    done = thnid_run([program("java", JDK), *options, "Read"], generation=generation, status=status)
    return dict(line.split("=", 1) for line in done.stdout.splitlines()) | {"says": done.stderr}


@pytest.mark.parametrize(
    "generation", ["TH NID 6", "TH NID 9", "TH NID 10", "TH NID 17", "TH NID 18", "no laser"]
)
def test_javax_smartcardio_reads_everything(thnid_run: Run, classes: Path, generation: str) -> None:
    found = reads(thnid_run, classes, generation)
    assert (found["protocol"], found["atr"]) == ("T=0", ATRS[generation])
    assert (found["oldApplet"], found["applet"]) == ("6A82", "9000")
    assert found["fci"] == "8408A000000054480001"
    assert (found["citizenId"], found["thaiName"]) == (CITIZEN_ID, THAI_NAME)
    assert (found["englishName"], found["sex"], found["issuer"]) == (ENGLISH_NAME, "1", ISSUER)
    assert (found["birthDate"], found["issueDate"], found["expiryDate"]) == (
        BIRTH_DATE,
        ISSUE_DATE,
        EXPIRY_DATE,
    )
    assert found["address"] == ADDRESS
    image = bytes.fromhex(found["photo"])
    assert (len(image), image[2:]) == (5120, photo().ljust(5118))
    assert (found["mainRight"], found["subRight"], found["mainHospital"]) == (
        MAIN_RIGHT,
        SUB_RIGHT,
        MAIN_HOSPITAL,
    )
    adm = bytes.fromhex(found["adm"])
    # Old chips have no laser number: the seven bytes that it asks for are all there is.
    assert (len(adm), adm[7:19]) == ((7, b"") if generation == "no laser" else (23, LASER.encode()))
    assert found["cplc"].startswith("9F7F2A")
    assert found["cplc"].endswith("9000")
    assert len(found["cplc"]) == 2 * 47


def test_a_card_that_needs_p2_01_refuses_the_get_response_that_java_makes_up(
    thnid_run: Run, classes: Path
) -> None:
    """javax.smartcardio knows only P2 00, and gives a program no chance to say otherwise."""
    assert reads(thnid_run, classes, "3B 67")["applet"] == "6A86"


def test_a_program_that_knows_block_0_only_fails_on_version_0002_where_the_file_ends(
    thnid_run: Run, classes: Path
) -> None:
    """Block 0 of such a card is the address: it is taken for the person, until the offset of the address is behind its end."""
    assert "read at 1579: 6B00" in reads(thnid_run, classes, "0002", status=1)["says"]
