"""A Java program that finds UCWS by its WSDL and validates the answer against its XSD with the JDK's own means."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator.offices.app import build_app
from emulator.offices.server import OfficeServer
from tests.emulator.offices.people import CHANGING, ENTITLED, NOBODY, admit_people, officer_token
from tests.emulator.offices.rooms import CITIZEN, build_rooms
from tests.third_party.conftest import HERE, LIMIT_S, program

JDK = "default-jdk-headless"


@pytest.fixture(scope="module")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The compiled program."""
    folder = tmp_path_factory.mktemp("classes")
    source = HERE / "java" / "Search.java"
    subprocess.run(
        [program("javac", JDK), "-encoding", "UTF-8", "-d", str(folder), str(source)],
        check=True,
        timeout=2 * LIMIT_S,
    )
    return folder


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """The service's URL and an officer's token."""
    rooms = build_rooms()
    admit_people(rooms)
    with OfficeServer(build_app(rooms.offices)) as server:
        yield f"{server.url}/ucwstokenp1/UCWSTokenP1?wsdl", officer_token(rooms)
    rooms.storage.close()


@pytest.mark.parametrize(
    ("person", "token", "found"),
    [
        (ENTITLED, None, {"fname": "ทดสอบ", "maininscl": "UCS", "ws_status": "NHSO-000001"}),
        (CHANGING, None, {"fname": "ทดสอบ", "maininscl": "UCS", "ws_status": "NHSO-000001"}),
        (NOBODY, None, {"fname": "", "maininscl": "", "ws_status": "NHSO-000001"}),
        (ENTITLED, "abcdefgh12345678", {"fname": "", "maininscl": "", "ws_status": "NHSO-00003"}),
    ],
)
def test_a_java_program_searches(
    classes: Path, served: tuple[str, str], person: str, token: str | None, found: dict[str, str]
) -> None:
    options = ["-XX:TieredStopAtLevel=1", "-Xshare:auto", "-cp", str(classes)]
    asked = [served[0], CITIZEN, token or served[1], person]
    done = subprocess.run(
        [program("java", JDK), *options, "Search", *asked],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    told = dict(line.split("=", 1) for line in done.stdout.splitlines())
    assert told == {"service": "UCWSTokenP1", "http": "200", **found, "valid": "true"}
