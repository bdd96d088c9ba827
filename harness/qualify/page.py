"""The page of criteria (docs/qualification.md), made of the declarations."""

from __future__ import annotations

from collections.abc import Iterable

from harness.qualify.criterion import Criterion, Family, Need, Profile

START = "<!-- criteria: made by 'thnid qualify criteria --markdown' -->"
END = "<!-- end of criteria -->"


def table(criteria: Iterable[Criterion]) -> str:
    """All criteria, a table a family, between ``START`` and ``END``."""
    given = list(criteria)
    parts = [START, ""]
    for family in Family:
        rows = [each for each in given if each.family is family]
        parts += [f"### {family.value.en[0].upper()}{family.value.en[1:]} · {family.value.th}", ""]
        parts += ["| id | criterion | limits | needs | profiles | basis |", "|---|---|---|---|---|---|"]
        parts += [_row(each) for each in rows]
        parts.append("")
    return "\n".join([*parts, END]) + "\n"


def _row(each: Criterion) -> str:
    unit = f" {each.unit}" if each.unit and str(each.limits) != "recorded" else ""
    cells = (
        each.id,
        f"{each.title.en}<br>{each.title.th}",
        f"{each.limits}{unit}",
        ", ".join(need.value.en for need in Need if need in each.needs) or "nothing",
        ", ".join(profile.value for profile in Profile if profile in each.profiles),
        str(each.basis),
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\\\\", "\\\\\\\\") for cell in cells) + " |"
