"""A record as the page shows it: rows by family, counts, facts. Pure; no HTML here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from pathlib import PurePath
from typing import Any

from apdu_specs.language import Text
from harness.qualify import thai
from harness.qualify.criterion import Criterion, Family, Profile
from harness.qualify.report import words

ATTENTION = ("fail", "incomplete", "marginal")


@dataclass(frozen=True, slots=True)
class Row:
    """One criterion as measured.

    ``measured`` is the record's value, ``value`` what is shown of it; ``unit`` is the value's, empty where it is no number;
    ``sample_unit`` that of ``samples``, which are raw and finite. ``series`` maps a name to (seconds, value) pairs.
    """

    criterion: str
    family: Family | None
    title: Text
    basis: Text
    verdict: str
    measured: Any
    value: Text
    unit: Text
    sample_unit: str
    limits: Text
    upper: float | None
    lower: float | None
    reason: Text | None
    attachments: tuple[str, ...]
    samples: tuple[float, ...]
    series: Mapping[str, tuple[tuple[float, float], ...]]

    @property
    def stands_for(self) -> str:
        """The verdict as a CSS class."""
        return words.CLASSES[self.verdict]


@dataclass(frozen=True, slots=True)
class Fact:
    """One line about the campaign. ``mono`` for what is compared letter by letter."""

    name: Text
    value: Text
    mono: bool = False


def rows(record: Mapping[str, Any]) -> tuple[Row, ...]:
    """The record's results in the page's order: by family, then as measured."""
    order: list[Family | None] = [*Family, None]
    return tuple(sorted(map(_row, record["results"]), key=lambda row: order.index(row.family)))


def by_family(found: Iterable[Row]) -> list[tuple[Text, list[Row]]]:
    """Rows under the headings they are shown under."""
    return [
        (words.family_title(family), list(each)) for family, each in groupby(found, lambda row: row.family)
    ]


def counts(found: Iterable[Row]) -> dict[str, int]:
    """How many rows have each verdict, in the order of ``words.VERDICTS``."""
    verdicts = [row.verdict for row in found]
    return {verdict: verdicts.count(verdict) for verdict in words.VERDICTS}


def attention(found: Iterable[Row]) -> list[Row]:
    """What a reader of the page must look at first: the worst verdicts first."""
    return sorted(
        (row for row in found if row.verdict in ATTENTION), key=lambda row: ATTENTION.index(row.verdict)
    )


def not_tried(found: Iterable[Row]) -> list[tuple[Text, list[str]]]:
    """What was not applicable: each reason with the families and ids of the criteria that it kept from being measured.

    Three ids and more in a row are ``AT-6 … AT-10``.
    """
    reasons: dict[Text, dict[Family | None, list[str]]] = {}
    for row in found:
        if row.verdict == "not applicable":
            families = reasons.setdefault(row.reason or Text("", ""), {})
            families.setdefault(row.family, []).append(row.criterion)
    return [
        (
            _named_with_reason(list(families), reason),
            _by_their_ends([name for each in families.values() for name in each]),
        )
        for reason, families in reasons.items()
    ]


def left_out(record: Mapping[str, Any], found: Iterable[Row]) -> list[tuple[Text, list[str]]]:
    """What the record's profile does not measure, as ``not_tried`` tells it."""
    from harness.qualify.criteria import CRITERIA

    profile, told = str(record.get("profile")), {row.criterion for row in found}
    if profile not in words.PROFILES:
        return []
    measured_by: dict[frozenset[Profile], list[Criterion]] = {}
    for each in sorted(CRITERIA.values(), key=lambda one: list(Family).index(one.family)):
        if each.profiles and profile not in {one.value for one in each.profiles} and each.id not in told:
            measured_by.setdefault(each.profiles, []).append(each)
    return [
        (
            _named_with_reason(
                list(dict.fromkeys(each.family for each in criteria)), _in_another_profile(profile, profiles)
            ),
            _by_their_ends([each.id for each in criteria]),
        )
        for profiles, criteria in measured_by.items()
    ]


