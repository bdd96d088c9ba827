"""Passwords of the offices' staff: scrypt (RFC 7914), with a salt for each."""

from __future__ import annotations

import hashlib
import secrets

SALT_LENGTH = 16
HASH_LENGTH = 32
LEAST_LENGTH = 10
MOST_LENGTH = 200
_N, _R, _P = 2**14, 8, 1
_MEMORY = 64 * 1024 * 1024
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that looks like something else


def new_salt() -> bytes:
    return secrets.token_bytes(SALT_LENGTH)


def hashed(password: str, salt: bytes) -> bytes:
    """What is stored of a password: 32 bytes."""
    return hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, maxmem=_MEMORY, dklen=HASH_LENGTH)


def new_password() -> str:
    """One that is easily typed: four groups of four."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
