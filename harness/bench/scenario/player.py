"""Plays a scenario step by step and stops at the first thing that is not as expected."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from threading import Event
from typing import Any

from apdu_specs.status import StatusWord
from emulator.card import Card
from harness.bench.scenario.doing import DOES, Outcome, filled
from harness.bench.scenario.held_card import CardMaker, HeldCard
from harness.bench.scenario.kinds import ERRORS, MODULE, OK, REFUSED
from harness.bench.scenario.model import Scenario, Step
from harness.bench.scenario.readers import Reader
from harness.bench.scenario.world import OTHER_PROGRAM, THIS_PROGRAM, World


@dataclass(frozen=True, slots=True)
class Failure:
    """The step that went otherwise: its line, what was expected and what came."""

    line: int
    step: str
    expected: str
    actual: str

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {"line": self.line, "step": self.step, "expected": self.expected, "actual": self.actual}


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one scenario went; ``steps`` were played, the failed one included."""

    scenario: Scenario
    steps: int
    ms: float
    failure: Failure | None = None

    @property
    def passed(self) -> bool:
        """True if everything was as expected."""
        return self.failure is None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "scenario": self.scenario.name,
            "file": str(self.scenario.path),
            "passed": self.passed,
            "steps": self.steps,
            "ms": round(self.ms, 2),
            "failure": None if self.failure is None else self.failure.to_json(),
        }


def play(
    scenario: Scenario, reader: Reader, make: CardMaker = Card, *, stop: Event | None = None
) -> ScenarioResult:
    """Play ``scenario`` with ``reader``, which is empty before and after; no further than the step at which ``stop`` is set.

    Raises only what says nothing of the card: StackUnavailable, ForeignCard and their like.
    """
    began = time.perf_counter()
    failure, played = None, 0
    with World(scenario, reader, make) as world:
        for step in scenario.steps:
            if stop is not None and stop.is_set():
                break
            played += 1
            failure = _play_step(world, step)
            if failure is not None:
                break
    return ScenarioResult(scenario, played, (time.perf_counter() - began) * 1000, failure)


def play_all(
    scenarios: Sequence[Scenario], readers: Sequence[Reader], make: CardMaker = Card
) -> list[ScenarioResult]:
    """Play each scenario, as many at once as there are readers; the results in the order of the scenarios."""
    stop = Event()
    free: SimpleQueue[Reader] = SimpleQueue()
    for reader in readers:
        free.put(reader)

    def with_a_reader(scenario: Scenario) -> ScenarioResult:
        reader = free.get()
        try:
            return play(scenario, reader, make, stop=stop)
        finally:
            free.put(reader)

    workers = ThreadPoolExecutor(len(readers), thread_name_prefix="scenario")
    try:
        return list(workers.map(with_a_reader, scenarios))
    finally:
        stop.set()  # after Ctrl-C nobody wants to see the end of the story
        workers.shutdown(cancel_futures=True)


def _play_step(world: World, step: Step) -> Failure | None:
    program, name = THIS_PROGRAM, step.kind.name
    if step.inner is not None:
        step, program = step.inner, OTHER_PROGRAM
        name = f"{name}: {step.kind.name}"
    outcomes = DOES[step.kind.name](world, step.values, program)
    for expected, actual in _comparisons(world.in_hand, step, outcomes):
        if expected != actual:
            return Failure(step.line, name, expected, actual)
    return None


def _comparisons(card: HeldCard, step: Step, outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    """Expected and actual, as told to a person; equal where all is well."""
    return [*_answers(step, outcomes), *_contents(step, outcomes), *_afterwards(card, step)]


def _answers(step: Step, outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    expected = step.values.get("expect")
    if expected is None:
        return []
    each = expected if isinstance(expected, tuple) else (expected,)
    wanted = each * len(outcomes) if len(each) == 1 else each
    pairs = []
    for number, (want, came) in enumerate(zip(wanted, outcomes, strict=True), 1):
        which = f" at time {number}" if len(outcomes) > 1 else ""
        pairs.append((f"{want}{which}", f"{want if meets(want, came) else came}{which}"))
    last = step.values.get("at step")
    if last is not None:
        pairs.append((f"end at step {last}", f"end at step {outcomes[-1].last_step}"))
    return pairs


def meets(expected: str, came: Outcome) -> bool:
    """Whether ``came`` is what ``expected`` (ok, module, refused, a status word, an error's name) means."""
    if expected in (OK, MODULE):
        return came.error is None and came.word in (None, StatusWord.OK)
    if expected == REFUSED:
        return came.refused
    if expected in ERRORS:
        return came.error == expected
    return came.word == int(expected, 16)


def _contents(step: Step, outcomes: Sequence[Outcome]) -> list[tuple[str, str]]:
    contents = outcomes[-1].contents if outcomes else None
    if contents is None:
        return []
    there, unreadable = filled(contents), ", ".join(contents.unreadable)
    pairs = [("all fields readable", f"not readable: {unreadable}" if unreadable else "all fields readable")]
    for name in step.values["fields"]:
        pairs.append((f"{name} told", f"{name} told" if name in there else f"{name} blank"))
    for name in step.values["blank"]:
        pairs.append((f"{name} blank", f"{name} told" if name in there else f"{name} blank"))
    return pairs


_AFTERWARDS: dict[str, tuple[Callable[[Any], object], Callable[[Card], object]]] = {
    "state": (lambda state: state.value, lambda card: card.state.value),
    "failures": (lambda count: count, lambda card: card.failures),
    "tries left": (lambda count: count, lambda card: card.tries_left),
}


def _afterwards(card: HeldCard, step: Step) -> list[tuple[str, str]]:
    return [
        (f"{name}: {shown(step.values[name])}", f"{name}: {ask(card.card)}")
        for name, (shown, ask) in _AFTERWARDS.items()
        if step.values.get(name) is not None
    ]