def _in_another_profile(profile: str, others: frozenset[Profile]) -> Text:
    mine = words.PROFILES[profile]
    named = [words.PROFILES[each.value] for each in Profile if each in others]
    english, thai = " or ".join(each.en for each in named), "หรือ".join(each.th for each in named)
    return Text(
        f"Not in the {mine.en} profile; measured by the {english} profile",
        f"ไม่อยู่ในชุดการทดสอบ{mine.th} ต้องวัดด้วยชุดการทดสอบ{thai}",
    )


def _by_their_ends(names: list[str]) -> list[str]:
    rows: list[list[str]] = []
    for name in names:
        family, _, number = name.rpartition("-")
        counted = number.isdecimal() and len(number) < 5  # a record may name anything
        if counted and rows and rows[-1][-1] == f"{family}-{int(number) - 1}":
            rows[-1].append(name)
        else:
            rows.append([name])
    return [each for row in rows for each in ([f"{row[0]} … {row[-1]}"] if len(row) > 2 else row)]


def _named_with_reason(families: Sequence[Family | None], reason: Text) -> Text:
    titles = [words.family_title(each) for each in families]
    english, thai = "; ".join(each.en for each in titles), "; ".join(each.th for each in titles)
    if not reason.en:
        return Text(english, thai)
    said = reason.en.rstrip(".")
    return Text(f"{english} ({said[:1].lower()}{said[1:]})", f"{thai} ({reason.th})")


def _row(result: Mapping[str, Any]) -> Row:
    criterion = str(result["criterion"])
    family, title, basis = _declared(criterion)
    unit = str(result.get("unit") or "")
    limits = {
        name: each if isinstance(each, list) == name.endswith("equals") else None
        for name, each in (result.get("limits") or {}).items()
    }
    return Row(
        criterion=criterion,
        family=family,
        title=title,
        basis=basis,
        verdict=result["verdict"],
        measured=_comparable(result.get("value")),
        value=words.amount(result.get("value")),
        unit=thai.unit(unit if _is_number(result.get("value")) else ""),
        sample_unit=unit,
        limits=_kept_together(words.limits_sentence(limits, unit)),
        upper=_bound(limits, "upper"),
        lower=_bound(limits, "lower"),
        reason=both_languages(result.get("reason")),
        attachments=tuple(attachment(each) for each in result.get("attachments") or ()),
        samples=tuple(float(each) for each in result.get("samples") or () if _is_number(each)),
        series={str(name): _points(points) for name, points in (result.get("series") or {}).items()},
    )


def _kept_together(limits: Text) -> Text:
    """A sign stays on the line of its number."""
    english, thai = (re.sub("([<>=≤≥]) ", "\\1\N{NO-BREAK SPACE}", each) for each in (limits.en, limits.th))
    return Text(english, thai)


def _declared(criterion: str) -> tuple[Family | None, Text, Text]:
    """Family, title and basis. A criterion that this version does not know is shown under its id, never dropped."""
    from harness.qualify.criteria import CRITERIA

    known = CRITERIA.get(criterion)
    if known is None:
        return None, Text(criterion, criterion), Text("", "")
    return known.family, known.title, thai.basis(known.basis)


def _comparable(value: Any) -> Any:
    """A value of the kinds that a campaign measures; None for anything else, not-a-number included."""
    return value if isinstance(value, str | bool) or _is_number(value) else None


def _bound(limits: Mapping[str, Any], name: str) -> float | None:
    bound: Any = limits.get(name)
    return float(bound) if _is_number(bound) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value - value == 0


def _points(points: Iterable[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(at), float(value)) for at, value in points if _is_number(at) and _is_number(value))


def attachment(attached: Any) -> str:
    """A file that was shown: its name, and its digest where there is one."""
    if isinstance(attached, Mapping):
        shown = [PurePath(str(attached.get("path") or attached.get("name") or "?")).name]
        shown += [f"sha256:{attached['sha256']}"] if attached.get("sha256") else []
        return " ".join(shown)
    return PurePath(str(attached)).name


