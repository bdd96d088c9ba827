"""The PIN as a machine: what a card answers to every sequence of PIN commands, built from the declared policy.

This is a specification that runs, a finite and deterministic Mealy machine, and it calls nothing of any card. A card
that was learned is compared with it, and conformance suites are made of it. The abstraction:

* PINs come from a set of three: the first (on the card at the start), the second (set by CHANGE), and one that is never
  set. Inputs name PINs, not right and wrong: which is right is a matter of state.
* Answers are reduced to their status words. A symbol that needs several commands answers with all of their words, up to
  the first that refuses.
* Challenges are used up within a symbol, so only an office's *proof* is state, not its challenge.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, StrEnum

from apdu_specs import adm, moi
from apdu_specs.generations import DEFAULT
from apdu_specs.interindustry import FCI
from apdu_specs.pin_policy import PinPolicy, PinState, VerifyForm
from apdu_specs.status import Family, StatusWord

FIELD_READ = "citizen_id"
"""The MOI field that stands for reading."""


class Symbol(StrEnum):
    """An input of the machine."""

    SELECT_ADM = "select ADM"
    SELECT_MOI = "select MOI"
    VERIFY_FIRST = "verify first PIN"
    VERIFY_SECOND = "verify second PIN"
    VERIFY_NEVER = "verify a PIN that is never set"
    VERIFY_EMPTY = "verify without data, both forms"
    VERIFY_MALFORMED = "verify one digit too many, then a letter"
    PUBLISHED_FIRST = "challenge and verify first PIN, published form"
    PUBLISHED_NEVER = "challenge and verify a PIN that is never set, published form"
    CHANGE_FIRST_TO_SECOND = "change first PIN to second"
    CHANGE_SECOND_TO_FIRST = "change second PIN to first"
    CHANGE_NEVER_TO_SECOND = "change, old PIN never set"
    PROVE = "registry office proves itself"
    PROVE_WRONGLY = "registry office gives a wrong proof"
    ISSUE_FIRST = "reset retry counter, first PIN"
    MATCH_STATUS = "get match status"
    READ_FIELD = "read the citizen id"
    READ_LASER = "read the laser number"
    RESET = "reset"
    POWER_CYCLE = "power off and on"


Output = tuple[int, ...]
"""Status words; empty for what is no command."""

OFFICE_ALPHABET = (
    Symbol.SELECT_ADM,
    Symbol.VERIFY_EMPTY,
    Symbol.PROVE,
    Symbol.PROVE_WRONGLY,
    Symbol.ISSUE_FIRST,
    Symbol.RESET,
)
"""The registry office's own tries. Apart from the holder's, as together they are too many states to learn quickly."""

HOLDER_ALPHABET = tuple(symbol for symbol in Symbol if symbol is not Symbol.PROVE_WRONGLY)
"""Everything else."""


class Selected(Enum):
    """The applet that is selected."""

    NONE = "none"
    ADM = "ADM"
    MOI = "MOI"


class Pin(Enum):
    """The PIN on the card, or one that is presented."""

    FIRST = "first"
    SECOND = "second"
    NEVER = "never set"


@dataclass(frozen=True, slots=True)
class State:
    """The machine's state. ``failures`` is f; ``proved``: a registry office has proved itself."""

    selected: Selected = Selected.NONE
    failures: int = 0
    session: bool = False
    pin: Pin = Pin.FIRST
    proved: bool = False
    wrong_proofs: int = 0


Step = tuple[State, Output]


@dataclass(frozen=True, slots=True)
class PinMachine:
    """The machine of one policy over one alphabet: every state that can be reached, and every step from it."""

    policy: PinPolicy
    alphabet: tuple[Symbol, ...]
    start: State
    steps: Mapping[State, Mapping[Symbol, Step]]

    def run(self, word: Sequence[Symbol]) -> list[Output]:
        """What a card answers to ``word`` from the start."""
        state, outputs = self.start, []
        for symbol in word:
            state, output = self.steps[state][symbol]
            outputs.append(output)
        return outputs


def pin_machine(
    policy: PinPolicy,
    alphabet: Sequence[Symbol] = HOLDER_ALPHABET,
    *,
    start: State = State(),
) -> PinMachine:
    """The machine that ``policy`` means."""
    steps: dict[State, dict[Symbol, Step]] = {}
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        if state not in steps:
            steps[state] = {symbol: _step(policy, state, symbol) for symbol in alphabet}
            waiting.extend(after for after, _ in steps[state].values())
    return PinMachine(policy, tuple(alphabet), start, steps)


def _step(policy: PinPolicy, state: State, symbol: Symbol) -> Step:
    match symbol:
        case Symbol.RESET | Symbol.POWER_CYCLE:
            return replace(state, selected=Selected.NONE, session=False, proved=False), ()
        case Symbol.SELECT_ADM:
            return replace(state, selected=Selected.ADM), (_fci(adm.AID),)
        case Symbol.SELECT_MOI:
            return replace(state, selected=Selected.MOI), (_fci(moi.AID),)
    if state.selected is Selected.NONE:
        return state, _each(symbol, StatusWord.CONDITIONS_NOT_SATISFIED)
    if symbol is Symbol.READ_FIELD:
        if state.selected is not Selected.MOI:
            return state, (StatusWord.UNKNOWN_INSTRUCTION,)
        _, _, length = DEFAULT.locate(moi.MOI, FIELD_READ)
        return state, (Family.BYTES_WAITING.word(length),)
    if state.selected is not Selected.ADM:
        return state, _each(symbol, StatusWord.UNKNOWN_INSTRUCTION)
    return _step_in_adm(policy, state, symbol)


