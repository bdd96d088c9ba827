"""Verdicts: pure functions from values and limits. Nothing that could not be measured ever passes."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from harness.qualify.criterion import Limits, Value


class Verdict(Enum):
    """Of one criterion; a record has any but NOT_APPLICABLE."""

    PASS = "pass"
    MARGINAL = "marginal"
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"
    INCOMPLETE = "incomplete"


def verdict_of(value: Value, limits: Limits) -> Verdict:
    """The verdict of one measured value; no value is INCOMPLETE, a value of the wrong kind a FAIL."""
    if value is None or (isinstance(value, float) and value != value):
        return Verdict.INCOMPLETE
    if limits.equals or limits.marginal_equals:
        return _of_word(value, limits)
    if not _has_numbers(limits):
        return Verdict.PASS
    if isinstance(value, str | bool):
        return Verdict.FAIL
    return _of_number(value, limits)


def _of_word(value: Value, limits: Limits) -> Verdict:
    if any(value == each and type(value) is type(each) for each in limits.equals):
        return Verdict.PASS
    alike = any(value == each and type(value) is type(each) for each in limits.marginal_equals)
    return Verdict.MARGINAL if alike else Verdict.FAIL


def _has_numbers(limits: Limits) -> bool:
    numbers = (limits.lower, limits.upper, limits.marginal_lower, limits.marginal_upper)
    return any(each is not None for each in numbers)


def _of_number(value: float, limits: Limits) -> Verdict:
    if (limits.lower is not None and value < limits.lower) or (
        limits.upper is not None and value > limits.upper
    ):
        return Verdict.FAIL
    if (limits.marginal_lower is not None and value < limits.marginal_lower) or (
        limits.marginal_upper is not None and value > limits.marginal_upper
    ):
        return Verdict.MARGINAL
    return Verdict.PASS


def overall(verdicts: Iterable[Verdict], *, finished: bool = True) -> Verdict:
    """Of a record: fail beats all, incomplete beats marginal and pass, not applicable is neutral.

    A record in which nothing was measured, or that was not ``finished``, is incomplete at best.
    """
    found = set(verdicts)
    if Verdict.FAIL in found:
        return Verdict.FAIL
    if Verdict.INCOMPLETE in found or not finished or not found & {Verdict.PASS, Verdict.MARGINAL}:
        return Verdict.INCOMPLETE
    return Verdict.MARGINAL if Verdict.MARGINAL in found else Verdict.PASS
