"""How a suspended card gets a new PIN: at the counter that is open here, else by a command."""

from __future__ import annotations

import os

import pytest

from apdu_specs.keys import VIRTUAL_SERIAL_MARK
from harness.cli.renewing import way_to_new_pin
from harness.officer.new_pin import NewPin

SERIAL = VIRTUAL_SERIAL_MARK + bytes(8 - len(VIRTUAL_SERIAL_MARK))
REAL = bytes.fromhex("0011223344556677")
COUNTER = "http://127.0.0.1:8187"


@pytest.mark.parametrize(
    ("way", "link", "command"),
    [(NewPin(COUNTER), COUNTER, None), (NewPin(), None, "thnid office renew-pin")],
)
def test_what_is_said_is_followed_by_where_to_go(way: NewPin, link: str | None, command: str | None) -> None:
    assert (way.link, way.command) == (link, command)
    assert way.sentence.en.endswith(":") and way.sentence.th.endswith(":")


@pytest.mark.parametrize(
    ("around", "given", "counter"),
    [(COUNTER, None, COUNTER), ("", None, None), (COUNTER, "http://127.0.0.1:9", "http://127.0.0.1:9")],
)
def test_the_counter_of_the_office_around_us(
    monkeypatch: pytest.MonkeyPatch, around: str, given: str | None, counter: str | None
) -> None:
    monkeypatch.setitem(os.environ, "THNID_COUNTER_URL", around)
    assert way_to_new_pin(counter=given)(SERIAL) == NewPin(counter)


def test_a_real_card_is_served_by_its_office_alone() -> None:
    assert way_to_new_pin(counter=COUNTER)(REAL) is None
