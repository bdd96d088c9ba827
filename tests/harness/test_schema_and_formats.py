"""What ``thnid read`` prints for programs: the JSON Schema that is shipped, and CSV and YAML of the same document."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from apdu_specs.generations import GENERATIONS
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.holders.odd import ODD_HOLDERS
from harness.cli.formats import rendered
from harness.client import CardClient
from harness.client.schema import card_schema
from harness.terminals.in_process import InProcessTerminal

SHIPPED = Path(__file__).parents[2] / "docs" / "card.schema.json"


def document(*, generation: str = "TH NID 18", holder: str | None = None) -> dict[str, Any]:
    odd = None if holder is None else ODD_HOLDERS[holder].holder(7)
    card = card_in_memory(card_from_seed(7, generation=GENERATIONS[generation], holder=odd))
    with InProcessTerminal(card) as terminal:
        return CardClient(terminal).read_all().to_json()


def test_the_shipped_schema_is_the_one_the_client_has() -> None:
    assert json.loads(SHIPPED.read_text(encoding="utf-8")) == card_schema(), (
        "stale: thnid read --schema > docs/card.schema.json"
    )


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(card_schema())


@pytest.mark.parametrize("generation", GENERATIONS)
def test_every_generation_is_read_as_the_schema_says(generation: str) -> None:
    jsonschema.validate(document(generation=generation), card_schema())


@pytest.mark.parametrize("holder", ODD_HOLDERS)
def test_every_odd_holder_is_read_as_the_schema_says(holder: str) -> None:
    jsonschema.validate(document(holder=holder), card_schema())


def test_the_schema_refuses_what_is_not_a_card() -> None:
    wrong = document()
    wrong["person"]["birth_date"] = "2520-03-15"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(wrong, card_schema())


def test_yaml_says_the_same_as_json() -> None:
    told = document()
    assert yaml.safe_load(rendered(told, "yaml")) == json.loads(rendered(told, "json")) == told


def test_csv_has_one_header_and_one_row() -> None:
    told = document()
    header, row = csv.reader(io.StringIO(rendered(told, "csv")))
    flat = dict(zip(header, row, strict=True))
    assert flat["person.citizen_id"] == told["person"]["citizen_id"]
    assert flat["person.thai_name.last"] == told["person"]["thai_name"]["last"]
    assert flat["person.birth_date.year"] == str(told["person"]["birth_date"]["year"])
    assert flat["rights.main_inscl"] == told["rights"]["main_inscl"]
