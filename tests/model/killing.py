"""Kills processes at random instants while their card counts, and judges what is found: ``./ci/kills --kills N``.

Each process is forked, opens the card file and carries out commands without end: VERIFY in both forms, CHANGE REFERENCE
DATA, proofs of a registry office, RESET RETRY COUNTER; a card that has become useless is replaced by a new file of the
same name. It tells through a pipe what it begins, what it compares and what was answered. At a random instant it gets
SIGKILL, and the card file must hold what the laws allow after what was told. The same file is used again and again.
"""

from __future__ import annotations

import argparse
import hmac
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from emulator.card import pin as pin_module
from emulator.card.applets import adm
from emulator.card.card_file import open_card, read_card_file
from emulator.card.issue import card_from_seed, card_in_file
from tests.model.laws import DONE, FIRST, SELECT_ADM, Laws, Memory, Operation, prepared

COMPARED, ANSWERED, REPLACING = b"c", b".", b"n"
LAWS = Laws()
NEW = Memory(0, 0, FIRST)
_LONGEST_S = 0.008  # a dozen commands
_CARD = card_from_seed(7)


class LawBroken(AssertionError):
    """A killed process left what the laws forbid."""


def work(path: Path, told: int, chance: random.Random) -> None:
    """Use the card until killed, telling everything to the descriptor ``told``."""

    def compare(ours: bytes, theirs: bytes) -> bool:
        os.write(told, COMPARED)
        return hmac.compare_digest(ours, theirs)

    adm.compare_digest = pin_module.compare_digest = compare  # type: ignore[assignment, attr-defined]
    card = open_card(path)
    card.transmit(SELECT_ADM)
    proved = False
    while True:
        if card.failures >= 5 or card.counters.office_failures >= 10:
            card.close()
            os.write(told, REPLACING)
            card_in_file(path, _CARD, force=True)
            os.write(told, ANSWERED + b"\x90\x00")
            card = open_card(path)
            card.transmit(SELECT_ADM)
        operation = Operation.ISSUE if proved else chance.choice(list(Operation)[:-1])
        command = prepared(card, operation)
        os.write(told, operation.value)
        answer = card.transmit(command)
        os.write(told, ANSWERED + answer)
        proved = operation is Operation.PROOF_RIGHT and answer == DONE.to_bytes(2, "big")


def allowed(before: Memory, told: bytes) -> tuple[set[Memory], str]:
    """What may be found after ``told``, and where it ended. LawBroken if an answer or a comparison was wrong."""
    memory, begun, compared, at = before, b"", False, 0
    while at < len(told):
        event = told[at : at + 1]
        if event == ANSWERED:
            sw = int.from_bytes(told[at + 1 : at + 3], "big")
            expected, memory = (DONE, NEW) if begun == REPLACING else LAWS.settled(memory, Operation(begun))
            if sw != expected:
                raise LawBroken(f"{begun!r} was answered {sw:04X} instead of {expected:04X}: {told!r}")
            begun, compared, at = b"", False, at + 3
            continue
        if event == COMPARED:
            compared = True
            if not LAWS.compares(memory, Operation(begun)):
                raise LawBroken(f"compared where nothing may be: {told!r}")
        else:
            begun = event
        at += 1
    if begun == REPLACING:
        return {memory, NEW}, "replacing the card"
    if begun:
        name = Operation(begun).name + (", compared" if compared else "")
        return LAWS.cut_short(memory, Operation(begun), compared), name
    return {memory}, "between commands"


def kill_one(path: Path, before: Memory, chance: random.Random) -> tuple[Memory, str]:
    """Start a process on the card, kill it, and judge. What the card remembers now, and where it was hit."""
    reading, told = os.pipe()
    seed, delay = chance.random(), chance.uniform(0, _LONGEST_S)
    child = os.fork()
    if child == 0:
        try:
            os.close(reading)
            work(path, told, random.Random(seed))
        finally:
            os._exit(1)
    os.close(told)
    with os.fdopen(reading, "rb") as pipe:
        first = pipe.read(1)  # it is at work
        signal.sigtimedwait(
            [signal.SIGCHLD], delay
        )  # the random instant; it ends early only if the child fails
        os.kill(child, signal.SIGKILL)
        everything = first + pipe.read()
    _, status = os.waitpid(child, 0)
    signal.sigtimedwait([signal.SIGCHLD], 0)
    if not os.WIFSIGNALED(status):
        raise LawBroken("the process ended by itself")
    possible, where = allowed(before, everything)
    found = read_card_file(path)[1]
    memory = Memory(found.failures, found.office_failures, found.pin)
    if memory not in possible:
        # The PIN is compared and not told, here as everywhere.
        raise LawBroken(
            f"found {memory[:2]}, allowed {sorted(each[:2] for each in possible)}, after {everything!r}"
        )
    open_card(path).close()  # the lock went with the process
    return memory, where


def kill(kills: int, seed: int, folder: Path) -> Counter[str]:
    """Kill so many processes; where they were hit. LawBroken at the first that left what it must not."""
    path, memory, chance, where = folder / "a.card", NEW, random.Random(seed), Counter[str]()
    card_in_file(path, _CARD)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGCHLD])
    for number in range(1, kills + 1):
        try:
            memory, hit = kill_one(path, memory, chance)
        except LawBroken as broken:
            raise LawBroken(f"kill {number} of seed {seed}: {broken}") from None
        where[hit] += 1
        drafts = [each for each in folder.iterdir() if each != path]
        if len(drafts) > 1:
            raise LawBroken(f"drafts pile up: {drafts}")
    card_in_file(path, _CARD, force=True)
    if list(folder.iterdir()) != [path]:
        raise LawBroken("a draft of a killed process was left")
    return where


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="ci/kills", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--seed", type=int, help="of the instants and commands; another each time by default")
    asked = parser.parse_args()
    seed = int.from_bytes(os.urandom(4), "big") if asked.seed is None else asked.seed
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            where = kill(asked.kills, seed, Path(folder))
        except LawBroken as broken:
            sys.exit(str(broken))
    for place, times in sorted(where.items()):
        print(f"{times:6}  {place}")
    print(
        f"{sum(where.values())} processes killed in {time.monotonic() - began:.1f} s; every card kept the laws"
    )


if __name__ == "__main__":
    main()
