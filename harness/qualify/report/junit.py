"""A record as JUnit XML, for CI: a suite a family, a case a criterion."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

from harness.qualify.criteria import CRITERIA

_PRINTABLE = {chr(code) for code in (0x9, 0xA, 0xD)}


def junit(document: Mapping[str, Any]) -> bytes:
    """UTF-8. Fail is a failure, incomplete an error, not applicable skipped; marginal passes and says so."""
    root = ElementTree.Element("testsuites", name=_clean(f"qualification of {document['reader']['name']}"))
    suites: dict[str, list[Mapping[str, Any]]] = {}
    for line in document["results"]:
        criterion = CRITERIA.get(line["criterion"])
        family = criterion.family.value.en if criterion else "other"
        suites.setdefault(family, []).append(line)
    for family, lines in suites.items():
        _add_suite(root, family, lines, str(document["started"]))
    remaining = [
        {"criterion": name, "verdict": "incomplete", "reason": None} for name in document["remaining"]
    ]
    if remaining:
        _add_suite(root, "not reached", remaining, str(document["started"]))
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True))


def _add_suite(
    root: ElementTree.Element, family: str, lines: Sequence[Mapping[str, Any]], started: str
) -> None:
    verdicts = [line["verdict"] for line in lines]
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=family,
        timestamp=started,
        tests=str(len(lines)),
        failures=str(verdicts.count("fail")),
        errors=str(verdicts.count("incomplete")),
        skipped=str(verdicts.count("not applicable")),
        time=f"{sum(line.get('ms', 0) for line in lines) / 1000:.3f}",
    )
    for line in lines:
        _add_case(suite, line)


def _add_case(suite: ElementTree.Element, line: Mapping[str, Any]) -> None:
    criterion = CRITERIA.get(line["criterion"])
    title = f" {criterion.title.en}" if criterion else ""
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname="thnid.qualify",
        name=_clean(line["criterion"] + title),
        time=f"{line.get('ms', 0) / 1000:.3f}",
    )
    reason = (line.get("reason") or {}).get("en", "")
    limits = f"{criterion.limits} {criterion.unit}".strip() if criterion else ""
    told = _clean(f"{line.get('value')} (limits: {limits}) {reason}".strip())
    kind = {"fail": "failure", "incomplete": "error", "not applicable": "skipped"}.get(line["verdict"])
    if kind is not None:
        ElementTree.SubElement(case, kind, message=told)
    elif line["verdict"] == "marginal":
        ElementTree.SubElement(case, "system-out").text = f"marginal: {told}"


def _clean(text: str) -> str:
    """Without the characters that XML 1.0 cannot carry."""
    return "".join(each if each in _PRINTABLE or each >= " " else "?" for each in text)