def both_languages(reason: Any) -> Text | None:
    """A record's sentence, which is ``{"en", "th"}``, plain text, or nothing."""
    if not reason:
        return None
    if isinstance(reason, Mapping):
        english = str(reason.get("en") or reason.get("th") or "")
        return Text(english, str(reason.get("th") or english))
    return Text(str(reason), str(reason))


# ------------------------------------------------------------------ facts about the campaign


def reader_name(record: Mapping[str, Any]) -> str:
    """What the reader calls itself."""
    return str(_part(record, "reader").get("name") or "?")


def is_virtual(record: Mapping[str, Any]) -> bool:
    """Whether the card was a virtual one."""
    return _part(record, "card").get("virtual") is True


def facts(record: Mapping[str, Any]) -> list[Fact]:
    """Reader, host, card and campaign, line by line."""
    host, card = _part(record, "host"), _part(record, "card")
    return [
        *reader_facts(record),
        fact(Text("PC/SC", "PC/SC"), host.get("pcsc")),
        fact(Text("Kernel", "เคอร์เนล"), host.get("kernel")),
        *([fact(Text("Place in the lab", "จุดทดสอบ"), host["place"])] if "place" in host else []),
        fact(Text("Card ATR", "ATR ของบัตร"), card.get("atr"), mono=True),
        fact(Text("Started", "เริ่ม"), moment(record.get("started"))),
        fact(Text("Ended", "สิ้นสุด"), moment(record.get("ended"))),
        operator(record),
    ]


def operator(record: Mapping[str, Any]) -> Fact:
    """Who ran it; a signature may be another's."""
    return fact(Text("Operator", "ผู้ทดสอบ"), record.get("operator"))


def reader_facts(record: Mapping[str, Any]) -> list[Fact]:
    """What a signature stands under: reader, driver, OS, tool, profile, card."""
    host, tool, signature = (_part(record, name) for name in ("host", "tool", "signature"))
    stated = {name: signature[name] for name in ("serial", "firmware", "driver") if signature.get(name)}
    profile = str(record.get("profile") or "")
    reader = {**_part(record, "reader"), **stated}  # whoever signed it may know more than the reader tells
    return [
        fact(Text("Reader", "เครื่องอ่าน"), reader.get("name")),
        fact(Text("Serial number", "หมายเลขเครื่อง"), reader.get("serial"), mono=True),
        fact(Text("Firmware", "เฟิร์มแวร์"), reader.get("firmware")),
        fact(Text("Driver", "ไดรเวอร์"), reader.get("driver")),
        fact(Text("Operating system", "ระบบปฏิบัติการ"), host.get("os")),
        fact(Text("Tool", "เครื่องมือ"), f"{tool.get('name') or 'thnid'} {tool.get('version') or '?'}"),
        Fact(Text("Profile", "ชุดการทดสอบ"), words.PROFILES.get(profile, words.amount(profile or None))),
        Fact(Text("Card", "บัตร"), _card(_part(record, "card"))),
    ]


def moment(stamp: Any) -> str | None:
    """An ISO 8601 stamp as ``2026-01-31 16:30:00 +07:00 (2026-01-31 09:30:00 UTC)``; as it is where it is none."""
    if not stamp:
        return None
    try:
        when = datetime.fromisoformat(str(stamp))
        universal = f"{when.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        return str(stamp)
    if when.tzinfo is None:
        return str(stamp)
    if not when.utcoffset():
        return universal
    offset = f"{when:%z}"
    return f"{when:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:5]} ({universal})"


def _part(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = record.get(name)
    return part if isinstance(part, Mapping) else {}


def _card(card: Mapping[str, Any]) -> Text:
    if not card:
        return Text("not recorded", "ไม่มีบันทึก")
    generation = str(card.get("generation") or "")
    virtual, thai = ("virtual", "บัตรเสมือน") if card.get("virtual") else ("physical", "บัตรจริง")
    return Text(f"{virtual} {generation}".strip(), f"{thai} {generation}".strip())


def fact(name: Text, value: Any, *, mono: bool = False) -> Fact:
    """A line whose value may be missing."""
    missing = Text("not stated", "ไม่ได้ระบุ")
    if value in (None, ""):
        return Fact(name, missing)
    return Fact(name, words.amount(str(value)), mono)
