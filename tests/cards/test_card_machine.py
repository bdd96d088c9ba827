"""A card and a model of it, written apart from each other, take the same random steps and must agree on every answer.

The same machine runs on a card called directly, behind a vpcd link and behind a PC/SC reader.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from apdu_specs import keys
from emulator.card.card import Card
from emulator.card.issue import card_from_seed, card_in_memory
from emulator.card.nonvolatile import Counters
from emulator.link import LinkThread
from harness.bench import Bench
from harness.stack import Stack
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.link import LinkTerminal
from harness.terminals.pcsc import PcscTerminal
from tests.model.pin_block import pin_block
from tests.model.pin_model import Answer, Applet, CardModel, Form

SEED = 7
LASER_NUMBER = b"OT9124880363"
AIDS = {
    Applet.MANAGER: bytes.fromhex("A000000003000000"),
    Applet.MOI: bytes.fromhex("A000000054480001"),
    Applet.NHSO: bytes.fromhex("A000000054480083"),
    Applet.ADM: bytes.fromhex("A000000084060002"),
}
ABSENT_AIDS = [bytes.fromhex(aid) for aid in ("A000000054480011", "A000000084060000", "A0000000544800", "FF")]

# Few PINs, so that the right one is met by chance too.
PINS = st.sampled_from([b"1234", b"0000", b"9876"])
MALFORMED_PINS = st.one_of(
    st.binary(min_size=1, max_size=20).filter(lambda pin: len(pin) != 4),
    st.binary(min_size=4, max_size=4).filter(lambda pin: not pin.isdigit()),
    st.sampled_from([b"12 4", b"123\xff", b"\xb91234", b"12345", b"1234\xff\xff\xff\xff"]),
)
FORMS: st.SearchStrategy[Form] = st.sampled_from(["iso", "published"])
APPLETS = st.sampled_from([Applet.ADM, Applet.ADM, Applet.ADM, Applet.MOI, Applet.NHSO, Applet.MANAGER])
EXPECTED_LENGTHS = st.one_of(
    st.none(), st.sampled_from([1, 7, 16, 23, 32, 33, 45, 255, 256]), st.integers(1, 256)
)


def le_byte(le: int | None) -> bytes:
    return b"" if le is None else bytes([le & 0xFF])


def case_3(header: str, data: bytes) -> bytes:
    return bytes.fromhex(header) + bytes([len(data)]) + data


class CardMachine(RuleBasedStateMachine):
    """Every rule is one command (or one hand at the plug)."""

    terminal: ClassVar[Terminal]
    card: ClassVar[Card]

    @initialize(f=st.integers(0, 5), wrong_proofs=st.sampled_from([0, 0, 0, 7, 9, 10]), in_adm=st.booleans())
    def insert(self, f: int, wrong_proofs: int, in_adm: bool) -> None:
        """A card as good as new: only its counters have to be set back."""
        self.card.restore(Counters(f, wrong_proofs, b"1234"))
        self.model = CardModel(b"1234", f, wrong_proofs)
        self.pin_challenge: bytes | None = None
        self.office_challenge: bytes | None = None
        assert self.terminal.reset() == self.card.atr
        if in_adm:  # where most of the law lives
            self.select(Applet.ADM)

    def agree(self, apdu: bytes, expected: Answer) -> bytes:
        raw = self.terminal.transmit(apdu)
        data, sw = raw[:-2], int.from_bytes(raw[-2:], "big")
        assert (f"{sw:04X}", len(data)) == (f"{expected.sw:04X}", expected.length), f"to {apdu.hex(' ')}"
        if expected.data is not None:
            assert data == expected.data, f"to {apdu.hex(' ')}"
        return data

    # ------------------------------------------------------------ power

    @rule()
    def power_cycle(self) -> None:
        self.terminal.disconnect()
        self.model.reset()
        assert self.terminal.connect() == self.card.atr

    @rule()
    def reset(self) -> None:
        self.model.reset()
        assert self.terminal.reset() == self.card.atr

    # ------------------------------------------------------------ selecting and reading

    @rule(applet=APPLETS)
    def select(self, applet: Applet) -> None:
        aid = AIDS[applet]
        self.agree(case_3("00A40400", aid), self.model.select(applet, b"\x84" + bytes([len(aid)]) + aid))

    @rule(aid=st.sampled_from(ABSENT_AIDS))
    def select_what_is_not_there(self, aid: bytes) -> None:
        self.agree(case_3("00A40400", aid), self.model.select_absent())

    @rule(le=st.sampled_from([None, 0x12, 0x100, 0x0A]))
    def select_without_identifier(self, le: int | None) -> None:
        self.agree(bytes.fromhex("00A40400") + le_byte(le), self.model.select_bare(le))

    @rule(
        offset=st.one_of(
            st.integers(0, 0x1730), st.sampled_from([0, 4, 0x15D, 0x15E, 0x1726, 0x1727, 0xFFFF])
        ),
        length=st.one_of(st.integers(1, 256), st.sampled_from([1, 13, 255, 256])),
        block=st.sampled_from([0, 0, 0, 0, 1, 255]),
    )
    def read(self, offset: int, length: int, block: int) -> None:
        header = "80B0" + offset.to_bytes(2, "big").hex()
        self.agree(case_3(header, bytes([block, length & 0xFF])), self.model.read(offset, length, block))

    @rule()
    def read_citizen_id(self) -> None:
        known = self.card.citizen_id.encode() if self.model.applet is Applet.MOI else None
        self.agree(bytes.fromhex("80B0000402000D"), self.model.read(4, 13, image=known))

    @rule(le=EXPECTED_LENGTHS)
    def read_cplc(self, le: int | None) -> None:
        data = self.agree(bytes.fromhex("80CA9F7F") + le_byte(le), self.model.cplc(le))
        if len(data) == 45:
            assert data[13:21] == self.card.serial

    @rule(le=EXPECTED_LENGTHS)
    def read_laser_number(self, le: int | None) -> None:
        data = self.agree(bytes.fromhex("80000000") + le_byte(le), self.model.adm_info(le))
        if len(data) == 23:
            assert data[7:] == LASER_NUMBER + bytes(4)

    @rule(
        header=st.sampled_from(["00C00000", "00C00001", "80C00000", "80C00001"]),
        le=st.one_of(st.integers(1, 256), st.sampled_from([10, 13, 33, 256])),
    )
    def get_response(self, header: str, le: int) -> None:
        self.agree(bytes.fromhex(header) + le_byte(le), self.model.get_response(le))

    @precondition(lambda self: self.model.waiting)
    @rule(less=st.integers(0, 3))
    def get_response_as_announced(self, less: int) -> None:
        le = max(1, self.model.waiting - less)
        self.agree(bytes.fromhex("00C00000") + le_byte(le), self.model.get_response(le))

    # ------------------------------------------------------------ the holder's PIN

    @rule(pin=PINS)
    def verify(self, pin: bytes) -> None:
        self.agree(case_3("00200001", pin), self.model.verify(pin))

    @precondition(lambda self: self.model.applet is Applet.ADM)
    @rule()
    def verify_right(self) -> None:
        pin = self.model.pin
        self.agree(case_3("00200001", pin), self.model.verify(pin))

    @rule(pin=MALFORMED_PINS)
    def verify_malformed(self, pin: bytes) -> None:
        self.agree(case_3("00200001", pin), self.model.verify(pin))

    @rule(form=FORMS)
    def verify_empty(self, form: Form) -> None:
        header = "00200001" if form == "iso" else "80200100"
        self.agree(bytes.fromhex(header), self.model.verify_empty(form))

    @rule(le=st.sampled_from([None, 32, 32, 32, 8, 33, 256]))
    def get_pin_challenge(self, le: int | None) -> None:
        data = self.agree(bytes.fromhex("80B40000") + le_byte(le), self.model.get_pin_challenge(le))
        if data:
            self.pin_challenge = data if le == 32 else None

    @rule(pin=PINS)
    def verify_published(self, pin: bytes) -> None:
        if self.pin_challenge is None:
            block, right = bytes(32), False
        else:
            block, right = pin_block(pin, self.pin_challenge), pin == self.model.pin
        self.agree(case_3("80200100", block), self.model.verify_published(right))

    @precondition(lambda self: self.model.pin_challenge and self.pin_challenge is not None)
    @rule()
    def verify_published_right(self) -> None:
        self.verify_published(self.model.pin)

    @rule(length=st.sampled_from([1, 4, 31, 33, 255]))
    def verify_published_malformed(self, length: int) -> None:
        self.agree(case_3("80200100", bytes(length)), self.model.verify_published(False, length))

    @rule(old=PINS, new=PINS)
    def change(self, old: bytes, new: bytes) -> None:
        self.agree(case_3("00240001", old + new), self.model.change(old + new))

    @precondition(lambda self: self.model.applet is Applet.ADM)
    @rule(new=PINS)
    def change_right(self, new: bytes) -> None:
        pins = self.model.pin + new
        self.agree(case_3("00240001", pins), self.model.change(pins))

    @rule(
        pins=st.sampled_from(
            [b"1234", b"1234123", b"12341234\0", b"1234123A", b"A2341234", b"1234\xff\xff\xff\xff"]
        )
    )
    def change_malformed(self, pins: bytes) -> None:
        self.agree(case_3("00240001", pins), self.model.change(pins))

    @rule(challenge=st.binary(min_size=32, max_size=32), key_id=st.integers(0, 10))
    def get_match_status(self, challenge: bytes, key_id: int) -> None:
        self.agree(case_3(f"808801{key_id:02X}", challenge), self.model.get_match_status())
        if self.model.waiting:
            key = keys.card_key(keys.SPECIMEN_MASTER_KEY, self.card.citizen_id, self.card.serial)
            self.model.waiting_data = b"\x01" + keys.match_cryptogram(
                key,
                challenge=challenge,
                citizen_id=self.card.citizen_id,
                serial=self.card.serial,
                key_id=key_id,
                match_status=1,
            )

    @rule(length=st.sampled_from([1, 31, 33]))
    def get_match_status_malformed(self, length: int) -> None:
        self.agree(case_3("80880101", bytes(length)), self.model.get_match_status(length))

    # ------------------------------------------------------------ the registry office

    @rule(le=st.sampled_from([None, 16, 16, 16, 4, 17, 256]))
    def get_challenge(self, le: int | None) -> None:
        data = self.agree(bytes.fromhex("00840000") + le_byte(le), self.model.get_challenge(le))
        if data:
            self.office_challenge = data if le == 16 else None

    @rule(honest=st.booleans())
    def external_authenticate(self, honest: bool) -> None:
        proof = bytes(32)
        if honest and self.office_challenge is not None:
            key = keys.office_key(keys.SPECIMEN_MASTER_KEY, self.card.citizen_id, self.card.serial)
            proof = keys.office_proof(key, challenge=self.office_challenge, serial=self.card.serial)
        right = honest and self.office_challenge is not None
        self.agree(case_3("00820002", proof), self.model.external_authenticate(right))

    @precondition(lambda self: self.model.office_challenge and self.office_challenge is not None)
    @rule()
    def external_authenticate_right(self) -> None:
        self.external_authenticate(True)

    @rule(length=st.sampled_from([1, 16, 31, 33]))
    def external_authenticate_malformed(self, length: int) -> None:
        self.agree(case_3("00820002", bytes(length)), self.model.external_authenticate(False, length))

    @rule(pin=st.one_of(PINS, MALFORMED_PINS))
    def reset_retry_counter(self, pin: bytes) -> None:
        self.agree(case_3("002C0201", pin), self.model.reset_retry_counter(pin))

    @precondition(lambda self: self.model.applet is Applet.ADM)
    @rule(new=PINS)
    def whole_visit_to_the_office(self, new: bytes) -> None:
        """Three steps that chance rarely puts in a row."""
        self.get_challenge(16)
        self.external_authenticate(True)
        self.reset_retry_counter(new)

    # ------------------------------------------------------------ what always holds

    @invariant()
    def counters_agree(self) -> None:
        assert self.card.counters == Counters(self.model.f, self.model.wrong_proofs, self.model.pin)

    @invariant()
    def verify_without_data_tells_f(self) -> None:
        """Asked only where it disturbs nothing: in ADM, with no data waiting."""
        if self.model.applet is Applet.ADM and not self.model.waiting:
            self.agree(bytes.fromhex("00200001"), self.model.verify_empty("iso"))


def run(terminal: Terminal, card: Card, *, steps: int, examples: int) -> None:
    """The machine on one terminal, connected and disconnected here."""
    machine = type("CardMachine", (CardMachine,), {"terminal": terminal, "card": card})
    rules = settings(
        stateful_step_count=steps,
        max_examples=examples,
    )
    with terminal:
        run_state_machine_as_test(machine, settings=rules)


@pytest.fixture
def card() -> Card:
    return card_in_memory(card_from_seed(SEED))


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as stack:
        yield stack


def test_in_process(card: Card) -> None:
    run(InProcessTerminal(card), card, steps=50, examples=300)


def test_behind_a_link(card: Card) -> None:
    terminal = LinkTerminal()
    with LinkThread(card, terminal.host, terminal.port):
        run(terminal, card, steps=30, examples=60)


@pytest.mark.pcsc
def test_behind_a_pcsc_reader(card: Card, stack: Stack) -> None:
    with Bench(stack) as bench:
        bench.insert(card)
        run(PcscTerminal(stack.reader_names[0], disposition="unpower"), card, steps=15, examples=40)
