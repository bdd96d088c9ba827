"""The test card's commands: literal vectors of ECHO's four cases, short and extended, and of TELL."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import test_card


@pytest.mark.parametrize(
    ("command", "answer", "wait_ms"),
    [
        ("90EC0000", "9000", 0),
        ("90EC0000 03", "000102 9000", 0),
        ("90EC0064", "9000", 1000),
        ("90ECFFFF", "9000", None),
        ("90EC0000 02 0001", "9000", 0),
        ("90EC0000 02 0101", "6A80", 0),
        ("90EC0000 02 ABCD 02", "ABCD 9000", 0),
        ("90EC0000 02 ABCD 01", "AB 9000", 0),
        ("90EC0000 02 ABCD 00", "ABCD 9000", 0),
        ("90EC0000 00 0003", "000102 9000", 0),
        ("90EC0000 00 0002 0001", "9000", 0),
        ("90EC0000 00 0002 ABCD 0002", "ABCD 9000", 0),
        ("90EC0000 02 AB", "6700", 0),
        ("90EC0000 03 ABCD", "6700", 0),
        ("90EC0000 00 0003 ABCD", "6700", 0),
        ("90EC0000 00 00", "6700", 0),
    ],
)
def test_echo(command: str, answer: str, wait_ms: int | None) -> None:
    assert test_card.echo(bytes.fromhex(command)) == (bytes.fromhex(answer), wait_ms)


def test_the_longest_ones() -> None:
    everything = bytes(range(256))
    assert test_card.echo(bytes.fromhex("90EC000000")) == (everything + b"\x90\x00", 0)
    long = everything * 255 + bytes(range(255))
    echoed = test_card.echo(bytes.fromhex("90EC0000 00 FFFF") + long + bytes.fromhex("0000"))
    assert echoed == (long + b"\x90\x00", 0)
    full = test_card.echo(bytes.fromhex("90EC0000 00 0000"))
    assert full == (everything * 256 + b"\x90\x00", 0)


def test_other_commands_are_not_echo() -> None:
    assert test_card.echo(bytes.fromhex("00A40400")) is None
    assert test_card.echo(b"\x90\xec\x00") is None


def test_encoding() -> None:
    assert test_card.encode() == bytes.fromhex("90EC0000")
    assert test_card.encode(le=256) == bytes.fromhex("90EC000000")
    assert test_card.encode(b"\x00", le=1, wait_ms=250) == bytes.fromhex("90EC0019 01 00 01")
    assert test_card.encode(le=257) == bytes.fromhex("90EC0000 00 0101")
    assert test_card.encode(b"\x07" * 256, le=65536)[:7] == bytes.fromhex("90EC0000 00 0100")
    assert test_card.encode(never=True) == bytes.fromhex("90ECFFFF")


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("90EE9000", "9000"),
        ("90EE6984", "6984"),
        ("90EE6282 03", "000102 6282"),
        ("90EE63C3 00", bytes(range(256)).hex() + "63C3"),
        ("90EE9FFF", "9FFF"),
        ("90EE6000", "6A86"),
        ("90EE5A00", "6A86"),
        ("90EEA000", "6A86"),
        ("90EE9000 01 00", "6700"),
    ],
)
def test_tell(command: str, answer: str) -> None:
    assert test_card.tell(bytes.fromhex(command)) == bytes.fromhex(answer)
    assert test_card.echo(bytes.fromhex(command)) is None


def test_other_commands_are_not_tell() -> None:
    assert test_card.tell(bytes.fromhex("90EC0000")) is None
    assert test_card.tell(b"\x90\xee\x90") is None
    assert test_card.encode_tell(0x6984) == bytes.fromhex("90EE6984")
    assert test_card.encode_tell(0x6282, le=256) == bytes.fromhex("90EE628200")


@given(st.integers(0, 0xFFFF))
def test_any_word_is_told_or_refused(sw: int) -> None:
    carried = sw >> 12 in (6, 9) and not 0x6000 <= sw <= 0x60FF
    told = test_card.tell(test_card.encode_tell(sw))
    assert told == (sw.to_bytes(2, "big") if carried else bytes.fromhex("6A86"))
