"""Two programs at one card, as in an office with one reader: neither gets in between the other's commands."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from harness.agent.patient import read_card
from harness.bench import Bench
from harness.client import CardClient
from harness.errors import CardSilent
from harness.stack import Stack
from harness.terminals.pcsc import PcscTerminal

PIN = "4821"
CHALLENGE = bytes(range(32))
ROUNDS = 12


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Stack() as stack, Bench(stack) as bench:
        bench.insert(card_in_memory(card_from_seed(1), pin=PIN))
        yield bench


@pytest.fixture
def name(bench: Bench) -> str:
    return bench.reader_name()


def test_a_read_between_two_steps_of_a_login(name: str) -> None:
    with PcscTerminal(name) as one, PcscTerminal(name) as two:
        officer, patient = CardClient(one), CardClient(two)
        with officer.alone():
            assert officer.tries_left() == 3
        with patient.alone():
            read_card(patient, photo=True)
        with officer.alone():
            officer.verify_pin(PIN)
        with patient.alone():
            read_card(patient, photo=False)
        with officer.alone():
            assert officer.match_status(CHALLENGE).matched == 1


def test_reads_and_logins_at_the_same_time(name: str) -> None:
    with PcscTerminal(name) as terminal:
        right = read_card(CardClient(terminal), photo=True)
    seen: list[object] = []

    def read_again_and_again() -> None:
        for _ in range(ROUNDS):
            with PcscTerminal(name) as terminal:
                client = CardClient(terminal)
                with client.alone():
                    seen.append(read_card(client, photo=True))

    other = threading.Thread(target=read_again_and_again)
    other.start()
    try:
        with PcscTerminal(name) as terminal:
            officer = CardClient(terminal)
            for _ in range(ROUNDS):
                with officer.alone():
                    officer.verify_pin(PIN)
                with officer.alone():
                    assert officer.match_status(CHALLENGE).matched == 1
    finally:
        other.join()
    assert seen == [right] * ROUNDS


def test_nested_it_is_one_and_others_wait_for_its_end(name: str) -> None:
    with PcscTerminal(name) as one, PcscTerminal(name, timeout_s=0.3) as two:
        with one.alone(), one.alone(), pytest.raises(CardSilent), two.alone():
            pass
        with PcscTerminal(name) as three, three.alone():
            assert CardClient(three).tries_left() in (3, None)


def test_a_reset_by_another_program_is_no_end(name: str) -> None:
    with PcscTerminal(name) as one, PcscTerminal(name) as two:
        officer = CardClient(one)
        assert officer.citizen_id()
        two.reset()
        with officer.alone():
            assert officer.citizen_id()
