"""Criteria as OpenHTF sees them: a phase with one measurement each, with its unit, its limits and their marginal band."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import openhtf
from openhtf.util import units, validators

from harness.qualify.criterion import Criterion, Limits, Value
from harness.qualify.verdict import Verdict, verdict_of

FOREVER_S = 10.0**8
"""A phase is ended by the campaign, which knows how long a criterion and a person may take; never by OpenHTF."""

PhaseBody = Callable[[Any, Any], Any]
"""Gets OpenHTF's TestApi and the prompts; gives a PhaseResult."""


@dataclass(frozen=True, slots=True)
class WithinLimits(validators.RangeValidatorBase):  # type: ignore[misc]
    """OpenHTF's verdict by ours: passes what passes or is marginal, and knows which."""

    limits: Limits

    @property
    def minimum(self) -> float | None:
        """Smallest value that does not fail; None without one."""
        return self.limits.lower

    @property
    def maximum(self) -> float | None:
        """Largest value that does not fail; None without one."""
        return self.limits.upper

    @property
    def marginal_minimum(self) -> float | None:
        """Values below are marginal."""
        return self.limits.marginal_lower

    @property
    def marginal_maximum(self) -> float | None:
        """Values above are marginal."""
        return self.limits.marginal_upper

    def __call__(self, value: Value) -> bool:
        return verdict_of(value, self.limits) in (Verdict.PASS, Verdict.MARGINAL)

    def is_marginal(self, value: Value) -> bool:
        """Whether a value that passes only just does."""
        return verdict_of(value, self.limits) is Verdict.MARGINAL

    def __str__(self) -> str:
        return str(self.limits)


def unit(name: str) -> Any:
    """OpenHTF's unit of that name or symbol; one of our own where it has none (events, cycles)."""
    known = units.UNITS_BY_ALL.get(name or None)
    return known or units.UnitDescriptor(name, units.NO_DIMENSION.code, name)


def measurement(name: str, doc: str, unit_name: str, limits: Limits) -> Any:
    """A measurement as OpenHTF wants it."""
    return openhtf.Measurement(name).doc(doc).with_units(unit(unit_name)).with_validator(WithinLimits(limits))


def measurement_of(criterion: Criterion) -> Any:
    """The criterion's measurement, named by its id."""
    doc = f"{criterion.title.en}. {criterion.basis}"
    return measurement(criterion.id, doc, criterion.unit, criterion.limits)


def phase(title: str, measured: Any, body: PhaseBody, prompts: type) -> Any:
    """A phase with one measurement; ``prompts`` is the plug through which the operator is asked."""

    def measure(test: Any, prompts: Any) -> Any:
        return body(test, prompts)

    described = openhtf.measures(measured)(openhtf.plug(prompts=prompts)(measure))
    return openhtf.PhaseOptions(name=title, timeout_s=FOREVER_S)(described)
