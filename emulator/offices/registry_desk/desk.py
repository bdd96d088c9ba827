"""What a clerk of the registry office looks up. PINs are no business of the clerk's: no page here takes one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from apdu_specs import citizen_id, keys, replies
from apdu_specs.language import Text
from emulator.offices.audit import AuditLog
from emulator.offices.errors import Fault, Refused
from emulator.offices.registry_office import RegistryOffice
from emulator.offices.storage import Storage
from emulator.offices.tables.cards import IssuedCard

_A_QUERY = Text(
    "must be a citizen id (13 digits) or a card's serial (16 hexadecimal digits)",
    "ต้องเป็นเลขประจำตัวประชาชน 13 หลัก หรือหมายเลขบัตรซึ่งเป็นเลขฐานสิบหก 16 ตัว",
)
_A_SERIAL = Text("must be 16 hexadecimal digits", "ต้องเป็นเลขฐานสิบหก 16 ตัว")


@dataclass(frozen=True, slots=True)
class OnFile:
    """A card on file: serial, when it was issued, and when another replaced it."""

    serial: bytes
    issued_at: datetime
    replaced_at: datetime | None


@dataclass(frozen=True, slots=True)
class Found:
    """A citizen and all cards, newest first."""

    citizen_id: str = field(repr=False)
    cards: tuple[OnFile, ...]

    @property
    def latest(self) -> OnFile | None:
        """The card that is valid."""
        return next((card for card in self.cards if card.replaced_at is None), None)


class RegistryDesk:
    """Looks cards up and replaces them, for a clerk who is logged in."""

    def __init__(self, storage: Storage, audit: AuditLog, registry: RegistryOffice) -> None:
        self._storage = storage
        self._audit = audit
        self._registry = registry

    def look_up(self, query: str, *, by: str) -> Found:
        """A citizen by id, or by the serial of one of their cards. The look is audited.

        Raises Refused (request-not-valid, card-unknown).
        """
        query = "".join(query.split()).replace("-", "")
        details = {"by": "citizen-id" if citizen_id.is_valid(query) else "serial"}
        with self._audit.judged("card-looked-up", actor=by, details=details) as session:
            if citizen_id.is_valid(query):
                person: str | None = query
            else:
                card = session.get(IssuedCard, _serial("query", query, _A_QUERY))
                person = None if card is None else card.citizen_id
            theirs = select(IssuedCard).where(IssuedCard.citizen_id == person)
            rows = session.scalars(
                theirs.order_by(IssuedCard.issued_at.desc(), IssuedCard.serial.desc())
            ).all()
            if person is None or not rows:
                raise Refused(replies.REGISTRY_CARD_UNKNOWN)
        cards = tuple(OnFile(row.serial, row.issued_at, row.replaced_at) for row in rows)
        return Found(person, cards)

    def replace(self, person: str, old: str, new: str) -> None:
        """Make the card with the serial ``new`` (hexadecimal) the citizen's latest.

        Raises Refused (request-not-valid, card-unknown, card-replaced, serial-taken).
        """
        self._registry.replace_card(
            person, _serial("old_serial", old, _A_SERIAL), _serial("new_serial", new, _A_SERIAL)
        )


def _serial(name: str, told: str, otherwise: Text) -> bytes:
    told = "".join(told.split())
    try:
        serial = bytes.fromhex(told)
    except ValueError:
        serial = b""
    if len(serial) != keys.SERIAL_LENGTH:
        raise Refused(replies.REQUEST_NOT_VALID, faults=(Fault(name, otherwise),))
    return serial
