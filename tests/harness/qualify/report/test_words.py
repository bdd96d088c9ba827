"""Numbers and limits as people read them."""

from __future__ import annotations

from typing import Any

import pytest

from harness.qualify.report.safe_text import css_string, harmless
from harness.qualify.report.words import amount, limits_sentence, number


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "0"),
        (500, "500"),
        (12345, "12 345"),
        (0.76612, "0.766"),
        (1.1849, "1.18"),
        (999.6, "1 000"),
        (-0.5, "−0.5"),
        (-1200, "−1 200"),
        (1e-07, "1e−07"),
        (2.0, "2"),
        (1e20, "100 000 000 000 000 000 000"),
    ],
)
def test_number(value: float, shown: str) -> None:
    assert number(value).replace("\N{NO-BREAK SPACE}", " ") == shown


@pytest.mark.parametrize(
    ("value", "en", "th"),
    [
        (None, "–", "–"),
        (True, "yes", "ใช่"),
        (False, "no", "ไม่ใช่"),
        ("T=0", "T=0", "T=0"),
        (float("nan"), "nan", "nan"),
    ],
)
def test_amount(value: Any, en: str, th: str) -> None:
    assert (amount(value).en, amount(value).th) == (en, th)


@pytest.mark.parametrize(
    ("limits", "shown"),
    [
        ({}, "recorded only"),
        ({"upper": 500}, "≤ 500 ms"),
        ({"lower": 2, "upper": 5}, "2 … 5 ms"),
        ({"lower": 960, "marginal_lower": 1000}, "≥ 960 ms (marginal: < 1\N{NO-BREAK SPACE}000)"),
        ({"upper": 500, "marginal_upper": 400}, "≤ 500 ms (marginal: > 400)"),
        ({"equals": [True]}, "yes"),
        ({"equals": ["waits"], "marginal_equals": ["busy", "slow"]}, "waits (marginal: busy or slow)"),
    ],
)
def test_limits(limits: dict[str, Any], shown: str) -> None:
    assert limits_sentence(limits, "ms").en == shown


def test_harmless() -> None:
    assert harmless("ก\u200bข ACR39U\n\x00\u202e\ud800") == "ก\u200bข ACR39U \ufffd\ufffd\ufffd"


def test_a_style_sheet_s_string_holds_only_letters_digits_and_escapes() -> None:
    assert css_string('a"</style>ก') == '"a\\000022\\00003C\\00002Fstyle\\00003E\\000E01"'
