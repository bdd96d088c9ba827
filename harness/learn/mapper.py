"""Between symbols and bytes: what each symbol of the PIN machine is in APDUs, and what a card's answers are to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from apdu_specs import adm, keys, moi
from apdu_specs.apdu import HEADER_LENGTH, split_response
from apdu_specs.generations import DEFAULT, Generation, by_atr
from apdu_specs.interindustry import READ, SELECT
from apdu_specs.pin_machine import FIELD_READ, Output, Symbol
from apdu_specs.published_pin import pin_block
from apdu_specs.status import StatusWord
from harness.client import CardClient
from harness.learn.errors import RealCardNotLearned
from harness.terminals import Terminal

FIRST_PIN, SECOND_PIN, NEVER_PIN = b"1234", b"5678", b"0000"
_MATCH_CHALLENGE = bytes(keys.CHALLENGE_LENGTH)

Restore = Callable[[], object]
"""Brings the card back to what it was: its counters, powered, nothing selected."""
Exchange = Callable[[bytes, bytes], None]
"""Told a command and its answer."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The card to learn: a way to it, a way to bring it back, and what proves an office to it.

    ``power_cycle`` is for terminals whose ``disconnect`` leaves the card powered; None means disconnect, connect.
    ``first_pin`` is the PIN on the restored card, which has no failures.
    """

    terminal: Terminal
    restore: Restore
    power_cycle: Callable[[], object] | None = None
    first_pin: bytes = FIRST_PIN
    master_key: bytes = keys.SPECIMEN_MASTER_KEY


class Mapper:
    """Plays symbols on the card of ``subject``, whose terminal is connected.

    Learning locks the card over and over, so a real one is never touched: RealCardNotLearned. Other errors: those of
    the terminal.
    """

    def __init__(self, subject: Subject) -> None:
        self._terminal = subject.terminal
        self._restore = subject.restore
        self._power_cycle = subject.power_cycle or self._disconnect_and_connect
        self.told: Exchange | None = None
        client = CardClient(subject.terminal)
        self._serial = client.card_serial()
        if not keys.is_virtual(self._serial):
            raise RealCardNotLearned(self._serial)
        self._office_key = keys.office_key(subject.master_key, client.citizen_id(), self._serial)
        self._first_pin = subject.first_pin
        _, self._never_pin = other_pins(subject.first_pin)
        self._commands = commands(subject.first_pin, by_atr(subject.terminal.atr) or DEFAULT)

    @property
    def serial(self) -> bytes:
        """The serial of the card, 8 bytes."""
        return self._serial

    def restore(self) -> None:
        """The card as it was at the start."""
        self._restore()

    def step(self, symbol: Symbol) -> Output:
        """The status words of what ``symbol`` stands for."""
        fixed = self._commands.get(symbol)
        if fixed is not None:
            return tuple([self._transmit(command)[1] for command in fixed])
        match symbol:
            case Symbol.RESET:
                self._terminal.reset()
                return ()
            case Symbol.POWER_CYCLE:
                self._power_cycle()
                return ()
            case Symbol.PUBLISHED_FIRST:
                return self._verify_published(self._first_pin)
            case Symbol.PUBLISHED_NEVER:
                return self._verify_published(self._never_pin)
            case _:
                return self._prove(right=symbol is Symbol.PROVE)

    def play(self, word: tuple[Symbol, ...]) -> list[Output]:
        """Restores the card and plays ``word`` on it."""
        self.restore()
        return [self.step(symbol) for symbol in word]

    def _transmit(self, command: bytes) -> tuple[bytes, int]:
        answer = self._terminal.transmit(command)
        if self.told is not None:
            self.told(command, answer)
        return split_response(answer)

    def _verify_published(self, pin: bytes) -> Output:
        challenge, sw = self._transmit(_GET_PIN_CHALLENGE)
        if sw != StatusWord.OK:
            return (sw,)
        block = adm.VERIFY_PUBLISHED.encode(pin_block(pin, challenge))
        return sw, self._transmit(block)[1]

    def _prove(self, *, right: bool) -> Output:
        challenge, sw = self._transmit(_GET_CHALLENGE)
        if sw != StatusWord.OK:
            return (sw,)
        proof = keys.office_proof(self._office_key, challenge=challenge, serial=self._serial)
        shown = proof if right else bytes(keys.OFFICE_PROOF_LENGTH)
        return sw, self._transmit(adm.EXTERNAL_AUTHENTICATE.encode(shown))[1]

    def _disconnect_and_connect(self) -> None:
        self._terminal.disconnect()
        self._terminal.connect()


def commands(first_pin: bytes, generation: Generation = DEFAULT) -> dict[Symbol, tuple[bytes, ...]]:
    """The commands of every symbol whose bytes do not depend on a card's answers."""
    second, never = other_pins(first_pin)
    block, offset, length = generation.locate(moi.MOI, FIELD_READ)
    verify = adm.VERIFY.encode

    def change(old: bytes, new: bytes) -> tuple[bytes, ...]:
        return (adm.CHANGE_REFERENCE_DATA.encode({"old": old, "new": new}),)

    return {
        Symbol.SELECT_ADM: (SELECT.encode(adm.AID),),
        Symbol.SELECT_MOI: (SELECT.encode(moi.AID),),
        Symbol.VERIFY_FIRST: (verify(first_pin),),
        Symbol.VERIFY_SECOND: (verify(second),),
        Symbol.VERIFY_NEVER: (verify(never),),
        Symbol.VERIFY_EMPTY: (verify(), adm.VERIFY_PUBLISHED.encode()),
        Symbol.VERIFY_MALFORMED: _malformed(first_pin),
        Symbol.CHANGE_FIRST_TO_SECOND: change(first_pin, second),
        Symbol.CHANGE_SECOND_TO_FIRST: change(second, first_pin),
        Symbol.CHANGE_NEVER_TO_SECOND: change(never, second),
        Symbol.ISSUE_FIRST: (adm.RESET_RETRY_COUNTER.encode(first_pin),),
        Symbol.MATCH_STATUS: (adm.GET_MATCH_STATUS.encode(_MATCH_CHALLENGE, p2=adm.OFFICER_KEY_ID),),
        Symbol.READ_FIELD: (
            READ.encode({"block": block, "length": length}, p1=offset >> 8, p2=offset & 0xFF),
        ),
        Symbol.READ_LASER: (adm.GET_INFO.encode(le=generation.adm_info.length),),
    }


