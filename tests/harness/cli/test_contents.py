"""What ``thnid read`` shows a person, in both languages; and the short names of card families."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from apdu_specs.language import Language
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.holders.odd import odd_holder
from harness.cli.main import command
from harness.cli.output import Output
from harness.cli.read import show_contents
from harness.client import CardClient
from harness.terminals.in_process import InProcessTerminal

SEED = 7


def shown(holder: str, language: Language, capsys: pytest.CaptureFixture[str]) -> str:
    card = card_in_memory(card_from_seed(SEED, holder=odd_holder(holder, SEED)))
    with InProcessTerminal(card) as terminal:
        show_contents(Output(json=False, language=language), CardClient(terminal).read_all())
    return " ".join(capsys.readouterr().out.split())


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", ("sex male", "date of expiry lifelong", "-11-25 BE sex")),
        ("th", ("เพศ ชาย", "วันบัตรหมดอายุ ตลอดชีพ", "วันออกบัตร พ.ศ. 2")),
    ],
)
def test_words_and_era_are_in_the_language_of_the_reader(
    language: Language, told: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    text = shown("lifelong-card", language, capsys)
    for words in told:
        assert words in text
    assert ("male" in text) is (language == "en")


def test_an_unknown_day_keeps_the_era(capsys: pytest.CaptureFixture[str]) -> None:
    assert "-??-?? BE" in shown("unknown-birth-date", "en", capsys)
    assert "พ.ศ. 25" in shown("unknown-birth-date", "th", capsys)


@pytest.mark.parametrize(
    ("asked", "found"), [("17", "TH NID 17"), ("th nid 9", "TH NID 9"), ("3b67", "3B 67")]
)
def test_a_generation_by_its_short_name(asked: str, found: str, tmp_path: Path) -> None:
    arguments = ["card", "create", str(tmp_path / "a.card"), "--generation", asked, "--json"]
    result = CliRunner().invoke(command, arguments)
    assert json.loads(result.stdout)["generation"] == found
