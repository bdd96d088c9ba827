"""All the offices around one database: opened by one function, closed together."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from pathlib import Path

from apdu_specs import keys
from emulator.offices.agent_desk import AgentDesk
from emulator.offices.attempts import Attempts, Limits
from emulator.offices.audit import AuditLog, audit_key
from emulator.offices.authen_codes import AuthenCodes
from emulator.offices.authority import Authority
from emulator.offices.citizens.register import Citizens
from emulator.offices.clock import Clock, MovedClock, SystemClock
from emulator.offices.levels import Levels
from emulator.offices.mail.outbox import Outbox
from emulator.offices.nhso import Nhso
from emulator.offices.registry_desk.desk import RegistryDesk
from emulator.offices.registry_office import RegistryOffice
from emulator.offices.rights.office import RightsOffice
from emulator.offices.srm.tokens import SrmTokens
from emulator.offices.staff.accounts import Staff
from emulator.offices.storage import Storage


@dataclass(frozen=True, slots=True)
class Offices:
    """What every part of the offices needs. Made by ``open_offices``."""

    storage: Storage
    clock: Clock
    audit: AuditLog
    attempts: Attempts
    counter_key: str = field(repr=False)
    """What the counters' programs show in the header ``X-Counter-Key``."""
    test_mode: bool
    """Let tests move the clock over HTTP. Never where people work."""
    registry: RegistryOffice
    authority: Authority
    nhso: Nhso
    citizens: Citizens
    authen_codes: AuthenCodes
    agent_desk: AgentDesk
    srm: SrmTokens
    staff: Staff
    mail: Outbox
    rights: RightsOffice
    registry_desk: RegistryDesk
    form_key: bytes = field(repr=False)
    """Makes the tokens of the pages' forms."""

    def close(self) -> None:
        """Close the database."""
        self.storage.close()


def open_offices(
    master_key: bytes = keys.SPECIMEN_MASTER_KEY,
    *,
    database: Path | str | None = None,
    clock: Clock | None = None,
    barred_offices: frozenset[str] = frozenset(),
    counter_key: str | None = None,
    limits: Limits | None = None,
    test_mode: bool = False,
    levels: Levels | None = None,
) -> Offices:
    """The offices on a database (as ``Storage`` takes it; None is memory). A counter key is made when none is given.

    Raises DatabaseUnusable, DatabaseTooNew.
    """
    clock = clock or (MovedClock() if test_mode else SystemClock())
    storage = Storage(database)
    try:
        audit = AuditLog(storage, clock, audit_key(master_key))
        registry = RegistryOffice(storage, clock, audit, master_key)
        authority = Authority(storage, clock, audit, registry, master_key, barred_offices=barred_offices)
        nhso = Nhso(storage, clock, audit, authority, levels)
        outbox = Outbox(storage, clock)
        citizens = Citizens(storage, clock, audit)
        authen_codes = AuthenCodes(storage, clock, audit, citizens)
        return Offices(
            storage=storage,
            clock=clock,
            audit=audit,
            attempts=Attempts(storage, clock, master_key, limits),
            counter_key=counter_key or secrets.token_urlsafe(24),
            test_mode=test_mode,
            registry=registry,
            authority=authority,
            nhso=nhso,
            citizens=citizens,
            authen_codes=authen_codes,
            agent_desk=AgentDesk(storage, clock, audit, citizens, authen_codes),
            srm=SrmTokens(storage, clock, audit, nhso),
            staff=Staff(storage, clock, audit),
            mail=outbox,
            rights=RightsOffice(storage, clock, audit, nhso, outbox),
            registry_desk=RegistryDesk(storage, audit, registry, master_key),
            form_key=hmac.digest(master_key, b"thnid pages", "sha256"),
        )
    except BaseException:
        storage.close()
        raise
