"""Which words tell a machine from every other with no more states: the Wp method.

Source: Fujiwara, von Bochmann, Khendek, Amalou, Ghedamsi, "Test selection based on finite state models", IEEE TSE 17
(1991). Reach every state and try all telling words there; take every step and try there those that identify the
state it must have led to.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from apdu_specs.pin_machine import Output, PinMachine, State, Symbol

Word = tuple[Symbol, ...]


class Minimal:
    """``machine`` with states that nothing tells apart made one. States are numbers from 0, the start."""

    def __init__(self, machine: PinMachine) -> None:
        self.alphabet = machine.alphabet
        kinds = _kinds(machine)
        self.reach: list[Word] = [()]
        self.steps: list[dict[Symbol, tuple[int, Output]]] = []
        members = [machine.start]
        number = {kinds[machine.start]: 0}
        for here, state in enumerate(members):
            row = {}
            for symbol, (after, output) in machine.steps[state].items():
                if kinds[after] not in number:
                    number[kinds[after]] = len(members)
                    members.append(after)
                    self.reach.append((*self.reach[here], symbol))
                row[symbol] = (number[kinds[after]], output)
            self.steps.append(row)

    def __len__(self) -> int:
        return len(self.steps)

    def answers(self, state: int, word: Word) -> tuple[Output, ...]:
        """What ``word`` is answered in ``state``."""
        outputs = []
        for symbol in word:
            state, output = self.steps[state][symbol]
            outputs.append(output)
        return tuple(outputs)


def _kinds(machine: PinMachine) -> dict[State, int]:
    """States of one kind give the same answers to everything."""
    kinds = dict.fromkeys(machine.steps, 0)
    while True:
        looks = {
            state: (kinds[state], *((output, kinds[after]) for after, output in row.values()))
            for state, row in machine.steps.items()
        }
        number = {look: index for index, look in enumerate(dict.fromkeys(looks.values()))}
        finer = {state: number[look] for state, look in looks.items()}
        if len(number) == len(set(kinds.values())):
            return finer
        kinds = finer


def wp_words(machine: Minimal) -> Iterator[Word]:
    """The words of the Wp method, in no particular order and with repetitions."""
    telling = telling_words(machine)
    identifying = [_identifying(machine, state, telling) for state in range(len(machine))]
    for access, row in zip(machine.reach, machine.steps, strict=True):
        yield from (access + word for word in telling)
        for symbol, (after, _) in row.items():
            yield from ((*access, symbol, *word) for word in identifying[after])


def telling_words(machine: Minimal) -> list[Word]:
    """Words that together tell every two states apart."""
    words: list[Word] = []
    blocks = [list(range(len(machine)))]
    while blocks:
        words.append(_shortest_telling(machine, *blocks[0][:2]))
        blocks = [part for block in blocks for part in _split(machine, block, words[-1]) if len(part) > 1]
    return words


def _split(machine: Minimal, block: Sequence[int], word: Word) -> Iterable[list[int]]:
    parts: dict[tuple[Output, ...], list[int]] = {}
    for state in block:
        parts.setdefault(machine.answers(state, word), []).append(state)
    return parts.values()


def _shortest_telling(machine: Minimal, one: int, other: int) -> Word:
    queue: deque[tuple[int, int, Word]] = deque([(one, other, ())])
    seen = {(one, other)}
    while True:  # states of a minimal machine can always be told apart
        one, other, word = queue.popleft()
        for symbol in machine.alphabet:
            (after, output), (other_after, other_output) = (
                machine.steps[one][symbol],
                machine.steps[other][symbol],
            )
            if output != other_output:
                return (*word, symbol)
            if (after, other_after) not in seen:
                seen.add((after, other_after))
                queue.append((after, other_after, (*word, symbol)))


def _identifying(machine: Minimal, state: int, telling: Sequence[Word]) -> list[Word]:
    """Those of ``telling``, few, that tell ``state`` from all others: always the one that tells most of the rest."""
    rest = {other for other in range(len(machine)) if other != state}
    words = []
    while rest:
        word, told = max(
            (
                (word, {o for o in rest if machine.answers(o, word) != machine.answers(state, word)})
                for word in telling
            ),
            key=lambda pair: len(pair[1]),
        )
        words.append(word)
        rest -= told
    return words


def without_prefixes(words: Iterable[Word]) -> list[Word]:
    """Sorted, each once, and without those that another one starts with."""
    ordered = sorted(set(words))
    return [
        word
        for word, following in zip(ordered, [*ordered[1:], ()], strict=True)
        if following[: len(word)] != word
    ]