def explained(first_pin: bytes = FIRST_PIN, generation: Generation = DEFAULT) -> dict[Symbol, list[str]]:
    """What every symbol stands for, for readers of an exported suite: hex, and words where bytes depend on an answer."""
    fixed = {
        symbol: [command.hex().upper() for command in row]
        for symbol, row in commands(first_pin, generation).items()
    }
    _, never = other_pins(first_pin)
    published = _header(adm.VERIFY_PUBLISHED.encode(bytes(adm.PIN_CHALLENGE_LENGTH)))
    proof = _header(adm.EXTERNAL_AUTHENTICATE.encode(bytes(keys.OFFICE_PROOF_LENGTH)))
    ask_pin, ask_office = _GET_PIN_CHALLENGE.hex().upper(), _GET_CHALLENGE.hex().upper()
    return fixed | {
        Symbol.PUBLISHED_FIRST: [
            ask_pin,
            f"{published} <32 bytes of PIN {first_pin.decode()} and challenge>",
        ],
        Symbol.PUBLISHED_NEVER: [ask_pin, f"{published} <32 bytes of PIN {never.decode()} and challenge>"],
        Symbol.PROVE: [ask_office, f"{proof} <32 bytes: the office's proof for that challenge>"],
        Symbol.PROVE_WRONGLY: [ask_office, f"{proof} {'00' * keys.OFFICE_PROOF_LENGTH}"],
        Symbol.RESET: ["<reset>"],
        Symbol.POWER_CYCLE: ["<power off>", "<power on>"],
    }


def other_pins(first_pin: bytes) -> tuple[bytes, bytes]:
    """The second PIN, and one that is never set: both different from ``first_pin``."""
    second, never, *_ = (pin for pin in (SECOND_PIN, NEVER_PIN, FIRST_PIN) if pin != first_pin)
    return second, never


def _malformed(pin: bytes) -> tuple[bytes, ...]:
    """VERIFY of the right PIN with one digit more, and with a letter for its last digit."""
    header = adm.VERIFY.encode()
    return tuple(header + bytes((len(data),)) + data for data in (pin + b"0", pin[:-1] + b"A"))


def _header(command: bytes) -> str:
    """Class, instruction, P1, P2 and Lc."""
    return command[: HEADER_LENGTH + 1].hex().upper()


_GET_PIN_CHALLENGE = adm.GET_PIN_CHALLENGE.encode(le=adm.PIN_CHALLENGE_LENGTH)
_GET_CHALLENGE = adm.GET_CHALLENGE.encode(le=keys.OFFICE_CHALLENGE_LENGTH)
