"""Answers to reset: the published ones as literals, and what is wrong with others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import atr
from apdu_specs.atr import Atr, build, parse
from apdu_specs.errors import SpecError
from apdu_specs.generations import GENERATIONS, by_atr


@pytest.mark.parametrize(
    ("raw", "ta1", "fi", "di", "baud", "text", "generation"),
    [
        ("3B 68 00 00 54 48 20 4E 49 44 20 36", None, 372, 1, 9622, "TH NID 6", "TH NID 6"),
        ("3B 78 18 00 00 54 48 20 4E 49 44 20 39", 0x18, 372, 12, 115469, "TH NID 9", "TH NID 9"),
        ("3B 79 18 00 00 54 48 20 4E 49 44 20 31 30", 0x18, 372, 12, 115469, "TH NID 10", "TH NID 10"),
        ("3B 79 96 00 00 54 48 20 4E 49 44 20 31 37", 0x96, 512, 32, 223721, "TH NID 17", "TH NID 17"),
        ("3B 79 96 00 00 54 48 20 4E 49 44 20 31 38", 0x96, 512, 32, 223721, "TH NID 18", "TH NID 18"),
        ("3B 67 00 00 54 48 20 4E 49 44 20", None, 372, 1, 9622, "TH NID ", "3B 67"),
        ("3B 68 00 00 54 48 20 4E 49 44 20 31", None, 372, 1, 9622, "TH NID 1", "0002"),
        ("3B 78 18 00 00 54 48 20 4E 49 44 20 32", 0x18, 372, 12, 115469, "TH NID 2", "no laser"),
    ],
)
def test_thai_cards(
    raw: str, ta1: int | None, fi: int, di: int, baud: int, text: str, generation: str
) -> None:
    decoded = parse(bytes.fromhex(raw))
    assert (decoded.ta1, decoded.fi, decoded.di, decoded.baud) == (ta1, fi, di, baud)
    assert decoded.protocols == (0,)  # no TD1: T=0 only
    assert decoded.text == text
    assert decoded.historical == text.encode()
    assert str(decoded) == raw
    assert build(text.encode(), ta1=ta1) == bytes.fromhex(raw)
    found = by_atr(bytes.fromhex(raw))
    assert found is GENERATIONS[generation] and found.decoded_atr == decoded


def test_every_generation_is_one_of_the_above() -> None:
    assert len(GENERATIONS) == 8
    assert by_atr(bytes.fromhex("3B6700000073C84013009000")) is None


@pytest.mark.parametrize(
    ("raw", "protocols", "historical"),
    [
        ("3B 80 80 01 01", (0, 1), ""),  # the usual contactless one: TD1, TD2, TCK
        ("3B F8 13 00 00 81 31 FE 45 4A 43 4F 50 76 32 34 31 B7", (1,), "JCOPv241"),
        ("3F 65 25 00 52 09 6A 90 00", (0,), "52096A9000"),  # inverse convention
    ],
)
def test_other_cards(raw: str, protocols: tuple[int, ...], historical: str) -> None:
    decoded = parse(bytes.fromhex(raw))
    expected = historical.encode() if historical.startswith("JCOP") else bytes.fromhex(historical)
    assert (decoded.protocols, decoded.historical) == (protocols, expected)


def test_text_shows_dots_for_what_cannot_be_printed() -> None:
    assert Atr(b"", None, (0,), b"\x00A\x7f\xff~ ").text == ".A..~ "


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        ("", "2 to 33 bytes, got 0"),
        ("3B", "2 to 33 bytes, got 1"),
        ("3B" + 33 * "00", "2 to 33 bytes, got 34"),
        ("0068", "starts with 3B or 3F, got 00"),
        ("3B78", "ends before its interface bytes"),
        ("3B68000054", "announces 8 historical bytes and has 1"),
        ("3B6800005448204E49442036FF", "announces 8 historical bytes and has 9"),
        ("3B8080", "ends before its interface bytes"),
    ],
)
def test_what_is_no_answer_to_reset(raw: str, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        parse(bytes.fromhex(raw))


def test_too_many_historical_bytes() -> None:
    with pytest.raises(SpecError, match="at most 15 historical bytes, got 16"):
        build(bytes(16), ta1=None)


@given(st.binary(max_size=40))
def test_any_bytes_are_decoded_or_refused(raw: bytes) -> None:
    try:
        decoded = parse(b"\x3b" + raw)
    except SpecError:
        return
    assert decoded.raw == b"\x3b" + raw
    assert decoded.historical in raw
    assert decoded.baud > 0


@given(
    st.binary(max_size=15),
    *(st.one_of(st.none(), st.integers(0, 255)) for _ in range(3)),
)
def test_what_is_built_parses_back(
    historical: bytes, ta1: int | None, tb1: int | None, tc1: int | None
) -> None:
    raw = build(historical, ta1=ta1, tb1=tb1, tc1=tc1)
    decoded = parse(raw)
    assert (decoded.ta1, decoded.historical, decoded.protocols) == (ta1, historical, (0,))
    declared = atr.WITHOUT_TD1.parse(raw)
    assert (declared.ta1, declared.tb1, declared.tc1) == (ta1, tb1, tc1)
    assert bytes(declared.historical) == historical
