"""The staff's accounts and their logins at the pages."""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import delete, func, select, update

from apdu_specs import replies
from apdu_specs.language import Text
from emulator.offices.audit import AuditLog
from emulator.offices.clock import Clock
from emulator.offices.errors import Refused
from emulator.offices.staff import passwords
from emulator.offices.storage import Storage, digest
from emulator.offices.tables.sessions import StaffSession
from emulator.offices.tables.staff import StaffAccount

USER = re.compile(r"[a-z][a-z0-9.-]{0,39}")
IDLE_LIMIT = timedelta(minutes=30)  # assumed
LONGEST_SESSION = timedelta(hours=10)  # assumed: a working day
_NOBODYS_SALT = bytes(passwords.SALT_LENGTH)


class Desk(StrEnum):
    """Where a member of staff works."""

    NHSO_REGION = "nhso-region"
    REGISTRY = "registry"


@dataclass(frozen=True, slots=True)
class Member:
    """A member of staff. ``region``: of NHSO's 13, or None for all."""

    user: str
    name: str
    desk: Desk
    region: int | None

    @property
    def shown(self) -> Text:
        """The name as it is shown: the accounts that every back office begins with have one in both languages."""
        return next((each.name for each in SEEDED if each.name.th == self.name), Text(self.name, self.name))


