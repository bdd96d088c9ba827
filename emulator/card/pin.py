"""The PIN: counting, comparing, suspending, locking. The policy is data; this engine only obeys it.

A failure is counted durably *before* anything is compared and taken back after a match, so that tearing the card
out at any instant neither gives a free guess nor spends two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hmac import compare_digest

from apdu_specs.pin_policy import PinPolicy, PinState, VerifyForm
from apdu_specs.status import Family, StatusWord
from emulator.card.nonvolatile import Counters, NonVolatile
from emulator.errors import WriteFailed


class PinEngine:
    """PIN and registry-office counters over a card's non-volatile memory. Every method returns a status word."""

    def __init__(self, policy: PinPolicy, store: NonVolatile) -> None:
        self._policy = policy
        self._store = store
        self.session_open = False

    @property
    def state(self) -> PinState:
        """READY, SUSPENDED or LOCKED."""
        return self._policy.state(self._store.counters.failures)

    def end_session(self) -> None:
        """Forget that the PIN was verified. Counters stay."""
        self.session_open = False

    def tries_left(self, form: VerifyForm) -> int:
        """VERIFY without data: 9000 while the session is open, else the word that tells the state. Free."""
        if self.session_open:
            return StatusWord.OK
        return self._policy.refusal_word(self._store.counters.failures, form)

    def verify(
        self, matches: Callable[[bytes], bool], form: VerifyForm, *, new_pin: bytes | None = None
    ) -> int:
        """Present a PIN: ``matches`` compares what was presented with the card's PIN, in constant time.

        With ``new_pin`` a match also sets it, in the same durable step that clears the counter.
        """
        before = self._store.counters
        state = self._policy.state(before.failures)
        if state is PinState.LOCKED:
            return StatusWord.PIN_LOCKED
        self.session_open = False
        if state is PinState.SUSPENDED and self._policy.suspended_counts == "nothing":
            return StatusWord.PIN_SUSPENDED
        raised = replace(before, failures=before.failures + 1)
        try:
            self._store.write(raised)
            if state is PinState.SUSPENDED:
                return self._refuse_suspended(matches, before, form)
            if not matches(before.pin):
                return self._policy.wrong_pin_word(raised.failures, form)
            self._store.write(replace(raised, failures=0, pin=before.pin if new_pin is None else new_pin))
        except WriteFailed:
            return StatusWord.MEMORY_FAILURE
        self.session_open = True
        return StatusWord.OK

    def _refuse_suspended(self, matches: Callable[[bytes], bool], before: Counters, form: VerifyForm) -> int:
        # Only the "wrong" reading of the manual compares here; by default nothing is compared: no oracle.
        if self._policy.suspended_counts == "wrong" and matches(before.pin):
            self._store.write(before)
        return self._policy.refusal_word(self._store.counters.failures, form)

    def authenticate_office(self, proof: bytes, expected: bytes) -> int:
        """Check a registry office's proof (EXTERNAL AUTHENTICATE). Wrong ones are limited, too."""
        before = self._store.counters
        if before.office_failures >= self._policy.office_tries:
            return StatusWord.PIN_SUSPENDED
        raised = replace(before, office_failures=before.office_failures + 1)
        try:
            self._store.write(raised)
            if not compare_digest(proof, expected):
                return Family.TRIES_LEFT.word(self._policy.office_tries - raised.office_failures)
            self._store.write(replace(raised, office_failures=0))
        except WriteFailed:
            return StatusWord.MEMORY_FAILURE
        return StatusWord.OK

    def issue(self, new_pin: bytes) -> int:
        """The registry office sets a new PIN and clears the counter; impossible once locked."""
        if self.state is PinState.LOCKED:
            return StatusWord.PIN_LOCKED
        try:
            self._store.write(replace(self._store.counters, failures=0, pin=new_pin))
        except WriteFailed:
            return StatusWord.MEMORY_FAILURE
        self.session_open = False
        return StatusWord.OK
