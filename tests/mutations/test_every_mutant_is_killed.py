"""Every planted mutant is found out, by the check that is there for its kind; the shipped engine by none."""

from __future__ import annotations

from functools import cache

import pytest

from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, PinMachine, pin_machine
from apdu_specs.pin_policy import NATIONAL
from emulator.card.issue import blank_counters, card_from_seed
from emulator.card.nonvolatile import MemoryStore
from harness.learn.learning import learn
from harness.learn.mapper import Mapper, Subject
from harness.learn.suite import Suite, conformance_suite
from harness.terminals.in_process import InProcessTerminal
from tests.model.laws import SELECT_ADM, Operation, prepared
from tests.model.tearing import LawBroken, tear_everywhere
from tests.mutations.mutants import MUTANTS, Check, Mutant, card_of

CARD = card_from_seed(7)
ALPHABETS = {Check.MACHINE: HOLDER_ALPHABET, Check.OFFICE: OFFICE_ALPHABET}
SHOWN_BY_MACHINE = [mutant for mutant in MUTANTS if mutant.check in ALPHABETS]
SHOWN_BY_ORDER = [mutant for mutant in MUTANTS if mutant.check is Check.ORDER]
SHOWN_BY_TEARING = [mutant for mutant in MUTANTS if mutant.check is Check.TEAR]
TEARS = 132  # 3 faults: f 0-2: 3 right of 2 steps, 3 wrong of 1, 1 office; f 3-4: 7 of 1; f 5: none


class Renewed:
    """A card that can be made anew in its place: mutants may remember what no ``restore`` brings back."""

    def __init__(self, mutant: Mutant | None) -> None:
        self._mutant = mutant
        self.renew()
        self.atr = self._card.atr

    def renew(self) -> None:
        self._card = card_of(self._mutant, CARD, MemoryStore(blank_counters("1234")))
        self.power_on, self.power_off = self._card.power_on, self._card.power_off
        self.reset, self.transmit = self._card.reset, self._card.transmit


@cache
def machine(check: Check) -> PinMachine:
    return pin_machine(NATIONAL, ALPHABETS[check])


@cache
def suite(check: Check) -> Suite:
    return conformance_suite(machine(check))


def mapper_of(mutant: Mutant | None) -> Mapper:
    card = Renewed(mutant)
    terminal = InProcessTerminal(card)
    terminal.connect()
    return Mapper(Subject(terminal, card.renew))


def tear(mutant: Mutant | None) -> int:
    return tear_everywhere(lambda store: card_of(mutant, CARD, store))


def test_there_are_mutants_of_every_kind() -> None:
    assert len(SHOWN_BY_MACHINE) + len(SHOWN_BY_ORDER) + len(SHOWN_BY_TEARING) == len(MUTANTS) >= 40
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", SHOWN_BY_MACHINE, ids=str)
def test_conformance_suite_kills(mutant: Mutant) -> None:
    assert suite(mutant.check).first_deviation(mapper_of(mutant).play) is not None


@pytest.mark.parametrize("mutant", SHOWN_BY_MACHINE, ids=str)
def test_learning_kills(mutant: Mutant) -> None:
    learned = learn(mapper_of(mutant), machine(mutant.check), suite(mutant.check), stop_early=True)
    assert learned.deviation is not None
    assert learned.deviation.got[-1] != learned.deviation.expected[-1]
    assert learned.deviation.got[:-1] == learned.deviation.expected[:-1]


def answers_out_of_order(mutant: Mutant | None) -> list[str]:
    """What a card answers to a PIN block and to an office's proof that are presented twice, and to a new PIN after that."""
    card = card_of(mutant, CARD, MemoryStore(blank_counters("1234", 2)))
    card.transmit(SELECT_ADM)
    block = prepared(card, Operation.PUBLISHED_RIGHT)
    answers = [card.transmit(each) for each in (block, block)]
    proof = prepared(card, Operation.PROOF_RIGHT)
    answers += [card.transmit(each) for each in (proof, proof, prepared(card, Operation.ISSUE))]
    return [answer.hex() for answer in answers]


@pytest.mark.parametrize("mutant", SHOWN_BY_ORDER, ids=str)
def test_order_kills(mutant: Mutant) -> None:
    assert answers_out_of_order(mutant) != answers_out_of_order(None)


def test_the_shipped_engine_survives_any_order() -> None:
    assert answers_out_of_order(None) == ["9000", "6985", "9000", "6985", "6982"]


@pytest.mark.parametrize("mutant", SHOWN_BY_TEARING, ids=str)
def test_tearing_kills(mutant: Mutant) -> None:
    with pytest.raises(LawBroken):
        tear(mutant)


@pytest.mark.parametrize("check", ALPHABETS)
def test_the_shipped_engine_survives_the_conformance_suite(check: Check) -> None:
    assert suite(check).first_deviation(mapper_of(None).play) is None


def test_the_shipped_engine_survives_tearing() -> None:
    assert tear(None) == TEARS
