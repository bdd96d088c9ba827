"""Whoever blocks a card or renews its PIN has it alone: no other program's command comes in between."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner

from emulator.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.offices.embedded import EmbeddedOffices
from harness.bench import Bench
from harness.cli import lockout
from harness.cli.main import command
from harness.client import CardClient
from harness.errors import CardSilent
from harness.officer.counter.renewal import PinRenewal
from harness.officer.offices import RegistryClient
from harness.stack import Stack
from harness.terminals.pcsc import PcscTerminal

pytestmark = pytest.mark.pcsc

PIN = "7302"


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    with Stack() as stack, Bench(stack) as bench:
        yield bench


@pytest.fixture(scope="module")
def offices() -> Iterator[EmbeddedOffices]:
    with EmbeddedOffices(pages=False) as serving:
        yield serving


class Other:
    """Another program, which tries to select an applet of its own; how often it had to give up."""

    def __init__(self, reader: str) -> None:
        self._reader = reader
        self.kept_out = 0

    def tries(self) -> None:
        with pytest.raises(CardSilent), PcscTerminal(self._reader, timeout_s=0.2) as terminal:
            CardClient(terminal).citizen_id()
        self.kept_out += 1


@pytest.fixture
def other(bench: Bench) -> Other:
    return Other(bench.reader_name())


def put(bench: Bench, offices: EmbeddedOffices, failures: int) -> Card:
    card = card_in_memory(card_from_seed(1), failures=failures)
    offices.know_card(card.citizen_id, card.serial)
    bench.swap(card)
    return card


@pytest.fixture
def interrupted(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other program tries while the registry office is asked for its proof."""
    ask: Callable[..., bytes] = RegistryClient.proof

    def proof(client: RegistryClient, *of: object) -> bytes:
        other.tries()
        return ask(client, *of)

    monkeypatch.setattr(RegistryClient, "proof", proof)


@pytest.mark.usefixtures("interrupted")
def test_the_counter(bench: Bench, offices: EmbeddedOffices, other: Other) -> None:
    card = put(bench, offices, 3)
    with RegistryClient(offices.registry_url, counter_key=offices.counter_key) as registry:
        renewal = PinRenewal(lambda: PcscTerminal(bench.reader_name()), registry)
        renewal.renew(PIN, PIN, insist=False)
    assert (other.kept_out, card.failures, card.counters.pin) == (1, 0, PIN.encode())


@pytest.mark.usefixtures("interrupted")
def test_renew_pin(bench: Bench, offices: EmbeddedOffices, other: Other) -> None:
    card = put(bench, offices, 3)
    arguments = ["office", "renew-pin", "--pin", PIN, "--reader", bench.reader_name(), "--json"]
    registry = ["--registry-url", offices.registry_url, "--counter-key", offices.counter_key]
    done = CliRunner().invoke(command, [*arguments, *registry])
    assert done.exit_code == 0, done.output
    assert (other.kept_out, card.failures, card.counters.pin) == (1, 0, PIN.encode())


def test_lockout(
    bench: Bench, offices: EmbeddedOffices, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    card = put(bench, offices, 0)
    present = lockout.present

    def interrupted(client: CardClient, pin: str) -> int:
        other.tries()
        return present(client, pin)

    monkeypatch.setattr(lockout, "present", interrupted)
    done = CliRunner().invoke(
        command, ["lockout", "--to", "locked", "--reader", bench.reader_name(), "--json"]
    )
    assert done.exit_code == 0, done.output
    told = [each["sw"] for each in json.loads(done.stdout)["exchanges"]]
    assert (other.kept_out, card.failures) == (5, 5)
    assert told == ["63C2", "63C1", "63C0", "6983", "6984"]
