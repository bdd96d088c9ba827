"""Finding a generation by its name."""

from __future__ import annotations

import pytest

from apdu_specs.errors import SpecError
from apdu_specs.generations import DEFAULT, GENERATIONS, by_name, family_of


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("TH NID 18", "TH NID 18"),
        ("th nid 18", "TH NID 18"),
        ("thnid18", "TH NID 18"),
        ("TH-NID_18", "TH NID 18"),
        ("18", "TH NID 18"),
        ("6", "TH NID 6"),
        ("3b67", "3B 67"),
        ("0002", "0002"),
        ("no-laser", "no laser"),
    ],
)
def test_by_name(asked: str, found: str) -> None:
    assert by_name(asked) is GENERATIONS[found]


def test_every_generation_is_found_by_its_own_name() -> None:
    assert [by_name(name) for name in GENERATIONS] == list(GENERATIONS.values())
    assert DEFAULT.name == "TH NID 18"


@pytest.mark.parametrize("unknown", ["", "19", "TH NID", "TH NID 1", "๑๘", "2"])
def test_an_unknown_name_is_answered_with_those_that_exist(unknown: str) -> None:
    with pytest.raises(SpecError) as refused:
        by_name(unknown)
    assert repr(unknown) in str(refused.value)
    for name in ("TH NID 6", "TH NID 9", "TH NID 10", "TH NID 17", "TH NID 18", "3B 67", "0002", "no laser"):
        assert name in str(refused.value)


def test_what_differs() -> None:
    p2 = {name: sorted(generation.get_response_p2) for name, generation in GENERATIONS.items()}
    assert p2.pop("3B 67") == [1]
    assert set(map(tuple, p2.values())) == {(0, 1)}
    assert [name for name, each in GENERATIONS.items() if not each.has_laser_number] == ["no laser"]
    assert {name: each.data_version for name, each in GENERATIONS.items() if each.data_version != "0003"} == {
        "0002": "0002"
    }


def test_whose_habits_to_expect_of_an_answer_to_reset() -> None:
    assert [family_of(each.atr) for each in GENERATIONS.values()] == list(GENERATIONS.values())
    assert family_of(bytes.fromhex("3B67FF")).name == "3B 67"  # as readers tell them, by two bytes
    assert family_of(bytes.fromhex("3B00")) is family_of(b"") is DEFAULT
