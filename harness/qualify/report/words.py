"""What the pages say, in both languages: verdicts, values, limits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from apdu_specs.language import Text
from harness.qualify import thai
from harness.qualify.criterion import Family

VERDICTS: dict[str, Text] = {
    "pass": Text("Pass", "ผ่าน"),
    "marginal": Text("Marginal", "ผ่านแบบเฉียดเกณฑ์"),
    "fail": Text("Fail", "ไม่ผ่าน"),
    "incomplete": Text("Incomplete", "วัดไม่ครบ"),
    "not applicable": Text("Not applicable", "ไม่เกี่ยวข้อง"),
}
"""In the order in which counts are shown."""

SIGNS = {"pass": "✓", "marginal": "!", "fail": "✗", "incomplete": "?", "not applicable": "–"}
"""Beside the word, so that a black-and-white print tells verdicts apart at a glance."""

CLASSES = {verdict: verdict.replace(" ", "-") for verdict in VERDICTS}

_MEANING: dict[str, Text] = {
    "pass": Text(
        "Every criterion of this profile that applies was measured, and every limit was met.",
        "วัดครบทุกเกณฑ์ที่เกี่ยวข้องของชุดการทดสอบนี้ และอยู่ในขีดจำกัดทุกข้อ",
    ),
    "marginal": Text(
        "Every limit was met, but some only just: see the marginal criteria.",
        "อยู่ในขีดจำกัดทุกข้อ แต่บางข้อเฉียดเกณฑ์ โปรดดูข้อที่ผ่านแบบเฉียดเกณฑ์",
    ),
    "fail": Text("At least one criterion was not met.", "มีอย่างน้อยหนึ่งเกณฑ์ที่ไม่ผ่าน"),
    "incomplete": Text(
        "Something applicable could not be measured, so this is not a pass.",
        "มีเกณฑ์ที่เกี่ยวข้องแต่วัดไม่ได้ จึงยังไม่ถือว่าผ่าน",
    ),
}

SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0}
"""The units of time."""

PROFILES: dict[str, Text] = {
    "quick": Text("quick", "แบบเร็ว (quick)"),
    "full": Text("full", "แบบเต็ม (full)"),
    "soak": Text("soak", "แบบต่อเนื่อง (soak)"),
}

WHOLE = "full"
"""The profile that is the qualification; the others are a look, and hours of the same."""


def meaning(verdict: str, profile: str) -> Text:
    """A record's verdict in a sentence; one more, and first, where the profile is not the whole qualification."""
    said, named = _MEANING[verdict], profile_title(profile)
    if named is None or profile == WHOLE or verdict not in ("pass", "marginal"):
        return said
    return Text(
        f"{named.en[:1].upper()}{named.en[1:]}, not the full qualification. {said.en}",
        f"{named.th} ไม่ใช่การทดสอบคุณสมบัติเต็มรูปแบบ {said.th}",
    )


def profile_title(profile: str) -> Text | None:
    """``quick profile``; None for a profile that this version does not know."""
    named = PROFILES.get(profile)
    return None if named is None else Text(f"{named.en} profile", f"ชุดการทดสอบ{named.th}")


YES_NO = {True: Text("yes", "ใช่"), False: Text("no", "ไม่ใช่")}


def family_title(family: Family | None) -> Text:
    """A family's heading; of what this version does not know, one that says so."""
    if family is None:
        return Text("Criteria unknown to this version", "เกณฑ์ที่โปรแกรมรุ่นนี้ไม่รู้จัก")
    return Text(family.value.en[:1].upper() + family.value.en[1:], family.value.th)


def number(value: float) -> str:
    """Three significant digits, all of them before the decimal point; thousands apart."""
    if value == int(value) and abs(value) < 1e15:
        value = int(value)
        return f"{value:,}".replace(",", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")
    shown = f"{value:.3g}" if abs(value) < 999.5 else f"{value:,.0f}"
    return shown.replace(",", "\N{NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


def amount(value: Any) -> Text:
    """A measured value as people read it; a dash where nothing was measured."""
    if value is None:
        return Text("–", "–")
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, int | float):
        shown = number(value) if value - value == 0 else str(value)  # infinite and NaN have no digits
        return Text(shown, shown)
    return thai.word(value) or Text(str(value), str(value))


def limits_sentence(limits: Mapping[str, Any], unit: str) -> Text:
    """``≤ 500 ms``, with the marginal band behind it; "recorded" where there is no limit."""
    wanted = limits.get("equals") or []
    lower, upper = limits.get("lower"), limits.get("upper")
    if wanted:
        main = _one_of(wanted)
    elif lower is None and upper is None:
        return Text("recorded only", "บันทึกค่าเท่านั้น")
    elif lower is None:
        main = _with_unit(f"≤ {amount(upper).en}", unit)
    elif upper is None:
        main = _with_unit(f"≥ {amount(lower).en}", unit)
    elif lower == upper:
        main = _with_unit(f"= {amount(lower).en}", unit)
    else:
        main = _with_unit(f"{amount(lower).en} … {amount(upper).en}", unit)
    band = _marginal_band(limits)
    if band is None:
        return main
    return Text(f"{main.en} (marginal: {band.en})", f"{main.th} (เฉียดเกณฑ์: {band.th})")


def _marginal_band(limits: Mapping[str, Any]) -> Text | None:
    if limits.get("marginal_equals"):
        return _one_of(limits["marginal_equals"])
    signs = (("marginal_lower", "<"), ("marginal_upper", ">"))
    parts = [f"{sign} {amount(limits[name]).en}" for name, sign in signs if limits.get(name) is not None]
    return _same(", ".join(parts)) if parts else None


def _one_of(values: Sequence[Any]) -> Text:
    shown = [amount(each) for each in values]
    return Text(" or ".join(each.en for each in shown), " หรือ ".join(each.th for each in shown))


def _with_unit(numbers: str, unit: str) -> Text:
    said = thai.unit(unit)
    return Text(f"{numbers} {said.en}".rstrip(), f"{numbers} {said.th}".rstrip())


def _same(text: str) -> Text:
    return Text(text, text)
