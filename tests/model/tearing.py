"""Cuts the power, or refuses a write, at any durable step of a card, and judges what is left.

The law: after a cut f is what it was or one more, never less than the comparisons made, never two more; the old PIN or
the new one works, never neither and never both. Nothing here knows how the card counts: only its durable steps, its
answers, the comparisons it makes, and what a reopened card does.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from apdu_specs import keys
from emulator.card.card import Card
from emulator.card.nonvolatile import Counters, MemoryStore, NonVolatile
from emulator.errors import WriteFailed
from tests.model.pin_block import pin_block

OLD, NEW, WRONG = b"1234", b"5678", b"0000"
SUSPENDED_AT, LOCKED_AT = 3, 5
DONE, MEMORY_FAILURE = b"\x90\x00", b"\x65\x81"
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")


class PowerCut(BaseException):
    """The card lost its power. No engine can catch this by catching errors."""


class LawBroken(AssertionError):
    """The card broke the law of tearing."""


def _law(kept: bool, otherwise: str) -> None:
    if not kept:
        raise LawBroken(otherwise)


class Fault(Enum):
    """What happens at the chosen durable step."""

    CUT_BEFORE = "power goes before the write is durable"
    CUT_AFTER = "power goes when the write is durable, before the card knows"
    REFUSED = "the memory refuses the write, power stays"


class FaultyStore:
    """Memory that does what ``fault`` says at the ``at``-th write from now (0: the next), once."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters
        self._at = -1
        self._fault = Fault.REFUSED
        self.writes = 0

    @property
    def counters(self) -> Counters:
        return self._counters

    def arm(self, at: int, fault: Fault) -> None:
        """Let the fault happen; ``writes`` counts from here."""
        self._at, self._fault, self.writes = at, fault, 0

    def disarm(self) -> None:
        self._at = -1

    def write(self, counters: Counters) -> None:
        now, self.writes = self.writes, self.writes + 1
        if now != self._at:
            self._counters = counters
            return
        if self._fault is Fault.REFUSED:
            raise WriteFailed("refused by the test")
        if self._fault is Fault.CUT_AFTER:
            self._counters = counters
        raise PowerCut

    def close(self) -> None:
        pass


class Attempt(Enum):
    """A command whose durable steps are torn: what it presents."""

    VERIFY_RIGHT = "VERIFY, right PIN"
    VERIFY_WRONG = "VERIFY, wrong PIN"
    PUBLISHED_RIGHT = "VERIFY in the published form, right PIN"
    PUBLISHED_WRONG = "VERIFY in the published form, wrong PIN"
    CHANGE_RIGHT = "CHANGE REFERENCE DATA, right old PIN"
    CHANGE_WRONG = "CHANGE REFERENCE DATA, wrong old PIN"
    ISSUE = "RESET RETRY COUNTER after the office's proof"

    @property
    def presents(self) -> bool:
        """Whether it is a try of the holder."""
        return self is not Attempt.ISSUE

    @property
    def right(self) -> bool:
        return self in (Attempt.VERIFY_RIGHT, Attempt.PUBLISHED_RIGHT, Attempt.CHANGE_RIGHT)

    @property
    def sets_a_pin(self) -> bool:
        return self in (Attempt.CHANGE_RIGHT, Attempt.CHANGE_WRONG, Attempt.ISSUE)


Make = Callable[[NonVolatile], Card]
"""A card over a memory: as reopened after a cut."""