@dataclass(frozen=True, slots=True)
class Account:
    """A member's account: when its password was set, and how many logins of it are open."""

    member: Member
    password_set_at: datetime
    sessions: int


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account just made, with the password that is told once."""

    user: str
    password: str = field(repr=False)
    desk: Desk


@dataclass(frozen=True, slots=True)
class Seed:
    """An account that every back office begins with. Its Thai name is the one on file."""

    user: str
    name: Text
    desk: Desk


SEEDED = (
    Seed("nhso", Text("NHSO regional officer (stand-in)", "เจ้าหน้าที่ สปสช. เขต (จำลอง)"), Desk.NHSO_REGION),
    Seed("registrar", Text("Registry officer (stand-in)", "เจ้าหน้าที่สำนักทะเบียน (จำลอง)"), Desk.REGISTRY),
)


class Staff:
    """Accounts and sessions. Session tokens and passwords are stored as digests only."""

    def __init__(self, storage: Storage, clock: Clock, audit: AuditLog) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit

    def set_account(
        self,
        user: str,
        *,
        name: str,
        desk: Desk,
        region: int | None = None,
        password: str | None = None,
        only_new: bool = False,
    ) -> NewAccount:
        """Make an account, or give a known one new particulars and a new password, which ends its sessions.

        ``only_new``: a known one is left alone. Raises Refused (account-exists) then, and ValueError for a user name that is none, or a password of fewer than 10 or more than 200 characters.
        """
        password = password or passwords.new_password()
        if USER.fullmatch(user) is None:
            raise ValueError("a user name is lower-case letters, digits, points and hyphens")
        _insist_on_length(password)
        salt = passwords.new_salt()
        details = {"desk": desk.value, "region": region}
        with self._audit.judged("staff-account", subject=user, details=details) as session:
            if only_new and session.get(StaffAccount, user) is not None:
                raise Refused(replies.ACCOUNT_EXISTS)
            session.merge(
                StaffAccount(
                    user=user,
                    name=name,
                    office=desk.value,
                    region=region,
                    salt=salt,
                    password_hash=passwords.hashed(password, salt),
                    changed_at=self._clock.now(),
                )
            )
            session.execute(delete(StaffSession).where(StaffSession.user == user))
        return NewAccount(user, password, desk)

    def set_password(self, user: str, password: str) -> int:
        """Give an account a password, which ends its sessions; gives how many ended.

        Raises Refused (account-unknown), and ValueError for a password of fewer than 10 or more than 200 characters.
        """
        _insist_on_length(password)
        salt = passwords.new_salt()
        hashed = passwords.hashed(password, salt)
        with self._audit.judged("staff-password", subject=user[:41]) as session:
            account = session.get(StaffAccount, user[:41], with_for_update=True)
            if account is None:
                raise Refused(replies.ACCOUNT_UNKNOWN)
            account.salt, account.password_hash, account.changed_at = salt, hashed, self._clock.now()
            ended = session.scalars(
                delete(StaffSession).where(StaffSession.user == user).returning(StaffSession.ends_at)
            ).all()
        return sum(ends > self._clock.now() for ends in ended)

    def accounts(self) -> tuple[Account, ...]:
        """All accounts, by user name."""
        now = self._clock.now()
        is_open = (StaffSession.ends_at > now, StaffSession.used_at > now - IDLE_LIMIT)
        with self._storage.reading() as session:
            number = func.count().label("number")
            counted = select(StaffSession.user, number).where(*is_open).group_by(StaffSession.user)
            sessions = {row.user: row.number for row in session.execute(counted)}
            rows = session.scalars(select(StaffAccount).order_by(StaffAccount.user)).all()
        return tuple(Account(_member(each), each.changed_at, sessions.get(each.user, 0)) for each in rows)

    def seed(self) -> tuple[NewAccount, ...]:
        """The accounts that every back office starts with, where they are missing, with new passwords."""
        with self._storage.reading() as session:
            known = set(session.scalars(select(StaffAccount.user)))
        return tuple(
            self.set_account(each.user, name=each.name.th, desk=each.desk)
            for each in SEEDED
            if each.user not in known
        )

    def log_in(self, user: str, password: str, desk: Desk) -> str:
        """A new session's token (43 characters). Raises Refused (staff-unknown), whatever of it is wrong."""
        with self._storage.reading() as session:
            account = session.get(StaffAccount, user[:41])
        # A user who does not exist takes as long as a wrong password.
        salt, expected = (_NOBODYS_SALT, b"") if account is None else (account.salt, account.password_hash)
        right = hmac.compare_digest(passwords.hashed(password[: passwords.MOST_LENGTH + 1], salt), expected)
        token = secrets.token_urlsafe(32)
        with self._audit.judged("staff-login", actor=user[:41], details={"desk": desk.value}) as session:
            if account is None or not right or account.office != desk:
                raise Refused(replies.STAFF_UNKNOWN)
            now = self._clock.now()
            session.execute(delete(StaffSession).where(StaffSession.ends_at <= now))
            session.add(
                StaffSession(
                    token_digest=digest(token), user=user, used_at=now, ends_at=now + LONGEST_SESSION
                )
            )
        return token

    def member(self, token: str) -> Member | None:
        """Whose session this is; None if it is over: after 30 idle minutes, after 10 hours, or by logging out."""
        now = self._clock.now()
        mine = StaffSession.token_digest == digest(token)
        with self._storage.reading() as session:
            found = session.execute(
                select(StaffSession, StaffAccount)
                .join(StaffAccount, StaffAccount.user == StaffSession.user)
                .where(mine)
            ).first()
        if found is None:
            return None
        begun, account = found
        if begun.ends_at <= now or begun.used_at + IDLE_LIMIT <= now:
            return None
        if now - begun.used_at > timedelta(minutes=1):
            with self._storage.transaction() as session:
                session.execute(update(StaffSession).where(mine).values(used_at=now))
        return _member(account)

    def log_out(self, token: str) -> None:
        """End a session."""
        with self._storage.transaction() as session:
            session.execute(delete(StaffSession).where(StaffSession.token_digest == digest(token)))


def _member(account: StaffAccount) -> Member:
    return Member(account.user, account.name, Desk(account.office), account.region)


def _insist_on_length(password: str) -> None:
    if not passwords.LEAST_LENGTH <= len(password) <= passwords.MOST_LENGTH:
        raise ValueError("a password has 10 to 200 characters")
