"""Commands, answers and vpcd frames: the forms for hot paths are the declarations, flattened by hand."""

from __future__ import annotations

import pytest
from construct import ConstructError
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu_specs import adm, interindustry, moi
from apdu_specs.apdu import (
    COMMAND_WITH_DATA,
    COMMAND_WITHOUT_DATA,
    RESPONSE,
    CommandApdu,
    split_command,
    split_response,
)
from apdu_specs.errors import SpecError
from apdu_specs.interindustry import READ, piece
from apdu_specs.vpcd import FRAME, Control, frame, take_frame

BYTE = st.integers(0, 255)
RAW = st.one_of(
    st.binary(max_size=12),
    st.builds(
        lambda header, data, tail: header + bytes([len(data)]) + data + tail,
        st.binary(min_size=4, max_size=4),
        st.binary(max_size=255),
        st.binary(max_size=2),
    ),
)


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("00A40400", (0x00, 0xA4, 0x04, 0x00, "", None)),
        ("00A4040012", (0x00, 0xA4, 0x04, 0x00, "", 18)),
        ("00C0000000", (0x00, 0xC0, 0x00, 0x00, "", 256)),
        ("80B0017B0200FF", (0x80, 0xB0, 0x01, 0x7B, "00FF", None)),
        ("80B0017B0200FF00", (0x80, 0xB0, 0x01, 0x7B, "00FF", 256)),
        ("80B0017B0200FFFF", (0x80, 0xB0, 0x01, 0x7B, "00FF", 255)),
        ("00A4040008A000000054480001", (0x00, 0xA4, 0x04, 0x00, "A000000054480001", None)),
        ("", None),
        ("00A404", None),
        ("00A4040008A0000000544800", None),  # one byte short
        ("00A4040001A0B0C0", None),  # one too many
        ("00A404000008", None),  # Lc of nothing
        ("00A404000000 08 A000000054480001", None),  # extended
    ],
)
def test_splitting_a_command(raw: str, parts: tuple[int, int, int, int, str, int | None] | None) -> None:
    split = split_command(bytes.fromhex(raw))
    if parts is None:
        assert split is None
    else:
        assert split == CommandApdu(*parts[:4], bytes.fromhex(parts[4]), parts[5])


def declared(raw: bytes) -> CommandApdu | None:
    """By the constructs alone. No Lc without data, and Le 00 stands for 256."""
    for construct in (COMMAND_WITHOUT_DATA, COMMAND_WITH_DATA):
        try:
            parsed = construct.parse(raw)
        except ConstructError:
            continue
        data = bytes(parsed.get("data") or b"")
        if construct is COMMAND_WITH_DATA and not data:
            continue
        le = None if parsed.le is None else parsed.le or 256
        return CommandApdu(parsed.cla, parsed.ins, parsed.p1, parsed.p2, data, le)
    return None


@given(RAW)
@settings(max_examples=500)
def test_splitting_equals_the_declaration(raw: bytes) -> None:
    assert split_command(raw) == declared(raw)


@given(BYTE, BYTE, BYTE, BYTE, st.binary(max_size=255), st.one_of(st.none(), st.integers(1, 256)))
def test_what_the_declaration_builds_splits_back(
    cla: int, ins: int, p1: int, p2: int, data: bytes, le: int | None
) -> None:
    construct = COMMAND_WITH_DATA if data else COMMAND_WITHOUT_DATA
    values = {"cla": cla, "ins": ins, "p1": p1, "p2": p2, "le": None if le is None else le % 256}
    raw = construct.build(values | ({"data": data} if data else {}))
    assert split_command(raw) == CommandApdu(cla, ins, p1, p2, data, le)


@given(st.binary(min_size=2, max_size=258))
def test_splitting_an_answer_equals_the_declaration(raw: bytes) -> None:
    split, parsed = split_response(raw), RESPONSE.parse(raw, length=len(raw))
    assert (split.data, split.sw) == (parsed.data, parsed.sw)
    assert RESPONSE.build({"data": split.data, "sw": split.sw}, length=len(raw)) == raw


@pytest.mark.parametrize("raw", [b"", b"\x90"])
def test_an_answer_without_a_status_word(raw: bytes) -> None:
    with pytest.raises(SpecError, match=f"two bytes, got {len(raw)} bytes"):
        split_response(raw)


# --- encoding and decoding of declared commands -----------------------------------------------------------------------


