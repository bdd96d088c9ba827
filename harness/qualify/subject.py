"""The subject: the reader under test, the card in it, and who or what is around it.

No criterion takes longer than its deadline: the first call after it raises OutOfTime.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from apdu_specs import keys, moi, test_card
from apdu_specs.errors import SpecError
from apdu_specs.generations import Generation, by_atr, family_of
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from apdu_specs.status import Family as StatusFamily
from apdu_specs.status import StatusWord
from harness.client import CardClient
from harness.errors import CardSilent, HarnessError, NoReader, StackUnavailable
from harness.qualify.actuator import Actuator, NoActuator
from harness.qualify.calls import LIMIT_S, CallFailed, Client, Connection, code_name, events
from harness.qualify.criterion import CannotMeasure, DoesNotApply, Need, Profile
from harness.terminals import scard
from harness.terminals.pcsc import PcscTerminal, error_for
from harness.terminals.scard import ReaderStatus, ResultCode, Share

_STEADY_S = 2.5  # a reader that has said nothing new for so long has come to rest
SETTLED_S = 5.0
"""Longest that a card may take to be seen, or not to be seen any more."""
_SHARE_S = {Profile.QUICK: 10.0, Profile.FULL: 120.0, Profile.SOAK: 120.0}
"""How long something is repeated with a slow card, once it was repeated often enough to be worth a verdict."""
Outcome = TypeVar("Outcome")
_NOT_SEEN = Text("The reader does not see the card.", "เครื่องอ่านไม่พบบัตร")
_STILL_THERE = Text("The reader still shows a card that left.", "เครื่องอ่านยังแสดงบัตรที่ถอดออกแล้ว")


class OutOfTime(CannotMeasure):
    """A criterion has used up its time: incomplete, and the next one begins."""

    def __init__(self) -> None:
        super().__init__(
            Text("There was not enough time to measure this.", "เวลาไม่พอที่จะวัดรายการนี้"),
        )


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the card in the reader is. ``serial`` is empty where the card tells none."""

    present: bool = False
    atr: bytes = b""
    thai: bool = False
    test: bool = False
    generation: str | None = None
    serial: bytes = b""

    @property
    def virtual(self) -> bool:
        """Whether the card says that it is one of ours."""
        return keys.is_virtual(self.serial)


class Operator:
    """The person at the desk. This one is not there; the command line has one that asks."""

    present = False
    name: str | None = None

    def ask(self, what: Text) -> None:
        """Have something done."""

    def answer(self, question: Text) -> str | None:
        """A line of text; None without a person, or an answer."""
        return None


