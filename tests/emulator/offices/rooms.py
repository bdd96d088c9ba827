"""Offices without HTTP, a clock that stands still, and one citizen with a card."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apdu_specs import citizen_id, keys
from emulator.offices.audit import AuditLog, Entry
from emulator.offices.authority import Authority, Confirmation
from emulator.offices.clock import SetClock
from emulator.offices.nhso import Nhso
from emulator.offices.offices import Offices, open_offices
from emulator.offices.registry_office import RegistryOffice
from emulator.offices.storage import Storage

NOON_IN_BANGKOK = datetime(2026, 3, 10, 5, 0, tzinfo=UTC)
CITIZEN = citizen_id.synthetic(1)
OTHER_CITIZEN = citizen_id.synthetic(2)
CARD = bytes.fromhex("FFFF000000000001")
OTHER_CARD = bytes.fromhex("FFFF000000000002")
NEW_CARD = bytes.fromhex("FFFF000000000003")
OFFICE = "10001"
KEY_ID = 1


@dataclass
class Rooms:
    """All three offices around one in-memory database; CITIZEN has CARD, OTHER_CITIZEN has OTHER_CARD."""

    offices: Offices
    storage: Storage
    clock: SetClock
    audit: AuditLog
    registry: RegistryOffice
    authority: Authority
    nhso: Nhso

    def answer(
        self, xkey: bytes, *, citizen: str = CITIZEN, serial: bytes = CARD, status: int = 1
    ) -> Confirmation:
        """What a right card answers to a challenge."""
        key = keys.card_key(keys.SPECIMEN_MASTER_KEY, citizen, serial)
        cryptogram = keys.match_cryptogram(
            key, challenge=xkey, citizen_id=citizen, serial=serial, key_id=KEY_ID, match_status=status
        )
        return Confirmation(citizen, serial, xkey, KEY_ID, status, cryptogram, OFFICE)

    def tkey(self, citizen: str = CITIZEN, serial: bytes = CARD) -> str:
        """A TKey of a citizen whose card confirmed them."""
        xkey = self.authority.challenge(citizen, serial, OFFICE)
        return self.authority.confirm(self.answer(xkey, citizen=citizen, serial=serial))

    def grant(self, level: str = "register") -> None:
        """CITIZEN becomes an officer with a right."""
        self.nhso.grant(CITIZEN, name="เจ้าหน้าที่ ทดสอบ", organisation="99999", level=level)


def build_rooms(database: str | Path | None = None) -> Rooms:
    """Fresh offices at noon in Bangkok, 10 March 2026."""
    clock = SetClock(NOON_IN_BANGKOK)
    offices = open_offices(database=database, clock=clock, barred_offices=frozenset({"66666"}))
    offices.registry.know_card(CITIZEN, CARD)
    offices.registry.know_card(OTHER_CITIZEN, OTHER_CARD)
    return Rooms(
        offices, offices.storage, clock, offices.audit, offices.registry, offices.authority, offices.nhso
    )


def entries_about(audit: AuditLog, who: str) -> list[Entry]:
    """The audit log's entries where a citizen id (or an account's name) is actor or subject."""
    wanted = audit.pseudonym(who)
    return [entry for entry in audit.entries() if wanted in (entry.actor, entry.subject)]
