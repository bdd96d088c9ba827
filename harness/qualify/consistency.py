"""Whether a record says what a campaign would have said: every verdict follows from its value and its limits.

Whoever changes a record can work out its digest anew. What cannot be changed unseen is what follows from something else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from apdu_specs.language import Text
from harness.qualify.criterion import Limits
from harness.qualify.verdict import Verdict, verdict_of

_NUMBERS = ("lower", "upper", "marginal_lower", "marginal_upper")
_WORDS = ("equals", "marginal_equals")
_WITHOUT_VALUE = {Verdict.FAIL, Verdict.INCOMPLETE, Verdict.NOT_APPLICABLE}
"""What a criterion may be of which nothing was measured; a fail is then one that its reason tells."""


def our_version() -> str | None:
    """The version of the thnid that runs; None where it is not installed."""
    try:
        return version("thnid")
    except PackageNotFoundError:
        return None


def is_ours(header: Mapping[str, Any]) -> bool:
    """Whether this version wrote the record: its criteria are then the ones that are declared here."""
    tool = header.get("tool")
    return isinstance(tool, Mapping) and tool.get("name") == "thnid" and tool.get("version") == our_version()


def oddity(header: Mapping[str, Any], results: Sequence[Mapping[str, Any]]) -> Text | None:
    """The first line that no campaign writes, in a few words; None if there is none."""
    declared = is_ours(header)
    return next(filter(None, (_odd(line, declared=declared) for line in results)), None)


def missing(record: Mapping[str, Any]) -> Text | None:
    """A criterion of the record's profile that it neither tells of nor lists as remaining; None if there is none."""
    from harness.qualify.criteria import CRITERIA

    if not is_ours(record):
        return None
    told = {str(line["criterion"]) for line in record["results"]} | set(
        map(str, record.get("remaining") or ())
    )
    profile = str(record.get("profile"))
    for criterion in CRITERIA.values():
        if criterion.id not in told and profile in {each.value for each in criterion.profiles}:
            return Text(
                f"{criterion.id}, which the profile {profile} measures, is missing from it",
                f"ไม่มี {criterion.id} ซึ่งชุดการทดสอบ {profile} ต้องวัด",
            )
    return None


def _odd(line: Mapping[str, Any], *, declared: bool) -> Text | None:
    name, limits = str(line.get("criterion")), line.get("limits") or {}
    if declared and not _as_declared(line):
        return Text(
            f"the unit or the limits of {name} are not those that thnid {our_version()} declares",
            f"หน่วยหรือขีดจำกัดของ {name} ไม่ตรงกับที่ thnid {our_version()} ประกาศไว้",
        )
    if not _follows(line, limits):
        return Text(
            f"the verdict of {name} does not follow from its value and its limits",
            f"ผลของ {name} ไม่เป็นไปตามค่าที่วัดได้และขีดจำกัด",
        )
    return None


def _as_declared(line: Mapping[str, Any]) -> bool:
    from harness.qualify.criteria import CRITERIA

    criterion = CRITERIA.get(str(line.get("criterion")))
    return (
        criterion is not None
        and line.get("limits") == criterion.limits.to_json()
        and line.get("unit") == criterion.unit
    )


def _follows(line: Mapping[str, Any], limits: Mapping[str, Any]) -> bool:
    verdict, value = Verdict(line["verdict"]), line.get("value")
    if verdict is Verdict.NOT_APPLICABLE:
        return value is None and not line.get("samples") and not line.get("series")
    try:
        found = verdict_of(value, _limits(limits))
    except TypeError:  # values and limits of kinds that cannot be compared
        return False
    return verdict in _WITHOUT_VALUE if found is Verdict.INCOMPLETE else verdict is found


def _limits(told: Mapping[str, Any]) -> Limits:
    """As ``Limits.to_json`` wrote them."""
    given: dict[str, Any] = {name: told.get(name) for name in _NUMBERS}
    given |= {name: tuple(told.get(name) or ()) for name in _WORDS}
    return Limits(**given)
