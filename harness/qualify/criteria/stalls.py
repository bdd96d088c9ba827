"""Stalls: commands that took long, whatever they were for. Measured when all others were."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.qualify.calls import LONG_S
from harness.qualify.criteria.timing import latencies
from harness.qualify.criterion import NONE, Declarations, Family, Measurement, proposed
from harness.qualify.subject import Subject

declare = Declarations(Family.TIMING)


def long_ones(seconds: list[float]) -> Measurement:
    """How many there were, and the longest."""
    if not seconds:
        return Measurement(0)
    longest = f"{max(seconds):.1f}"
    return Measurement(
        len(seconds), Text(f"the longest took {longest} s", f"คำสั่งที่นานที่สุดใช้เวลา {longest} วินาที")
    )


@declare(
    "LT-4",
    "Commands of the whole run that took longer than a second",
    "คำสั่งตลอดการทดสอบที่ใช้เวลานานกว่าหนึ่งวินาที",
    unit="commands",
    limits=NONE,
    basis=proposed(
        f"UnitaryTests of pcsc-lite report each exchange above {LONG_S:g} s; a slow line's bytes do not count"
    ),
)
def of_the_run(subject: Subject) -> Measurement:
    """Of LT-1's and of all that other criteria sent to be answered at once; not where a wait was asked for."""
    subject.once(latencies)
    return long_ones(subject.long_commands)
