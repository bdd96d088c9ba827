"""SRM's tokens: signed JWTs (HS512), an access token for an hour and a refresh token that is good once.

Every refresh replaces the refresh token. One that comes a second time has been copied: whoever has it and whoever has
the newer one lose both. Public: the algorithm, ``exp``, the rotation. Life spans and the rule of reuse are ``assumed``.
A token says nothing of the officer: it names its login, and the database knows whose that is.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from apdu_specs import replies
from emulator.offices.audit import AuditLog
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.nhso import Nhso
from emulator.offices.storage import Storage, digest
from emulator.offices.tables.srm import SrmFamily, SrmKey

ALGORITHM = "HS512"
ACCESS_LIFE = timedelta(hours=1)
REFRESH_LIFE = timedelta(hours=24)
_ACCESS, _REFRESH = "access", "refresh"
_THE_KEY = 1
_LONGEST = 2048


@dataclass(frozen=True, slots=True)
class TokenPair:
    """An access token and the refresh token that gets the next pair."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)


class SrmTokens:
    """Issues, refreshes and checks tokens."""

    def __init__(self, storage: Storage, clock: Clock, audit: AuditLog, nhso: Nhso) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._nhso = nhso
        self._key: bytes | None = None

    def issue(self, smctoken: str) -> TokenPair:
        """Tokens for an officer who is logged in. Raises Refused as ``Nhso.holder_of_token``."""
        officer = self._nhso.holder_of_token(smctoken).citizen_id
        self._signing_key()
        family = secrets.token_hex(16)
        with self._audit.judged("srm-login", actor=officer) as session:
            pair = self._pair(family)
            session.add(
                SrmFamily(
                    family=family,
                    citizen_id=officer,
                    refresh_digest=digest(pair.refresh),
                    expires_at=self._clock.now() + REFRESH_LIFE,
                )
            )
            session.flush()
        return pair

    def refresh(self, refresh_token: str) -> TokenPair:
        """The next pair; the token given is dead from now on.

        Raises Refused (srm-token-not-valid, srm-token-expired, right-revoked, right-lapsed).
        """
        claims = self._claims(refresh_token, _REFRESH)
        self._nhso.level_of(self._login(claims).citizen_id)
        with self._audit.judged("srm-refresh") as session:
            login = session.get(SrmFamily, str(claims["fam"]), with_for_update=True)
            if login is None or login.revoked_at is not None:
                raise Refused(replies.SRM_TOKEN_NOT_VALID)
            if not hmac.compare_digest(login.refresh_digest, digest(refresh_token)):
                login.revoked_at = self._clock.now()
                session.flush()
                raise Refused(replies.SRM_TOKEN_NOT_VALID)
            pair = self._pair(login.family)
            login.refresh_digest = digest(pair.refresh)
            login.expires_at = self._clock.now() + REFRESH_LIFE
            session.flush()
        return pair

    def officer_of(self, access_token: str) -> str:
        """The citizen id of the officer who holds an access token.

        Raises Refused (srm-token-not-valid, srm-token-expired, right-revoked, right-lapsed).
        """
        login = self._login(self._claims(access_token, _ACCESS))
        if login.revoked_at is not None:
            raise Refused(replies.SRM_TOKEN_NOT_VALID)
        self._nhso.level_of(login.citizen_id)
        return login.citizen_id

    def _login(self, claims: dict[str, Any]) -> SrmFamily:
        with self._storage.reading() as session:
            login = session.get(SrmFamily, str(claims["fam"]))
        if login is None:
            raise Refused(replies.SRM_TOKEN_NOT_VALID)
        return login

    def _pair(self, family: str) -> TokenPair:
        return TokenPair(
            self._signed(family, _ACCESS, ACCESS_LIFE), self._signed(family, _REFRESH, REFRESH_LIFE)
        )

    def _signed(self, family: str, use: str, life: timedelta) -> str:
        import jwt  # not before somebody uses SRM: it costs every start of the offices 0.1 s

        now = self._clock.now()
        claims = {
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            "jti": secrets.token_hex(16),
            "fam": family,
            "use": use,
        }
        return jwt.encode(claims, self._signing_key(), algorithm=ALGORITHM)

    def _claims(self, token: str, use: str) -> dict[str, Any]:
        """The claims of a token of ours for this use that has not expired by the offices' clock."""
        import jwt

        if len(token) > _LONGEST:
            raise Refused(replies.SRM_TOKEN_NOT_VALID)
        try:
            claims = jwt.decode(
                token,
                self._signing_key(),
                algorithms=[ALGORITHM],
                # The offices' clock decides, which tests move.
                options={"verify_exp": False, "verify_iat": False, "require": ["exp", "jti", "fam", "use"]},
            )
        except (jwt.InvalidTokenError, ValueError) as error:
            raise Refused(replies.SRM_TOKEN_NOT_VALID) from error
        if claims["use"] != use:
            raise Refused(replies.SRM_TOKEN_NOT_VALID)
        if datetime.fromtimestamp(claims["exp"], UTC) <= self._clock.now():
            raise Refused(replies.SRM_TOKEN_EXPIRED)
        return dict(claims)

    def _signing_key(self) -> bytes:
        """This database's key, which is made when it is first needed."""
        if self._key is None:
            with self._storage.reading() as session:
                self._key = _kept_key(session)
        if self._key is None:
            made = secrets.token_bytes(64)
            try:
                with self._storage.transaction() as session:
                    session.add(SrmKey(id=_THE_KEY, key=made))
            except IntegrityError:  # another server made it at the same time
                return self._signing_key()
            self._key = made
        return self._key


def _kept_key(session: Session) -> bytes | None:
    return session.scalar(select(SrmKey.key).where(SrmKey.id == _THE_KEY))
