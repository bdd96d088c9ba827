"""``thnid backoffice``: key files, and the audit log shown and verified."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

import pytest

from emulator.offices.keyfile import read_key_file
from emulator.offices.offices import open_offices
from tests.harness.cli import program

CITIZEN, CARD = "1999900000013", bytes.fromhex("FFFF000000000001")


@dataclass(frozen=True, slots=True)
class Result:
    exit_code: int
    stdout: str
    output: str


def thnid(*arguments: str | Path) -> Result:
    ended = program.thnid("backoffice", *map(str, arguments))
    return Result(ended.returncode, ended.stdout, ended.stdout + ended.stderr)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "offices.db"
    offices = open_offices(database=path)
    offices.registry.know_card(CITIZEN, CARD)
    offices.registry.prove(CITIZEN, CARD, bytes(16))
    offices.close()
    return path


def test_make_key(tmp_path: Path) -> None:
    path = tmp_path / "key"
    made = thnid("make-key", path, "--json")
    assert (made.exit_code, json.loads(made.stdout)) == (0, {"key_file": str(path)})
    assert read_key_file(path).hex() not in made.output
    assert thnid("make-key", path).exit_code != 0


def test_show(database: Path) -> None:
    shown = thnid("audit", "--database", database)
    assert shown.exit_code == 0
    assert [line.split()[2] for line in shown.stdout.splitlines()] == ["card-issued", "office-proof"]
    assert CITIZEN not in shown.output
    entries = json.loads(thnid("audit", "--database", database, "--json").stdout)["entries"]
    assert [(entry["number"], entry["event"], entry["outcome"]) for entry in entries] == [
        (1, "card-issued", "00000"),
        (2, "office-proof", "00000"),
    ]
    assert entries[0]["subject"] == entries[1]["subject"]


def test_verify(database: Path) -> None:
    whole = thnid("audit", "--database", database, "--verify")
    assert (whole.exit_code, whole.stdout.strip()) == (0, "The audit log is whole: 2 entries.")
    with sqlite3.connect(database) as connection:
        connection.execute("DROP TRIGGER audit_entry_no_update")
        connection.execute("UPDATE audit_entry SET at = 'yesterday' WHERE number = 2")
    broken = thnid("audit", "--database", database, "--verify", "--json")
    assert broken.exit_code == 1
    assert json.loads(broken.stdout) == {"whole": False, "entries": 2, "broken_at": 2, "why": "changed"}
    thai = thnid("audit", "--database", database, "--verify", "--lang", "th")
    assert "เสียหายที่รายการ 2" in thai.output
    listed = thnid("audit", "--database", database)
    assert (listed.exit_code, "broken at entry 2" in listed.output) == (1, True), listed.output


def test_verify_against_a_kept_head(database: Path, tmp_path: Path) -> None:
    head, copy = tmp_path / "head", database.read_bytes()
    offices = open_offices(database=database)
    offices.registry.prove(CITIZEN, CARD, bytes(16))
    offices.close()
    for _ in range(2):
        assert thnid("audit", "--database", database, "--verify", "--head", head).exit_code == 0
    database.write_bytes(copy)
    for journal in tmp_path.glob("offices.db-*"):
        journal.unlink()
    assert thnid("audit", "--database", database, "--verify").exit_code == 0
    put_back = thnid("audit", "--database", database, "--verify", "--head", head, "--json")
    assert (put_back.exit_code, json.loads(put_back.stdout)["why"]) == (1, "not-the-kept-one")
    head.write_text("[]")
    assert thnid("audit", "--database", database, "--verify", "--head", head).exit_code == 2
    assert thnid("audit", "--database", database, "--head", head).exit_code == 2


def test_another_key_and_an_absent_database(database: Path, tmp_path: Path) -> None:
    thnid("make-key", tmp_path / "key")
    other = thnid("audit", "--database", database, "--verify", "--key-file", tmp_path / "key", "--json")
    assert (other.exit_code, json.loads(other.stdout)["why"]) == (1, "seal")
    (tmp_path / "key").chmod(0o644)
    refused = thnid("audit", "--database", database, "--key-file", tmp_path / "key")
    assert refused.exit_code != 0
    assert "chmod 600" in refused.output
    assert thnid("audit", "--database", tmp_path / "absent.db").exit_code != 0
    assert not (tmp_path / "absent.db").exists()
