"""The card: bytes in, bytes out. It never raises, never hangs, and answers only declared status words."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from threading import RLock

from apdu_specs import adm
from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, CommandApdu
from apdu_specs.card_manager import CARD_MANAGER
from apdu_specs.card_manager import FCI as CARD_MANAGER_FCI
from apdu_specs.command import Command
from apdu_specs.generations import APPLETS, Generation
from apdu_specs.interindustry import FCI, GET_RESPONSE, SELECT
from apdu_specs.language import Text
from apdu_specs.pin_policy import PinPolicy, PinState
from apdu_specs.status import StatusWord
from emulator.card.answering import OK, Answer, Run, compiled, send_at_once
from emulator.card.applets import card_manager, memory
from emulator.card.applets.adm import Adm
from emulator.card.nonvolatile import Counters, NonVolatile, Snapshot
from emulator.card.personalisation import Personalisation
from emulator.card.pin import PinEngine
from emulator.card.volatile import Volatile
from emulator.errors import BadCard

_DECLARED_HEADERS = frozenset(
    header for applet in APPLETS for command in applet.commands for header in command.headers
)
_CLASSES = frozenset(header[0] for header in _DECLARED_HEADERS | set(SELECT.headers))
_DEFAULT_FCI = CARD_MANAGER_FCI.build({"max_length": 0xFF})


class Card:
    """One virtual card.

    ``transmit`` takes a command APDU and gives the answer with its status word. ``store`` keeps the counters;
    ``random_bytes`` makes challenges.
    """

    def __init__(
        self,
        personalisation: Personalisation,
        store: NonVolatile,
        *,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self.personalisation = personalisation
        # One thing at a time, whichever thread asks: a reader's, or whoever restores meanwhile.
        self._busy = RLock()
        self._store = store
        self._volatile = Volatile()
        self._pin = PinEngine(personalisation.policy, store)
        self._selected: bytes | None = None
        self._by_aid = self._tables(random_bytes)
        self._table = self._by_aid[CARD_MANAGER.aid]

    @property
    def atr(self) -> bytes:
        """What the card says when power comes."""
        return self.generation.atr

    @property
    def generation(self) -> Generation:
        """Its family."""
        return self.personalisation.generation

    @property
    def serial(self) -> bytes:
        """Card serial, 8 bytes."""
        return self.personalisation.serial

    @property
    def citizen_id(self) -> str:
        """Its holder's citizen id."""
        return self.personalisation.citizen_id

    @property
    def counters(self) -> Counters:
        """What it remembers without power."""
        return self._store.counters

    @property
    def failures(self) -> int:
        """Consecutive PIN failures, f."""
        return self._store.counters.failures

    @property
    def state(self) -> PinState:
        """READY, SUSPENDED or LOCKED."""
        return self._pin.state

    @property
    def tries_left(self) -> int:
        """Wrong PINs until a new PIN from the office is due."""
        return self.personalisation.policy.tries_left(self.failures)

    def power_on(self) -> None:
        """Power comes: nothing is selected, waiting, challenged or verified."""
        self.reset()

    def power_off(self) -> None:
        """Power goes."""
        self.reset()

    def reset(self) -> None:
        """Warm reset: forget everything but the counters."""
        with self._busy:
            self._volatile.clear()
            self._pin.end_session()
            self._selected = None
            self._table = self._by_aid[CARD_MANAGER.aid]

    def snapshot(self) -> Snapshot:
        """What the card remembers now, to ``restore`` it to: counters and PIN, not its PIN session."""
        with self._busy:  # in mid-VERIFY the counter is raised for a moment
            return Snapshot(self.serial, self.personalisation.policy, self._store.counters)

    def restore(self, kept: Snapshot | Counters) -> None:
        """Take the card back to a snapshot of it, or to given counters, durably, and reset it.

        It may be in a reader meanwhile: this waits for the command that is being answered. Raises BadCard for the snapshot
        of another card, or of this one under another policy, and for what this card can never have counted; WriteFailed.
        """
        counters = self._own(kept) if isinstance(kept, Snapshot) else kept
        _insist_on_possible(self.personalisation.policy, counters)
        with self._busy:
            self._store.write(counters)
            self.reset()

    def _own(self, kept: Snapshot) -> Counters:
        """The counters in a snapshot of this card; BadCard for any other."""
        if kept.serial != self.serial:
            raise BadCard(
                Text("This is a snapshot of another card.", "นี่เป็นสถานะของบัตรใบอื่น"),
                Text("Give a snapshot of this card.", "โปรดใช้สถานะที่เก็บจากบัตรใบนี้"),
            )
        mine, its = self.personalisation.policy, kept.policy
        counts_alike = replace(its, provenance=mine.provenance) == mine  # whose word it is counts nothing
        if not counts_alike:
            raise BadCard(
                Text(
                    f"This is a snapshot of a card of the policy {its.name}; this card is of {mine.name}.",
                    f"นี่เป็นสถานะของบัตรที่ใช้นโยบาย {its.name} แต่บัตรใบนี้ใช้นโยบาย {mine.name}",
                )
                if mine.name != its.name
                else Text(
                    f"This is a snapshot of a card whose policy {its.name} declares other numbers than this card's.",
                    f"นี่เป็นสถานะของบัตรที่นโยบาย {its.name} กำหนดค่าต่างจากของบัตรใบนี้",
                ),
                Text("Give a snapshot of this card.", "โปรดใช้สถานะที่เก็บจากบัตรใบนี้"),
            )
        return kept.counters

    def close(self) -> None:
        """Let go of the card's memory (its file)."""
        with self._busy:
            self._store.close()

    def transmit(self, apdu: bytes) -> bytes:
        """Answer one command APDU: data, then two bytes of status word."""
        with self._busy:
            run = self._table.get(apdu[:2])
            if run is None or len(apdu) < HEADER_LENGTH:
                self._volatile.waiting = b""
                return self._refuse(apdu).raw
            return run(apdu)

    def _refuse(self, apdu: bytes) -> StatusWord:
        if len(apdu) < HEADER_LENGTH:
            return StatusWord.WRONG_LENGTH
        if apdu[0] not in _CLASSES:
            return StatusWord.UNKNOWN_CLASS
        if self._selected is None and apdu[:2] in _DECLARED_HEADERS:
            return StatusWord.CONDITIONS_NOT_SATISFIED
        return StatusWord.UNKNOWN_INSTRUCTION

    def _tables(self, random_bytes: Callable[[int], bytes]) -> dict[bytes, dict[bytes, Run]]:
        """Applet identifier -> (class and instruction -> what to do)."""
        card = self.personalisation
        of_every_applet = {SELECT: self._select_runner(), GET_RESPONSE: self._get_response_runner()}
        adm = Adm(card, self._pin, self._volatile, random_bytes).commands()
        chip = card_manager.commands(card.cplc, self._volatile)
        tables: dict[bytes, dict[bytes, Run]] = {}
        for applet in APPLETS:
            known: dict[Command, Run] = {
                **adm,
                **chip,
                **memory.commands(card.blocks(applet), self._volatile),
            }
            table = {
                header: run
                for command, run in {
                    **of_every_applet,
                    **{each: known[each] for each in applet.commands},
                }.items()
                for header in command.headers
            }
            tables.update(dict.fromkeys(applet.aids, table))
        return tables

    def _select_runner(self) -> Run:
        by_aid = compiled(SELECT, self._select, self._volatile)

        def run(raw: bytes) -> bytes:
            answer = by_aid(raw)
            if len(raw) > HEADER_LENGTH + 1 or answer != OK:
                return answer
            # Without an identifier the command has no data, so its answer comes at once, or 6C xx tells its length.
            # The card manager is selected even then: readers go on without repeating the command.
            parts = CommandApdu(
                raw[0], raw[1], raw[2], raw[3], b"", (raw[4] or MAX_ANSWER) if raw[4:] else None
            )
            return send_at_once(parts, Answer(StatusWord.OK, _DEFAULT_FCI), self._volatile)

        return run

    def _select(self, parts: CommandApdu) -> Answer:
        aid = parts.data or CARD_MANAGER.aid
        table = self._by_aid.get(aid)
        if table is None:
            return Answer(StatusWord.NOT_FOUND)
        self._selected, self._table = aid, table
        return Answer(StatusWord.OK, FCI.build({"aid": aid}) if parts.data else b"")

    def _get_response_runner(self) -> Run:
        volatile, p2_values = self._volatile, self.generation.get_response_p2
        wrong_parameters, wrong_length = GET_RESPONSE.wrong_parameters.raw, StatusWord.WRONG_LENGTH.raw
        nothing_waits = StatusWord.CONDITIONS_NOT_SATISFIED.raw
        p1_values = GET_RESPONSE.p1.values

        def run(raw: bytes) -> bytes:
            if raw[2] not in p1_values or raw[3] not in p2_values:
                return wrong_parameters
            if len(raw) > HEADER_LENGTH + 1:
                return wrong_length
            data, wanted = volatile.waiting, (raw[4] if len(raw) > HEADER_LENGTH else 0) or MAX_ANSWER
            if wanted == len(data):
                volatile.waiting = b""
                return data + OK
            if not data:
                return nothing_waits
            parts = CommandApdu(raw[0], raw[1], raw[2], raw[3], b"", wanted)
            return send_at_once(parts, Answer(StatusWord.OK, data), volatile)

        return run


