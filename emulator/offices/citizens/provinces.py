"""The provinces as the offices write them: by their Thai names, and with UCWS's four digits."""

from __future__ import annotations

from apdu_specs import provinces
from apdu_specs.provinces import province_code

__all__ = ["BANGKOK", "PROVINCES", "four_digits", "province_code"]

PROVINCES = {code: name.th for code, name in provinces.PROVINCES.items()}
"""Code (two digits) -> Thai name."""

BANGKOK = "10"


def four_digits(code: str) -> str:
    """The province's code as UCWS writes it: ``1000``."""
    return f"{code}00"
