"""Policies are data: the PIN table and the machine, derived from each policy's numbers alone and tried on its card."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, Symbol, pin_machine
from apdu_specs.pin_policy import POLICIES, PinPolicy, PinState
from emulator.card import Card, Counters
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.card.policy_file import read_policy
from harness.learn.mapper import Mapper, Subject
from harness.learn.suite import conformance_suite
from harness.terminals.in_process import InProcessTerminal
from tests.model.laws import FIRST, SELECT_ADM, Laws, Memory, Operation, prepared

LAWS = {
    "national": Laws(3, 5),
    "national-wrong-only": Laws(3, 5, "wrong"),
    "iso-3": Laws(3, None, "nothing"),
    "two-then-seven": Laws(2, 7, "every", office_tries=3),
    "locked-at-once": Laws(2, 2),
    "fifteen": Laws(15, 15),
}
DECLARED = {
    "two-then-seven": "{suspended_at: 2, locked_at: 7, suspended_counts: every, office_tries: 3}",
    "locked-at-once": "{suspended_at: 2, locked_at: 2}",
    "fifteen": "{suspended_at: 15, locked_at: 15}",
}
CASES = [(name, f) for name, laws in LAWS.items() for f in range(laws.most_failures + 1)]


@cache
def policy(name: str) -> PinPolicy:
    """A shipped policy, or one that is declared in a user's file."""
    if name in POLICIES:
        return POLICIES[name]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_text(f"name: {name}\n" + DECLARED[name].strip("{}").replace(", ", "\n"))
        return read_policy(path)


def card_with(name: str, f: int) -> Card:
    card = card_in_memory(card_from_seed(7, policy=policy(name)), pin=FIRST.decode(), failures=f)
    card.transmit(SELECT_ADM)
    return card


@pytest.mark.parametrize(("name", "f"), CASES)
@pytest.mark.parametrize("operation", list(Operation)[:-1], ids=lambda operation: operation.name)
def test_row(name: str, f: int, operation: Operation) -> None:
    laws, card = LAWS[name], card_with(name, f)
    sw, after = laws.settled(Memory(f, 0, FIRST), operation)
    assert card.transmit(prepared(card, operation)) == sw.to_bytes(2, "big")
    assert card.counters == Counters(*after)
    is_open = sw == 0x9000 and not operation.proves
    assert card.transmit(bytes.fromhex("8088010120" + 32 * "00")) == (b"\x61\x21" if is_open else b"\x69\x82")


@pytest.mark.parametrize(("name", "f"), CASES)
def test_the_office_and_what_is_told_for_nothing(name: str, f: int) -> None:
    laws, card = LAWS[name], card_with(name, f)
    for command, base in (("00200001", 0x63C0), ("80200100", 0x6300)):
        word = base + laws.suspended_at - f
        if laws.is_locked(f):
            word = 0x6984
        elif f >= laws.suspended_at:
            word = 0x6983
        assert card.transmit(bytes.fromhex(command)) == word.to_bytes(2, "big")
    assert card.tries_left == max(0, laws.suspended_at - f)
    assert (card.state is PinState.LOCKED) == laws.is_locked(f)
    card.transmit(prepared(card, Operation.PROOF_RIGHT))
    sw, after = laws.settled(Memory(f, 0, FIRST), Operation.ISSUE)
    assert card.transmit(prepared(card, Operation.ISSUE)) == sw.to_bytes(2, "big")
    assert card.counters == Counters(*after)


@pytest.mark.parametrize("name", LAWS)
def test_wrong_proofs_are_limited_as_declared(name: str) -> None:
    card, memory = card_with(name, 0), Memory(0, 0, FIRST)
    for _ in range(LAWS[name].office_tries + 2):
        sw, memory = LAWS[name].settled(memory, Operation.PROOF_WRONG)
        assert card.transmit(prepared(card, Operation.PROOF_WRONG)) == sw.to_bytes(2, "big")
    assert card.transmit(prepared(card, Operation.PROOF_RIGHT)) == b"\x69\x83"
    assert card.counters == Counters(*memory)


@pytest.mark.parametrize("name", ["two-then-seven", "locked-at-once"])
@pytest.mark.parametrize("alphabet", [HOLDER_ALPHABET, OFFICE_ALPHABET], ids=["holder", "office"])
def test_the_machine_of_a_declared_policy(name: str, alphabet: tuple[Symbol, ...]) -> None:
    card = card_with(name, 0)
    fresh = card.snapshot()
    terminal = InProcessTerminal(card)
    terminal.connect()
    subject = Subject(terminal, lambda: card.restore(fresh), first_pin=FIRST)
    suite = conformance_suite(pin_machine(policy(name), alphabet))
    assert suite.first_deviation(Mapper(subject).play) is None
