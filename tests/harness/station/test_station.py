"""The station on a private stack: the same record as a campaign's, and an operator who is asked on the page."""

from __future__ import annotations

import http.client
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema
import pytest

from apdu_specs.language import Text
from emulator.card import Card
from harness.bench import Bench
from harness.errors import NoReader
from harness.qualify.actuator import ManualActuator
from harness.qualify.calls import CallFailed
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import (
    CannotMeasure,
    Criterion,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    Need,
    Profile,
    proposed,
)
from harness.qualify.record import Record, digest_of
from harness.qualify.report.schema import SCHEMA
from harness.qualify.runner import Campaign
from harness.qualify.subject import Subject
from harness.stack import Stack
from harness.station.page import Page, PageRefused
from harness.station.prompts import Desk, StationOperator
from harness.station.station import WHICH_READER, Prepare, Station
from harness.terminals.scard import ResultCode
from tests.harness.station.scripted import LIMIT_S, ScriptedOperator

pytestmark = pytest.mark.pcsc
_LIMITS = Limits(upper=10, marginal_upper=5)


def _raising(problem: Exception) -> Any:
    def measure(_: Subject) -> Measurement:
        raise problem

    return measure


MEASURES: dict[str, Any] = {
    "passes": lambda _: Measurement(1),
    "only just": lambda _: Measurement(7.0000001, samples=[7.0]),
    "at the limit": lambda _: Measurement(10.0),
    "a hair above, which a record rounds away": lambda _: Measurement(10.0000001),
    "fails": lambda _: Measurement(11, Text("eleven", "สิบเอ็ด")),
    "nothing": lambda _: Measurement(None),
    "cannot": _raising(CannotMeasure(Text("no", "ไม่"))),
    "does not apply": _raising(DoesNotApply(Text("no", "ไม่"))),
    "a call fails": _raising(CallFailed(ResultCode.SHARING_VIOLATION, "SCardConnect")),
    "breaks": _raising(ZeroDivisionError("x")),
}


def declared(measures: dict[str, Any]) -> dict[str, Criterion]:
    declare = Declarations(Family.TIMING)
    for name, measure in measures.items():
        declare(name, name, name, basis=proposed("a test"), limits=_LIMITS, unit="ms", needs=())(measure)
    return {each.id: each for each in declare.criteria}


def header(serial: str) -> dict[str, Any]:
    return {
        "tool": {"name": "thnid", "version": "0"},
        "reader": {"name": "R", "serial": serial, "firmware": None, "driver": None, "attributes": {}},
        "host": {"os": "o", "kernel": "k", "pcsc": None},
        "card": {"atr": None, "generation": None, "virtual": True},
        "operator": None,
        "started": "2026-01-01T00:00:00+00:00",
        "profile": "quick",
    }


def preparing(subject: Subject, station: Path) -> Prepare:
    return lambda serial: (subject, Record.begin(station / serial, header(serial)))


@pytest.mark.parametrize("name", [*MEASURES, "all"])
def test_verdicts_equal_those_of_a_campaign(thnid_stack: Stack, tmp_path: Path, name: str) -> None:
    criteria = declared(MEASURES if name == "all" else {name: MEASURES[name]})
    subject = Subject(thnid_stack.reader_names[0])
    by_campaign = Campaign(subject, criteria, Record.begin(tmp_path / "c", header("1"))).run()
    subject = Subject(thnid_stack.reader_names[0])
    run = Station(criteria, Profile.QUICK, preparing(subject, tmp_path), Desk()).qualify("1")
    for document in (by_campaign, run.document):
        for each in document["results"]:
            each.pop("ms")
    assert run.document["results"] == by_campaign["results"]
    assert run.document["verdict"] == by_campaign["verdict"]
    written = json.loads((tmp_path / "1" / "record.json").read_text(encoding="utf-8"))
    jsonschema.validate(written, SCHEMA)
    assert digest_of(written) == written["digest"]
    openhtfs = json.loads((tmp_path / "1" / "openhtf.json").read_text(encoding="utf-8"))
    assert openhtfs["dut_id"] == "1"
    passed = (openhtfs["outcome"], openhtfs["marginal"])
    expected = {"pass": ("PASS", False), "marginal": ("PASS", True)}
    assert passed == expected.get(by_campaign["verdict"], ("FAIL", passed[1]))


