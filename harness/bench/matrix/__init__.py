"""The matrix: what every criterion says of every fault of the zoo, measured, kept as data and shown as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from apdu_specs.reference.markdown import table
from emulator.zoo import FAULTS, Fault
from harness.qualify.criteria import CRITERIA
from harness.qualify.criterion import FULL_ONLY, Family
from harness.qualify.verdict import Verdict
from harness.whole_file import replace_file

DATA = Path("docs/matrix.json")
FORMAT = 1
NO_FAULT = "none"
"""The row of a reader without a fault."""
MEASURABLE = tuple(name for name, each in CRITERIA.items() if each.profiles != FULL_ONLY)
"""The criteria that take seconds, not minutes."""
ROWS = (NO_FAULT, *FAULTS)
_LETTERS = {
    Verdict.PASS: "·",
    Verdict.FAIL: "F",
    Verdict.MARGINAL: "m",
    Verdict.INCOMPLETE: "?",
    Verdict.NOT_APPLICABLE: " ",
}
_INTRO = """\
# Faults x criteria

What the criteria of `thnid qualify` say of readers that misbehave: every fault of the zoo ([faults.md](faults.md)) as it is
when it is given no number, on a virtual reader, quick profile, with a national card and, for the criteria that need it, with
the test card; a soak of 5 s. Measured by `ci/matrix`, which writes `docs/matrix.json`; this page is made of that file by
`python -m harness.bench.matrix`; do not edit.

**Bold**: the criteria that the fault's declaration names; the tests run these again and again.
"""
_GRID = """\
## The grid

`F` fail, `m` marginal, `?` incomplete, `·` pass, blank: not applicable. The numbers are those of the table above.
"""
_UNCAUGHT = """\
## Criteria that no fault fails

Not each criterion has a fault in the zoo: many ask for what pcscd decides alone (sharing, handles, buffers), for a person or
a machine, or for papers.
"""

_LEFT_OUT = """\
## Criteria that are not measured here

They belong to the full profile alone, and take minutes of real time with every fault.
"""


def load(path: Path = DATA) -> dict[str, dict[str, Any]]:
    """``ROWS`` as far as they were measured: fault -> {"written", "seconds", "verdicts": {verdict: [criteria]}}."""
    if not path.exists():
        return {}
    document = json.loads(path.read_text(encoding="utf-8"))
    rows: dict[str, dict[str, Any]] = document["rows"] if document.get("format") == FORMAT else {}
    return rows


def save(rows: Mapping[str, Mapping[str, Any]], path: Path = DATA) -> None:
    """In the order of the declarations; what is declared no more is left out."""
    kept = {name: rows[name] for name in ROWS if name in rows}
    lines = ",\n".join(f" {json.dumps(name)}: {json.dumps(row)}" for name, row in kept.items())
    replace_file(path, f'{{"format": {FORMAT}, "rows": {{\n{lines}\n}}}}\n'.encode())


def verdicts(row: Mapping[str, Any]) -> dict[str, Verdict]:
    """Criterion -> verdict."""
    return {name: Verdict(verdict) for verdict, names in row["verdicts"].items() for name in names}


def row(measured: Mapping[str, Verdict], written: str, seconds: float) -> dict[str, Any]:
    """As ``verdicts`` takes it apart."""
    by_verdict = {each.value: [name for name in CRITERIA if measured.get(name) is each] for each in Verdict}
    return {"written": written, "seconds": round(seconds), "verdicts": by_verdict}


def wanted(fault: Fault) -> Verdict:
    """What the criteria that ``fault`` declares are to say of it."""
    return Verdict.MARGINAL if fault.only_marginal else Verdict.FAIL


def uncaught(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """(fault, criterion, verdict) where a fault is not caught as it declares; faults that were not measured included."""
    for name, fault in FAULTS.items():
        found = verdicts(rows[name]) if name in rows else {}
        for criterion in fault.caught_by:
            verdict = found.get(criterion)
            if verdict is not wanted(fault):
                yield name, criterion, verdict.value if verdict else "nothing: not measured"


def page(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """``docs/matrix.md``."""
    numbers = {name: number for number, name in enumerate(name for name in ROWS if name in rows)}
    lines = [_line(numbers[name], name, rows[name]) for name in numbers]
    parts = [_INTRO, table(("", "fault", "fails", "marginal", "could not be measured"), lines), _GRID, "```"]
    parts += [*_grid({numbers[name]: verdicts(rows[name]) for name in numbers}), "```", "", _UNCAUGHT]
    parts += [*_uncaught(rows), "", _LEFT_OUT]
    parts += [f"* {each.id} ({each.title.en})" for name, each in CRITERIA.items() if name not in MEASURABLE]
    parts.append("")
    return "\n".join(parts)


def _line(number: int, name: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    declared = FAULTS[name].caught_by if name in FAULTS else ()
    told = row["verdicts"]

    def listed(verdict: Verdict) -> str:
        names = told[verdict.value]
        return ", ".join(f"**{each}**" if each in declared else each for each in names) or "none"

    incomplete = len(told[Verdict.INCOMPLETE.value])
    return (
        str(number),
        "no fault" if name == NO_FAULT else f"`{row['written']}`",
        listed(Verdict.FAIL),
        listed(Verdict.MARGINAL),
        f"{incomplete} criteria" if incomplete > 12 else listed(Verdict.INCOMPLETE),
    )


def _grid(found: Mapping[int, Mapping[str, Verdict]]) -> Iterator[str]:
    width = max((len(name) for name in MEASURABLE), default=0)
    yield " " * width + "".join(f" {number:2}" for number in found)
    for name in MEASURABLE:
        marks = (_LETTERS[each[name]] if name in each else "-" for each in found.values())
        yield (f"{name:{width}}" + "".join(f"  {mark}" for mark in marks)).rstrip()


def _uncaught(rows: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    failed = {name for row in rows.values() for name in row["verdicts"][Verdict.FAIL.value]}
    for family in Family:
        names = [each.id for each in CRITERIA.values() if each.family is family and each.id not in failed]
        if names:
            yield f"* {family.value.en}: {', '.join(names)}"
