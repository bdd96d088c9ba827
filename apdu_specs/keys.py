"""How a card, the authority and the registry office prove things to each other.

None of the real algorithms or keys is public, so all of this is ``assumed``: HMAC-SHA-256 over a labelled,
fixed-layout message, with keys that are derived per card from one master key. Cryptograms made here mean
nothing to any real office and must never be offered to one.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from hashlib import sha256

from construct import Byte, Bytes, Const, Struct

from apdu_specs.language import Text
from apdu_specs.provenance import assumed

PROVENANCE = assumed("keys and cryptograms of the real card are not public; HMAC-SHA-256 stands in for them")

KEY_LENGTH = 32
CHALLENGE_LENGTH = 32  # the authority's XKey
CRYPTOGRAM_LENGTH = 32
OFFICE_CHALLENGE_LENGTH = 16
OFFICE_PROOF_LENGTH = 32
SERIAL_LENGTH = 8
CITIZEN_ID_LENGTH = 13

SPECIMEN_MASTER_KEY = sha256(b"thnid specimen master key: for synthetic cards only").digest()
"""The public default master key. It protects nothing: it lets a synthetic card and a stand-in office agree."""

VIRTUAL_SERIAL_MARK = b"\xff\xff"
"""First two bytes of every virtual card's serial. They are the IC fabrication date (BCD year digit and day of
year), where FFFF is not a date: no real chip has it."""

CARD_LABEL = b"CARD"
OFFICE_LABEL = b"OFFC"

DERIVATION = Struct(
    "label" / Bytes(4), "citizen_id" / Bytes(CITIZEN_ID_LENGTH), "serial" / Bytes(SERIAL_LENGTH)
)
MATCH_MESSAGE = Struct(
    "label" / Const(b"GMS1"),
    "challenge" / Bytes(CHALLENGE_LENGTH),
    "citizen_id" / Bytes(CITIZEN_ID_LENGTH),
    "serial" / Bytes(SERIAL_LENGTH),
    "key_id" / Byte,
    "match_status" / Byte,
)
OFFICE_MESSAGE = Struct(
    "label" / Const(b"OFF1"), "challenge" / Bytes(OFFICE_CHALLENGE_LENGTH), "serial" / Bytes(SERIAL_LENGTH)
)


def is_virtual(serial: bytes) -> bool:
    """True if a card serial (8 bytes) is one of this project's cards."""
    return serial.startswith(VIRTUAL_SERIAL_MARK)


def _derive(master_key: bytes, label: bytes, citizen_id: str, serial: bytes) -> bytes:
    message = DERIVATION.build({"label": label, "citizen_id": citizen_id.encode("ascii"), "serial": serial})
    return hmac.digest(master_key, message, "sha256")


def card_key(master_key: bytes, citizen_id: str, serial: bytes) -> bytes:
    """The key (32 bytes) with which one card signs match status. The authority derives the same."""
    return _derive(master_key, CARD_LABEL, citizen_id, serial)


def office_key(master_key: bytes, citizen_id: str, serial: bytes) -> bytes:
    """The key (32 bytes) with which a registry office proves itself to one card."""
    return _derive(master_key, OFFICE_LABEL, citizen_id, serial)


def match_cryptogram(
    key: bytes, *, challenge: bytes, citizen_id: str, serial: bytes, key_id: int, match_status: int
) -> bytes:
    """The cryptogram (32 bytes) that binds a match status to challenge (32 bytes), holder, card and key id."""
    message = MATCH_MESSAGE.build(
        {
            "challenge": challenge,
            "citizen_id": citizen_id.encode("ascii"),
            "serial": serial,
            "key_id": key_id,
            "match_status": match_status,
        }
    )
    return hmac.digest(key, message, "sha256")


def office_proof(key: bytes, *, challenge: bytes, serial: bytes) -> bytes:
    """The registry office's answer (32 bytes) to a card's challenge (16 bytes)."""
    return hmac.digest(key, OFFICE_MESSAGE.build({"challenge": challenge, "serial": serial}), "sha256")


@dataclass(frozen=True, slots=True)
class Construction:
    """One key or cryptogram in words: HMAC-SHA-256 with ``key`` over ``message``, laid out byte by byte.

    ``label`` is what the message's label is; ``example`` what comes out for the example's inputs.
    """

    name: str
    meaning: Text
    key: str
    label: bytes
    message: Struct
    example: bytes


EXAMPLE_INPUTS = {
    "master key": SPECIMEN_MASTER_KEY,
    "citizen_id": b"1999900000019",
    "serial": bytes.fromhex("FFFF000000070001"),
    "challenge (authority's)": bytes(range(CHALLENGE_LENGTH)),
    "challenge (to the office)": bytes(range(OFFICE_CHALLENGE_LENGTH)),
    "key_id": b"\x01",
    "match_status": b"\x01",
}
"""What the examples of ``CONSTRUCTIONS`` are computed from."""

CONSTRUCTIONS = (
    Construction(
        "card key",
        Text("signs match status; the authority derives the same", "กุญแจของบัตรที่ใช้ลงนามผลการยืนยันตัวบุคคล"),
        "master key",
        CARD_LABEL,
        DERIVATION,
        bytes.fromhex("412FC4FA80399C14C362D48025AEF6BED558414502D9A2DA764869F75AB564F2"),
    ),
    Construction(
        "cryptogram",
        Text("the last 32 bytes of GET MATCH STATUS' answer", "32 ไบต์ท้ายของคำตอบ GET MATCH STATUS"),
        "card key",
        b"GMS1",
        MATCH_MESSAGE,
        bytes.fromhex("3BCEDF96755F51246294562376D1BD2AEE116E5BBAF4EBAE884654B6413920C9"),
    ),
    Construction(
        "office key",
        Text("with which a registry office proves itself to this card", "กุญแจที่สำนักทะเบียนใช้กับบัตรนี้"),
        "master key",
        OFFICE_LABEL,
        DERIVATION,
        bytes.fromhex("99D19E09321654D13E845DE91D0DF4D364FB66745B642A3D209C6ABDB7ADEFC1"),
    ),
    Construction(
        "office proof",
        Text("the data of EXTERNAL AUTHENTICATE", "ข้อมูลของ EXTERNAL AUTHENTICATE"),
        "office key",
        b"OFF1",
        OFFICE_MESSAGE,
        bytes.fromhex("AEB9EAF8F6D9E469873CF72116012B1696896122B9FDE4AA1640EC71B9A9EB04"),
    ),
)
"""Every key and cryptogram, for those who compute them elsewhere."""
