"""A conformance suite from a machine: words and the answers they must get, enough to tell any wrong card apart.

The words are those of the Wp method (``wp``). A card with no more states than the machine that passes them
all *is* the machine; random words on top give cards with more states a chance to show themselves.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from apdu_specs.pin_machine import Output, PinMachine, Symbol
from harness.learn.wp import Minimal, Word, without_prefixes, wp_words

FORMAT = "thnid conformance suite 1"
RANDOM_WORDS, RANDOM_LENGTH, RANDOM_SEED = 150, 30, 2562


@dataclass(frozen=True, slots=True)
class Case:
    """A word, from a card as it was at the start, and what each of its symbols has to be answered with."""

    word: Word
    expected: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Deviation:
    """A word that a card answers otherwise than it must. The last answers differ, those before are as expected."""

    word: Word
    expected: tuple[Output, ...]
    got: tuple[Output, ...]


@dataclass(frozen=True, slots=True)
class Suite:
    """Cases for the policy called ``policy``; they start from PIN one, no failures, powered, nothing selected."""

    policy: str
    cases: tuple[Case, ...]

    @property
    def steps(self) -> int:
        """Symbols in all cases together."""
        return sum(len(case.word) for case in self.cases)

    def first_deviation(self, play: Callable[[Word], Sequence[Output]]) -> Deviation | None:
        """The first case that is answered wrongly, or None. ``play`` restores the card and plays a word."""
        played = (deviation(case.word, case.expected, play(case.word)) for case in self.cases)
        return next((each for each in played if each is not None), None)

    def to_json(self, commands: Mapping[Symbol, Sequence[str]] | None = None) -> str:
        """One object; each case, on a line, is a list of [symbol, status word as hex, ...].

        ``commands`` tells readers what the symbols stand for.
        """
        lines = (
            json.dumps([[str(symbol), *map(_hex, words)] for symbol, words in _rows(case)])
            for case in self.cases
        )
        cases = ",\n".join(lines)
        used = dict.fromkeys(symbol for case in self.cases for symbol in case.word)
        symbols = {str(symbol): list((commands or {}).get(symbol, ())) for symbol in used}
        head = ",\n".join(
            f"{json.dumps(key)}: {json.dumps(value)}"
            for key, value in (("format", FORMAT), ("policy", self.policy), ("symbols", symbols))
        )
        return f'{{\n{head},\n"cases": [\n{cases}\n]\n}}\n'


def deviation(word: Word, expected: Sequence[Output], got: Sequence[Output]) -> Deviation | None:
    """What is wrong with ``got``, up to the first answer that is; None if nothing is."""
    for end, (should, is_) in enumerate(zip(expected, got, strict=True), start=1):
        if should != is_:
            return Deviation(word[:end], tuple(expected[:end]), tuple(got[:end]))
    return None


def conformance_suite(
    machine: PinMachine, *, random_words: int = RANDOM_WORDS, seed: int = RANDOM_SEED
) -> Suite:
    """The Wp suite of ``machine`` and ``random_words`` words on top. The same seed gives the same suite."""
    drawn = random.Random(seed)
    on_top = [tuple(drawn.choices(machine.alphabet, k=RANDOM_LENGTH)) for _ in range(random_words)]
    words = without_prefixes([*wp_words(Minimal(machine)), *on_top])
    return Suite(machine.policy.name, tuple(Case(word, tuple(machine.run(word))) for word in words))


def _hex(word: int) -> str:
    return f"{word:04X}"


def _rows(case: Case) -> Iterable[tuple[Symbol, Output]]:
    return zip(case.word, case.expected, strict=True)
