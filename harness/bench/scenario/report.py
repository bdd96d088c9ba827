"""How scenarios went: JSON for scripts, JUnit XML for a CI service."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from harness.bench.scenario.player import ScenarioResult
from harness.whole_file import replace_file

SUITE = "thnid scenario"


def document(results: Sequence[ScenarioResult], *, in_process: bool) -> dict[str, Any]:
    """``{"passed", "failed", "errors", "in_process", "scenarios": [...]}``; ``errors`` are among the failed."""
    passed = sum(result.passed for result in results)
    return {
        "passed": passed,
        "failed": len(results) - passed,
        "errors": _errors(results),
        "in_process": in_process,
        "scenarios": [result.to_json() for result in results],
    }


def junit(results: Sequence[ScenarioResult]) -> bytes:
    """JUnit XML as CI services read it: one suite, one test case a scenario, times in seconds."""
    counts = {
        "name": SUITE,
        "tests": str(len(results)),
        "failures": str(sum(not result.passed for result in results) - _errors(results)),
        "errors": str(_errors(results)),
        "skipped": "0",
        "time": _seconds(sum(result.ms for result in results)),
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", counts)
    for result in results:
        _test_case(suite, result)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _errors(results: Sequence[ScenarioResult]) -> int:
    return sum(result.breakdown is not None for result in results)


def _test_case(suite: ElementTree.Element, result: ScenarioResult) -> None:
    path = result.scenario.path
    case = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": path.stem,
            "name": result.scenario.name,
            "file": str(path),
            "time": _seconds(result.ms),
        },
    )
    broken, failed = result.breakdown, result.failure
    if broken is not None:
        message = f"line {broken.line}, {broken.step}: {broken}"
        error = ElementTree.SubElement(case, "error", {"type": broken.error, "message": _storable(message)})
        error.text = _storable(f"{path}:{broken.line}: {broken.step}\n{broken.trace}")
    elif failed is not None:
        message = f"line {failed.line}, {failed.step}: expected {failed.expected}, got {failed.actual}"
        failure = ElementTree.SubElement(case, "failure", {"type": "Unexpected", "message": message})
        failure.text = (
            f"{path}:{failed.line}: {failed.step}\nexpected {failed.expected}\ngot      {failed.actual}"
        )


def _storable(text: str) -> str:
    # XML has no way to say most control characters, and an exception may hold any.
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)


def write_junit(path: Path, results: Sequence[ScenarioResult]) -> None:
    """Write the XML to ``path``, whole or not at all. Raises OSError."""
    replace_file(path, junit(results))


def _seconds(milliseconds: float) -> str:
    return f"{milliseconds / 1000:.3f}"
