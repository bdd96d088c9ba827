"""The registry office: which card is a citizen's latest, and the proof that opens a card to a new PIN."""

from __future__ import annotations

from enum import Enum, auto

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from apdu_specs import keys, replies
from emulator.offices.audit import AuditLog
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage, table_of
from emulator.offices.tables.cards import IssuedCard

_CARDS = table_of(IssuedCard)
_CARDS_OF = select(_CARDS.c.serial, _CARDS.c.replaced_at).where(
    _CARDS.c.citizen_id == bindparam("citizen_id")
)


class Standing(Enum):
    """What the registry says about a card in somebody's hand."""

    LATEST = auto()
    REPLACED = auto()
    UNKNOWN_CARD = auto()
    UNKNOWN_CITIZEN = auto()


class RegistryOffice:
    """Issues and replaces cards and proves itself to them. Serials are 8 bytes, citizen ids 13 digits."""

    def __init__(self, storage: Storage, clock: Clock, audit: AuditLog, master_key: bytes) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._master_key = master_key

    def know_card(self, citizen_id: str, serial: bytes) -> None:
        """Record that a card was issued: it becomes the citizen's latest. Telling it twice changes nothing.

        Raises Refused (serial-taken, card-replaced).
        """
        with self._storage.reading() as session:
            known = session.get(IssuedCard, serial)
        if known is not None and known.citizen_id == citizen_id and known.replaced_at is None:
            return
        try:
            with self._audit.judged("card-issued", subject=citizen_id, details=_card(serial)) as session:
                self._issue(session, citizen_id, serial)
        except IntegrityError:  # somebody else told us of a card of this citizen at the same moment
            self.know_card(citizen_id, serial)

    def replace_card(
        self, citizen_id: str, old_serial: bytes, new_serial: bytes, *, by: str | None = None
    ) -> None:
        """Make ``new_serial`` the latest card; ``old_serial`` is refused everywhere from now on. ``by``: the clerk.

        Raises Refused (card-unknown, card-replaced, serial-taken).
        """
        details = _card(new_serial)
        with self._audit.judged("card-replaced", actor=by, subject=citizen_id, details=details) as session:
            self._insist_on_latest(session.connection(), citizen_id, old_serial)
            if session.get(IssuedCard, new_serial) is not None:
                raise Refused(replies.REGISTRY_SERIAL_TAKEN)
            if not self._retire_latest(session, citizen_id, old_serial):
                raise Refused(replies.REGISTRY_CARD_REPLACED)
            session.add(self._new_card(citizen_id, new_serial))

    def prove(self, citizen_id: str, serial: bytes, challenge: bytes) -> bytes:
        """The proof (32 bytes) that answers a card's office challenge (16 bytes).

        Raises Refused (card-unknown, card-replaced).
        """
        with self._audit.judged("office-proof", subject=citizen_id, details=_card(serial)) as session:
            self._insist_on_latest(session.connection(), citizen_id, serial)
        key = keys.office_key(self._master_key, citizen_id, serial)
        return keys.office_proof(key, challenge=challenge, serial=serial)

    def insist_on_latest(self, citizen_id: str, serial: bytes) -> None:
        """Return if this is the citizen's latest card; nothing is written. Raises Refused (card-unknown, card-replaced)."""
        with self._storage.looking() as connection:
            self._insist_on_latest(connection, citizen_id, serial)

    def standing(self, citizen_id: str, serial: bytes) -> Standing:
        """What the registry knows of this card in this citizen's hand."""
        with self._storage.looking() as connection:
            return self.standing_in(connection, citizen_id, serial)

    def standing_in(self, connection: Connection, citizen_id: str, serial: bytes) -> Standing:
        """As ``standing``, inside somebody's transaction."""
        theirs = connection.execute(_CARDS_OF, {"citizen_id": citizen_id}).all()
        for card in theirs:
            if card.serial == serial:
                return Standing.LATEST if card.replaced_at is None else Standing.REPLACED
        return Standing.UNKNOWN_CARD if theirs else Standing.UNKNOWN_CITIZEN

    def particulars(self, session: Session, citizen_id: str) -> dict[str, object] | None:
        """What the registry tells the authority's services of a citizen; None if it knows nothing."""
        theirs = select(IssuedCard).where(IssuedCard.citizen_id == citizen_id).order_by(IssuedCard.issued_at)
        cards = session.scalars(theirs).all()
        if not cards:
            return None
        latest = next((card for card in cards if card.replaced_at is None), None)
        return {
            "pid": citizen_id,
            "cardsIssued": len(cards),
            "latestCard": None
            if latest is None
            else {"cid": latest.serial.hex().upper(), "issueDate": latest.issued_at.isoformat()},
        }

    def _issue(self, session: Session, citizen_id: str, serial: bytes) -> None:
        known = session.get(IssuedCard, serial)
        if known is None:
            self._retire_latest(session, citizen_id)
            session.add(self._new_card(citizen_id, serial))
            session.flush()
        elif known.citizen_id != citizen_id:
            raise Refused(replies.REGISTRY_SERIAL_TAKEN)
        elif known.replaced_at is not None:
            raise Refused(replies.REGISTRY_CARD_REPLACED)

    def _insist_on_latest(self, connection: Connection, citizen_id: str, serial: bytes) -> None:
        match self.standing_in(connection, citizen_id, serial):
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


def _card(serial: bytes) -> dict[str, str]:
    return {"card": serial.hex().upper()}