def test_encoding() -> None:
    assert interindustry.SELECT.encode(moi.AID) == bytes.fromhex("00A4040008A000000054480001")
    assert interindustry.SELECT.encode() == bytes.fromhex("00A40400")
    assert READ.encode({"block": 0, "length": 13}, p1=0, p2=4) == bytes.fromhex("80B0000402000D")
    assert interindustry.GET_RESPONSE.encode(p2=1, le=256) == bytes.fromhex("00C0000100")
    assert adm.GET_MATCH_STATUS.encode(bytes(32), p2=1, le=33) == bytes.fromhex(
        "8088010120" + 32 * "00" + "21"
    )


@pytest.mark.parametrize(
    ("encode", "says"),
    [
        (lambda: READ.encode({"block": 0, "length": 13}), "READ: P1 is 00-FF, got None"),
        (lambda: READ.encode(p1=0, p2=0), "READ takes 2 bytes of data, got 0"),
        (lambda: READ.encode({"block": 0}, p1=0, p2=0), "READ: its data lacks length"),
        (lambda: READ.encode({"block": 256, "length": 1}, p1=0, p2=0), "READ: "),
        (lambda: interindustry.GET_RESPONSE.encode(le=1), "GET RESPONSE: P2 is 00-01, got None"),
        (lambda: interindustry.GET_RESPONSE.encode(p2=0, le=257), "Le is 1..256, got 257"),
        (lambda: interindustry.SELECT.encode(bytes(17)), "SELECT takes 0 to 16 bytes of data, got 17"),
        (lambda: adm.VERIFY.encode(b"12345"), "VERIFY: "),
        (lambda: adm.GET_MATCH_STATUS.encode(bytes(32), p2=11), "GET MATCH STATUS: P2 is 00-0A, got 11"),
        (lambda: adm.GET_INFO.encode(b"x"), "GET INFO takes no data"),
    ],
)
def test_what_cannot_be_encoded(encode: object, says: str) -> None:
    assert callable(encode)
    with pytest.raises(SpecError) as refused:
        encode()
    assert says in str(refused.value)


@pytest.mark.parametrize("raw", ["80B00004", "00B0000402000D", "80B1000402000D", "80B0000403000D", ""])
def test_decoding_another_command(raw: str) -> None:
    command = bytes.fromhex(raw)
    if raw == "80B00004":
        assert READ.decode(command).data == b""
        return
    with pytest.raises(SpecError, match="not a READ"):
        READ.decode(command)


def test_data_that_does_not_parse() -> None:
    assert READ.parse_data(b"") is None
    assert adm.GET_INFO.parse_data(b"anything") is None
    with pytest.raises(SpecError, match="READ: data field does not parse"):
        READ.parse_data(b"\x00")


# --- reading over blocks ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("offset", "data", "expected"),
    [
        (0, "0004", bytes(range(4))),
        (0xFE, "0004", bytes((0xFE, 0xFF, 0x00, 0x01))),
        (0, "0000", bytes(range(256))),  # a length of 00 is 256
        (0x10, "0100", bytes(range(0x10, 0x100)) + bytes(range(0x10))),  # two bytes of length
        (299, "0004", bytes((43,))),  # partly past the end: what is there
        (300, "0001", b""),
        (0, "0101", b""),
        (0, "FF00", b""),
    ],
)
def test_piece_of_a_current_card(offset: int, data: str, expected: bytes) -> None:
    image = bytes(number % 256 for number in range(300))
    assert piece({0: image}, offset, bytes.fromhex(data)) == expected


def test_piece_of_a_card_with_two_blocks() -> None:
    """Where block 1 exists, 01 00 means 256 bytes of it."""
    assert piece({0: bytes(300), 1: b"\xaa" * 300}, 0, b"\x01\x00") == b"\xaa" * 256


# --- the vpcd wire ----------------------------------------------------------------------------------------------------


def test_frames() -> None:
    assert [int(control) for control in Control] == [0, 1, 2, 4]
    assert frame(bytes.fromhex("00A40400")).hex() == "000400a40400"
    assert frame(bytes(0x0102)).startswith(b"\x01\x02")
    assert FRAME.build(b"\x04") == b"\x00\x01\x04" == frame(bytes([Control.ATR]))
    received = bytearray.fromhex("0002 9000 0001 04 0003 61")
    assert take_frame(received) == b"\x90\x00"
    assert take_frame(received) == b"\x04"
    assert take_frame(received) is None
    assert received.hex() == "000361"
    with pytest.raises(SpecError, match="65535 bytes at most, not 65536"):
        frame(bytes(65536))
