"""Whatever bytes come, the card answers at once, with at least two bytes and a status word it has declared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apdu_specs.generations import APPLETS
from apdu_specs.interindustry import GET_RESPONSE, SELECT
from apdu_specs.status import is_declared
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import LinkThread
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.link import LinkTerminal

PERSONALISATION = card_from_seed(7)
AIDS = {
    "after reset": None,
    "card manager": bytes.fromhex("A000000003000000"),
    "MOI": bytes.fromhex("A000000054480001"),
    "NHSO": bytes.fromhex("A000000054480083"),
    "ADM": bytes.fromhex("A000000084060002"),
}
ANYWHERE = {(0x00, 0xA4), (0x00, 0xC0), (0x80, 0xC0)}
READ = {(0x80, 0xB0)}
PIN_AND_OFFICE = {
    *((0x80, 0x00), (0x00, 0x20), (0x80, 0x20), (0x00, 0x24), (0x80, 0xB4)),
    *((0x80, 0x88), (0x00, 0x84), (0x00, 0x82), (0x00, 0x2C)),
}
ACCEPTED = {
    "after reset": ANYWHERE | {(0x80, 0xCA)},
    "card manager": ANYWHERE | {(0x80, 0xCA)},
    "MOI": ANYWHERE | READ,
    "NHSO": ANYWHERE | READ,
    "ADM": ANYWHERE | PIN_AND_OFFICE,
}

INSTRUCTIONS = sorted({ins for _, ins in READ | PIN_AND_OFFICE | ANYWHERE} | {0xCA})
BYTES = st.integers(0, 255)
# Nearly right commands get further than pure noise.
NEARLY_COMMANDS = st.builds(
    lambda header, tail: bytes(header) + tail,
    st.tuples(
        st.sampled_from([0x00, 0x80]), st.sampled_from(INSTRUCTIONS), st.integers(0, 4), st.integers(0, 4)
    ),
    st.one_of(
        st.binary(max_size=40),
        st.builds(lambda data: bytes([len(data)]) + data, st.binary(min_size=1, max_size=255)),
        st.builds(
            lambda data, le: bytes([len(data)]) + data + bytes([le]),
            st.binary(min_size=1, max_size=60),
            BYTES,
        ),
        st.builds(lambda data: b"\0" + len(data).to_bytes(2, "big") + data, st.binary(max_size=400)),
    ),
)
ANY_BYTES = st.one_of(st.binary(max_size=300), NEARLY_COMMANDS)
SELECTIONS = st.sampled_from([aid for aid in AIDS.values() if aid]).map(
    lambda aid: b"\x00\xa4\x04\x00\x08" + aid
)


def card_in(applet: str) -> Card:
    card = card_in_memory(PERSONALISATION)
    card.power_on()
    if aid := AIDS[applet]:
        assert card.transmit(b"\x00\xa4\x04\x00\x08" + aid) == b"\x61\x0a"
    return card


def check(answer: bytes, command: bytes) -> int:
    """The status word of a proper answer."""
    assert 2 <= len(answer) <= 258, command.hex()
    sw = int.from_bytes(answer[-2:], "big")
    assert is_declared(sw), f"{sw:04X} to {command.hex()}"
    if len(answer) > 2:
        assert sw == 0x9000 or sw >> 8 == 0x61, f"data with {sw:04X} to {command.hex()}"
    if len(answer) == 258:
        assert command[4:5] == b"\0", f"256 bytes nobody asked for: {command.hex()}"
    return sw


def still_works(terminal: Terminal, card: Card) -> None:
    assert terminal.transmit(bytes.fromhex("00A4040008A000000054480001")) == b"\x61\x0a"
    assert terminal.transmit(bytes.fromhex("80B0000402000D")) == b"\x61\x0d"
    assert terminal.transmit(bytes.fromhex("00C000000D")) == card.citizen_id.encode() + b"\x90\x00"


@given(st.lists(st.one_of(ANY_BYTES, SELECTIONS), max_size=20))
@settings(max_examples=800)
def test_any_bytes_in_process(commands: list[bytes]) -> None:
    card = card_in("ADM")
    for command in commands:
        check(card.transmit(command), command)
    with InProcessTerminal(card) as terminal:
        still_works(terminal, card)


@pytest.fixture(scope="module")
def linked() -> Iterator[tuple[Terminal, Card]]:
    card = card_in_memory(PERSONALISATION)
    terminal = LinkTerminal(timeout_s=60)
    with LinkThread(card, terminal.host, terminal.port), terminal:
        yield terminal, card


@given(st.lists(st.one_of(ANY_BYTES.filter(lambda command: len(command) >= 2), SELECTIONS), max_size=10))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_behind_a_link(linked: tuple[Terminal, Card], commands: list[bytes]) -> None:
    terminal, card = linked
    terminal.reset()
    for command in commands:
        check(terminal.transmit(command), command)
    still_works(terminal, card)


@pytest.mark.parametrize("length", [0, 1, 2, 3, 4, 5, 6, 260, 261, 262, 4096, 65535])
@pytest.mark.parametrize("first", ["0020", "80B0", "00A4", "00C0", "8020", "FFFF", "0000"])
def test_all_lengths_up_to_what_a_frame_holds(first: str, length: int) -> None:
    card = card_in("ADM")
    command = (bytes.fromhex(first) + bytes(65536))[:length]
    sw = check(card.transmit(command), command)
    if length < 4:
        assert sw == 0x6700


@pytest.mark.parametrize("applet", AIDS)
def test_every_class_and_instruction(applet: str) -> None:
    """All 65,536 pairs: exactly the declared ones are known, the others are refused by class, then by instruction."""
    card = card_in(applet)
    accepted = set()
    for cla in range(256):
        for ins in range(256):
            command = bytes(
                (cla, ins, 0xFE, 0xFE)
            )  # parameters that nothing takes: only READ reads there, in vain
            sw = check(card.transmit(command), command)
            if cla not in (0x00, 0x80):
                assert sw == 0x6E00, command.hex()
            elif sw not in (0x6D00, 0x6985):
                accepted.add((cla, ins))
            elif sw == 0x6985:
                assert applet == "after reset", command.hex()
    assert accepted == ACCEPTED[applet]


@pytest.mark.parametrize("applet", [applet for applet in AIDS if applet != "after reset"])
@given(commands=st.lists(NEARLY_COMMANDS, max_size=15))
@settings(max_examples=200)
def test_every_answer_is_one_that_its_command_declares(applet: str, commands: list[bytes]) -> None:
    declared = {
        header: command
        for each in APPLETS
        if AIDS[applet] in each.aids
        for command in (*each.commands, SELECT, GET_RESPONSE)
        for header in command.headers
    }
    card = card_in(applet)
    for command in commands:
        known = declared.get(command[:2])
        if known is SELECT:
            continue  # it would lead to another applet
        sw = check(card.transmit(command), command)
        if known is None:
            assert sw == 0x6D00, command.hex()
        else:
            assert known.may_answer(sw), f"{known.name} answered {sw:04X} to {command.hex()}"


@given(st.lists(ANY_BYTES, max_size=15))
@settings(max_examples=300)
def test_noise_in_a_reading_applet_never_costs_a_try(commands: list[bytes]) -> None:
    card = card_in("MOI")
    before = card.counters
    for command in commands:
        if command[:2] != b"\x00\xa4":
            check(card.transmit(command), command)
    assert card.counters == before
