"""No personal byte and no PIN of a holder is ever in a redacted trace, whatever a program sends."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apdu_specs.generations import GENERATIONS, THNID_18, VERSION_0002, Generation
from emulator.card.card import Card
from tests.harness.trace.programs import (
    ADM,
    MOI,
    NHSO,
    PIN,
    card_of,
    full_read,
    lines,
    read,
    record,
    secrets_of,
    shown,
    windows,
)
from tests.model.pin_block import pin_block

CARDS = {name: card_of(generation) for name, generation in GENERATIONS.items()}
SECRETS = {name: secrets_of(card) for name, card in CARDS.items()}
PIN_BYTES = PIN.encode()
BYTES = st.integers(0, 255)

# The PIN in every form that a program, right or wrong, may send it in.
PIN_COMMANDS = st.sampled_from(
    [
        bytes.fromhex(text) + PIN_BYTES + bytes.fromhex(tail)
        for text in (
            *(
                "0020000104",
                "0020008104",
                "0C20000104",
                "8020000104",
                "0021000104",
                "00200001",
                "002000010400",
            ),
            *("00200001000004", "0024000108", "002400010831323334", "002C020104", "00240001", "00FF000004"),
            *("80200100", "8020010004", "00A4040004", "80B0000004", "0082000204", "80FA000104", "0020"),
        )
        for tail in ("", "00", PIN_BYTES.hex())
    ]
)
PROGRAMS = st.lists(
    st.one_of(
        st.sampled_from([bytes.fromhex(MOI), bytes.fromhex(NHSO), bytes.fromhex(ADM), b"\x00\xa4\x04\x00"]),
        st.builds(read, st.integers(0, 0x1800), BYTES, st.sampled_from([0, 0, 0, 1, 2])),
        st.builds(
            read, st.sampled_from([0, 2, 350, 355, 359, 370, 377, 378]), BYTES, st.sampled_from([0, 1])
        ),
        st.builds(lambda cla, le: bytes((cla, 0xC0, 0, 0, le)), st.sampled_from([0, 0x80]), BYTES),
        st.builds(lambda le: bytes((0, 0xC0, 0, 1, le)), BYTES),
        st.just(b"\x00\xc0\x00\x00"),
        st.builds(lambda le: bytes((0x80, 0, 0, 0, le)), BYTES),
        st.builds(lambda le: bytes((0x80, 0xCA, 0x9F, 0x7F, le)), BYTES),
        PIN_COMMANDS,
        st.none(),
    ),
    max_size=30,
)


def nothing_leaks(path: Path, secrets: set[bytes]) -> None:
    for run in shown(path):
        assert not windows(run) & secrets
        assert PIN_BYTES not in run
    for line in lines(path):
        told = {
            key: value for key, value in line.items() if key not in ("time", "ms", "bytes", "atr", "offset")
        }
        assert PIN not in str(told)


@pytest.mark.parametrize("name", GENERATIONS)
@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS)
def test_any_program_on_any_generation(name: str, program: list[bytes | None]) -> None:
    with TemporaryDirectory() as folder:
        nothing_leaks(record(CARDS[name], Path(folder) / "t", program), SECRETS[name])


@settings(max_examples=120, suppress_health_check=list(HealthCheck))
@given(program=PROGRAMS, name=st.sampled_from(sorted(GENERATIONS)))
def test_a_card_whose_answer_to_reset_is_not_known(program: list[bytes | None], name: str) -> None:
    class Foreign:
        """The same card with an answer to reset that no generation has."""

        atr = bytes.fromhex("3B6800005448204E49442041")

        def __getattr__(self, attribute: str) -> object:
            return getattr(CARDS[name], attribute)

    with TemporaryDirectory() as folder:
        path = record(Foreign(), Path(folder) / "t", program)  # type: ignore[arg-type]
        nothing_leaks(path, SECRETS[name])


@pytest.mark.parametrize("generation", GENERATIONS.values(), ids=str)
def test_a_full_read_shows_what_is_not_personal(generation: Generation, tmp_path: Path) -> None:
    card = card_of(generation)
    path = record(card, tmp_path / "t", full_read(generation))
    nothing_leaks(path, secrets_of(card))
    text = path.read_text()
    assert generation.data_version.encode().hex().upper() in text
    assert "laser_number" in text or not generation.has_laser_number
    assert (tmp_path / "t").stat().st_mode & 0o777 == 0o600


def test_lengths_stay_and_fields_are_named(tmp_path: Path) -> None:
    apdus = [bytes.fromhex(MOI), read(0, 20), bytes.fromhex("00C000000A"), bytes.fromhex("00C000000A")]
    found = lines(record(card_of(THNID_18), tmp_path / "t", apdus))
    sent, announced, first, second = found[4], found[5], found[7], found[9]
    assert (sent["command"], sent["applet"]) == ("READ", "MOI")
    assert sent["fields"] == ["version", "citizen_id", "thai_name"]
    assert (sent["block"], sent["offset"], sent["length"]) == (0, 0, 20)
    assert (announced["bytes"], announced["status"]) == ("6114", "6114")
    assert first["bytes"] == "30303033" + "**" * 6 + "610A"
    assert first["fields"] == ["version", "citizen_id"]
    assert second["bytes"] == "**" * 10 + "9000"
    assert second["fields"] == ["citizen_id", "thai_name"]


def test_personal_data_can_be_kept_and_pins_never(tmp_path: Path) -> None:
    card = card_of(THNID_18)
    apdus = [
        bytes.fromhex(MOI),
        read(4, 13),
        bytes.fromhex("00C000000D"),
        bytes.fromhex(ADM),
        bytes.fromhex("0020000104") + PIN_BYTES,
        bytes.fromhex("0024000108") + PIN_BYTES + PIN_BYTES,
    ]
    path = record(card, tmp_path / "t", apdus, show=True)
    found = lines(path)
    assert found[0]["redacted"] is False
    assert found[7]["bytes"] == card.citizen_id.encode().hex().upper() + "9000"
    assert [
        line["bytes"] for line in found if line.get("command") in ("VERIFY", "CHANGE REFERENCE DATA")
    ] == [
        "0020000104********",
        "0024000108" + "**" * 8,
    ]
    assert not any(PIN_BYTES in run for run in shown(path))


def test_the_published_block_and_the_proof_are_hidden(tmp_path: Path) -> None:

    card: Card = card_of(THNID_18)
    block = pin_block(PIN_BYTES, bytes(32))
    apdus = [bytes.fromhex(ADM), bytes.fromhex("8020010020") + block, bytes.fromhex("0082000220") + block]
    path = record(card, tmp_path / "t", apdus, show=True)
    assert [line["bytes"] for line in lines(path) if line.get("command")][1:] == [
        "8020010020" + "**" * 32,
        "0082000220" + "**" * 32,
    ]


def test_a_get_response_that_gives_more_than_was_announced_is_hidden(tmp_path: Path) -> None:
    class Broken:
        """Answers a read of 4 public bytes with 13 others."""

        atr = THNID_18.atr

        def power_on(self) -> None: ...
        def power_off(self) -> None: ...
        def reset(self) -> None: ...
        def transmit(self, apdu: bytes) -> bytes:
            return {0xA4: b"\x61\x0a", 0xB0: b"\x61\x04"}.get(apdu[1], b"1999900000019\x90\x00")

    apdus = [bytes.fromhex(MOI), read(0, 4), bytes.fromhex("00C0000004"), bytes.fromhex("00C000000D")]
    path = record(Broken(), tmp_path / "t", apdus)  # type: ignore[arg-type]
    assert [line["bytes"] for line in lines(path) if "bytes" in line][-3::2] == ["**" * 13 + "9000"] * 2


@pytest.mark.parametrize("layout", [VERSION_0002, THNID_18], ids=str)
@pytest.mark.parametrize("block", [0, 1])
def test_an_answer_to_reset_that_tells_the_wrong_layout_shows_nothing(
    layout: Generation, block: int, tmp_path: Path
) -> None:
    class Mistaken:
        """A card with the answer to reset of the other layout."""

        atr = (THNID_18 if layout is VERSION_0002 else VERSION_0002).atr

        def __getattr__(self, attribute: str) -> object:
            return getattr(CARDS[layout.name], attribute)

    apdus = [bytes.fromhex(MOI)]
    for start in range(0, 5927, 255):
        apdus += [read(start, min(255, 5927 - start), block), bytes((0, 0xC0, 0, 0, min(255, 5927 - start)))]
    path = record(Mistaken(), tmp_path / "t", apdus)  # type: ignore[arg-type]
    nothing_leaks(path, SECRETS[layout.name])


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ("00A4040008A000000054480001", "00A4040008A000000054480001"),
        ("00A4040007A0000000620101", "00A4040007A0000000620101"),
        ("00A4040005D276000085", "00A4040005D276000085"),
        ("00A4040005F001020304", "00A4040005F001020304"),
        ("00A404000D31393939393238313630373637", "00A404000D" + "**" * 13),
        ("00A4040006F1F2F3F4F5F6", "00A4040006" + "**" * 6),
        ("00A4040006A1BACAA1BACA", "00A4040006" + "**" * 6),
        ("00A4040004A0000000", "00A4040004" + "**" * 4),
        ("002031323334", "0020" + "**" * 4),
        ("0020313204", "0020" + "**" * 3),
        ("0020000105", "0020" + "**" * 3),
        ("0020000104", "0020000104"),
        ("802C02010431323334", "802C" + "**" * 7),
        ("00A4313233", "00A4" + "**" * 3),
        ("0099313233", "0099" + "**" * 3),
        ("80B0313202000D", "80B0313202000D"),
        ("31323334", "**" * 4),
        ("FFCA000000", "FFCA000000"),
        ("00A4000C", "00A4000C"),
    ],
)
@pytest.mark.parametrize("show", [False, True])
def test_commands_show_what_is_declared_and_no_digits_where_they_do_not_belong(
    sent: str, told: str, show: bool, tmp_path: Path
) -> None:
    path = record(card_of(THNID_18), tmp_path / "t", [bytes.fromhex(sent)], show=show)
    assert [line["bytes"] for line in lines(path) if line.get("direction") == "command"] == [told]
