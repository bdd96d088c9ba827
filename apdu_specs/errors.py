"""Errors of the declarations."""

from __future__ import annotations


class SpecError(ValueError):
    """Root of what the declarations refuse: a value that does not fit its field, bytes that are not what they claim."""