def test_a_reader_that_goes_away_ends_the_run(thnid_stack: Stack, tmp_path: Path) -> None:
    measures = {"first": MEASURES["passes"], "gone": _raising(NoReader("R")), "later": MEASURES["passes"]}
    subject = Subject(thnid_stack.reader_names[0])
    run = Station(declared(measures), Profile.QUICK, preparing(subject, tmp_path), Desk()).qualify("1")
    assert isinstance(run.gone, NoReader)
    assert (run.document["verdict"], run.document["remaining"]) == ("incomplete", ["gone", "later"])
    assert json.loads((tmp_path / "1" / "openhtf.json").read_text(encoding="utf-8"))["outcome"] == "ERROR"


def test_the_operator_is_asked_on_the_page(
    thnid_bench: Bench, thnid_stack: Stack, thnid_card: Card, tmp_path: Path
) -> None:
    def photo(subject: Subject) -> Measurement:
        return Measurement(subject.operator.answer(Text("<mark> & number", "เครื่องหมาย")))

    declare = Declarations(Family.PAPER)
    declare("PA-9", "mark", "เครื่องหมาย", basis=proposed("a test"), limits=Limits(), needs=())(photo)
    criteria = {name: CRITERIA[name] for name in ("PR-3", "PR-4", "PR-5")} | {"PA-9": declare.criteria[0]}

    def follow(message: str) -> str | None:
        if message == "Insert the card now.":
            thnid_bench.insert(thnid_card)
        elif message == "Take the card out now.":
            thnid_bench.remove()
        return {WHICH_READER.en: "SN 1"}.get(message, "FCC 1234")

    def prepare(serial: str) -> tuple[Subject, Record]:
        operator = StationOperator(desk, "en")
        subject = Subject(
            thnid_stack.reader_names[0], actuator=ManualActuator(operator.ask), operator=operator
        )
        subject.recognise()
        return subject, Record.begin(tmp_path / serial, header(serial))

    thnid_bench.insert(thnid_card)
    desk = Desk()
    with Page(0) as page, ScriptedOperator(page.address, follow) as operator:
        station = Station(criteria, Profile.QUICK, prepare, desk, page=page)
        run = station.qualify(None)
    results = {each["criterion"]: each for each in run.document["results"]}
    assert run.document["verdict"] == "pass", results
    assert (run.serial, results["PA-9"]["value"]) == ("SN 1", "FCC 1234")
    assert results["PR-5"]["reason"]["en"] == "3 cycles"
    moves = ["Take the card out now.", "Insert the card now."] * 3
    assert operator.asked == [WHICH_READER.en, *moves, "&lt;mark&gt; &amp; number"]
    assert operator.ended == ["PASS"]


def test_the_operator_is_asked_again_when_there_is_no_such_reader(thnid_stack: Stack, tmp_path: Path) -> None:
    serials = iter(["none", "SN 2"])

    def prepare(serial: str) -> tuple[Subject, Record]:
        if serial == "none":
            raise NoReader("ACS")
        return Subject(thnid_stack.reader_names[0]), Record.begin(tmp_path / serial, header(serial))

    criteria = declared({"passes": MEASURES["passes"]})
    with Page(0) as page, ScriptedOperator(page.address, lambda _: next(serials)) as operator:
        run = Station(criteria, Profile.QUICK, prepare, Desk(), page=page).qualify(None)
    assert run.serial == "SN 2"
    assert "ACS" in operator.asked[1] and operator.asked[1].endswith(WHICH_READER.en)


def asked(page: Page, path: str, **headers: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(page.address).netloc, timeout=LIMIT_S)
    connection.request("GET", path, headers=headers)
    return connection.getresponse().status


def test_the_page_is_for_this_computer_alone() -> None:
    with Page(0) as page:
        port = page.port
        assert asked(page, "/") == asked(page, "/", Host=f"localhost:{port}") == 200
        assert asked(page, "/", Origin=f"http://localhost:{port}") == 200
        assert asked(page, "/sub/station/info", Origin="https://evil.example") == 404
        assert asked(page, "/", Host=f"evil.example:{port}") == 404
        with pytest.raises(PageRefused) as refused:
            Page(port)
    assert str(port) in refused.value.message.th


def test_needs_are_those_of_a_campaign(thnid_stack: Stack, tmp_path: Path) -> None:
    declare = Declarations(Family.THAI_CARD)
    never = _raising(AssertionError("a PIN must not be presented"))
    declare("PIN", "p", "p", basis=proposed("a test"), needs=(Need.PIN_CONSENT,))(never)
    subject = Subject(thnid_stack.reader_names[0], pin="1234")  # a real card, and nobody consented
    criteria = {"PIN": declare.criteria[0]}
    run = Station(criteria, Profile.QUICK, preparing(subject, tmp_path), Desk()).qualify("1")
    assert [each["verdict"] for each in run.document["results"]] == ["not applicable"]
    assert run.document["verdict"] == "incomplete"
