"""``thnid backoffice population``: people on file, the same from the same seed, told in both languages."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from emulator.offices.citizens.population import citizen_number
from emulator.offices.offices import open_offices
from harness.cli.main import command


def population(*arguments: str) -> Result:
    return CliRunner().invoke(command, ["backoffice", "population", *arguments])


def test_people_are_put_on_file_once(tmp_path: Path) -> None:
    database = str(tmp_path / "offices.db")
    asked = ["--seed", "7", "--count", "40", "--on", "2026-03-10", "--database", database, "--json"]
    first, second = population(*asked), population(*asked)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert {**json.loads(first.stdout), "seconds": 0} == {"seed": 7, "count": 40, "added": 40, "seconds": 0}
    assert json.loads(second.stdout)["added"] == 0
    offices = open_offices(database=database)
    assert all(offices.citizens.search(citizen_number(7, number)) for number in range(40))
    assert offices.citizens.search(citizen_number(7, 40)) is None
    assert offices.audit.verify() is None
    offices.close()


def test_it_is_told_in_both_languages(tmp_path: Path) -> None:
    asked = ["--count", "3", "--database", str(tmp_path / "offices.db")]
    assert "3 citizens added" in population(*asked, "--lang", "en").stdout
    assert "มีอยู่แล้ว 3 คน" in population(*asked, "--lang", "th").stdout


@pytest.mark.parametrize(
    "wrong",
    [["--count", "10000001"], ["--seed", "-1"], ["--on", "2569-31-31"], ["--database", "mysql://x/y"]],
)
def test_bad_input_ends_with_a_usage_status(tmp_path: Path, wrong: list[str]) -> None:
    got = population("--database", str(tmp_path / "offices.db"), *wrong)
    assert got.exit_code == 2
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database\n" * 100)
    got = population("--count", "1", "--database", str(tmp_path / "text"))
    assert got.exit_code == 2 and "Traceback" not in got.output
