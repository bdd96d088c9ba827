"""The published challenge form of VERIFY: what the client makes of PIN and challenge.

Source: public, one Android reader whose author never confirmed it working on a card; confidence low. SHA-1 of the
PIN padded with FF to 32 bytes is spread over 32 key bytes; the challenge is then passed three times through
two-key 3DES-CBC with a zero vector.
"""

from __future__ import annotations

from hashlib import sha1

from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, public

PROVENANCE = public("one Android reader, whose author never confirmed it", Confidence.LOW)

STEPS = (
    Text(
        "GET PIN CHALLENGE gives the challenge C, 32 bytes.",
        "GET PIN CHALLENGE ให้คำท้า C ยาว 32 ไบต์",
    ),
    Text(
        "P = the PIN's ASCII digits, padded at the end with `FF` to 32 bytes.",
        "P = ตัวเลข PIN แบบ ASCII เติมท้ายด้วย `FF` จนครบ 32 ไบต์",
    ),
    Text("H = SHA-1(P), 20 bytes.", "H = SHA-1(P) ยาว 20 ไบต์"),
    Text(
        "K = the 32 bytes `00 01 02 ... 1F`, with H[0:4] written at 0, H[4:8] at 7, H[8:12] at 14, H[12:16] at 21 and "
        "H[16:20] at 28.",
        "K = 32 ไบต์ `00 01 ... 1F` แล้วเขียน H ทีละ 4 ไบต์ทับที่ตำแหน่ง 0, 7, 14, 21 และ 28",
    ),
    Text(
        "Encrypt C three times with two-key 3DES in CBC mode, zero vector, no padding, each time what came out before: "
        "first with the key K[0:8] K[8:16], then K[8:16] K[16:24], then K[16:24] K[24:32] (as three keys: A B A).",
        "เข้ารหัส C สามรอบด้วย 3DES สองกุญแจแบบ CBC เวกเตอร์ศูนย์ ใช้กุญแจ K[0:16], K[8:24] และ K[16:32] ตามลำดับ",
    ),
    Text(
        "VERIFY (published form) with the 32 bytes that come out.",
        "ส่ง VERIFY (published form) พร้อมผลลัพธ์ 32 ไบต์",
    ),
)
"""``pin_block`` in words."""

EXAMPLE = (
    b"1234",
    bytes(range(32)),
    bytes.fromhex("13D2FAEDDC716F028C36D391A22C2686FD062A5028F60589692A6B1E351E8ECA"),
)
"""PIN, challenge, block. The block was computed with an implementation of its own."""

_PADDED_PIN_LENGTH = 32
_DIGEST_PLACES = (0, 7, 14, 21, 28)
_KEY_HALF = 8


def pin_block(pin: bytes, challenge: bytes) -> bytes:
    """The 32 bytes to present for ``pin`` (ASCII digits) after ``challenge`` (32 bytes)."""
    # Imported here: only this form needs it, and it is the slowest import of all.
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    keys = _key_bytes(pin)
    block = challenge
    for start in range(0, len(keys) - _KEY_HALF, _KEY_HALF):
        first, second = keys[start : start + _KEY_HALF], keys[start + _KEY_HALF : start + 2 * _KEY_HALF]
        encryptor = Cipher(TripleDES(first + second + first), CBC(bytes(_KEY_HALF))).encryptor()
        block = encryptor.update(block) + encryptor.finalize()
    return block


def _key_bytes(pin: bytes) -> bytes:
    digest = sha1(pin.ljust(_PADDED_PIN_LENGTH, b"\xff"), usedforsecurity=False).digest()
    spread = bytearray(range(_PADDED_PIN_LENGTH))
    for piece, place in enumerate(_DIGEST_PLACES):
        spread[place : place + 4] = digest[4 * piece : 4 * piece + 4]
    return bytes(spread)
