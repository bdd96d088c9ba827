"""What a card may remember after each command, done or cut short: the laws of counting, written without the card's code.

Numbers alone say what a policy is. A memory is (f, wrong proofs, PIN). Nothing here knows how the card counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, NamedTuple

from apdu_specs import keys
from emulator.card import Card
from tests.model.pin_block import pin_block

FIRST, SECOND, NEVER = b"1234", b"5678", b"0000"
SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
DONE, SUSPENDED, LOCKED, MEMORY_FAILURE = 0x9000, 0x6983, 0x6984, 0x6581


class Memory(NamedTuple):
    """What a card remembers."""

    f: int
    wrong_proofs: int
    pin: bytes


class Operation(Enum):
    """A command with something durable in it. The values are how a process tells that it begins one."""

    VERIFY_RIGHT = b"0"
    VERIFY_WRONG = b"1"
    PUBLISHED_RIGHT = b"2"
    PUBLISHED_WRONG = b"3"
    CHANGE_RIGHT = b"4"
    CHANGE_WRONG = b"5"
    PROOF_RIGHT = b"6"
    PROOF_WRONG = b"7"
    ISSUE = b"8"
    """A new PIN from the office; a right proof has to come first."""

    @property
    def right(self) -> bool:
        return self.name.endswith("RIGHT")

    @property
    def proves(self) -> bool:
        return self.name.startswith("PROOF")


def other(pin: bytes) -> bytes:
    """The PIN that CHANGE and the office set."""
    return SECOND if pin == FIRST else FIRST


@dataclass(frozen=True, slots=True)
class Laws:
    """The laws of one policy, by its numbers."""

    suspended_at: int = 3
    locked_at: int | None = 5
    suspended_counts: Literal["every", "wrong", "nothing"] = "every"
    office_tries: int = 10

    @property
    def most_failures(self) -> int:
        return self.suspended_at if self.locked_at is None else self.locked_at

    def is_locked(self, f: int) -> bool:
        return self.locked_at is not None and f >= self.locked_at

    def settled(self, before: Memory, operation: Operation) -> tuple[int, Memory]:
        """The status word, and the memory, when nothing goes wrong."""
        f, wrong_proofs, pin = before
        if operation is Operation.ISSUE:
            return (LOCKED, before) if self.is_locked(f) else (DONE, Memory(0, wrong_proofs, other(pin)))
        if operation.proves:
            if wrong_proofs >= self.office_tries:
                return SUSPENDED, before
            if operation.right:
                return DONE, before._replace(wrong_proofs=0)
            left = self.office_tries - wrong_proofs - 1
            return 0x63C0 + left, before._replace(wrong_proofs=wrong_proofs + 1)
        if self.is_locked(f):
            return LOCKED, before
        if f >= self.suspended_at:
            counted = self.suspended_counts == "every" or (
                self.suspended_counts == "wrong" and not operation.right
            )
            return LOCKED if self.is_locked(f + counted) else SUSPENDED, before._replace(f=f + counted)
        if operation.right:
            return DONE, Memory(0, wrong_proofs, other(pin) if operation is Operation.CHANGE_RIGHT else pin)
        if self.is_locked(f + 1):
            return LOCKED, before._replace(f=f + 1)
        base = 0x6300 if operation is Operation.PUBLISHED_WRONG else 0x63C0
        return base + self.suspended_at - f - 1, before._replace(f=f + 1)

    def cut_short(self, before: Memory, operation: Operation, compared: bool) -> set[Memory]:
        """What may be remembered when the command ended somewhere in the middle.

        f is what it was or one more; once something was compared it is one more, or the match is remembered whole.
        """
        _, settled = self.settled(before, operation)
        if operation is Operation.ISSUE:
            return {before, settled}
        if operation.proves:
            shut = before.wrong_proofs >= self.office_tries
            raised = before if shut else before._replace(wrong_proofs=before.wrong_proofs + 1)
        else:
            free = self.is_locked(before.f) or (
                before.f >= self.suspended_at and self.suspended_counts == "nothing"
            )
            raised = before if free else before._replace(f=before.f + 1)
        return {raised, settled} if compared else {before, raised}

    def compares(self, before: Memory, operation: Operation) -> bool:
        """Whether the command may compare anything at all."""
        if operation is Operation.ISSUE:
            return False
        if operation.proves:
            return before.wrong_proofs < self.office_tries
        if before.f < self.suspended_at:
            return True
        return self.suspended_counts == "wrong" and not self.is_locked(before.f)


def prepared(card: Card, operation: Operation) -> bytes:
    """The command for ``operation``, after the challenge that it needs. ADM is selected."""
    pin = card.counters.pin
    presented = pin if operation.right else NEVER
    match operation:
        case Operation.VERIFY_RIGHT | Operation.VERIFY_WRONG:
            return bytes.fromhex("0020000104") + presented
        case Operation.CHANGE_RIGHT | Operation.CHANGE_WRONG:
            return bytes.fromhex("0024000108") + presented + other(pin)
        case Operation.PUBLISHED_RIGHT | Operation.PUBLISHED_WRONG:
            challenge = card.transmit(bytes.fromhex("80B4000020"))[:-2]
            return bytes.fromhex("8020010020") + pin_block(presented, challenge)
        case Operation.PROOF_RIGHT | Operation.PROOF_WRONG:
            challenge = card.transmit(bytes.fromhex("0084000010"))[:-2]
            key = keys.office_key(keys.SPECIMEN_MASTER_KEY, card.citizen_id, card.serial)
            proof = keys.office_proof(key, challenge=challenge, serial=card.serial)
            return bytes.fromhex("0082000220") + (proof if operation.right else bytes(32))
        case Operation.ISSUE:
            return bytes.fromhex("002C020104") + other(pin)