@dataclass(eq=False)
class Subject:
    """The reader under test. ``pin`` and ``real_card`` (its serial) are the consent to present a PIN; ``evidence`` names
    files or words for the paper criteria; ``expected_atr`` is what the card's maker says."""

    reader: str
    profile: Profile = Profile.QUICK
    actuator: Actuator = field(default_factory=NoActuator)
    operator: Operator = field(default_factory=Operator)
    pin: str | None = field(default=None, repr=False)
    real_card: str | None = None
    virtual_reader: bool = False
    evidence: Mapping[str, str] = field(default_factory=dict)
    expected_atr: bytes | None = None
    soak_s: float = 60.0
    progress: Callable[[str, float], None] | None = None
    card: CardFacts = field(default_factory=CardFacts)
    troubles: list[Text] = field(default_factory=list)
    """What went wrong while the card was looked at, before anything was measured."""
    due: float | None = None
    """Until when the criterion at hand may take (monotonic seconds)."""
    delays: dict[bool, list[tuple[float, float]]] = field(default_factory=lambda: {True: [], False: []})
    """Of each movement whose moment is known, until PC/SC told of it: insertions under True, removals under False;
    (seconds since the first, milliseconds)."""
    long_commands: list[float] = field(default_factory=list)
    """Seconds of each command that took longer than it may (``LONG_S``), whatever criterion it was for."""
    told_twice: int = 0
    """Movements that PC/SC counted more or less than once."""
    told_atrs: list[tuple[OddCard | None, bytes]] = field(default_factory=list)
    """As PC/SC told them of each card that was put in; None is the campaign's own."""
    inserted_at: float | None = None
    """When PC/SC last told of an insertion (monotonic seconds)."""
    _begun: float | None = None
    _instead: OddCard | None = None
    _no_test_card: Exception | None = None
    _silent: bool = False
    _once: dict[str, Any] = field(default_factory=dict, repr=False)

    def times(self, *, quick: int, full: int) -> int:
        """How often something is repeated."""
        return quick if self.profile is Profile.QUICK else full

    def rounds(self, *, quick: int, full: int, least: int) -> Iterator[int]:
        """0, 1, ... for something that is repeated: ``times``, with a slow card fewer, but never fewer than ``least``."""
        enough = time.monotonic() + _SHARE_S[self.profile]
        for number in range(self.times(quick=quick, full=full)):
            if number >= least and time.monotonic() >= enough:
                return
            yield number

    def check_time(self) -> None:
        """Raises OutOfTime when the criterion at hand has used up its time."""
        if self.due is not None and time.monotonic() >= self.due:
            raise OutOfTime

    @contextlib.contextmanager
    def client(self, limit_s: float = LIMIT_S) -> Iterator[Client]:
        """A PC/SC context of its own."""
        with Client(self, limit_s) as client:
            yield client

    @contextlib.contextmanager
    def connection(self, share: Share = Share.SHARED) -> Iterator[Connection]:
        """A connection in a context of its own."""
        with Client(self) as client:
            yield client.connect(share)

    def once(self, measure: Callable[[Subject], Outcome]) -> Outcome:
        """What ``measure`` gave, measured at the first call: several criteria look at one measurement."""
        name = f"{measure.__module__}.{measure.__qualname__}"
        if name not in self._once:
            try:
                self._once[name] = measure(self)
            except Exception as failure:  # each criterion that looks at it is to end the same way
                self._once[name] = failure
        outcome = self._once[name]
        if isinstance(outcome, Exception):
            raise outcome
        result: Outcome = outcome
        return result

    def remember(self, name: str, find: Callable[[], Outcome]) -> Outcome:
        """What ``find`` gave when it first gave something; an error is not remembered."""
        if name not in self._once:
            self._once[name] = find()
        found: Outcome = self._once[name]
        return found

    @property
    def generation(self) -> Generation | None:
        """The card's generation, by its ATR."""
        return by_atr(self.card.atr) if self.card.atr else None

    @property
    def get_response_p2(self) -> int:
        """P2 of GET RESPONSE as this card's family wants it."""
        return min(family_of(self.card.atr).get_response_p2)

    def terminal(self) -> PcscTerminal:
        """A terminal, not yet connected, for work that needs the card's client; the PIN session ends with it."""
        return _TimedTerminal(self)

    # --- what is there ------------------------------------------------------------------------------------------------

    def recognise(self) -> CardFacts:
        """Look at reader and card; what a present card did wrong is in ``troubles``. Raises NoReader, StackUnavailable."""
        well = self._looked_well()
        if not self.card.present and not self.troubles:
            self._let_settle()  # it may just be coming
            well = self._looked_well()
        if not well and self.can_move_card:
            # What a second look shows of the card is worth having, but not another wait for one that is silent.
            with contextlib.suppress(HarnessError, CannotMeasure, CallFailed):
                self.reinsert()
                if not self._silent:
                    self._let_settle()
                    if not self._looked_well():
                        self.reinsert()
        return self.card

    def _let_settle(self) -> None:
        """Until nothing has changed for a while, or never does so."""
        deadline = time.monotonic() + SETTLED_S
        with self.client() as client:
            known = client.state()
            while (left := deadline - time.monotonic()) > 0:
                after = client.change_of(known, min(left, _STEADY_S))
                if after is None:
                    return
                known = after

    def _looked_well(self) -> bool:
        before = len(self.troubles)
        try:
            with self.client() as client:
                status = client.state()
                self.card = CardFacts()
                if status.mute:
                    self.troubles.append(Text("The card gives no usable ATR.", "บัตรไม่ให้ ATR ที่ใช้ได้"))
                elif status.present:
                    self.card = CardFacts(present=True, atr=status.atr)
                    self.card = self._told_by_card(client)
        except CallFailed as failed:
            harmless = self.card.present or failed.code in _CARD_TROUBLE
            if failed.reader_gone or not harmless:
                raise _error_of(failed, self.reader) from failed
            name = code_name(failed.code)
            self.troubles.append(Text(f"{failed.call} gave {name}.", f"{failed.call} ให้ผล {name}"))
        except HarnessError as error:
            if not self.card.present:
                raise
            self._note(error)
        return len(self.troubles) == before

    def _note(self, error: HarnessError) -> None:
        self._silent = self._silent or isinstance(error, CardSilent)
        self.troubles.append(error.message)

    @property
    def can_move_card(self) -> bool:
        """Whether somebody or something inserts and removes the card."""
        return not isinstance(self.actuator, NoActuator)

    def reinsert(self) -> None:
        """Take the card out and put it in again: frees a reader that waits for a silent card, and wakes a mute one.

        Raises ActuatorFailed, CannotMeasure, CallFailed.
        """
        self._exchange(self._insert)

    def have_test_card(self) -> None:
        """Have the test card in the reader, in the place of the campaign's own unless that is one.

        Raises ActuatorFailed, CannotMeasure, CallFailed: again without another try, where the first one failed.
        """
        if self._no_test_card is not None:
            raise self._no_test_card
        if self.card.test or self._instead is OddCard.TEST:
            return
        try:
            self.have_instead(OddCard.TEST)
        except (HarnessError, CannotMeasure, CallFailed) as failure:
            self._no_test_card = failure
            raise

    def have_instead(self, card: OddCard) -> None:
        """Have ``card`` in the reader in the place of the campaign's own. Raises ActuatorFailed, CannotMeasure, CallFailed."""
        self._instead = card
        self._exchange(self._insert)

    def have_own_card(self) -> None:
        """Have the campaign's own card back in the reader after another one. Raises as ``have_instead``."""
        if self._instead is not None:
            self._instead = None
            self._exchange(self._insert)

    def leave_own_card(self) -> None:
        """As ``have_own_card``, at the end of a campaign, however it ended and whatever comes of it."""
        if self._instead is not None:
            self.due = None
            with contextlib.suppress(HarnessError, CannotMeasure, CallFailed):
                self.have_own_card()

    def _insert(self) -> int | None:
        return self.actuator.insert() if self._instead is None else self.actuator.insert_odd(self._instead)

    def _exchange(self, insert: Callable[[], int | None]) -> None:
        """Take out what is in the reader, then ``insert``."""
        with self.client(2 * self.actuator.patience_s + LIMIT_S) as client:
            empty = self.moved(client, client.state(), False, self.actuator.remove)
            if empty is None:
                if self.actuator.precise:
                    insert()  # what the reader pretends to have is out: no criterion is to meet that
                raise CannotMeasure(_STILL_THERE)
            if self.moved(client, empty, True, insert) is None:
                raise CannotMeasure(_NOT_SEEN)

    def moved(
        self, client: Client, known: ReaderStatus, present: bool, move: Callable[[], int | None]
    ) -> ReaderStatus | None:
        """Move the card: the state that ``client`` is then told, None if it is not; the delay goes into ``delays``."""
        moment = move()
        after = client.await_presence(present, known, self.actuator.patience_s)
        seen = time.monotonic_ns()
        if after is None:
            return None
        self.told_twice += abs((events(after) - events(known)) % 0x10000 - 1)
        if present:
            self.inserted_at = seen / 1e9
            self.told_atrs.append((self._instead, after.atr))
        if moment is not None and self.actuator.precise:
            at = moment / 1e9
            self._begun = at if self._begun is None else self._begun
            self.delays[present].append((at - self._begun, max(0.0, (seen - moment) / 1e6)))
        return after

    def _told_by_card(self, client: Client) -> CardFacts:
        atr = self.card.atr
        connection = client.connect()
        try:
            thai = by_atr(atr) is not None or self._selects(connection, moi.AID)
            test = not thai and self._selects(connection, test_card.AID)
        finally:
            connection.disconnect()
        generation = by_atr(atr)
        known = CardFacts(True, atr, thai, test, generation.name if generation else None)
        self.card = known  # whatever else fails, this much is known
        return CardFacts(True, atr, thai, test, known.generation, self._serial() if thai else b"")

    def _selects(self, connection: Connection, aid: bytes) -> bool:
        sw = connection.send(SELECT.encode(aid)).sw
        return sw == StatusWord.OK or StatusFamily.BYTES_WAITING.number(sw) is not None

    def _serial(self) -> bytes:
        try:
            with self.terminal() as terminal:
                return CardClient(terminal).card_serial()
        except HarnessError as error:
            self._note(error)
        except SpecError as error:
            self.troubles.append(Text(f"The answer is malformed: {error}.", f"คำตอบผิดรูปแบบ: {error}"))
        return b""

    def unmet(self, needs: frozenset[Need]) -> Need | None:
        """The first need that nothing here meets; None if all are met."""
        met = {
            # A missing card is not a property of the reader: what needs one is then incomplete, see the runner.
            Need.ANY_CARD: True,
            Need.THAI_CARD: self.card.thai or not self.card.present,
            Need.VIRTUAL_CARD: self.card.virtual,
            Need.ACTUATOR: self.can_move_card,
            Need.UNPLUG: self.actuator.can_unplug,
            Need.FAULT_CARD: self.card.test or OddCard.TEST in self.actuator.odd_cards,
            Need.PIN_CONSENT: self.pin is not None and (self.card.virtual or self._consented()),
            Need.PAPER: not self.virtual_reader,
        }
        return next((need for need in Need if need in needs and not met[need]), None)

    def _consented(self) -> bool:
        given = (self.real_card or "").replace(" ", "").upper()
        return bool(self.card.serial) and given == self.card.serial.hex().upper()

    def require_moments(self) -> None:
        """Raises DoesNotApply where it is not known when the card, or the reader's plug, was moved."""
        if not self.actuator.precise:
            raise DoesNotApply(
                Text(
                    "A person's hand gives no moment to measure from.",
                    "การเสียบหรือถอดด้วยมือไม่มีจุดเวลาให้เริ่มวัด",
                )
            )

    def require_present(self) -> None:
        """Wait for the card to be in; CannotMeasure if it does not come."""
        patience = self.actuator.patience_s
        with self.client(patience + LIMIT_S) as client:
            if client.await_presence(True, client.state(), patience) is None:
                raise CannotMeasure(_NOT_SEEN)


class _TimedTerminal(PcscTerminal):
    """Ends with the time of the criterion at hand."""

    def __init__(self, subject: Subject) -> None:
        super().__init__(subject.reader, timeout_s=LIMIT_S, disposition="reset")
        self._subject = subject

    def transmit(self, apdu: bytes) -> bytes:
        """As PcscTerminal. Raises OutOfTime, too."""
        self._subject.check_time()
        return super().transmit(apdu)


_CARD_TROUBLE = {
    ResultCode.NO_SMARTCARD,
    ResultCode.UNRESPONSIVE_CARD,
    ResultCode.UNPOWERED_CARD,
    ResultCode.RESET_CARD,
    ResultCode.REMOVED_CARD,
    ResultCode.PROTO_MISMATCH,
    ResultCode.SHARING_VIOLATION,
    ResultCode.NOT_TRANSACTED,
}


def _error_of(failed: CallFailed, reader: str) -> HarnessError:
    """The error that a failed call means when nothing can be measured at all."""
    if failed.code == ResultCode.READER_UNAVAILABLE:
        return NoReader(reader, pcsc_code=failed.code)
    error = error_for(scard.Code(failed.code, failed.call), reader)
    assert isinstance(error, HarnessError | StackUnavailable)
    return error
