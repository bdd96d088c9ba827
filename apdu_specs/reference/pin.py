"""The PIN policies: tables and state diagrams, both from the machine that a policy means."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from apdu_specs.pin_machine import Output, Pin, Selected, State, Symbol, pin_machine
from apdu_specs.pin_policy import POLICIES, PinPolicy
from apdu_specs.reference.markdown import source, spaced, table

RIGHT = "VERIFY right"
WRONG = "VERIFY wrong"
WRONG_PUBLISHED = "VERIFY wrong (published form)"
WITHOUT_DATA = "VERIFY without data"
WITHOUT_DATA_PUBLISHED = "VERIFY without data (published form)"
OFFICE = "office issues a PIN"

_SYMBOLS = {
    RIGHT: Symbol.VERIFY_FIRST,
    WRONG: Symbol.VERIFY_NEVER,
    WRONG_PUBLISHED: Symbol.PUBLISHED_NEVER,
    WITHOUT_DATA: Symbol.VERIFY_EMPTY,
    WITHOUT_DATA_PUBLISHED: Symbol.VERIFY_EMPTY,
    OFFICE: Symbol.ISSUE_FIRST,
}


_WHILE_SUSPENDED = {
    "every": "every VERIFY counts, and no PIN is compared",
    "wrong": "only a wrong PIN counts; the right one is refused, too",
    "nothing": "nothing counts, and no PIN is compared",
}


class Transition(NamedTuple):
    """From f, by an event, with a status word, to another f."""

    failures: int
    event: str
    word: int
    after: int


def transitions(policy: PinPolicy) -> list[Transition]:
    """Every one, session closed, for a registry office that has proved itself."""
    start = State(selected=Selected.ADM)
    machine = pin_machine(policy, (*_SYMBOLS.values(), Symbol.PROVE), start=start)
    highest = max(state.failures for state in machine.steps)
    found = []
    for failures in range(highest + 1):
        for event, symbol in _SYMBOLS.items():
            state = State(Selected.ADM, failures, False, Pin.FIRST, proved=event == OFFICE)
            after, words = machine.steps[state][symbol]
            found.append(Transition(failures, event, _word(event, words), after.failures))
    return found


def _word(event: str, words: Output) -> int:
    # VERIFY without data has both forms' words, the ISO one first; else the last word is the one that matters.
    return words[0] if event == WITHOUT_DATA else words[-1]


def diagram(policy: PinPolicy) -> str:
    """The policy as a Mermaid state diagram: one arrow a transition."""
    lines = ["stateDiagram-v2", "    [*] --> f0"]
    found = transitions(policy)
    for failures in sorted({each.failures for each in found}):
        lines.append(f"    f{failures} : f = {failures}, {policy.state(failures).value.upper()}")
    lines += [
        f"    f{each.failures} --> f{each.after} : {each.event} / {spaced(each.word.to_bytes(2, 'big'))}"
        for each in found
    ]
    return "\n".join(lines) + "\n"


def policy_section(policy: PinPolicy) -> str:
    """One policy: its numbers, its table, its diagram."""
    found = transitions(policy)
    header = ("f", "state", *_SYMBOLS)
    rows = [
        (
            failures,
            policy.state(failures).value.upper(),
            *(
                f"`{spaced(each.word.to_bytes(2, 'big'))}`, f = {each.after}"
                for each in found
                if each.failures == failures
            ),
        )
        for failures in sorted({each.failures for each in found})
    ]
    return "\n".join([_numbers(policy), table(header, rows), f"```mermaid\n{diagram(policy)}```\n"])


def narrow_policy_section(policy: PinPolicy) -> str:
    """As ``policy_section``, for a terminal: one line a transition, no diagram."""
    rows = [
        (
            each.failures,
            policy.state(each.failures).value.upper(),
            each.event,
            f"`{spaced(each.word.to_bytes(2, 'big'))}`",
            each.after,
        )
        for each in transitions(policy)
    ]
    return f"{_numbers(policy)}\n{table(('f', 'state', 'event', 'answer', 'then f'), rows)}"


def _numbers(policy: PinPolicy) -> str:
    suspended = _WHILE_SUSPENDED[policy.suspended_counts]
    locked = "never LOCKED" if policy.locked_at is None else f"LOCKED at f = {policy.locked_at}"
    return (
        f"SUSPENDED at f = {policy.suspended_at}, {locked}; while suspended: {suspended}; wrong proofs of a registry office in "
        f"a row before it is barred: {policy.office_tries}. Source: {source(policy.provenance)}.\n"
    )


def policies(section: Callable[[PinPolicy], str] = policy_section) -> str:
    """All policies behind what they have in common."""
    parts = [
        "f is the number of consecutive failures. It is kept without power, raised durably before a PIN is compared and cleared "
        "after a match. READY and a right PIN open the PIN session; a wrong one closes it; `90 00` answers VERIFY without data "
        "while it is open. CHANGE REFERENCE DATA is VERIFY with the old PIN and sets the new one with `90 00`. A PIN of the wrong "
        "length (`67 00`) or with other bytes than digits (`6A 80`) costs nothing in any state. RESET RETRY COUNTER needs the "
        "registry office's proof (else `69 82`; LOCKED: `69 84` even with it). SUSPENDED and LOCKED touch the PIN only: reading "
        "works as before.\n",
        "Registry offices have tries of their own, kept without power, too. A wrong proof (EXTERNAL AUTHENTICATE) answers `63 Cx`, "
        "x being how many more may be wrong; a right one clears the count. After the last of them (ten in a row, `63 C0`) offices "
        "are barred for good: EXTERNAL AUTHENTICATE answers `69 83` to a right proof, too, so that RESET RETRY COUNTER stays at "
        "`69 82` and a suspended PIN can only be helped by a new card. Nothing else changes: VERIFY, CHANGE REFERENCE DATA and "
        "reading work as before.\n",
    ]
    parts += [f"### PIN policy {policy.name}\n\n{section(policy)}" for policy in POLICIES.values()]
    return "\n".join(parts)
