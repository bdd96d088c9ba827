"""A card file torn at any byte of any write, refused by its disk, closed and opened again, under several PIN policies."""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from hmac import compare_digest
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apdu_specs.pin_policy import POLICIES, PinPolicy
from emulator.card import Card, MemoryStore, card_file
from emulator.card import pin as pin_module
from emulator.card.applets import adm
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file
from emulator.card.nonvolatile import Counters
from emulator.card.policy_file import read_policy
from tests.model.laws import DONE, FIRST, MEMORY_FAILURE, SELECT_ADM, Laws, Memory, Operation, prepared

LAWS = {
    "national": Laws(3, 5),
    "national-wrong-only": Laws(3, 5, "wrong"),
    "iso-3": Laws(3, None, "nothing"),
    "four-then-nine": Laws(4, 9, "every", office_tries=2),
}
DECLARED = "{name: four-then-nine, suspended_at: 4, locked_at: 9, suspended_counts: every, office_tries: 2}\n"
SLOT_LENGTH = 19


class PowerCut(BaseException):
    """Nothing after this happens."""


class Kind(Enum):
    """What becomes of a write."""

    CUT = "power goes when some bytes are written"
    REFUSED = "an error when some bytes are written: disk fails, is full, or cannot be written any more"


@dataclass(frozen=True, slots=True)
class Fault:
    """At the ``at``-th write of a command (0: the first) ``kind`` happens, ``length`` bytes of the slot being written."""

    at: int
    kind: Kind
    length: int
    error: int


FAULTS = st.builds(
    Fault,
    st.integers(0, 1),
    st.sampled_from(Kind),
    st.integers(0, SLOT_LENGTH),
    st.sampled_from([errno.EIO, errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EFBIG]),
)
STEPS = st.lists(st.tuples(st.sampled_from(Operation), st.none() | FAULTS, st.booleans()), max_size=14)


@cache
def policy(name: str) -> PinPolicy:
    if name in POLICIES:
        return POLICIES[name]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "mine.yaml"
        path.write_text(DECLARED)
        return read_policy(path)


@cache
def fresh(name: str, f: int) -> bytes:
    """The bytes of a new card file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.card"
        card_in_file(path, card_from_seed(7, policy=policy(name)), failures=f)
        return path.read_bytes()


@dataclass
class Disk:
    """What stands between a card and its file."""

    fault: Fault | None = None
    writes: int = 0
    compared: int = 0
    lengths: set[int] = field(default_factory=set)

    def begin(self, fault: Fault | None) -> None:
        self.fault, self.writes, self.compared = fault, 0, 0

    def write(self, descriptor: int, raw: bytes, offset: int) -> None:
        now, self.writes = self.writes, self.writes + 1
        if self.fault is None or now != self.fault.at:
            os.pwrite(descriptor, raw, offset)
            return
        os.pwrite(descriptor, raw[: self.fault.length], offset)
        self.lengths.add(len(raw))
        if self.fault.kind is Kind.CUT:
            raise PowerCut
        raise OSError(self.fault.error, os.strerror(self.fault.error))

    def compare(self, ours: bytes, theirs: bytes) -> bool:
        self.compared += 1
        return compare_digest(ours, theirs)


@contextmanager
def disk() -> Iterator[Disk]:
    between = Disk()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(card_file, "_write_through", between.write)
        patch.setattr(adm, "compare_digest", between.compare)
        patch.setattr(pin_module, "compare_digest", between.compare)
        yield between


def opened(path: Path) -> Card:
    card = open_card(path)
    card.power_on()
    card.transmit(SELECT_ADM)
    return card


def memory_of(card: Card) -> Memory:
    return Memory(card.failures, card.counters.office_failures, card.counters.pin)


@pytest.mark.parametrize("name", LAWS)
@given(data=st.data())
@settings(max_examples=120)
def test_any_interleaving(tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject) -> None:
    laws = LAWS[name]
    path = tmp_path_factory.mktemp("torn") / "a.card"
    f = data.draw(st.integers(0, laws.most_failures))
    path.write_bytes(fresh(name, f))
    memory = Memory(f, 0, FIRST)
    with disk() as between:
        card = opened(path)
        on_disk = {memory}
        for operation, fault, reopen in data.draw(STEPS):
            if operation is Operation.ISSUE:
                memory, on_disk = prove(card, laws, memory, on_disk, between)
                if memory.wrong_proofs:  # the office is shut out
                    continue
            command = prepared(card, operation)
            between.begin(fault)
            try:
                sw: int | None = int.from_bytes(card.transmit(command), "big")
            except PowerCut:
                sw = None
            happened = fault is not None and between.writes > fault.at
            if not happened:
                expected, memory = laws.settled(memory, operation)
                assert sw == expected
                on_disk = {memory} if between.writes else on_disk
            else:
                possible = laws.cut_short(memory, operation, between.compared > 0)
                # A refused first write may have left the bytes of an earlier one that was refused.
                on_disk = possible if between.compared else possible | on_disk
                if sw is not None:
                    assert sw == MEMORY_FAILURE
                    assert memory_of(card) in possible
                    memory = memory_of(card)
                    if not operation.proves and operation is not Operation.ISSUE:
                        assert card.transmit(bytes.fromhex("8088010120" + 32 * "00")) == b"\x69\x82"
            assert between.compared <= 1
            if sw is None or reopen:
                card.close()
                card = opened(path)
                assert memory_of(card) in on_disk
                memory = memory_of(card)
                on_disk = {memory}
        judge_pin(card, memory)
        card.close()


def prove(
    card: Card, laws: Laws, memory: Memory, on_disk: set[Memory], between: Disk
) -> tuple[Memory, set[Memory]]:
    """The office's proof, undisturbed."""
    between.begin(None)
    sw = int.from_bytes(card.transmit(prepared(card, Operation.PROOF_RIGHT)), "big")
    expected, after = laws.settled(memory, Operation.PROOF_RIGHT)
    assert sw == expected
    return after, {after} if between.writes else on_disk


