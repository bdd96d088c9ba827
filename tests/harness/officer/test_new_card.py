"""How a locked card is replaced: what is said can be followed as it stands, whatever the files are called."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.keys import VIRTUAL_SERIAL_MARK
from apdu_specs.language import Text
from harness.cli.control import NoControl
from harness.cli.replacing import way_to_new_card
from harness.officer.new_card import NewCard

SERIAL = VIRTUAL_SERIAL_MARK + bytes(8 - len(VIRTUAL_SERIAL_MARK))
REAL = bytes.fromhex("0011223344556677")
PAGES, REGISTRY = "http://127.0.0.1:8180", "http://127.0.0.1:8180/registry"

names = st.text(st.characters(codec="utf-8", exclude_characters="/\0"), min_size=1, max_size=20).filter(
    lambda name: name.strip(".") != ""
)
paths = st.builds(lambda folder, name: Path("/") / folder / name, names, names)


@given(paths, st.one_of(st.none(), st.just(REGISTRY)), st.one_of(st.none(), paths), st.booleans())
def test_the_command_is_one_for_a_shell(
    file: Path, registry: str | None, key_file: Path | None, inserted: bool
) -> None:
    way = NewCard(SERIAL, file=file, registry=registry, key_file=key_file, inserted=inserted)
    assert way.link is None and way.command is not None
    words = shlex.split(way.command)
    assert words[:4] == ["thnid", "office", "replace-card", "--card"]
    options = dict(zip(words[3:11:2], words[4:11:2], strict=False))
    assert options["--card"] == str(file)
    out = Path(options["--out"])
    assert out.parent == file.parent and out != file
    assert options.get("--registry-url") == registry
    assert options.get("--key-file") == (None if key_file is None else str(key_file))
    assert (words[-4:] == ["thnid", "card", "insert", str(out)]) == inserted


@pytest.mark.parametrize(
    ("way", "followed"),
    [
        (NewCard(SERIAL, desk=f"{PAGES}/registry/desk"), f"{PAGES}/registry/desk"),
        (NewCard(SERIAL, desk=f"{PAGES}/registry/desk", in_memory=True), "thnid card set --state ready"),
        (NewCard(SERIAL), "thnid office replace-card --help"),
        (NewCard(SERIAL, file=Path("l.card")), "thnid office replace-card --card l.card --out l-new.card"),
    ],
)
def test_what_is_said_ends_with_what_to_follow(way: NewCard, followed: str) -> None:
    told = way.after(Text("Advice.", "คำแนะนำ"))
    for sentence in (told.en, told.th):
        assert sentence.endswith(f": {followed}")
    assert told.en.startswith("Advice. ") and told.th.startswith("คำแนะนำ ")
    assert (way.link is None) != (way.command is None)


def shown(file: str | None, serial: bytes = SERIAL) -> Mapping[str, object]:
    return {"file": file, "serial": serial.hex().upper()}


def nobody() -> Mapping[str, object]:
    raise NoControl


def test_who_holds_the_reader_is_asked_for_the_file() -> None:
    known = way_to_new_card(shown=lambda: shown("/x/l.card"))(SERIAL)
    assert known == NewCard(SERIAL, file=Path("/x/l.card"), inserted=True)
    assert way_to_new_card(shown=lambda: shown(None))(SERIAL) == NewCard(
        SERIAL, in_memory=True, inserted=True
    )
    assert way_to_new_card(shown=lambda: shown("/x/l.card", REAL))(SERIAL) == NewCard(SERIAL)
    assert way_to_new_card(shown=nobody)(SERIAL) == NewCard(SERIAL)
    assert way_to_new_card(file=Path("l.card"), shown=nobody)(SERIAL) == NewCard(SERIAL, file=Path("l.card"))


def test_a_real_card_is_replaced_by_its_office_alone() -> None:
    assert way_to_new_card(pages=PAGES, shown=nobody)(REAL) is None


@pytest.mark.parametrize(
    ("around", "registry", "desk"),
    [
        (PAGES, None, True),
        (PAGES, REGISTRY, True),
        (PAGES, "http://127.0.0.1:9/registry", False),
        (PAGES, "http://127.0.0.1:81801/registry", False),
        ("", REGISTRY, False),
    ],
)
def test_the_desk_of_the_office_around_us(
    monkeypatch: pytest.MonkeyPatch, around: str, registry: str | None, desk: bool
) -> None:
    monkeypatch.setitem(os.environ, "THNID_PAGES_URL", around)
    way = way_to_new_card(registry=registry, shown=nobody)(SERIAL)
    assert way is not None
    assert way.link == (f"{PAGES}/registry/desk" if desk else None)
