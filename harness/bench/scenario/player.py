"""Plays a scenario step by step and stops at the first thing that is not as expected."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Event
from typing import Any

from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from emulator.card import Card
from harness.bench.scenario.doing import DOES, OUR_OWN, Outcome, filled
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
    expected: Text
    actual: Text

    def to_json(self) -> dict[str, Any]:
        """For scripts, in English."""
        told = {"expected": self.expected.en, "actual": self.actual.en}
        return {"line": self.line, "step": self.step} | told


@dataclass(frozen=True, slots=True)
class Breakdown:
    """What nobody had thought of went wrong at a step: a mistake of this program, and no verdict on the card."""

    line: int
    step: str
    error: str
    message: str
    trace: str = field(repr=False)

    @classmethod
    def of(cls, error: Exception, step: Step) -> Breakdown:
        """``error`` happened at ``step``."""
        # Whatever is in it, it must not be able to send escape sequences to somebody's terminal.
        message = "".join(each if each.isprintable() else "?" for each in " ".join(str(error).split()))
        return cls(
            step.line,
            told_name(step),
            type(error).__name__,
            message,
            "".join(traceback.format_exception(error)),
        )

    def __str__(self) -> str:
        return f"{self.error}: {self.message}" if self.message else self.error

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {"line": self.line, "step": self.step, "error": self.error, "message": self.message}


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """How one scenario went; ``steps`` were played, the failed one included."""

    scenario: Scenario
    steps: int
    ms: float
    failure: Failure | None = None
    breakdown: Breakdown | None = None

    @property
    def passed(self) -> bool:
        """True if everything was as expected."""
        return self.failure is None and self.breakdown is None

    def to_json(self) -> dict[str, Any]:
        """For scripts."""
        return {
            "scenario": self.scenario.name,
            "file": str(self.scenario.path),
            "passed": self.passed,
            "steps": self.steps,
            "ms": round(self.ms, 2),
            "failure": None if self.failure is None else self.failure.to_json(),
            "error": None if self.breakdown is None else self.breakdown.to_json(),
        }


def play(
    scenario: Scenario, reader: Reader, make: CardMaker = Card, *, stop: Event | None = None
) -> ScenarioResult:
    """Play ``scenario`` with ``reader``, which is empty before and after; no further than the step at which ``stop`` is set.

    Raises only what says nothing of the card: StackUnavailable, ForeignCard and their like, and ModuleNotFoundError.
    """
    began = time.perf_counter()
    failure, breakdown, played = None, None, 0
    try:
        with World(scenario, reader, make) as world:
            for step in scenario.steps:
                if stop is not None and stop.is_set():
                    break
                played += 1
                failure = _play_step(world, step)
                if failure is not None:
                    break
    except (*OUR_OWN, ModuleNotFoundError):
        raise
    except Exception as error:  # the scenarios after this one are played all the same
        breakdown = Breakdown.of(error, scenario.steps[max(played - 1, 0)])
    return ScenarioResult(scenario, played, (time.perf_counter() - began) * 1000, failure, breakdown)


def play_all(scenarios: Sequence[Scenario], readers: Sequence[Reader]) -> list[ScenarioResult]:
    """Play each scenario, as many at once as there are readers; the results in the order of the scenarios."""
    stop = Event()
    free: SimpleQueue[Reader] = SimpleQueue()
    for reader in readers:
        free.put(reader)

    def with_a_reader(scenario: Scenario) -> ScenarioResult:
        reader = free.get()
        try:
            return play(scenario, reader, stop=stop)
        finally:
            free.put(reader)

    workers = ThreadPoolExecutor(len(readers), thread_name_prefix="scenario")
    try:
        return list(workers.map(with_a_reader, scenarios))
    finally:
        stop.set()  # after Ctrl-C nobody wants to see the end of the story
        workers.shutdown(cancel_futures=True)


def _play_step(world: World, step: Step) -> Failure | None:
    program, name = THIS_PROGRAM, told_name(step)
    if step.inner is not None:
        step, program = step.inner, OTHER_PROGRAM
    outcomes = DOES[step.kind.name](world, step.values, program)
    for expected, actual in _comparisons(world.in_hand, step, outcomes):
        if expected != actual:
            return Failure(step.line, name, expected, actual)
    return None


def told_name(step: Step) -> str:
    """The step's name, with that of the step inside it."""
    return step.kind.name if step.inner is None else f"{step.kind.name}: {step.inner.kind.name}"


