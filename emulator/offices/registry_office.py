"""The registry office: which card is a citizen's latest, and the proof that opens a card to a new PIN."""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy import update
from sqlalchemy.orm import Session

from apdu_specs import keys, replies
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.storage import IssuedCard, Storage


class Standing(Enum):
    """What the registry says about a card in somebody's hand."""

    LATEST = auto()
    REPLACED = auto()
    UNKNOWN_CARD = auto()
    UNKNOWN_CITIZEN = auto()


class RegistryOffice:
    """Issues and replaces cards and proves itself to them. Serials are 8 bytes, citizen ids 13 digits."""

    def __init__(self, storage: Storage, clock: Clock, master_key: bytes) -> None:
        self._storage = storage
        self._clock = clock
        self._master_key = master_key

    def know_card(self, citizen_id: str, serial: bytes) -> None:
        """Record that a card was issued: it becomes the citizen's latest. Telling it twice changes nothing.

        Raises Refused (serial-taken, card-replaced).
        """
        with self._storage.transaction() as session:
            known = session.get(IssuedCard, serial)
            if known is None:
                self._retire_latest(session, citizen_id)
                session.add(self._new_card(citizen_id, serial))
            elif known.citizen_id != citizen_id:
                raise Refused(replies.REGISTRY_SERIAL_TAKEN)
            elif known.replaced_at is not None:
                raise Refused(replies.REGISTRY_CARD_REPLACED)

    def replace_card(self, citizen_id: str, old_serial: bytes, new_serial: bytes) -> None:
        """Make ``new_serial`` the latest card; ``old_serial`` is refused everywhere from now on.

        Raises Refused (card-unknown, card-replaced, serial-taken).
        """
        self._insist_on_latest(citizen_id, old_serial)
        with self._storage.transaction() as session:
            if session.get(IssuedCard, new_serial) is not None:
                raise Refused(replies.REGISTRY_SERIAL_TAKEN)
            if not self._retire_latest(session, citizen_id, old_serial):
                raise Refused(replies.REGISTRY_CARD_REPLACED)
            session.add(self._new_card(citizen_id, new_serial))

    def prove(self, citizen_id: str, serial: bytes, challenge: bytes) -> bytes:
        """The proof (32 bytes) that answers a card's office challenge (16 bytes).

        Raises Refused (card-unknown, card-replaced).
        """
        self._insist_on_latest(citizen_id, serial)
        key = keys.office_key(self._master_key, citizen_id, serial)
        return keys.office_proof(key, challenge=challenge, serial=serial)

    def standing(self, citizen_id: str, serial: bytes) -> Standing:
        """What the registry knows of this card in this citizen's hand."""
        with self._storage.transaction() as session:
            card = session.get(IssuedCard, serial)
            if card is not None and card.citizen_id == citizen_id:
                return Standing.LATEST if card.replaced_at is None else Standing.REPLACED
            if session.query(IssuedCard).filter_by(citizen_id=citizen_id).first() is None:
                return Standing.UNKNOWN_CITIZEN
            return Standing.UNKNOWN_CARD

    def _insist_on_latest(self, citizen_id: str, serial: bytes) -> None:
        match self.standing(citizen_id, serial):
            case Standing.LATEST:
                return
            case Standing.REPLACED:
                raise Refused(replies.REGISTRY_CARD_REPLACED)
            case _:
                raise Refused(replies.REGISTRY_CARD_UNKNOWN)

    def _retire_latest(self, session: Session, citizen_id: str, serial: bytes | None = None) -> bool:
        """Mark the citizen's latest card (only ``serial``, when given) as replaced; True if there was one."""
        retire = update(IssuedCard).where(
            IssuedCard.citizen_id == citizen_id, IssuedCard.replaced_at.is_(None)
        )
        if serial is not None:
            retire = retire.where(IssuedCard.serial == serial)
        retired = session.execute(retire.values(replaced_at=self._clock.now()).returning(IssuedCard.serial))
        return retired.first() is not None

    def _new_card(self, citizen_id: str, serial: bytes) -> IssuedCard:
        return IssuedCard(serial=serial, citizen_id=citizen_id, issued_at=self._clock.now(), replaced_at=None)
