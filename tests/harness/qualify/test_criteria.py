"""The declarations: complete, in both languages, and the page in docs is made of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from apdu_specs.language import Text
from harness.qualify.actuator import ManualActuator
from harness.qualify.criteria import CRITERIA
from harness.qualify.criteria.identity import control_codes
from harness.qualify.criterion import DoesNotApply, Family, Need, Profile
from harness.qualify.page import END, START, table
from harness.qualify.subject import Subject

ROOT = Path(__file__).resolve().parents[3]
THAI = re.compile("[\u0e00-\u0e7f]")


def test_there_are_enough_and_every_family_has_some() -> None:
    assert len(CRITERIA) >= 40
    assert {each.family for each in CRITERIA.values()} == set(Family)
    assert all(any(profile in each.profiles for each in CRITERIA.values()) for profile in Profile)


@pytest.mark.parametrize("name", CRITERIA)
def test_each_says_what_it_is(name: str) -> None:
    criterion = CRITERIA[name]
    assert criterion.id == name and re.fullmatch(r"[A-Z]{2,3}-[1-9][0-9]?", name)
    assert THAI.search(criterion.title.th) and not THAI.search(criterion.title.en)
    assert criterion.basis.source and criterion.profiles
    assert criterion.measure.__doc__ or criterion.id.startswith("SH-")


def test_whatever_presents_a_pin_needs_consent() -> None:
    # Only these name the PIN; all others reach the card through READ, SELECT, GET RESPONSE and ECHO.
    with_pin = {name for name, each in CRITERIA.items() if Need.PIN_CONSENT in each.needs}
    assert with_pin == {"FL-1", "FL-2", "FL-3", "FL-4", "FL-5"}
    for path in (ROOT / "harness" / "qualify").rglob("*.py"):
        if path.name != "thai_card.py":
            assert "verify_pin" not in path.read_text(encoding="utf-8"), path


def test_the_page_in_docs_is_fresh() -> None:
    page = (ROOT / "docs" / "qualification.md").read_text(encoding="utf-8")
    made = page[page.index(START) : page.index(END) + len(END) + 1]
    assert made == table(CRITERIA.values()), "stale: 'thnid qualify criteria --markdown' makes it"


def test_the_readme_tells_how_many() -> None:
    assert f"{len(CRITERIA)} criteria" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_control_code_of_a_feature() -> None:
    raw = bytes.fromhex("06 04 42330006 0A 04 4233000A 12 04 42330012")
    assert control_codes(raw) == {0x06: 0x42330006, 0x0A: 0x4233000A, 0x12: 0x42330012}
    assert control_codes(raw[:11]) == {0x06: 0x42330006}


@pytest.mark.parametrize("name", ["PR-1", "PR-2", "AT-9", "RM-3", "HU-9"])
def test_a_hand_gives_no_moment_to_measure_from(name: str) -> None:
    """Known before anybody is asked to move anything."""
    asked: list[Text] = []
    subject = Subject("none", actuator=ManualActuator(asked.append))
    with pytest.raises(DoesNotApply) as told:
        CRITERIA[name].measure(subject)
    assert "hand" in told.value.reason.en and "มือ" in told.value.reason.th
    assert asked == []
