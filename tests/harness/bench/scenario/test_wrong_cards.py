"""Scenarios can fail: each planted mistake of a card makes at least one that comes with thnid fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from apdu_specs import adm
from apdu_specs.pin_policy import PinState, VerifyForm
from apdu_specs.status import StatusWord
from emulator.card import Card, Counters
from emulator.card.nonvolatile import NonVolatile
from emulator.card.personalisation import Personalisation
from emulator.card.pin import PinEngine
from harness.bench.scenario import Scenario, in_process_readers, load, play, shipped
from harness.bench.scenario.held_card import CardMaker
from harness.bench.scenario.loading import load_bytes

SCENARIOS = [load(path) for path in shipped().values()]
Matches = Callable[[bytes], bool]


def is_found(make: CardMaker) -> bool:
    with in_process_readers() as readers:
        return any(not play(scenario, readers[0], make).passed for scenario in SCENARIOS)


def with_engine(engine: type[PinEngine]) -> CardMaker:
    """Makes cards whose PIN engine is another one."""

    def make(personalisation: Personalisation, store: NonVolatile) -> Card:
        card = Card(personalisation, store)
        card._pin.__class__ = engine
        return card

    return make


class CountsAfterwards(PinEngine):
    """Compares first: a card torn out in time gives a free guess."""

    def verify(self, matches: Matches, form: VerifyForm, *, new_pin: bytes | None = None) -> int:
        before = self._store.counters
        if self.state is PinState.READY and not matches(before.pin):
            self.session_open = False
            raised = replace(before, failures=before.failures + 1)
            word = self._policy.wrong_pin_word(raised.failures, form)
            self._store.write(before)  # as if nothing were due
            self._store.write(raised)
            return word
        return super().verify(matches, form, new_pin=new_pin)


class Oracle(PinEngine):
    """Takes a right PIN while suspended."""

    def verify(self, matches: Matches, form: VerifyForm, *, new_pin: bytes | None = None) -> int:
        before = self._store.counters
        if self.state is PinState.SUSPENDED and matches(before.pin):
            self._store.write(replace(before, failures=0))
            return int(StatusWord.OK)
        return super().verify(matches, form, new_pin=new_pin)


class SessionSurvives(PinEngine):
    """Keeps the PIN session over a reset."""

    def end_session(self) -> None:
        """Does not."""


class UnblocksLocked(Card):
    """Lets the office renew the PIN of a locked card."""

    def transmit(self, apdu: bytes) -> bytes:
        if self.state is PinState.LOCKED and apdu[:2] in adm.RESET_RETRY_COUNTER.headers:
            self._store.write(Counters(0, 0, apdu[-adm.PIN_LENGTH :]))
            return StatusWord.OK.raw
        return super().transmit(apdu)


class ChangesWithoutCount(PinEngine):
    """A wrong old PIN costs nothing."""

    def verify(self, matches: Matches, form: VerifyForm, *, new_pin: bytes | None = None) -> int:
        before = self._store.counters
        if new_pin is not None and self.state is PinState.READY and not matches(before.pin):
            return self._policy.refusal_word(before.failures, form)
        return super().verify(matches, form, new_pin=new_pin)


class ForgivesWithoutPin(PinEngine):
    """A right PIN opens the session and leaves the count."""

    def verify(self, matches: Matches, form: VerifyForm, *, new_pin: bytes | None = None) -> int:
        before = self._store.counters.failures
        word = super().verify(matches, form, new_pin=new_pin)
        if word == StatusWord.OK:
            self._store.write(replace(self._store.counters, failures=before))
        return word


class KeepsSession(PinEngine):
    """A wrong PIN leaves the session open."""

    def verify(self, matches: Matches, form: VerifyForm, *, new_pin: bytes | None = None) -> int:
        was_open = self.session_open
        word = super().verify(matches, form, new_pin=new_pin)
        self.session_open |= was_open
        return word


class AskingCosts(PinEngine):
    """VERIFY without data costs a try."""

    def tries_left(self, form: VerifyForm) -> int:
        before = self._store.counters
        word = super().tries_left(form)
        if not self.session_open and self.state is PinState.READY:
            self._store.write(replace(before, failures=before.failures + 1))
        return word


def off_by_one(**changes: Any) -> CardMaker:
    """Makes cards whose policy is not the one they were given."""

    def make(personalisation: Personalisation, store: NonVolatile) -> Card:
        policy = personalisation.policy
        if policy.locked_at is None:
            return Card(personalisation, store)
        return Card(replace(personalisation, policy=replace(policy, **changes)), store)

    return make


class ClearsOnReset(Card):
    """Forgets its failures when it loses power."""

    def reset(self) -> None:
        super().reset()
        self._store.write(replace(self._store.counters, failures=0))


class NoCareData(Card):
    """Refuses everything once it is locked."""

    def transmit(self, apdu: bytes) -> bytes:
        if self.state is PinState.LOCKED:
            return StatusWord.PIN_LOCKED.raw
        return super().transmit(apdu)


class Crashes(Card):
    """A bug of the card."""

    def transmit(self, apdu: bytes) -> bytes:
        raise RuntimeError("bug")


WRONG_CARDS: dict[str, CardMaker] = {
    "counts after comparing": with_engine(CountsAfterwards),
    "oracle while suspended": with_engine(Oracle),
    "session survives reset": with_engine(SessionSurvives),
    "office unblocks a locked card": UnblocksLocked,
    "change PIN without count": with_engine(ChangesWithoutCount),
    "right PIN forgives nothing": with_engine(ForgivesWithoutPin),
    "wrong PIN keeps the session": with_engine(KeepsSession),
    "asking costs a try": with_engine(AskingCosts),
    "suspended at four": off_by_one(suspended_at=4),
    "suspended at two": off_by_one(suspended_at=2),
    "locked at six": off_by_one(locked_at=6),
    "locked at four": off_by_one(locked_at=4),
    "right PIN not counted while suspended": off_by_one(suspended_counts="wrong"),
    "clears the count on reset": ClearsOnReset,
    "locked card refuses reading": NoCareData,
    "crashes": Crashes,
}


@pytest.mark.parametrize("name", WRONG_CARDS)
def test_wrong_card_is_found(name: str) -> None:
    assert is_found(WRONG_CARDS[name])


def scenario(steps: str) -> Scenario:
    return load_bytes(f"scenario: mine\nsteps:\n{steps}".encode(), Path("mine.yaml"))


FAILURES = {
    "word": ("  - insert\n  - wrong pin: 63C1\n", (4, "63C1", "63C2 (WrongPin)")),
    "nth word": (
        "  - insert\n  - wrong pin: [63C2, 63C0]\n",
        (4, "63C0 at time 2", "63C1 (WrongPin) at time 2"),
    ),
    "not refused": ("  - insert\n  - pin: {pin: '1234', expect: refused}\n", (4, "refused", "ok")),
    "no card is no refusal": ("  - wrong pin\n", (3, "refused", "NoCard")),
    "success is expected unless told": ("  - insert\n  - match status\n", (4, "ok", "6982 (CardRefused)")),
    "state": ("  - insert: {state: suspended}\n", (3, "state: suspended", "state: ready")),
    "failures": ("  - insert: {failures: 1}\n", (3, "failures: 1", "failures: 0")),
    "tries left": ("  - insert: {tries left: 2}\n", (3, "tries left: 2", "tries left: 3")),
    "other program": (
        "  - insert\n  - other program: {wrong pin: 63C1}\n",
        (4, "63C1", "63C2 (WrongPin)"),
    ),
    "blank field": ("  - insert\n  - read: {blank: [thai_name]}\n", (4, "thai_name blank", "thai_name told")),
    "login's end": (
        "  - insert\n  - login: {pin: wrong, expect: module}\n",
        (4, "module", "63C2 (WrongPin)"),
    ),
    "login's step": (
        "  - insert\n  - login: {pin: wrong, expect: WrongPin, at step: 7}\n",
        (4, "end at step 7", "end at step 6"),
    ),
    "power cut that never comes": (
        "  - insert\n  - power cut: {during: wrong pin, after write: 2}\n",
        (4, "CardRemoved", "63C2 (WrongPin)"),
    ),
    "power cut that never comes, as expected": (
        "  - insert\n  - power cut: {during: wrong pin, after write: 2, expect: 63C2}\n",
        (4, "power cut after write 2", "no power cut after write 2"),
    ),
    "power cut of a card that is not there": (
        "  - power cut: {during: wrong pin, before write: 1, expect: NoCard}\n",
        (3, "power cut before write 1", "no power cut before write 1"),
    ),
    "power cut at a write of the step before": (
        "  - insert\n  - power cut: {during: wrong pin, after write: 1}\n  - insert\n"
        "  - power cut: {during: wrong pin, after write: 2, expect: refused}\n",
        (6, "power cut after write 2", "no power cut after write 2"),
    ),
    "removal at a VERIFY that never comes": (
        "  - remove in mid-verify: {pin: wrong, when: before, expect: NoCard}\n",
        (3, "removal in mid-VERIFY", "no removal in mid-VERIFY"),
    ),
    "removal in mid-VERIFY without a card": (
        "  - remove in mid-verify: {pin: wrong, when: before}\n",
        (3, "CardRemoved", "NoCard"),
    ),
    "unknown card": (
        "  - insert\n  - office replaces card: '5678'\n  - login: module\n",
        (5, "module", "NotLatestCard"),
    ),
}


@pytest.mark.parametrize("name", FAILURES)
def test_failure_tells_line_expected_and_actual(name: str) -> None:
    steps, (line, expected, actual) = FAILURES[name]
    with in_process_readers() as readers:
        failure = play(scenario(steps), readers[0]).failure
    assert failure is not None
    assert (failure.line, failure.expected.en, failure.actual.en) == (line, expected, actual)
    assert failure.expected.th != failure.actual.th
    for told in (failure.expected, failure.actual):
        # Apart from what is a name or a word of the file, nothing is in English for a Thai reader.
        assert (" " in told.en) <= (told.th != told.en) or "(" in told.en


@pytest.mark.parametrize(
    ("during", "number"),
    [*(("change pin", n) for n in (1, 2)), *(("office renews pin", n) for n in (1, 2, 3))],
)
@pytest.mark.parametrize("moment", ["before write", "after write"])
def test_a_wrong_pin_is_wrong_whichever_pin_a_cut_left(during: str, moment: str, number: int) -> None:
    """1235 would be the first wrong PIN of a holder whose PIN is 1234; after the cut it may be the right one."""
    steps = (
        f"  - insert\n  - power cut: {{during: {during}, pin: '1235', {moment}: {number}}}\n  - insert\n"
        "  - wrong pin: {times: 2, expect: refused}\n"
    )
    with in_process_readers() as readers:
        assert play(scenario(steps), readers[0]).failure is None


def test_nothing_is_played_after_a_failure() -> None:
    with in_process_readers() as readers:
        result = play(scenario("  - insert\n  - right pin: 63C2\n  - wrong pin: ok\n"), readers[0])
    assert (result.steps, result.passed) == (2, False)
    assert result.failure is not None and result.failure.line == 4


def test_no_step_is_begun_once_told_to_stop() -> None:
    stop = Event()
    stop.set()
    with in_process_readers() as readers:
        assert play(SCENARIOS[0], readers[0], stop=stop).steps == 0


CRASH_IN_A_LOGIN = """
import logging
from harness.bench.scenario import load, pcsc_readers, play, shipped
from tests.harness.bench.scenario.test_wrong_cards import Crashes
logging.disable(logging.CRITICAL)
with pcsc_readers() as readers:
    for name in ("right-lapses", "replaced-card-refused", "right-lapses"):
        print(play(load(shipped()[name]), readers[0], Crashes).failure.actual)
"""


@pytest.mark.pcsc
def test_card_that_crashes_in_a_login_through_pcsc() -> None:
    """The reader takes the next card, although pcscd was busy with the one that left."""
    done = subprocess.run(
        [sys.executable, "-c", CRASH_IN_A_LOGIN],
        cwd=Path(__file__).parents[4],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.stdout.splitlines() == ["CardRemoved"] * 3, done.stderr
