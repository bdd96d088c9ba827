"""NHSO: who is an officer, with which single level, and the smctoken an officer works with until midnight."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlalchemy import delete, select

from apdu_specs import replies
from emulator.offices.clock import Clock, next_midnight
from emulator.offices.erm import ERM, Level, Module
from emulator.offices.errors import Refused
from emulator.offices.sixty_days import has_lapsed, idle_days
from emulator.offices.storage import Officer, OfficerSession, Storage, digest

TOKEN_LENGTH = 16
TOKEN_ALPHABET = string.ascii_lowercase + string.digits


class RevokedBecause(StrEnum):
    """Why a right ended."""

    ORGANISATION_ASKED = "organisation"
    SIXTY_DAYS = "sixty-days"


class IdentityWitness(Protocol):
    """All that NHSO asks of the authority: whose identity does this TKey confirm?"""

    def who(self, tkey: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class OfficerLogin:
    """A successful login: smctoken (16 lower-case letters and digits), its end, and what it opens."""

    smctoken: str
    expires_at: datetime
    level: Level
    modules: tuple[Module, ...]

    def __repr__(self) -> str:
        return f"OfficerLogin(level={self.level.value!r})"


class Nhso:
    """The officers' side of NHSO."""

    def __init__(self, storage: Storage, clock: Clock, witness: IdentityWitness) -> None:
        self._storage = storage
        self._clock = clock
        self._witness = witness

    def register(self, citizen_id: str, *, name: str, organisation: str) -> None:
        """Note an officer whom an organisation named, without a right yet. A known officer is kept."""
        with self._storage.transaction() as session:
            if session.get(Officer, citizen_id) is None:
                session.add(Officer(citizen_id=citizen_id, name=name, organisation=organisation))

    def grant(self, citizen_id: str, *, name: str, organisation: str, level: Level) -> None:
        """Grant a right of one level from now on; an earlier level, revocation or lapse is replaced by it."""
        with self._storage.transaction() as session:
            officer = session.get(Officer, citizen_id) or Officer(citizen_id=citizen_id)
            officer.name, officer.organisation, officer.level = name, organisation, level.value
            officer.granted_at, officer.last_login_at = self._clock.now(), None
            officer.revoked_at, officer.revoked_because = None, None
            session.add(officer)

    def revoke(self, citizen_id: str) -> None:
        """End an officer's right and log the officer out. Raises Refused (officer-unknown)."""
        with self._storage.transaction() as session:
            officer = session.get(Officer, citizen_id)
            if officer is None:
                raise Refused(replies.OFFICER_UNKNOWN)
            officer.revoked_at = self._clock.now()
            officer.revoked_because = RevokedBecause.ORGANISATION_ASKED
            session.execute(delete(OfficerSession).where(OfficerSession.citizen_id == citizen_id))

    def set_idle_days(self, citizen_id: str, days: int) -> None:
        """Pretend that the right was granted and last used ``days`` days ago.

        Raises Refused (officer-unknown).
        """
        with self._storage.transaction() as session:
            officer = session.get(Officer, citizen_id)
            if officer is None:
                raise Refused(replies.OFFICER_UNKNOWN)
            officer.granted_at = officer.last_login_at = self._clock.now() - timedelta(days=days)

    def log_in(self, citizen_id: str, tkey: str) -> OfficerLogin:
        """Let an officer in whom the authority confirmed.

        Raises Refused (identity-not-confirmed, officer-unknown, no-right, right-revoked, right-lapsed).
        """
        if self._witness.who(tkey) != citizen_id:
            raise Refused(replies.IDENTITY_NOT_CONFIRMED)
        self._record_lapse(citizen_id)
        with self._storage.transaction() as session:
            officer = session.get(Officer, citizen_id)
            level = _level_of(officer, self._clock.now())
            assert officer is not None
            officer.last_login_at = self._clock.now()
            token = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
            ends = next_midnight(self._clock.now())
            session.merge(OfficerSession(citizen_id=citizen_id, token_digest=digest(token), expires_at=ends))
        return OfficerLogin(token, ends, level, _modules_for(level))

    def level_of_token(self, smctoken: str) -> Level:
        """The level of the officer who holds an smctoken.

        Raises Refused (token-not-valid, right-revoked, right-lapsed).
        """
        with self._storage.transaction() as session:
            mine = select(OfficerSession).where(OfficerSession.token_digest == digest(smctoken))
            officer_session = session.scalar(mine)
            if officer_session is None or officer_session.expires_at <= self._clock.now():
                raise Refused(replies.TOKEN_NOT_VALID)
            return _level_of(session.get(Officer, officer_session.citizen_id), self._clock.now())

    def modules(self, smctoken: str) -> tuple[Module, ...]:
        """The modules that the holder of an smctoken may enter. Raises as ``level_of_token``."""
        return _modules_for(self.level_of_token(smctoken))

    def module(self, smctoken: str, module_id: str) -> tuple[Module, tuple[str, ...]]:
        """A module and what the holder may do in it.

        Raises as ``level_of_token``, and Refused (module-unknown, module-not-permitted).
        """
        level = self.level_of_token(smctoken)
        for module in ERM.modules:
            if module.id == module_id:
                if level not in module.actions:
                    raise Refused(replies.MODULE_NOT_PERMITTED)
                return module, module.actions[level]
        raise Refused(replies.MODULE_UNKNOWN)

    def _record_lapse(self, citizen_id: str) -> None:
        # A transaction of its own: the refusal that follows must not undo the record.
        now = self._clock.now()
        with self._storage.transaction() as session:
            officer = session.get(Officer, citizen_id)
            if officer is None or officer.level is None or officer.revoked_at is not None:
                return
            if has_lapsed(_last_used(officer), now):
                officer.revoked_at, officer.revoked_because = now, RevokedBecause.SIXTY_DAYS
                session.execute(delete(OfficerSession).where(OfficerSession.citizen_id == citizen_id))


def _last_used(officer: Officer) -> datetime:
    """The last login, or the grant if the officer has not logged in since."""
    assert officer.granted_at is not None
    return max(officer.granted_at, officer.last_login_at or officer.granted_at)


def _level_of(officer: Officer | None, now: datetime) -> Level:
    if officer is None:
        raise Refused(replies.OFFICER_UNKNOWN)
    if officer.level is None:
        raise Refused(replies.NO_RIGHT)
    if officer.revoked_because == RevokedBecause.SIXTY_DAYS:
        raise Refused(replies.RIGHT_LAPSED, days=idle_days(_last_used(officer), now))
    if officer.revoked_at is not None:
        raise Refused(replies.RIGHT_REVOKED)
    return Level(officer.level)


def _modules_for(level: Level) -> tuple[Module, ...]:
    return tuple(module for module in ERM.modules if level in module.actions)
