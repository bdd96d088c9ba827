"""NHSO: who is an officer, with which single level, and the smctoken an officer works with until midnight."""

from __future__ import annotations

import secrets
import string
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import Connection, Row, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session

from apdu_specs import replies
from apdu_specs.bangkok import next_midnight
from apdu_specs.language import Text
from emulator.offices.audit import AuditLog
from emulator.offices.authority import mark
from emulator.offices.clock import Clock
from emulator.offices.erm import ERM, Module
from emulator.offices.errors import Fault, Refused
from emulator.offices.levels import Level, Levels, standard_levels
from emulator.offices.sixty_days import has_lapsed, idle_days
from emulator.offices.storage import Storage, Together, digest, table_of
from emulator.offices.tables.officers import Officer, OfficerSession

TOKEN_LENGTH = 16
TOKEN_ALPHABET = string.ascii_lowercase + string.digits


_OFFICERS = table_of(Officer)
_SESSIONS = table_of(OfficerSession)
_LOCKED = select(_OFFICERS).where(_OFFICERS.c.citizen_id == bindparam("citizen")).with_for_update()
_NOTE_LOGIN = (
    update(_OFFICERS)
    .where(_OFFICERS.c.citizen_id == bindparam("citizen"))
    .values({_OFFICERS.c.last_login_at: bindparam("now")})
)
_END_RIGHT = (
    update(_OFFICERS)
    .where(_OFFICERS.c.citizen_id == bindparam("citizen"))
    .values(
        {_OFFICERS.c.revoked_at: bindparam("now"), _OFFICERS.c.revoked_because: bindparam("because")},
    )
)
_OF_SESSION: dict[Any, Any] = {
    _SESSIONS.c.token_digest: bindparam("token_digest"),
    _SESSIONS.c.expires_at: bindparam("expires_at"),
}
_REPLACE_SESSION = update(_SESSIONS).where(_SESSIONS.c.citizen_id == bindparam("citizen")).values(_OF_SESSION)
_NOTE_LOGIN_AND_REPLACE_SESSION = Together(_NOTE_LOGIN, _REPLACE_SESSION)
_ADD_SESSION = insert(_SESSIONS).values({_SESSIONS.c.citizen_id: bindparam("citizen"), **_OF_SESSION})


class RevokedBecause(StrEnum):
    """Why a right ended."""

    ORGANISATION_ASKED = "organisation"
    RESPONSIBLE_CHANGED = "responsible-changed"
    SIXTY_DAYS = "sixty-days"


class IdentityWitness(Protocol):
    """All that NHSO asks of the authority: whose identity does this TKey confirm?"""

    def who_in(self, connection: Connection, tkey: str) -> str | None: ...


