"""Giving the card in the reader a new PIN that its owner chose: what is looked at first, and what may stop it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from apdu_specs import replies
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.moi import MOI
from apdu_specs.pin_policy import PinState
from apdu_specs.values import BuddhistDate
from apdu_specs.weak_pin import weaknesses
from harness.client import CardClient
from harness.client.card import well_formed
from harness.errors import HarnessError, PinLocked, PinSuspended
from harness.officer.errors import RegistryRefused, ServiceNonsense, ServiceSilent, ServiceUnreachable
from harness.officer.offices import RegistryClient
from harness.terminals import Terminal

_DISOWNED = {replies.REGISTRY_CARD_REPLACED.status, replies.REGISTRY_CARD_UNKNOWN.status}


class PinsDiffer(HarnessError):
    """The PIN was entered twice, and not the same."""

    def __init__(self) -> None:
        super().__init__(
            Text("The two entries are not the same.", "รหัสที่กรอกทั้งสองครั้งไม่ตรงกัน"),
            Text("Enter the new PIN twice again.", "กรอกรหัส PIN ใหม่ทั้งสองช่องอีกครั้ง"),
        )


class PinEasilyGuessed(HarnessError):
    """The owner chose a PIN that others may guess, and did not insist. ``reasons`` say why."""

    def __init__(self, reasons: tuple[Text, ...]) -> None:
        self.reasons = reasons
        super().__init__(
            Text(
                f"This PIN is easily guessed: {', '.join(reason.en for reason in reasons)}.",
                f"รหัส PIN นี้คาดเดาได้ง่าย: {', '.join(reason.th for reason in reasons)}",
            ),
            Text(
                "Choose another one; or insist, at your own risk.",
                "ควรกำหนดรหัสอื่น หรือยืนยันใช้รหัสนี้โดยรับความเสี่ยงเอง",
            ),
        )


@dataclass(frozen=True, slots=True)
class CardAtCounter:
    """What the clerk sees of the card: serial (8 bytes) and the state of its PIN; nothing of the owner.

    ``objection``: why the registry office would give no proof for this card, in its words or because it cannot be asked.
    """

    serial: bytes
    state: PinState
    tries_left: int | None = None
    objection: HarnessError | None = None

    @property
    def is_disowned(self) -> bool:
        """Whether the registry office refuses the card itself: replaced, or never issued."""
        return isinstance(self.objection, RegistryRefused) and self.objection.status in _DISOWNED


@dataclass(frozen=True, slots=True)
class _Owner:
    citizen_id: str = field(repr=False)
    born: BuddhistDate | None = field(repr=False)


class PinRenewal:
    """One reader's counter. Each question connects anew, so that whichever card is in the reader is the one meant."""

    def __init__(
        self, connect: Callable[[], Terminal], registry: RegistryClient, *, real_card: str | None = None
    ) -> None:
        """``connect`` gives a terminal that is not connected yet; ``real_card`` as for ``CardClient``."""
        self._connect = connect
        self._registry = registry
        self._real_card = real_card
        self._one_at_a_time = threading.Lock()

    def look(self) -> CardAtCounter:
        """The card in the reader, and what the registry office says of it. Costs the card nothing.

        Raises the terminal's errors (NoReader, NoCard, ...).
        """
        with self._one_at_a_time, self._connect() as terminal:
            client = self._client(terminal)
            with client.alone():
                card, citizen_id = _look(client), client.citizen_id()
        try:  # nobody's card is kept from others meanwhile
            self._registry.insist_on_latest(citizen_id, card.serial)
        except (RegistryRefused, ServiceUnreachable, ServiceSilent, ServiceNonsense) as error:
            return replace(card, objection=error)
        return card

    def renew(self, pin: str, again: str, *, insist: bool, serial: bytes | None = None) -> CardAtCounter:
        """Give the card the PIN that its owner chose. ``serial``: the card that the owner was shown.

        Raises PinMalformed, PinsDiffer, PinEasilyGuessed (unless ``insist``), CardSwapped, PinLocked, and whatever card or
        registry office refuse with.
        """
        chosen = well_formed(pin)
        if again != chosen:
            raise PinsDiffer
        with self._one_at_a_time, self._connect() as terminal:
            client = self._client(terminal)
            # To its end: the proof is for the challenge that the card gave last, and lasts until something else is selected.
            with client.alone():
                return self._renew(client, chosen, insist, serial)

    def _renew(self, client: CardClient, chosen: str, insist: bool, serial: bytes | None) -> CardAtCounter:
        card = _look(client)
        if serial is not None and serial != card.serial:
            raise CardSwapped
        if card.state is PinState.LOCKED:
            client.tries_left()  # raises PinLocked in the card's own words
        owner = _owner(client)
        reasons = weaknesses(chosen, citizen_id=owner.citizen_id, born=owner.born)
        if reasons and not insist:
            raise PinEasilyGuessed(reasons)
        proof = self._registry.proof(owner.citizen_id, card.serial, client.office_challenge())
        client.office_authenticate(proof)
        client.office_reset_pin(chosen)
        return _look(client)

    def _client(self, terminal: Terminal) -> CardClient:
        return CardClient(terminal, real_card=self._real_card)


class CardSwapped(HarnessError):
    """Another card is in the reader than the one that the page showed. Nothing was changed on it."""

    def __init__(self) -> None:
        super().__init__(
            Text("Another card is in the reader now.", "บัตรในเครื่องอ่านเป็นคนละใบกับที่แสดงไว้"),
            Text(
                "Look at the card again first; nothing was changed.", "ตรวจสอบบัตรอีกครั้งก่อน ยังไม่มีการเปลี่ยนแปลงใด"
            ),
        )


def _look(client: CardClient) -> CardAtCounter:
    serial = client.card_serial()
    try:
        return CardAtCounter(serial, PinState.READY, client.tries_left())
    except PinSuspended:
        return CardAtCounter(serial, PinState.SUSPENDED)
    except PinLocked:
        return CardAtCounter(serial, PinState.LOCKED)


def _owner(client: CardClient) -> _Owner:
    try:
        born = client.read_field(MOI, "birth_date")
    except SpecError:  # a date that is none cannot be guessed either
        born = None
    return _Owner(client.citizen_id(), born if isinstance(born, BuddhistDate) else None)
