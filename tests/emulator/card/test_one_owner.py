"""A card that is being replaced has one owner at every instant."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.card import card_file
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file
from emulator.errors import CardInUse


def test_a_card_that_is_replaced_cannot_be_taken_until_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.card"
    card_in_file(path, card_from_seed(1))
    naming = card_file._write_draft_first
    tried = []

    def try_to_take(*arguments: object, **options: object) -> None:
        with pytest.raises(CardInUse):
            open_card(path)
        tried.append(path)
        naming(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(card_file, "_write_draft_first", try_to_take)
    card_in_file(path, card_from_seed(2), force=True)
    assert tried == [path]


def test_a_card_replaced_while_it_is_taken_is_not_the_one_that_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, other = tmp_path / "a.card", tmp_path / "b.card"
    card_in_file(path, card_from_seed(1))
    card_in_file(other, card_from_seed(2))
    lock = card_file._lock

    def replaced_first(name: Path, descriptor: int) -> None:
        if other.exists():
            other.replace(path)
        lock(name, descriptor)

    monkeypatch.setattr(card_file, "_lock", replaced_first)
    card = open_card(path)
    assert card.serial == card_from_seed(2).serial
    with pytest.raises(CardInUse):
        open_card(path)
    card.close()
