"""What a clerk of the registry office looks up and does.

A PIN is the owner's business: the one page that takes one shows it to nobody, and it is kept on the new card alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import select

from apdu_specs import citizen_id, keys, replies
from apdu_specs.digits import plain_digits, plain_number
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


@dataclass(frozen=True, slots=True)
class Order:
    """What a new card is made of: the content of the old card's file, and the PIN, typed twice by its owner.

    ``insist``: the owner wants this PIN though it is easily guessed.
    """

    card_file: bytes = field(repr=False)
    pin: str = field(repr=False)
    pin_again: str = field(repr=False)
    insist: bool = False


@dataclass(frozen=True, slots=True)
class NewCard:
    """A card that was issued: its serial, and its card file's content."""

    serial: bytes
    content: bytes = field(repr=False)

    @property
    def file_name(self) -> str:
        """What to call the file: by its serial, not by its owner."""
        return f"{self.serial.hex().upper()}.card"


class RegistryDesk:
    """Looks cards up and replaces them, for a clerk who is logged in."""

    def __init__(
        self, storage: Storage, audit: AuditLog, registry: RegistryOffice, master_key: bytes
    ) -> None:
        self._storage = storage
        self._audit = audit
        self._registry = registry
        self._master_key = master_key

    def look_up(self, query: str, *, by: str) -> Found:
        """A citizen by id, or by the serial of one of their cards. The look is audited.

        Raises Refused (request-not-valid, citizen-has-no-card, serial-unknown).
        """
        query = plain_number(query)
        by_id = citizen_id.is_valid(query)
        details = {"by": "citizen-id" if by_id else "serial"}
        with self._audit.judged("card-looked-up", actor=by, details=details) as session:
            if by_id:
                person = query
            else:
                card = session.get(IssuedCard, _serial("query", query, _A_QUERY))
                if card is None:
                    raise Refused(replies.REGISTRY_SERIAL_UNKNOWN)
                person = card.citizen_id
            theirs = select(IssuedCard).where(IssuedCard.citizen_id == person)
            rows = session.scalars(
                theirs.order_by(IssuedCard.issued_at.desc(), IssuedCard.serial.desc())
            ).all()
            if not rows:
                raise Refused(replies.REGISTRY_CITIZEN_HAS_NO_CARD)
        cards = tuple(OnFile(row.serial, row.issued_at, row.replaced_at) for row in rows)
        return Found(person, cards)

    def replace(self, person: str, old: str, new: str, *, by: str) -> None:
        """Make the card with the serial ``new`` (hexadecimal), which was made elsewhere, the citizen's latest.

        Raises Refused (request-not-valid, card-unknown, card-replaced, serial-taken).
        """
        self._registry.replace_card(
            person, _serial("old_serial", old, _A_SERIAL), _serial("new_serial", new, _A_SERIAL), by=by
        )

    def reissue(self, person: str, latest: str, order: Order, *, by: str) -> NewCard:
        """A new card in place of the one with the serial ``latest`` (hexadecimal), which was seen to be the citizen's latest.

        The card is whole before the registry records it, and nothing is recorded on any refusal. An answer that got lost is
        no way without end: the same file, though its card is the latest no more, makes another card, which replaces the lost
        one. Raises Refused (request-not-valid, weak-pin, card-unknown, card-replaced, serial-taken).
        """
        from emulator.offices.registry_desk.reissue import new_card  # with all that makes cards

        old = _serial("old_serial", latest, _A_SERIAL)
        with self._storage.reading() as session:
            known = session.scalars(select(IssuedCard.serial).where(IssuedCard.citizen_id == person)).all()
        card = new_card(order, person, frozenset(known), self._master_key)
        self._registry.replace_card(person, old, card.serial, by=by)
        return card


def _serial(name: str, told: str, otherwise: Text) -> bytes:
    told = plain_digits("".join(told.split()))
    try:
        serial = bytes.fromhex(told)
    except ValueError:
        serial = b""
    if len(serial) != keys.SERIAL_LENGTH:
        raise Refused(replies.REQUEST_NOT_VALID, faults=(Fault(name, otherwise),))
    return serial
