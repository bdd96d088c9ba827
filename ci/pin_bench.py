"""The part of ``ci/bench`` that measures the PIN: durable steps beside what a disk costs, snapshots, and side doors.

A *durable step* is what every file system call for the same promise costs: 19 bytes written in place into a file of the
same length on the same disk, then ``fdatasync`` (or ``fsync``). Ways alternate in rounds, as everywhere in the benchmark. Each
is measured *apart*, with a pause before it, as cards are used, and *back to back*: then a right PIN, which needs two
such steps one after the other (counted before it is compared, cleared after), cannot cost less than twice one of them.
"""

from __future__ import annotations

import os
import random
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from emulator.card import Card
from emulator.card.card_file import open_card
from emulator.card.issue import card_from_seed, card_in_file, card_in_memory

SELECT_ADM = bytes.fromhex("00A4040008A000000084060002")
RIGHT, WRONG = bytes.fromhex("002000010431323334"), bytes.fromhex("002000010430303030")
SEED, SLOT_LENGTH, SLOTS = 7, 19, (512, 1024)
ROUNDS, STEPS_A_ROUND = 20, 15
PAUSE_S = 0.006  # longer than the clock of a file's time stamps ticks, so that fsync has something to write
VERIFIES = 60_000
SNAPSHOTS = 200
SIDE_DOOR_ROUNDS = 4_000

Work = Callable[[], object]


def card_file(folder: Path, name: str) -> Card:
    """A new card in a file, ADM selected."""
    path = folder / name
    card_in_file(path, card_from_seed(SEED), force=True)
    card = open_card(path)
    card.transmit(SELECT_ADM)
    return card


def durable_steps(folder: Path, pause_s: float) -> dict[str, float]:
    """Microseconds (median) of a durable VERIFY and of the bare durable step, and their ratios, round by round."""
    card = card_file(folder, "verify.card")
    fresh = card.snapshot()
    plain = os.open(folder / "plain", os.O_RDWR | os.O_CREAT, 0o600)
    os.pwrite(plain, bytes((folder / "verify.card").stat().st_size), 0)
    os.fsync(plain)
    number = 0

    def step(force: Callable[[int], object]) -> Work:
        def work() -> None:
            nonlocal number
            number += 1
            os.pwrite(plain, number.to_bytes(SLOT_LENGTH, "big"), SLOTS[number % 2])
            force(plain)

        return work

    def wrong() -> None:
        card.transmit(WRONG)

    def ready_again() -> None:
        card.restore(fresh)
        card.transmit(SELECT_ADM)

    ways: dict[str, tuple[Work, Work | None]] = {
        "fdatasync": (step(os.fdatasync), None),
        "fsync": (step(os.fsync), None),
        "VERIFY, wrong PIN": (wrong, ready_again),
        "VERIFY, right PIN": (lambda: card.transmit(RIGHT), None),
    }
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(ROUNDS):
        for name in list(ways) if turn % 2 else list(reversed(ways)):
            work, afterwards = ways[name]
            taken = [timed_us(work, afterwards, pause_s) for _ in range(STEPS_A_ROUND)]
            rounds[name].append(statistics.median(taken))
    card.close()
    os.close(plain)
    figures = {f"{name}, us": statistics.median(taken) for name, taken in rounds.items()}
    for verify in ("VERIFY, wrong PIN", "VERIFY, right PIN"):
        for bare in ("fdatasync", "fsync"):
            pairs = zip(rounds[verify], rounds[bare], strict=True)
            figures[f"{verify} / {bare}"] = statistics.median(a / b for a, b in pairs)
    return figures


def timed_us(work: Work, afterwards: Work | None = None, pause_s: float = 0) -> float:
    """Microseconds of one ``work``, after a pause."""
    if pause_s:
        time.sleep(pause_s)
    began = time.perf_counter_ns()
    work()
    taken = (time.perf_counter_ns() - began) / 1e3
    if afterwards is not None:
        afterwards()
    return taken


def verifies_per_s() -> float:
    """VERIFY/s of a card in memory, right and wrong PIN in turns."""
    card = card_in_memory(card_from_seed(SEED))
    card.transmit(SELECT_ADM)
    began = time.perf_counter()
    for _ in range(VERIFIES // 2):
        card.transmit(WRONG)
        card.transmit(RIGHT)
    return VERIFIES / (time.perf_counter() - began)


def snapshot_and_restore_ms(folder: Path) -> dict[str, float]:
    """Milliseconds (99 % are faster) to keep a card's state, and to take the card back to it."""
    figures = {}
    for where, card in (
        ("in memory", card_in_memory(card_from_seed(SEED))),
        ("in a file", card_file(folder, "snapshot.card")),
    ):

        def there_and_back(card: Card = card) -> None:
            card.restore(card.snapshot())

        taken = [timed_us(there_and_back) / 1e3 for _ in range(SNAPSHOTS)]
        figures[where] = statistics.quantiles(taken, n=100)[98]
        card.close()
    return figures


def side_doors() -> dict[str, float]:
    """How much longer the right PIN takes than wrong ones where no PIN is compared: ratio of medians, 1 is no difference."""
    figures = {}
    for name, failures in (("suspended", 3), ("suspended, last", 4), ("locked", 5)):
        card = card_in_memory(card_from_seed(SEED), failures=failures)
        fresh = card.snapshot()
        taken: dict[bytes, list[float]] = {RIGHT: [], WRONG: []}
        order = [RIGHT, WRONG] * SIDE_DOOR_ROUNDS
        random.Random(SEED).shuffle(order)
        for command in order:
            card.restore(fresh)
            card.transmit(SELECT_ADM)
            began = time.perf_counter_ns()
            card.transmit(command)
            taken[command].append(time.perf_counter_ns() - began)
        figures[name] = statistics.median(taken[RIGHT]) / statistics.median(taken[WRONG])
    return figures


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """Every figure of the PIN. Files are made in ``folder``."""
    return {
        "durable": durable_steps(folder, PAUSE_S),
        "durable, back to back": durable_steps(folder, 0),
        "memory": {"VERIFY/s": verifies_per_s()},
        "snapshot_and_restore_ms": snapshot_and_restore_ms(folder),
        "right_pin_over_wrong_pin": side_doors(),
    }
