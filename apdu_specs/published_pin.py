"""The published challenge form of VERIFY: what the client makes of PIN and challenge.

Source: public, one Android reader whose author never confirmed it working on a card; confidence low. SHA-1 of the
PIN padded with FF to 32 bytes is spread over 32 key bytes; the challenge is then passed three times through
two-key 3DES-CBC with a zero vector.
"""

from __future__ import annotations

from hashlib import sha1

from apdu_specs.provenance import Confidence, public

PROVENANCE = public("one Android reader, whose author never confirmed it", Confidence.LOW)

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
