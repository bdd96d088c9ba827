"""``thnid office request, requests, approve, refuse, revoke, responsible``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from emulator.offices.embedded import EmbeddedOffices
from harness.cli.main import command
from harness.cli.output import Misuse
from tests.emulator.offices.letters import as_json
from tests.emulator.offices.rooms import CITIZEN, OTHER_CITIZEN


@pytest.fixture
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(pages=False) as running:
        yield running


@pytest.fixture
def letter(tmp_path: Path) -> Path:
    path = tmp_path / "letter.yaml"
    path.write_text(yaml.safe_dump(as_json(), allow_unicode=True))
    return path


def office(offices: EmbeddedOffices, *arguments: object, stdin: str | None = None) -> Result:
    environment = {
        "THNID_NHSO_URL": offices.nhso_url,
        "THNID_COUNTER_KEY": offices.counter_key,
        "LANG": "C.UTF-8",
    }
    told = ["office", *map(str, arguments)]
    return CliRunner().invoke(command, told, input=stdin, env=environment, standalone_mode=False)


def document(result: Result) -> dict[str, Any]:
    assert result.return_value in (0, None), result.output
    found = json.loads(result.stdout)
    assert isinstance(found, dict)
    return found


def test_ask_list_approve_refuse(offices: EmbeddedOffices, letter: Path) -> None:
    asked = document(office(offices, "request", letter, "--json"))
    [waiting] = document(office(offices, "requests", "--json"))["requests"]
    assert [each["decision"] for each in waiting["officers"]] == [None, None]
    approved = document(office(offices, "approve", asked["reference"], "--officer", 1, "--json"))
    assert approved["officers"][0]["decision"] == "approved"
    refused = document(office(offices, "refuse", asked["reference"], "--reason", "ข้อมูลไม่ครบ", "--json"))
    assert refused["officers"][1]["reason"] == "ข้อมูลไม่ครบ"
    assert offices.nhso.level_of(CITIZEN).id == "register"
    assert document(office(offices, "requests", "--json")) == {"requests": []}
    assert document(office(offices, "revoke", CITIZEN, "--reason", "ลาออก", "--json")) == {"revoked": True}


def test_a_person_reads_what_happens(offices: EmbeddedOffices, letter: Path) -> None:
    assert "Received: R" in office(offices, "request", letter).output
    assert "รอพิจารณา" in office(offices, "requests", "--lang", "th").output
    assert "No request is waiting." not in office(offices, "requests").output


def test_somebody_else_becomes_responsible(offices: EmbeddedOffices, letter: Path) -> None:
    offices.grant(OTHER_CITIZEN)
    more = as_json()
    more["officers"] = more["officers"][:1]
    letter.write_text(yaml.safe_dump(more, allow_unicode=True))
    asked = document(office(offices, "responsible", letter, "--old", OTHER_CITIZEN, "--json"))
    document(office(offices, "approve", asked["reference"], "--json"))
    held = {holder.citizen_id: holder.because for holder in offices.offices.rights.holders()}
    assert held == {OTHER_CITIZEN: "responsible-changed", CITIZEN: None}


@pytest.mark.parametrize("how", [("-",), ("--pid-stdin",)])
def test_a_citizen_id_that_no_process_list_shows(offices: EmbeddedOffices, how: tuple[str, ...]) -> None:
    offices.grant(CITIZEN)
    result = office(offices, "revoke", *how, "--reason", "ลาออก", "--json", stdin=f"{CITIZEN}\r\n")
    assert document(result) == {"revoked": True}
    [held] = offices.offices.rights.holders()
    assert held.ended_at is not None


def test_somebody_else_becomes_responsible_and_no_process_list_shows_whom(
    offices: EmbeddedOffices, letter: Path
) -> None:
    offices.grant(OTHER_CITIZEN)
    more = as_json()
    more["officers"] = more["officers"][:1]
    letter.write_text(yaml.safe_dump(more, allow_unicode=True))
    lines = f"{OTHER_CITIZEN}\n{CITIZEN}\n"
    asked = document(
        office(offices, "responsible", letter, "--pid-stdin", "--new", "-", "--json", stdin=lines)
    )
    document(office(offices, "approve", asked["reference"], "--officer", 1, "--json"))
    held = {holder.citizen_id: holder.because for holder in offices.offices.rights.holders()}
    assert held == {OTHER_CITIZEN: "responsible-changed", CITIZEN: None}


def test_a_letter_from_standard_input(offices: EmbeddedOffices, letter: Path) -> None:
    document(office(offices, "request", "-", "--json", stdin=letter.read_text()))
    assert offices.offices.rights.letters()[0].waiting == 2
    assert "too long" in office(offices, "request", "-", stdin="#" * (1024 * 1024 + 1)).output


@pytest.mark.parametrize(
    "arguments",
    [
        ("revoke", "--reason", "x"),
        ("revoke", CITIZEN, "--pid-stdin", "--reason", "x"),
        ("responsible", "letter.yaml"),
        ("responsible", "letter.yaml", "--old", CITIZEN, "--pid-stdin"),
    ],
)
def test_whose_right_is_told_once(offices: EmbeddedOffices, arguments: tuple[str, ...]) -> None:
    refused = office(offices, *arguments, stdin=CITIZEN).exception
    assert isinstance(refused, Misuse) and "--pid-stdin is needed" in str(refused)


def test_no_citizen_id_at_all(offices: EmbeddedOffices) -> None:
    for stdin in ("", "\n", "\udcff\n".encode("utf-8", "surrogateescape").decode("latin-1")):
        assert office(offices, "revoke", "-", "--reason", "x", stdin=stdin).return_value == 1


def test_fields_and_officers_by_options(offices: EmbeddedOffices, letter: Path) -> None:
    more = as_json()
    told = ",".join(f"{name}={value}" for name, value in more["officers"][1].items())
    more["officers"] = more["officers"][:1]
    letter.write_text(yaml.safe_dump(more, allow_unicode=True))
    document(office(offices, "request", letter, "--set", "region=9", "--officer", told, "--json"))
    [received] = offices.offices.rights.letters()
    assert (received.letter.region, received.waiting) == ("9", 2)


def test_a_telephone_number_stays_what_it_is(offices: EmbeddedOffices, letter: Path) -> None:
    letter.write_text(letter.read_text().replace("'", ""))  # YAML alone would read 0812345678 as a number
    document(office(offices, "request", letter, "--json"))
    assert offices.offices.rights.letters()[0].asked[0].entry.mobile == "0812345678"


def test_what_is_wrong_is_named_by_field(offices: EmbeddedOffices, letter: Path) -> None:
    result = office(offices, "request", letter, "--set", "organisation=1")
    assert (result.return_value, offices.offices.rights.letters()) == (1, ())
    assert "organisation must be 5 digits" in result.output


@pytest.mark.parametrize(
    "text", ["", "[]", "a: [", "\x00", 'a: "\\UFFFFFFFF"', "&a [*a]", "name: a\nname: b"]
)
def test_a_file_that_is_no_letter(offices: EmbeddedOffices, letter: Path, text: str) -> None:
    letter.write_text(text)
    assert office(offices, "request", letter).exception is None
    assert "holds no letter" in office(offices, "request", letter).output


def test_an_unknown_request(offices: EmbeddedOffices) -> None:
    for reference in ("R2569-000009", "../registry/cards", "x"):
        result = office(offices, "approve", reference)
        assert result.return_value == 1, result.output