def _step_in_adm(policy: PinPolicy, state: State, symbol: Symbol) -> Step:
    match symbol:
        case Symbol.VERIFY_FIRST | Symbol.VERIFY_SECOND | Symbol.VERIFY_NEVER:
            return _present(policy, state, _PRESENTED[symbol])
        case Symbol.PUBLISHED_FIRST | Symbol.PUBLISHED_NEVER:
            after, words = _present(policy, state, _PRESENTED[symbol], VerifyForm.PUBLISHED)
            return after, (StatusWord.OK, *words)
        case Symbol.CHANGE_FIRST_TO_SECOND | Symbol.CHANGE_NEVER_TO_SECOND:
            return _present(policy, state, _PRESENTED[symbol], new=Pin.SECOND)
        case Symbol.CHANGE_SECOND_TO_FIRST:
            return _present(policy, state, Pin.SECOND, new=Pin.FIRST)
        case Symbol.VERIFY_EMPTY:
            return state, tuple(_tries_left(policy, state, form) for form in VerifyForm)
        case Symbol.VERIFY_MALFORMED:
            return state, (StatusWord.WRONG_LENGTH, StatusWord.WRONG_DATA)
        case Symbol.PROVE | Symbol.PROVE_WRONGLY:
            return _prove(policy, state, right=symbol is Symbol.PROVE)
        case Symbol.ISSUE_FIRST:
            return _issue(policy, state)
        case Symbol.MATCH_STATUS:
            waits = Family.BYTES_WAITING.word(adm.MATCH_STATUS.sizeof())
            return state, (waits if state.session else StatusWord.SECURITY_NOT_SATISFIED,)
        case Symbol.READ_LASER:
            return state, (StatusWord.OK,)
    raise AssertionError(symbol)


def _present(
    policy: PinPolicy, state: State, presented: Pin, form: VerifyForm = VerifyForm.ISO, new: Pin | None = None
) -> Step:
    """VERIFY, and CHANGE REFERENCE DATA with a ``new`` PIN: the rows READY, SUSPENDED and LOCKED of the PIN table."""
    right = presented is state.pin
    match policy.state(state.failures):
        case PinState.READY if right:
            return replace(state, failures=0, session=True, pin=new or state.pin), (StatusWord.OK,)
        case PinState.READY:
            failures = state.failures + 1
            tries = form.value.word(policy.suspended_at - failures)
            word = StatusWord.PIN_LOCKED if failures == policy.locked_at else tries
            return replace(state, failures=failures, session=False), (word,)
        case PinState.SUSPENDED:
            counted = policy.suspended_counts == "every" or (policy.suspended_counts == "wrong" and not right)
            failures = state.failures + counted
            word = StatusWord.PIN_LOCKED if failures == policy.locked_at else StatusWord.PIN_SUSPENDED
            return replace(state, failures=failures), (word,)
        case PinState.LOCKED:
            return state, (StatusWord.PIN_LOCKED,)


def _tries_left(policy: PinPolicy, state: State, form: VerifyForm) -> int:
    """VERIFY without data."""
    if state.session:
        return StatusWord.OK
    match policy.state(state.failures):
        case PinState.READY:
            return form.value.word(policy.suspended_at - state.failures)
        case PinState.SUSPENDED:
            return StatusWord.PIN_SUSPENDED
        case PinState.LOCKED:
            return StatusWord.PIN_LOCKED


def _prove(policy: PinPolicy, state: State, *, right: bool) -> Step:
    """GET CHALLENGE, which ends an earlier proof, and EXTERNAL AUTHENTICATE."""
    state = replace(state, proved=False)
    if state.wrong_proofs == policy.office_tries:
        return state, (StatusWord.OK, StatusWord.PIN_SUSPENDED)
    if right:
        return replace(state, proved=True, wrong_proofs=0), (StatusWord.OK, StatusWord.OK)
    wrong_proofs = state.wrong_proofs + 1
    word = Family.TRIES_LEFT.word(policy.office_tries - wrong_proofs)
    return replace(state, wrong_proofs=wrong_proofs), (StatusWord.OK, word)


def _issue(policy: PinPolicy, state: State) -> Step:
    """RESET RETRY COUNTER. One proof is good for one PIN."""
    if policy.state(state.failures) is PinState.LOCKED:
        return state, (StatusWord.PIN_LOCKED,)
    if not state.proved:
        return state, (StatusWord.SECURITY_NOT_SATISFIED,)
    return replace(state, failures=0, pin=Pin.FIRST, session=False, proved=False), (StatusWord.OK,)


_PRESENTED = {
    Symbol.VERIFY_FIRST: Pin.FIRST,
    Symbol.VERIFY_SECOND: Pin.SECOND,
    Symbol.VERIFY_NEVER: Pin.NEVER,
    Symbol.PUBLISHED_FIRST: Pin.FIRST,
    Symbol.PUBLISHED_NEVER: Pin.NEVER,
    Symbol.CHANGE_FIRST_TO_SECOND: Pin.FIRST,
    Symbol.CHANGE_NEVER_TO_SECOND: Pin.NEVER,
}
_ALWAYS_TWO_COMMANDS = frozenset({Symbol.VERIFY_EMPTY, Symbol.VERIFY_MALFORMED})


def _each(symbol: Symbol, word: StatusWord) -> Output:
    """Where an applet does not know the commands of ``symbol`` at all."""
    return (word, word) if symbol in _ALWAYS_TWO_COMMANDS else (word,)


def _fci(aid: bytes) -> int:
    return Family.BYTES_WAITING.word(len(FCI.build({"aid": aid})))
