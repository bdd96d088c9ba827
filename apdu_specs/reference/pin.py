"""The PIN policies: tables and state diagrams, both from the machine that a policy means."""

from __future__ import annotations

from typing import NamedTuple

from apdu_specs.pin_machine import Output, Pin, Selected, State, Symbol, pin_machine
from apdu_specs.pin_policy import POLICIES, PinPolicy
from apdu_specs.reference.markdown import source, spaced, table

RIGHT = "VERIFY right"
WRONG = "VERIFY wrong"
WRONG_PUBLISHED = "VERIFY wrong (published form)"
WITHOUT_DATA = "VERIFY without data"
OFFICE = "office issues a PIN"

_SYMBOLS = {
    RIGHT: Symbol.VERIFY_FIRST,
    WRONG: Symbol.VERIFY_NEVER,
    WRONG_PUBLISHED: Symbol.PUBLISHED_NEVER,
    WITHOUT_DATA: Symbol.VERIFY_EMPTY,
    OFFICE: Symbol.ISSUE_FIRST,
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
    # VERIFY without data has both forms' words, the ISO one first; the published form's first word is the challenge's.
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
    counts = {"every": "every VERIFY counts, and no PIN is compared", "wrong": "only a wrong PIN counts"}
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
    suspended = counts.get(policy.suspended_counts, str(policy.suspended_counts))
    return "\n".join(
        [
            f"SUSPENDED at f = {policy.suspended_at}, LOCKED at f = {policy.locked_at}; while suspended: {suspended}; "
            f"wrong proofs of a registry office in a row: {policy.office_tries}. Source: {source(policy.provenance)}.\n",
            table(("f", "state", *_SYMBOLS), rows),
            f"```mermaid\n{diagram(policy)}```\n",
        ]
    )


def policies() -> str:
    """All policies behind what they have in common."""
    parts = [
        "f is the number of consecutive failures. It is kept without power, raised durably before a PIN is compared and cleared "
        "after a match. READY and a right PIN open the PIN session; a wrong one closes it; `90 00` answers VERIFY without data "
        "while it is open. CHANGE REFERENCE DATA is VERIFY with the old PIN and sets the new one with `90 00`. A PIN of the wrong "
        "length (`67 00`) or with other bytes than digits (`6A 80`) costs nothing in any state. RESET RETRY COUNTER needs the "
        "registry office's proof (else `69 82`; LOCKED: `69 84` even with it). SUSPENDED and LOCKED touch the PIN only: reading "
        "works as before.\n"
    ]
    parts += [f"### PIN policy {policy.name}\n\n{policy_section(policy)}" for policy in POLICIES.values()]
    return "\n".join(parts)
