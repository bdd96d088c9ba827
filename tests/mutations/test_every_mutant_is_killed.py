"""Every planted mutant is found out, by the check that is there for its kind; the shipped engine by none."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from apdu_specs.language import Text
from apdu_specs.pin_machine import HOLDER_ALPHABET, OFFICE_ALPHABET, PinMachine, pin_machine
from apdu_specs.pin_policy import NATIONAL
from emulator.card.issue import blank_counters, card_from_seed
from emulator.card.nonvolatile import Counters, MemoryStore
from emulator.errors import WriteFailed
from harness.learn.learning import learn
from harness.learn.mapper import Mapper, Subject
from harness.learn.script import script_of
from harness.learn.suite import Suite, conformance_suite
from harness.terminals.in_process import InProcessTerminal
from harness.trace.reading import read_trace
from harness.trace.replay import Player, Report, Secrets
from tests.model.laws import SELECT_ADM, Operation, prepared
from tests.model.tearing import LawBroken, tear_everywhere
from tests.mutations.mutants import MUTANTS, Check, Mutant, card_of

CARD = card_from_seed(7)
ALPHABETS = {Check.MACHINE: HOLDER_ALPHABET, Check.OFFICE: OFFICE_ALPHABET}
SHOWN_BY_MACHINE = [mutant for mutant in MUTANTS if mutant.check in ALPHABETS]
SHOWN_BY_ORDER = [mutant for mutant in MUTANTS if mutant.check is Check.ORDER]
SHOWN_BY_BINDING = [mutant for mutant in MUTANTS if mutant.check is Check.BOUND]
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
    kinds = (SHOWN_BY_MACHINE, SHOWN_BY_ORDER, SHOWN_BY_BINDING, SHOWN_BY_TEARING)
    assert sum(map(len, kinds)) == len(MUTANTS) >= 50
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS)


@pytest.mark.parametrize("mutant", SHOWN_BY_MACHINE, ids=str)
def test_learning_kills(mutant: Mutant) -> None:
    learned = learn(mapper_of(mutant), machine(mutant.check), suite(mutant.check), stop_early=True)
    assert learned.deviation is not None
    assert learned.deviation.got[-1] != learned.deviation.expected[-1]
    assert learned.deviation.got[:-1] == learned.deviation.expected[:-1]


def replayed(trace: Path, mutant: Mutant | None) -> Report:
    with InProcessTerminal(Renewed(mutant)) as terminal:
        return Player(terminal, Secrets(True, CARD.serial, b"1234", CARD.office_key)).play(read_trace(trace))


@pytest.mark.parametrize("mutant", SHOWN_BY_MACHINE, ids=str)
def test_the_trace_of_the_deviation_shows_it_when_replayed(mutant: Mutant, tmp_path: Path) -> None:
    """Also where a right PIN or a right proof must be refused, and on no other card than the wrong one."""
    mapper, path = mapper_of(mutant), tmp_path / "deviation.jsonl"
    deviation = suite(mutant.check).first_deviation(mapper.play)
    assert deviation is not None
    script = script_of(mapper, deviation, NATIONAL.name)
    path.write_text(script.trace())
    found, right = replayed(path, mutant), replayed(path, None)
    assert (found.unmade, right.unmade, right.differences) == (0, 0, [])
    assert {each.what for each in found.differences} >= {"status"}
    assert "?" not in {each.command for each in found.differences}
    for told in (path.read_text().upper(), "\n".join(script.lines()).replace(" ", "")):
        assert not any(pin.hex() in told for pin in (b"1234", b"5678"))
        assert "00200001040000" not in told and CARD.adm_info.hex().upper() not in told


class Refusing(MemoryStore):
    """Memory that refuses to remember a PIN while ``refuses``."""

    refuses = False

    def write(self, counters: Counters) -> None:
        if self.refuses:
            raise WriteFailed(Text("no space", "ไม่มีพื้นที่"))
        super().write(counters)


def answers_of_what_belongs_together(mutant: Mutant | None) -> list[str | int]:
    """Whether a right PIN forgives an office, how many cryptograms there are, and what a proof is worth after an accident."""
    store = Refusing(blank_counters("1234"))
    card = card_of(mutant, CARD, store)
    card.transmit(SELECT_ADM)

    def say(operation: Operation) -> str:
        return card.transmit(prepared(card, operation)).hex()

    answers: list[str | int] = [
        say(each) for each in (Operation.PROOF_WRONG, Operation.VERIFY_RIGHT, Operation.PROOF_WRONG)
    ]
    cryptograms = set()
    for key, challenge in ((b"\x01", b"\x5a"), (b"\x02", b"\x5a"), (b"\x01", b"\x5b")):
        card.transmit(b"\x80\x88\x01" + key + b"\x20" + 32 * challenge)
        cryptograms.add(card.transmit(bytes.fromhex("00C0000021")))
    answers += [len(cryptograms), say(Operation.PROOF_RIGHT)]
    store.refuses = True
    answers.append(say(Operation.ISSUE))
    store.refuses = False
    return [*answers, say(Operation.ISSUE)]


@pytest.mark.parametrize("mutant", SHOWN_BY_BINDING, ids=str)
def test_what_belongs_together_kills(mutant: Mutant) -> None:
    assert answers_of_what_belongs_together(mutant) != answers_of_what_belongs_together(None)


def test_the_shipped_engine_keeps_together_what_belongs_together() -> None:
    expected = ["63c9", "9000", "63c8", 3, "9000", "6581", "6982"]
    assert answers_of_what_belongs_together(None) == expected


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