Pair = tuple[Text, Text]


def _comparisons(card: HeldCard, step: Step, outcomes: Sequence[Outcome]) -> list[Pair]:
    """Expected and actual, as told to a person; equal where all is well."""
    return [
        *_answers(step, outcomes),
        *((each.never_came, _none_of(each.never_came)) for each in outcomes if each.never_came is not None),
        *_contents(step, outcomes),
        *_afterwards(card, step),
    ]


def _none_of(what: Text) -> Text:
    return Text(f"no {what.en}", f"ไม่มีการ{what.th}")


def _answers(step: Step, outcomes: Sequence[Outcome]) -> list[Pair]:
    expected = step.values.get("expect")
    if expected is None:
        return []
    each = expected if isinstance(expected, tuple) else (expected,)
    wanted = each * len(outcomes) if len(each) == 1 else each
    pairs = []
    for number, (want, came) in enumerate(zip(wanted, outcomes, strict=True), 1):
        which = Text(f" at time {number}", f" ครั้งที่ {number}") if len(outcomes) > 1 else Text("", "")
        pairs.append((_at(want, which), _at(want if meets(want, came) else str(came), which)))
    last = step.values.get("at step")
    if last is not None:
        pairs.append((_end(last), _end(outcomes[-1].last_step)))
    return pairs


def _at(answer: str, which: Text) -> Text:
    return Text(f"{answer}{which.en}", f"{answer}{which.th}")


def _end(step: int | None) -> Text:
    return Text(f"end at step {step}", f"จบที่ขั้นตอนที่ {step}")


def meets(expected: str, came: Outcome) -> bool:
    """Whether ``came`` is what ``expected`` (ok, module, refused, a status word, an error's name) means."""
    if expected in (OK, MODULE):
        return came.error is None and came.word in (None, StatusWord.OK)
    if expected == REFUSED:
        return came.refused
    if expected in ERRORS:
        return came.error == expected
    return came.word == int(expected, 16)


def _contents(step: Step, outcomes: Sequence[Outcome]) -> list[Pair]:
    contents = outcomes[-1].contents if outcomes else None
    if contents is None:
        return []
    there, unreadable = filled(contents), ", ".join(contents.unreadable)
    all_read = Text("all fields readable", "อ่านได้ทุกช่อง")
    not_read = Text(f"not readable: {unreadable}", f"อ่านไม่ได้: {unreadable}")
    pairs = [(all_read, not_read if unreadable else all_read)]
    pairs += [(_told(name), _told(name) if name in there else _blank(name)) for name in step.values["fields"]]
    pairs += [(_blank(name), _told(name) if name in there else _blank(name)) for name in step.values["blank"]]
    return pairs


def _told(name: str) -> Text:
    return Text(f"{name} told", f"{name} มีข้อมูล")


def _blank(name: str) -> Text:
    return Text(f"{name} blank", f"{name} ว่าง")


_AFTERWARDS: dict[str, tuple[Text, Callable[[Any], object], Callable[[Card], object]]] = {
    "state": (Text("state", "สถานะ"), lambda state: state.value, lambda card: card.state.value),
    "failures": (Text("failures", "จำนวนครั้งที่ผิด"), lambda count: count, lambda card: card.failures),
    "tries left": (
        Text("tries left", "จำนวนครั้งที่เหลือ"),
        lambda count: count,
        lambda card: card.tries_left,
    ),
}


def _afterwards(card: HeldCard, step: Step) -> list[Pair]:
    return [
        (_valued(name, shown(step.values[key])), _valued(name, ask(card.card)))
        for key, (name, shown, ask) in _AFTERWARDS.items()
        if step.values.get(key) is not None
    ]


def _valued(name: Text, value: object) -> Text:
    return Text(f"{name.en}: {value}", f"{name.th}: {value}")
