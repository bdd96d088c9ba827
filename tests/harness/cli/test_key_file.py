"""Cards made for offices with a master key of their own: every command takes the same ``--key-file``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.harness.cli.program import thnid


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a key file and a card made with it."""
    assert thnid("backoffice", "make-key", "key", cwd=tmp_path).returncode == 0
    made = thnid("card", "create", "own.card", "--key-file", "key", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    return tmp_path


def test_the_office_needs_the_same_key_for_a_new_pin(folder: Path) -> None:
    stranger = thnid("office", "renew-pin", "--card", "own.card", "--pin", "7391", cwd=folder)
    assert stranger.returncode == 1
    assert "tries left: 9" in stranger.stderr and "master key" in stranger.stderr
    own = thnid("office", "renew-pin", "--card", "own.card", "--pin", "7391", "--key-file", "key", cwd=folder)
    assert (own.returncode, own.stderr) == (0, "")


def test_a_replaced_card_keeps_to_the_key(folder: Path) -> None:
    replaced = thnid(
        "office", "replace-card", "--card", "own.card", "--out", "new.card", "--pin", "3333", "--key-file", "key",
        cwd=folder,
    )  # fmt: skip
    assert replaced.returncode == 0, replaced.stderr
    renewed = thnid(
        "office", "renew-pin", "--card", "new.card", "--pin", "4444", "--key-file", "key", cwd=folder
    )
    assert renewed.returncode == 0, renewed.stderr


def test_a_key_that_others_can_read_makes_no_card(folder: Path) -> None:
    (folder / "key").chmod(0o644)
    refused = thnid("card", "create", "other.card", "--key-file", "key", "--json", cwd=folder)
    assert refused.returncode == 2
    assert json.loads(refused.stdout)["error"] == "KeyFileUnusable"
    assert not (folder / "other.card").exists()
