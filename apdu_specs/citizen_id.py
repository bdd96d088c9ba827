"""The 13-digit citizen id and its check digit.

Source: public, every program that validates Thai citizen ids: weights 13..2 over the first twelve digits,
check digit = (11 - sum mod 11) mod 10.
"""

from __future__ import annotations

LENGTH = 13
SYNTHETIC_PREFIX = "19999"  # district 9999 does not exist, so no person can have such an id


def check_digit(first_twelve: str) -> str:
    """The check digit (one character) of the first twelve digits of a citizen id."""
    total = sum(weight * int(digit) for weight, digit in zip(range(LENGTH, 1, -1), first_twelve, strict=True))
    return str((11 - total % 11) % 10)


def is_valid(citizen_id: str) -> bool:
    """True if ``citizen_id`` is 13 ASCII digits with a right check digit."""
    if len(citizen_id) != LENGTH or not (citizen_id.isascii() and citizen_id.isdigit()):
        return False
    return check_digit(citizen_id[:-1]) == citizen_id[-1]


def synthetic(number: int) -> str:
    """The citizen id of synthetic person ``number`` (0 <= number < 10,000,000): ``1 9999 xxxxx xx c``."""
    if not 0 <= number < 10**7:
        raise ValueError(f"a synthetic person's number has at most 7 digits, got {number}")
    body = f"{SYNTHETIC_PREFIX}{number:07d}"
    return body + check_digit(body)