@dataclass(frozen=True, slots=True)
class OfficerLogin:
    """A successful login: smctoken (16 lower-case letters and digits), its end, and what it opens."""

    smctoken: str
    expires_at: datetime
    level: Level
    modules: tuple[Module, ...]

    def __repr__(self) -> str:
        return f"OfficerLogin(level={self.level.id!r})"


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Who works with an smctoken, with which level, for which organisation (five digits)."""

    citizen_id: str = field(repr=False)
    level: Level
    organisation: str


class Nhso:
    """The officers' side of NHSO."""

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        audit: AuditLog,
        witness: IdentityWitness,
        levels: Levels | None = None,
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._witness = witness
        self.levels = levels or standard_levels()

    def register(self, citizen_id: str, *, name: str, organisation: str) -> None:
        """Note an officer whom an organisation named, without a right yet. A known officer is kept."""
        with self._storage.transaction() as session:
            if session.get(Officer, citizen_id) is None:
                session.add(Officer(citizen_id=citizen_id, name=name, organisation=organisation))

    def knows(self, citizen_id: str) -> bool:
        """Whether this citizen is or was an officer, or was named as one."""
        with self._storage.reading() as session:
            return session.get(Officer, citizen_id) is not None

    def grant(self, citizen_id: str, *, name: str, organisation: str, level: str) -> None:
        """Grant a right of one level from now on; an earlier level, revocation or lapse is replaced by it.

        ``level`` is a level's id. Raises Refused (level-unknown).
        """
        if self.levels.get(level) is None:
            raise unknown_level(self.levels)
        with self._storage.transaction() as session:
            self.grant_in(session, citizen_id, name=name, organisation=organisation, level=level)

    def grant_in(
        self,
        session: Session,
        citizen_id: str,
        *,
        name: str,
        organisation: str,
        level: str,
        by: str | None = None,
    ) -> None:
        """As ``grant`` with a level that is known, inside somebody's transaction and with its entry in the log."""
        officer = _locked(session, citizen_id) or Officer(citizen_id=citizen_id)
        ended = officer.revoked_at is not None or _lapses(officer, self._clock.now())
        if ended or officer.organisation != organisation:
            _end_session(session, citizen_id)  # a token of the right before opens nothing of the new one
        officer.name, officer.organisation, officer.level = name, organisation, level
        officer.granted_at, officer.last_login_at = self._clock.now(), None
        officer.revoked_at, officer.revoked_because = None, None
        session.add(officer)
        details = {"level": level, "organisation": organisation}
        self._audit.record(session, "right-granted", actor=by, subject=citizen_id, details=details)

    def revoke(self, citizen_id: str) -> None:
        """End an officer's right, and with it what a token of theirs opens. Raises Refused (officer-unknown)."""
        with self._audit.judged("right-revoked", subject=citizen_id) as session:
            self._revoke(session, citizen_id, RevokedBecause.ORGANISATION_ASKED)

    def revoke_in(
        self, session: Session, citizen_id: str, because: RevokedBecause, *, by: str | None = None
    ) -> None:
        """As ``revoke``, inside somebody's transaction and with its entry in the log."""
        self._revoke(session, citizen_id, because)
        details = {"because": because.value}
        self._audit.record(session, "right-revoked", actor=by, subject=citizen_id, details=details)

    def _revoke(self, session: Session, citizen_id: str, because: RevokedBecause) -> None:
        officer = _locked(session, citizen_id)
        if officer is None:
            raise Refused(replies.OFFICER_UNKNOWN)
        # The session stays: whoever works with its token is told that the right ended, not that nobody knows the token.
        officer.revoked_at, officer.revoked_because = self._clock.now(), because

    def lapse_in(self, session: Session, citizen_id: str) -> bool:
        """End the right if it was not used within 60 days, and say so in the log; True if it ends now."""
        officer = _locked(session, citizen_id)
        now = self._clock.now()
        if officer is None or not _lapses(officer, now):
            return False
        details = {"days": idle_days(_last_used(officer), now)}
        officer.revoked_at, officer.revoked_because = now, RevokedBecause.SIXTY_DAYS
        self._audit.record(session, "right-lapsed", subject=citizen_id, details=details)
        return True

    def set_idle_days(self, citizen_id: str, days: int) -> None:
        """Pretend that the right was granted and last used ``days`` days ago.

        Raises Refused (officer-unknown).
        """
        with self._storage.transaction() as session:
            officer = _locked(session, citizen_id)
            if officer is None:
                raise Refused(replies.OFFICER_UNKNOWN)
            officer.granted_at = officer.last_login_at = self._clock.now() - timedelta(days=days)

    def log_in(self, citizen_id: str, tkey: str) -> OfficerLogin:
        """Let an officer in whom the authority confirmed.

        Raises Refused (identity-not-confirmed, officer-unknown, no-right, right-revoked, right-lapsed).
        """
        token = "".join(secrets.choice(TOKEN_ALPHABET) for _ in range(TOKEN_LENGTH))
        details = {"tkey": mark(tkey), "token": mark(token)}
        with self._audit.judged("login", actor=citizen_id, details=details) as session:
            connection = session.connection()
            if self._witness.who_in(connection, tkey) != citizen_id:
                raise Refused(replies.IDENTITY_NOT_CONFIRMED)
            now = self._clock.now()
            officer = connection.execute(_LOCKED, {"citizen": citizen_id}).first()
            if officer is not None and _lapses(officer, now):
                ended = {"citizen": citizen_id, "now": now, "because": RevokedBecause.SIXTY_DAYS.value}
                connection.execute(_END_RIGHT, ended)
                raise Refused(replies.RIGHT_LAPSED, days=idle_days(_last_used(officer), now))
            level = self._level_of(officer, now)
            ends = next_midnight(now)
            _begin_session(connection, citizen_id, token, now, ends)
        return OfficerLogin(token, ends, level, _modules_for(level))

    def log_out(self, smctoken: str) -> None:
        """End an smctoken before its time. Raises Refused (token-not-valid)."""
        details = {"token": mark(smctoken)}
        with self._audit.judged("logout", details=details) as session:
            ended = session.execute(
                delete(OfficerSession)
                .where(
                    OfficerSession.token_digest == digest(smctoken),
                    OfficerSession.expires_at > self._clock.now(),
                )
                .returning(OfficerSession.citizen_id)
            ).first()
            if ended is None:
                raise Refused(replies.TOKEN_NOT_VALID)

    def holder_of_token(self, smctoken: str) -> TokenHolder:
        """Who holds an smctoken, and the level. A refusal is audited, so that a stolen token shows.

        Raises Refused (token-not-valid, right-revoked, right-lapsed).
        """
        holder = None
        try:
            with self._storage.reading() as session:
                mine = select(OfficerSession).where(OfficerSession.token_digest == digest(smctoken))
                found = session.scalar(mine)
                now = self._clock.now()
                if found is None or found.expires_at <= now:
                    raise Refused(replies.TOKEN_NOT_VALID)
                holder = found.citizen_id
                officer = session.get(Officer, holder)
                if officer is not None and _lapses(officer, now):
                    raise Refused(replies.RIGHT_LAPSED, days=idle_days(_last_used(officer), now))
                level = self._level_of(officer, now)
                assert officer is not None
        except Refused as refused:
            self._audit.refuse("token-refused", refused, actor=holder, details={"token": mark(smctoken)})
            raise
        return TokenHolder(holder, level, officer.organisation)

    def level_of(self, citizen_id: str) -> Level:
        """The level of an officer whose right stands now.

        Raises Refused (officer-unknown, no-right, right-revoked, right-lapsed).
        """
        now = self._clock.now()
        with self._storage.reading() as session:
            officer = session.get(Officer, citizen_id)
        if officer is not None and _lapses(officer, now):
            raise Refused(replies.RIGHT_LAPSED, days=idle_days(_last_used(officer), now))
        return self._level_of(officer, now)

    def level_of_token(self, smctoken: str) -> Level:
        """The level of the officer who holds an smctoken. Raises as ``holder_of_token``."""
        return self.holder_of_token(smctoken).level

    def modules(self, smctoken: str) -> tuple[Module, ...]:
        """The modules that the holder of an smctoken may enter. Raises as ``holder_of_token``."""
        return _modules_for(self.level_of_token(smctoken))

    def module(self, smctoken: str, module_id: str) -> tuple[Module, tuple[str, ...]]:
        """A module and what the holder may do in it.

        Raises as ``holder_of_token``, and Refused (module-unknown, module-not-permitted).
        """
        level = self.level_of_token(smctoken)
        for module in ERM.modules:
            if module.id == module_id:
                if module_id not in level.actions:
                    raise Refused(replies.MODULE_NOT_PERMITTED)
                return module, level.actions[module_id]
        raise Refused(replies.MODULE_UNKNOWN)

    def _level_of(self, officer: Officer | Row[Any] | None, now: datetime) -> Level:
        if officer is None:
            raise Refused(replies.OFFICER_UNKNOWN)
        if officer.level is None:
            raise Refused(replies.NO_RIGHT)
        if officer.revoked_because == RevokedBecause.SIXTY_DAYS:
            raise Refused(replies.RIGHT_LAPSED, days=idle_days(_last_used(officer), now))
        if officer.revoked_at is not None:
            raise Refused(replies.RIGHT_REVOKED)
        level = self.levels.get(officer.level)
        if level is None:  # it is not configured any more
            raise Refused(replies.NO_RIGHT)
        return level


