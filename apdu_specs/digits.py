"""Digits as people type them: where a number is asked for, Thai digits are as good as 0 to 9."""

from __future__ import annotations

THAI_DIGITS = "๐๑๒๓๔๕๖๗๘๙"
"""From nought to nine (Unicode U+0E50 to U+0E59)."""

_PLAIN = str.maketrans(THAI_DIGITS, "0123456789")


def plain_digits(text: str) -> str:
    """The text with its Thai digits as 0 to 9. Everything else stays as it is, other scripts' digits too."""
    return text.translate(_PLAIN)


def plain_number(text: str) -> str:
    """A number as people write it, without blanks and hyphens."""
    return "".join(plain_digits(text).split()).replace("-", "")
