"""Verdicts: literal values against limits, and what beats what in a record."""

from __future__ import annotations

import itertools
import math

import pytest

from harness.qualify.criterion import RECORDED, Limits, Value
from harness.qualify.verdict import Verdict, overall, verdict_of

DELAY = Limits(upper=500, marginal_upper=300)
RATE = Limits(lower=0.15, marginal_lower=0.4)
WORD = Limits(equals=("passed",), marginal_equals=("served",))


@pytest.mark.parametrize(
    ("value", "limits", "verdict"),
    [
        (299.0, DELAY, "pass"),
        (300, DELAY, "pass"),
        (300.1, DELAY, "marginal"),
        (500, DELAY, "marginal"),
        (500.1, DELAY, "fail"),
        (math.inf, DELAY, "fail"),
        (math.nan, DELAY, "incomplete"),
        (None, DELAY, "incomplete"),
        ("300", DELAY, "fail"),
        (True, DELAY, "fail"),
        (0.4, RATE, "pass"),
        (0.39, RATE, "marginal"),
        (0.14, RATE, "fail"),
        ("passed", WORD, "pass"),
        ("served", WORD, "marginal"),
        ("lost", WORD, "fail"),
        (True, Limits(equals=(True,)), "pass"),
        (1, Limits(equals=(True,)), "fail"),
        (False, Limits(equals=(True,)), "fail"),
        (None, Limits(equals=(True,)), "incomplete"),
        ("anything", RECORDED, "pass"),
        (None, RECORDED, "incomplete"),
    ],
)
def test_one_value(value: Value, limits: Limits, verdict: str) -> None:
    assert verdict_of(value, limits).value == verdict


def test_a_record_passes_only_if_everything_applicable_was_measured() -> None:
    for size in range(4):
        for verdicts in itertools.product(Verdict, repeat=size):
            whole = overall(verdicts)
            if Verdict.FAIL in verdicts:
                assert whole is Verdict.FAIL
            elif Verdict.INCOMPLETE in verdicts or not {Verdict.PASS, Verdict.MARGINAL} & set(verdicts):
                assert whole is Verdict.INCOMPLETE
            elif Verdict.MARGINAL in verdicts:
                assert whole is Verdict.MARGINAL
            else:
                assert whole is Verdict.PASS
            assert overall(verdicts, finished=False) in (Verdict.FAIL, Verdict.INCOMPLETE)