def judge_pin(card: Card, memory: Memory) -> None:
    """Of all PINs exactly the one works, tried on a copy with a clear counter."""
    copy = Card(card.personalisation, MemoryStore(Counters(0, 0, card.counters.pin)))
    copy.transmit(SELECT_ADM)
    done = [
        pin
        for pin in (b"1234", b"5678", b"0000")
        if copy.transmit(bytes.fromhex("0020000104") + pin) == DONE.to_bytes(2, "big")
    ]
    assert done == [memory.pin]


# --- every durable step of every command, cut at every byte -----------------------------------------------------------


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("operation", Operation, ids=lambda operation: operation.name)
def test_every_byte_of_every_step(tmp_path: Path, name: str, operation: Operation) -> None:
    laws, path, torn = LAWS[name], tmp_path / "a.card", 0
    for f in range(laws.most_failures + 1):
        for at in (0, 1):
            for length in range(SLOT_LENGTH + 1):
                path.write_bytes(fresh(name, f))
                with disk() as between:
                    card, memory = opened(path), Memory(f, 0, FIRST)
                    if operation is Operation.ISSUE:
                        card.transmit(prepared(card, Operation.PROOF_RIGHT))
                    command = prepared(card, operation)
                    between.begin(Fault(at, Kind.CUT, length, 0))
                    try:
                        card.transmit(command)
                    except PowerCut:
                        torn += 1
                    finally:
                        card.close()
                    if between.writes <= at:
                        break
                    assert between.lengths == {SLOT_LENGTH}
                    card = opened(path)
                    assert memory_of(card) in laws.cut_short(memory, operation, between.compared > 0)
                    card.close()
    states = range(laws.most_failures + 1)
    steps = {f: most_steps(laws, operation, f) for f in states}
    assert torn == sum(steps.values()) * (SLOT_LENGTH + 1)


def most_steps(laws: Laws, operation: Operation, f: int) -> int:
    """How many durable steps that command has, with that f: the tear must have come to each."""
    if operation.proves:
        return 1 + operation.right
    if operation is Operation.ISSUE:
        return 0 if laws.is_locked(f) else 1
    if laws.is_locked(f) or (f >= laws.suspended_at and laws.suspended_counts == "nothing"):
        return 0
    if f >= laws.suspended_at:
        return 2 if laws.suspended_counts == "wrong" and operation.right else 1
    return 2 if operation.right else 1


# --- what may be written at all ---------------------------------------------------------------------------------------


@given(
    st.integers(0, 2**64 - 1),
    st.integers(0, 255),
    st.integers(0, 255),
    st.text("0123456789", min_size=4, max_size=4),
)
def test_a_slot_is_what_its_declaration_says(sequence: int, f: int, office: int, pin: str) -> None:
    value = {"sequence": sequence, "failures": f, "office_failures": office, "pin": pin.encode()}
    declared = card_file._SLOT.build({"it": {"value": value}})
    assert card_file._build_slot(sequence, Counters(f, office, pin.encode())) == declared
