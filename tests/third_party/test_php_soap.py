"""A PHP program that asks UCWS as PHP's own ``SoapClient`` does, from the served WSDL alone."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator

import pytest

from emulator.offices.app import build_app
from emulator.offices.server import OfficeServer
from tests.emulator.offices.people import CHANGING, DECEASED, ENTITLED, NOBODY, admit_people, officer_token
from tests.emulator.offices.rooms import CITIZEN, build_rooms
from tests.third_party.conftest import HERE, LIMIT_S, missing, program

PHP, SOAP = "php-cli", "php-soap"


@pytest.fixture(scope="module")
def php() -> str:
    """PHP, with its SOAP client."""
    found = program("php", PHP)
    asked = [found, "-r", "exit((int) !extension_loaded('soap'));"]
    if subprocess.run(asked, stdin=subprocess.DEVNULL, timeout=LIMIT_S).returncode:
        missing(SOAP, "PHP's SoapClient")
    return found


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, str]]:
    """The service's WSDL and an officer's token."""
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
        (DECEASED, None, {"fname": "ทดสอบ", "ws_status": "NHSO-000001"}),
        (NOBODY, None, {"fname": "", "maininscl": "", "ws_status": "NHSO-000001"}),
        (ENTITLED, "abcdefgh12345678", {"fname": "", "maininscl": "", "ws_status": "NHSO-00003"}),
    ],
)
def test_a_php_program_searches(
    php: str, served: tuple[str, str], person: str, token: str | None, found: dict[str, str]
) -> None:
    asked = [served[0], CITIZEN, token or served[1], person]
    done = subprocess.run(
        [php, str(HERE / "php" / "search.php"), *asked],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
    )
    assert done.returncode == 0, done.stdout[-1000:] + done.stderr[-1000:]
    told = dict(line.rsplit("=", 1) for line in done.stdout.splitlines())
    assert {name: told[name] for name in found} == found
    assert told["status"] == "200"
    assert told["function"] == "searchCurrentByPIDResponse searchCurrentByPID(searchCurrentByPID $parameters)"
    shape = ("<S:Envelope ", "<S:Body>", "<ns2:searchCurrentByPIDResponse ", "<return>", "<ws_status>")
    assert {written: told[written] for written in shape} == dict.fromkeys(shape, "1")
