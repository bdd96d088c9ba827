"""A scenario as it was loaded: valid, with every default filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from apdu_specs.generations import Generation
from apdu_specs.language import Text
from apdu_specs.pin_policy import PinPolicy
from harness.bench.scenario.declared import StepKind


@dataclass(frozen=True, slots=True)
class GivenCard:
    """The card at the beginning. ``holder`` names an odd holder, None is an ordinary one."""

    seed: int
    pin: str = field(repr=False)
    failures: int
    generation: Generation
    policy: PinPolicy
    holder: str | None


@dataclass(frozen=True, slots=True)
class GivenOfficer:
    """The officer at the beginning: the holder of the card."""

    right: bool
    level: str
    idle_days: int


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens. ``values`` holds every option of its kind; ``inner`` is what the other program does."""

    kind: StepKind
    line: int
    values: Mapping[str, Any] = field(repr=False)
    inner: Step | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """One file: its name, what it is about, what is given and what happens."""

    name: str
    about: Text | None
    path: Path
    card: GivenCard
    officer: GivenOfficer
    steps: tuple[Step, ...]
