"""``thnid spec``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from rich.console import Console
from rich.markdown import Markdown

from apdu_specs.reference import find, sections
from harness.cli.main import command

ROOT = Path(__file__).resolve().parents[3]


def spec(*arguments: str) -> str:
    result = CliRunner().invoke(command, ["spec", *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_markdown_is_the_page() -> None:
    assert spec("--markdown") == (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")


def test_the_overview_names_everything() -> None:
    text = " ".join(spec().split())
    assert all(section.name in text for section in sections())
    assert "thnid spec --markdown" in text
    assert "; ".join(section.name for section in sections() if section.kind == "file") in text
    assert "คำสั่ง" in spec("--lang", "th")


def test_one_part_by_name() -> None:
    assert "`80 B0 <P1> <P2> 02 <block (1), length (1)>`" in spec("read")
    assert "| 1579 | 5497 | 160 | `address`" in spec("moi,", "block", "0")
    assert "3B 79 96 00 00 54 48 20 4E 49 44 20 31 38" in spec("TH NID 18")


def test_json() -> None:
    document = json.loads(spec("--json"))
    assert {
        "t0",
        "applets",
        "commands",
        "files",
        "formats",
        "generations",
        "status_words",
        "pin_policies",
    } == set(document)
    read = json.loads(spec("READ", "--json"))
    assert (read["kind"], read["cla"], read["ins"], read["lengths"]) == ("command", ["80"], "B0", "2")
    moi = json.loads(spec("moi block 0", "--json"))
    assert [each["offset"] for each in moi["fields"]][:5] == [0, 4, 17, 117, 217]


def test_what_is_not_declared_is_refused_with_what_is() -> None:
    result = CliRunner().invoke(command, ["spec", "nothing of the kind"])
    assert result.exit_code == 2
    assert "READ" in result.stderr
    answer = CliRunner().invoke(command, ["spec", "nothing of the kind", "--json"])
    assert json.loads(answer.stdout)["error"] == "NotDeclared"


@pytest.mark.parametrize("columns", [80, 120])
def test_a_memory_map_is_readable_at_a_terminal(columns: int) -> None:
    console = Console(width=columns)
    with console.capture() as captured:
        console.print(Markdown(find("MOI, block 0").for_terminal()))
    screen = captured.get().splitlines()
    assert max(map(len, screen)) <= columns + 20  # Thai vowels and tones have no width
    for field in ("request_number *", "photo_header *", "card_type", "signature *"):
        assert any(field in line for line in screen), field