@dataclass(slots=True)
class Judged:
    """One card over its whole life, torn again and again. ``pin`` is the PIN that works now."""

    make: Make
    store: FaultyStore
    card: Card
    pin: bytes = OLD
    compared: int = 0

    @classmethod
    def with_failures(cls, make: Make, failures: int) -> Judged:
        """A card with PIN 1234 that has seen ``failures``."""
        store = FaultyStore(Counters(failures, 0, OLD))
        judged = cls(make, store, make(store))
        judged._power_on()
        return judged

    def attempt(self, attempt: Attempt, at: int, fault: Fault) -> bool:
        """Carry ``attempt`` out with the fault at its durable step ``at``; LawBroken if a law is broken.

        False if the command has no such step, so that it went through whole.
        """
        before = self.store.counters
        new = NEW if self.pin != NEW else OLD
        command = self._command(attempt, new)
        self.compared = 0
        self.store.arm(at, fault)
        answer: bytes | None = None
        with suppress(PowerCut):
            answer = self.card.transmit(command)
        happened = self.store.writes > at
        self.store.disarm()
        if happened and answer is not None:
            _law(answer == MEMORY_FAILURE, f"a refused write was answered with {answer.hex()}")
        if happened and fault is not Fault.REFUSED:
            _law(answer is None, "the card went on without power")
        self._judge(attempt, before.failures, answer, new)
        if answer is None:
            self.card = self.make(self.store)
            self._power_on()
        return happened

    def _judge(self, attempt: Attempt, before: int, answer: bytes | None, new: bytes) -> None:
        after = self.store.counters.failures
        works = [pin for pin in (self.pin, new) if self._would_accept(pin)]
        _law(len(works) == 1, f"of the old and the new PIN {len(works)} work")
        is_new = works == [new]
        if attempt.presents:
            cleared = attempt.right and before < SUSPENDED_AT and after == 0
            _law(cleared or after in (before, before + 1), f"f went from {before} to {after}")
            _law(cleared or after - before >= self.compared or before >= LOCKED_AT, "a free guess")
            if before >= SUSPENDED_AT:
                _law(self.compared == 0, "compared while suspended")
        else:
            _law(after == before or (after == 0 and is_new), "the counter is clear without a new PIN")
        _law(not is_new or (attempt.sets_a_pin and after == 0), "a new PIN that nobody could set")
        if answer == DONE:
            _law(after == 0, "done, and the counter is not clear")
            _law(is_new == attempt.sets_a_pin, "done, and it is not the PIN that was set")
        self.pin = works[0]

    def _would_accept(self, pin: bytes) -> bool:
        """Whether a card with this memory and a clear counter takes ``pin``: tried on a copy."""
        copy = self.make(MemoryStore(replace(self.store.counters, failures=0)))
        copy.power_on()
        copy.transmit(SELECT_ADM)
        return copy.transmit(bytes.fromhex("0020000104") + pin) == DONE

    def _power_on(self) -> None:
        self.card.power_on()
        self.card.transmit(SELECT_ADM)
        self._count_comparisons()

    def _count_comparisons(self) -> None:
        engine: Any = self.card._pin
        verify = engine.verify

        def counting(matches: Callable[[bytes], bool], *arguments: Any, **named: Any) -> int:
            def counted(pin: bytes) -> bool:
                self.compared += 1
                return matches(pin)

            word: int = verify(counted, *arguments, **named)
            return word

        engine.verify = counting

    def _command(self, attempt: Attempt, new: bytes) -> bytes:
        presented = self.pin if attempt.right else WRONG
        match attempt:
            case Attempt.VERIFY_RIGHT | Attempt.VERIFY_WRONG:
                return bytes.fromhex("0020000104") + presented
            case Attempt.CHANGE_RIGHT | Attempt.CHANGE_WRONG:
                return bytes.fromhex("0024000108") + presented + new
            case Attempt.PUBLISHED_RIGHT | Attempt.PUBLISHED_WRONG:
                challenge = self.card.transmit(bytes.fromhex("80B4000020"))[:-2]
                return bytes.fromhex("8020010020") + pin_block(presented, challenge)
            case Attempt.ISSUE:
                self._prove()
                return bytes.fromhex("002C020104") + new

    def _prove(self) -> None:
        challenge = self.card.transmit(bytes.fromhex("0084000010"))[:-2]
        key = keys.office_key(keys.SPECIMEN_MASTER_KEY, self.card.citizen_id, self.card.serial)
        proof = keys.office_proof(key, challenge=challenge, serial=self.card.serial)
        assert self.card.transmit(bytes.fromhex("0082000220") + proof) == DONE


MOST_STEPS = 4  # durable steps of one command that are torn; the shipped engine has two at most


def tear_everywhere(make: Make) -> int:
    """Every fault at every durable step of every attempt with every f. Returns how many tears that was."""
    tears = 0
    for failures in range(LOCKED_AT + 1):
        for attempt in Attempt:
            for fault in Fault:
                for at in range(MOST_STEPS):
                    if not Judged.with_failures(make, failures).attempt(attempt, at, fault):
                        break
                    tears += 1
    return tears
