"""The authority's messages as text: literal vectors, both ways, and that nothing else is taken for one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs import ami
from apdu_specs.ami import Action
from apdu_specs.errors import SpecError

PID, CID, XKEY, TKEY = "1999900000013", "FFFF000000000001", "0123456789ABCDEF" * 2, "0123456789abcdef" * 2
ENVELOPE = "0101" + "5A" * 32

VECTORS: list[tuple[bytes, Action, dict[str, str]]] = [
    (
        b"90801999900000013FFFF00000000000110001",
        Action.CHALLENGE,
        {"pid": PID, "cid": CID, "office": "10001"},
    ),
    (
        b"90801999900000013FFFF000000000001     ",
        Action.CHALLENGE,
        {"pid": PID, "cid": CID, "office": "     "},
    ),
    (
        b"90811999900000013FFFF0000000000010123456789ABCDEF0123456789ABCDEF68:0101" + b"5A" * 32,
        Action.CONFIRM,
        {"pid": PID, "cid": CID, "xkey": XKEY, "envelope": ENVELOPE},
    ),
    (
        b"50000123456789abcdef0123456789abcdef10001010011999900000013",
        Action.SERVICE,
        {"tkey": TKEY, "office": "10001", "version": "01", "service": "001", "pid": PID},
    ),
    (
        b"50900123456789abcdef0123456789abcdef1999900000013FFFF000000000001168:0101" + b"5A" * 32,
        Action.CONSENT,
        {"tkey": TKEY, "pid": PID, "cid": CID, "mode": "1", "envelope": ENVELOPE},
    ),
]


@pytest.mark.parametrize(("message", "action", "fields"), VECTORS)
def test_vectors(message: bytes, action: Action, fields: dict[str, str]) -> None:
    assert ami.parse(message) == (action, fields)
    assert ami.build(action, **fields) == message


@pytest.mark.parametrize(("message", "_action", "_fields"), VECTORS)
def test_every_shorter_and_longer_message_is_refused(
    message: bytes, _action: Action, _fields: object
) -> None:
    for length in range(len(message)):
        with pytest.raises(SpecError):
            ami.parse(message[:length])
    with pytest.raises(SpecError):
        ami.parse(message + b"0")


def test_an_envelope() -> None:
    assert ami.seal(1, 1, b"\x5a" * 32) == ENVELOPE
    assert ami.unseal(ENVELOPE) == (1, 1, b"\x5a" * 32)
    for other in ("", ENVELOPE[:-2], ENVELOPE + "00", "zz" * 34):
        with pytest.raises(SpecError):
            ami.unseal(other)


def test_answers() -> None:
    assert ami.build_answer("9080", "00000", {"xkey": XKEY}) == b"908000000" + XKEY.encode()
    assert ami.parse_answer(b"908000000" + XKEY.encode()) == (Action.CHALLENGE, "00000", {"xkey": XKEY})
    assert ami.parse_answer(b"908190045") == (Action.CONFIRM, "90045", {})
    assert ami.parse_answer('500000000{"ชื่อ": 1}'.encode()) == (Action.SERVICE, "00000", {"data": '{"ชื่อ": 1}'})
    for other in (b"", b"9080", b"123400000", b"908000000short"):
        with pytest.raises(SpecError):
            ami.parse_answer(other)


def test_a_field_of_another_width_is_not_sent() -> None:
    with pytest.raises(SpecError):
        ami.build(Action.CHALLENGE, pid=PID[:-1], cid=CID, office="10001")
    with pytest.raises(SpecError):
        ami.build(Action.CHALLENGE, pid=PID, cid=CID)


@given(
    st.binary(max_size=120)
    | st.builds(lambda head, rest: head + rest, st.sampled_from([b"9080", b"9081"]), st.binary())
)
def test_any_bytes_are_a_message_or_refused(message: bytes) -> None:
    try:
        action, fields = ami.parse(message)
    except SpecError:
        return
    assert ami.parse(ami.build(action, **fields)) == (action, fields)
