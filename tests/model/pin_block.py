"""The published challenge form's block, computed a second time, for tests only."""

from __future__ import annotations

from hashlib import sha1

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes


def pin_block(pin: bytes, challenge: bytes) -> bytes:
    """What an honest client presents for ``pin`` after ``challenge`` (32 bytes)."""
    digest = sha1((pin + 32 * b"\xff")[:32], usedforsecurity=False).digest()
    key = bytearray(range(0x20))
    key[0:4], key[7:11], key[14:18], key[21:25], key[28:32] = (
        digest[at : at + 4] for at in (0, 4, 8, 12, 16)
    )
    first = _three_des(key[0:8], key[8:16], challenge)
    second = _three_des(key[8:16], key[16:24], first)
    return _three_des(key[16:24], key[24:32], second)


def _three_des(outer: bytearray, inner: bytearray, block: bytes) -> bytes:
    cipher = Cipher(TripleDES(bytes(outer + inner + outer)), modes.CBC(b"\0" * 8)).encryptor()
    return cipher.update(block)