def _insist_on_possible(policy: PinPolicy, counters: Counters) -> None:
    """Raises BadCard for counters that a card of ``policy`` can never have."""
    in_that_range = Text("Choose a number in that range.", "โปรดเลือกจำนวนในช่วงนี้")
    if not 0 <= counters.failures <= policy.most_failures:
        raise BadCard(
            Text(
                f"This card can have seen 0 to {policy.most_failures} wrong PINs in a row, not {counters.failures}.",
                f"บัตรนี้มีจำนวนครั้งที่ใส่ PIN ผิดติดต่อกันได้ 0 ถึง {policy.most_failures} ครั้ง ไม่ใช่ {counters.failures}",
            ),
            in_that_range,
        )
    if not 0 <= counters.office_failures <= policy.office_tries:
        raise BadCard(
            Text(
                f"This card can have seen 0 to {policy.office_tries} wrong proofs of an office in a row, "
                f"not {counters.office_failures}.",
                f"บัตรนี้มีจำนวนครั้งที่สำนักทะเบียนพิสูจน์สิทธิผิดติดต่อกันได้ 0 ถึง {policy.office_tries} ครั้ง "
                f"ไม่ใช่ {counters.office_failures}",
            ),
            in_that_range,
        )
    if not adm.is_pin(counters.pin):
        raise BadCard(
            Text(f"A PIN is {adm.PIN_LENGTH} digits.", f"PIN ต้องเป็นตัวเลข {adm.PIN_LENGTH} หลัก"),
            Text("Give one such as 1234.", "เช่น 1234"),
        )