def _locked(session: Session, citizen_id: str) -> Officer | None:
    """The officer, for this transaction alone: two logins at once are two, one after the other."""
    return session.get(Officer, citizen_id, with_for_update=True)


def _begin_session(
    connection: Connection, citizen_id: str, token: str, now: datetime, ends: datetime
) -> None:
    # The officer is locked, so nobody else begins one for them in between.
    begun = {"citizen": citizen_id, "now": now, "token_digest": digest(token), "expires_at": ends}
    if _NOTE_LOGIN_AND_REPLACE_SESSION.execute(connection, begun) == 0:
        connection.execute(_ADD_SESSION, begun)


def _end_session(session: Session, citizen_id: str) -> None:
    session.execute(delete(OfficerSession).where(OfficerSession.citizen_id == citizen_id))


def _lapses(officer: Officer | Row[Any], now: datetime) -> bool:
    """Has a right that still stands on paper not been used within 60 days?"""
    if officer.level is None or officer.revoked_at is not None:
        return False
    return has_lapsed(_last_used(officer), now)


def _last_used(officer: Officer | Row[Any]) -> datetime:
    """The last login, or the grant if the officer has not logged in since."""
    assert officer.granted_at is not None
    granted_at: datetime = officer.granted_at
    return max(granted_at, officer.last_login_at or granted_at)


def unknown_level(levels: Levels) -> Refused:
    """The refusal of a level that is not configured."""
    known = ", ".join(levels.ids)
    reason = Text(f"must be one of: {known}", f"ต้องเป็นค่าใดค่าหนึ่งต่อไปนี้: {known}")
    return Refused(replies.REQUEST_NOT_VALID, faults=(Fault("level", reason),))


def _modules_for(level: Level) -> tuple[Module, ...]:
    return tuple(module for module in ERM.modules if module.id in level.actions)
