"""Levels are configuration: the file that comes with thnid, another one, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.offices.erm import ERM
from emulator.offices.errors import Refused
from emulator.offices.levels import DEFAULT_LEVEL, LevelsUnusable, load_levels, standard_levels
from emulator.offices.offices import open_offices
from tests.emulator.offices.rooms import CARD, CITIZEN, Rooms

ONE = "viewer:\n  title: {en: view, th: ดู}\n  modules: {entitlement: [search]}\n"


def written(folder: Path, text: str) -> Path:
    path = folder / "levels.yaml"
    path.write_text(text)
    return path


def test_the_standard_set() -> None:
    levels = standard_levels()
    assert levels.ids == ("search", "register", "authenticate")
    assert levels.get(DEFAULT_LEVEL) is not None
    assert {module for level in levels for module in level.actions} == {module.id for module in ERM.modules}


def test_another_set(tmp_path: Path) -> None:
    offices = open_offices(levels=load_levels(written(tmp_path, ONE)))
    offices.registry.know_card(CITIZEN, CARD)
    offices.nhso.grant(CITIZEN, name="x", organisation="99999", level="viewer")
    assert offices.nhso.level_of(CITIZEN).title.th == "ดู"
    offices.close()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "names no level"),
        ("[]", "names no level"),
        ("a: [", "not YAML"),
        ("\x00", "not YAML"),
        ("Upper: {}", "no id"),
        (f"{'a' * 21}: {{}}", "no id"),
        ("1: {}", "no id"),
        ("a: 1", "title and modules"),
        ("a: {title: {en: a, th: ก}}", "title and modules"),
        ("a: {title: {en: a}, modules: {entitlement: [search]}}", "title in en and th"),
        ("a: {title: {en: a, th: ''}, modules: {entitlement: [search]}}", "title in en and th"),
        ("a: {title: {en: a, th: ก}, modules: {}}", "opens no module"),
        ("a: {title: {en: a, th: ก}, modules: {other: [search]}}", "no module"),
        ("a: {title: {en: a, th: ก}, modules: {entitlement: [all]}}", "may do in"),
        ("a: {title: {en: a, th: ก}, modules: {entitlement: search}}", "may do in"),
        (ONE + ONE, "twice"),
        ("a: !!python/object/apply:os.system [true]", "title and modules"),
        ('a: "\\UFFFFFFFF"', "not YAML"),
        ("a: !!bool x", "title and modules"),
    ],
)
def test_what_is_no_set(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(LevelsUnusable) as caught:
        load_levels(written(tmp_path, text))
    assert says in caught.value.message.en and caught.value.message.th


def test_a_folder_and_a_huge_file(tmp_path: Path) -> None:
    for path in (tmp_path, written(tmp_path, "#" * 100_000)):
        with pytest.raises(LevelsUnusable):
            load_levels(path)


def test_an_officer_whose_level_is_not_offered_any_more(rooms: Rooms, tmp_path: Path) -> None:
    rooms.grant("register")
    rooms.nhso.levels = load_levels(written(tmp_path, ONE))
    with pytest.raises(Refused) as caught:
        rooms.nhso.log_in(CITIZEN, rooms.tkey())
    assert caught.value.reason.status == "no-right"
    with pytest.raises(Refused) as caught:
        rooms.grant("register")
    assert "viewer" in caught.value.faults[0].reason.en
