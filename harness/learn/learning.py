"""Learning the machine that a card is, and comparing it with the machine that its policy means.

The learner (AALpy's KV) asks the card words and builds a hypothesis. Each hypothesis is first compared with the
reference: where they differ, the card itself is asked, so a difference either teaches the learner or is the card's own.
Once nothing is left to ask, the conformance suite of the reference is played: it would show any card that has as many
states as the reference and is not it.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from apdu_specs.pin_machine import Output, PinMachine, Symbol
from harness.learn.errors import LearningUnavailable, NotDeterministic
from harness.learn.mapper import Mapper
from harness.learn.suite import Deviation, Suite, conformance_suite, deviation
from harness.learn.wp import Minimal, Word

try:
    from aalpy.automata import MealyMachine, MealyState
    from aalpy.base import SUL, Oracle
    from aalpy.learning_algs import run_KV
    from aalpy.utils.ModelChecking import bisimilar
except ImportError:  # the extra "learn" is not installed
    raise LearningUnavailable from None


@dataclass(frozen=True, slots=True)
class Learned:
    """What learning found. ``deviation`` is None exactly if the learned machine is bisimilar to the reference.

    After an early stop ``states`` and ``machine`` are those of the last hypothesis.
    """

    policy: str
    states: int
    queries: int  # words played on the card: each starts with restoring it
    steps: int  # symbols in them
    seconds: float
    deviation: Deviation | None
    machine: Any = field(repr=False)  # AALpy's MealyMachine


def learn(
    mapper: Mapper, reference: PinMachine, suite: Suite | None = None, *, stop_early: bool = False
) -> Learned:
    """Learn the machine of the card behind ``mapper`` and compare it with ``reference``.

    ``suite``: the reference's own unless given. ``stop_early``: the first deviation will do, and the machine of a card
    that deviates is not learned to its end. Raises NotDeterministic, and the errors of the terminal.
    """
    began = time.perf_counter()
    card = _CardUnderLearning(mapper)
    meant = _as_mealy(reference)
    oracle = _Guided(list(reference.alphabet), card, meant, suite or conformance_suite(reference), stop_early)
    try:
        learned = run_KV(list(reference.alphabet), card, oracle, "mealy", print_level=0)
    except SystemExit:  # AALpy's way to say that the same word got two answers
        raise NotDeterministic from None
    word = oracle.deviates or bisimilar(learned, meant, return_cex=True)
    found = None if word is None else deviation(tuple(word), reference.run(word), mapper.play(tuple(word)))
    if word is not None and found is None:  # it answered otherwise when it was learned
        raise NotDeterministic
    seconds = time.perf_counter() - began
    return Learned(
        reference.policy.name, learned.size, card.num_queries, card.num_steps, seconds, found, learned
    )


class _CardUnderLearning(SUL):  # type: ignore[misc]
    """The card as AALpy wants to ask it."""

    def __init__(self, mapper: Mapper) -> None:
        super().__init__()
        self._mapper = mapper

    def pre(self) -> None:
        self._mapper.restore()

    def step(self, letter: Symbol) -> Output:
        return self._mapper.step(letter)

    def post(self) -> None:
        pass


class _Guided(Oracle):  # type: ignore[misc]
    """Finds words where hypothesis and card differ, guided by the reference, then by its suite.

    ``deviates`` is the word that ended an early stop: the card itself differs from the reference there.
    """

    def __init__(
        self, alphabet: list[Symbol], card: SUL, meant: MealyMachine, suite: Suite, stop_early: bool
    ) -> None:
        super().__init__(alphabet, card)
        self._meant = meant
        self._suite = suite
        self._stop_early = stop_early
        self.deviates: Word | None = None

    def find_cex(self, hypothesis: MealyMachine) -> Word | None:
        word = bisimilar(hypothesis, self._meant, return_cex=True)
        if word is not None:
            if wrong := self._wrong(hypothesis, word):
                return wrong
            if self._stop_early:  # the card sides with the hypothesis
                self.deviates = tuple(word)
                return None
        return next(filter(None, (self._wrong(hypothesis, case.word) for case in self._suite.cases)), None)

    def _wrong(self, hypothesis: MealyMachine, word: Sequence[Symbol]) -> Word | None:
        """``word`` up to where the card answers otherwise than the hypothesis."""
        hypothesis.reset_to_initial()
        for number, answer in enumerate(self.sul.query(tuple(word)), start=1):
            if hypothesis.step(word[number - 1]) != answer:
                return tuple(word[:number])
        return None


def _as_mealy(reference: PinMachine) -> MealyMachine:
    minimal = Minimal(reference)
    states = [MealyState(f"r{number}") for number in range(len(minimal))]
    for state, row in zip(states, minimal.steps, strict=True):
        for symbol, (after, output) in row.items():
            state.transitions[symbol] = states[after]
            state.output_fun[symbol] = output
    return MealyMachine(states[0], states)
