"""Keys and cryptograms are bound to everything that goes into them; the published PIN block is as published."""

from __future__ import annotations

import hmac
from hashlib import sha256

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from apdu_specs import keys, published_pin
from tests.model.pin_block import pin_block

MASTER_KEYS = st.binary(min_size=32, max_size=32)
CITIZEN_IDS = st.integers(0, 10**13 - 1).map(lambda number: f"{number:013d}")
SERIALS = st.binary(min_size=8, max_size=8)
CHALLENGES = st.binary(min_size=32, max_size=32)
OFFICE_CHALLENGES = st.binary(min_size=16, max_size=16)
BYTES = st.integers(0, 255)


def test_layout_of_what_is_signed() -> None:
    """Written out by hand: label, then the fixed-length parts, HMAC-SHA-256."""
    master, serial = bytes(32), bytes.fromhex("FFFF000000070001")
    key = hmac.new(master, b"CARD" + b"1999900000013" + serial, sha256).digest()
    assert keys.card_key(master, "1999900000013", serial) == key
    office = hmac.new(master, b"OFFC" + b"1999900000013" + serial, sha256).digest()
    assert keys.office_key(master, "1999900000013", serial) == office
    signed = b"GMS1" + b"\xaa" * 32 + b"1999900000013" + serial + b"\x01\x01"
    assert (
        keys.match_cryptogram(
            key,
            challenge=b"\xaa" * 32,
            citizen_id="1999900000013",
            serial=serial,
            key_id=1,
            match_status=1,
        )
        == hmac.new(key, signed, sha256).digest()
    )
    assert (
        keys.office_proof(office, challenge=b"\xbb" * 16, serial=serial)
        == hmac.new(office, b"OFF1" + b"\xbb" * 16 + serial, sha256).digest()
    )


def test_the_specimen_master_key_is_public_and_stays_what_it_is() -> None:
    expected = sha256(b"thnid specimen master key: for synthetic cards only").digest()
    assert expected == keys.SPECIMEN_MASTER_KEY


def test_virtual_serials() -> None:
    assert keys.is_virtual(bytes.fromhex("FFFF000000070001"))
    assert not keys.is_virtual(bytes.fromhex("5123004200A1B2C3"))
    assert not keys.is_virtual(bytes.fromhex("FF51FFFFFFFFFFFF"))
    assert not keys.is_virtual(b"")


@given(*(st.tuples(each, each) for each in (MASTER_KEYS, CITIZEN_IDS, SERIALS)))
@settings(max_examples=50)
def test_card_keys_are_bound_to_every_input(
    masters: tuple[bytes, bytes], ids: tuple[str, str], serials: tuple[bytes, bytes]
) -> None:
    for one, other in (masters, ids, serials):
        assume(one != other)
    first = (masters[0], ids[0], serials[0])
    for derive in (keys.card_key, keys.office_key):
        base = derive(*first)
        assert derive(masters[1], *first[1:]) != base
        assert derive(first[0], ids[1], first[2]) != base
        assert derive(*first[:2], serials[1]) != base
        assert len(base) == 32
    assert keys.card_key(*first) != keys.office_key(*first)


@given(
    *(st.tuples(each, each) for each in (MASTER_KEYS, CHALLENGES, CITIZEN_IDS, SERIALS, BYTES, BYTES)),
)
@settings(max_examples=50)
def test_cryptograms_are_bound_to_every_input(
    card_keys: tuple[bytes, bytes],
    challenges: tuple[bytes, bytes],
    ids: tuple[str, str],
    serials: tuple[bytes, bytes],
    key_ids: tuple[int, int],
    matches: tuple[int, int],
) -> None:
    pairs = (card_keys, challenges, ids, serials, key_ids, matches)
    for one, other in pairs:
        assume(one != other)

    def with_other(changed: int) -> bytes:
        """The cryptogram of the first of each pair, but for one."""
        return keys.match_cryptogram(
            card_keys[changed == 0],
            challenge=challenges[changed == 1],
            citizen_id=ids[changed == 2],
            serial=serials[changed == 3],
            key_id=key_ids[changed == 4],
            match_status=matches[changed == 5],
        )

    made = {with_other(changed) for changed in range(-1, 6)}
    assert len(made) == 7  # the base and six that differ in one input each
    assert {len(each) for each in made} == {32}


@given(*(st.tuples(each, each) for each in (MASTER_KEYS, OFFICE_CHALLENGES, SERIALS)))
@settings(max_examples=50)
def test_office_proofs_are_bound_to_every_input(
    office_keys: tuple[bytes, bytes], challenges: tuple[bytes, bytes], serials: tuple[bytes, bytes]
) -> None:
    pairs = (office_keys, challenges, serials)
    for one, other in pairs:
        assume(one != other)
    made = set()
    for changed in range(-1, 3):
        key, challenge, serial = (pair[index == changed] for index, pair in enumerate(pairs))
        made.add(keys.office_proof(key, challenge=challenge, serial=serial))
    assert len(made) == 4


# --- the published PIN block ------------------------------------------------------------------------------------------


def test_published_pin_block() -> None:
    """Checked once with a third program."""
    assert published_pin.pin_block(b"1234", bytes(range(32))) == bytes.fromhex(
        "13D2FAEDDC716F028C36D391A22C2686FD062A5028F60589692A6B1E351E8ECA"
    )


@given(st.integers(0, 9999).map(lambda pin: f"{pin:04d}".encode()), CHALLENGES)
def test_published_pin_block_is_the_one_computed_independently(pin: bytes, challenge: bytes) -> None:
    assert published_pin.pin_block(pin, challenge) == pin_block(pin, challenge)
