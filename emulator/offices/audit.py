"""The audit log: what was asked of the offices, by whom, and what came of it. Entries are only ever added.

Each entry's hash covers the entry and the hash before it, so that a changed, deleted or moved entry breaks the
chain. The head (the last entry's number and hash) is sealed with a key that is not in the database, so that
entries cut off at the end, or a chain computed anew, are found too. Against a database put back as a whole,
seal included, the head can be kept elsewhere and compared (``Head``).

No citizen id is in the log: people are keyed digests, the same for the same person in one database.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, insert, select, type_coerce, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from apdu_specs import replies
from emulator.offices.clock import Clock
from emulator.offices.errors import AuditLogBroken, Refused
from emulator.offices.storage import Instant, Storage, Together, table_of
from emulator.offices.tables.audit import AuditEntry, AuditHead

Details = Mapping[str, str | int | bool | None]

_KEY_PURPOSE = b"thnid audit log"
_THE_HEAD = 1
_LIKE_A_CITIZEN_ID = re.compile(r"(?<!\d)\d{13}(?!\d)")
_BATCH = 1000


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: its number from 1, when, what, its outcome (``00000``, or the refusal's code), who and on whom.

    ``actor`` and ``subject`` are pseudonyms (32 hexadecimal digits); ``details`` a small mapping.
    """

    number: int
    at: datetime
    event: str
    outcome: str
    actor: str | None
    subject: str | None
    details: dict[str, object]


@dataclass(frozen=True, slots=True)
class Head:
    """Where the log ended when somebody looked: kept elsewhere, it shows later whether entries are gone."""

    number: int
    hash: bytes


class Break(StrEnum):
    """What is wrong where the log is broken."""

    MISSING = "missing"
    """The entry with this number is not there."""
    CHANGED = "changed"
    """The entry does not have the content that its hash was made of."""
    UNLINKED = "unlinked"
    """The entry does not follow the one before it."""
    CUT_OFF = "cut-off"
    """The log ends elsewhere than its head says."""
    SEAL = "seal"
    """The head was not sealed with this key."""
    NOT_THE_KEPT_ONE = "not-the-kept-one"
    """The log does not contain the head that was kept."""


@dataclass(frozen=True, slots=True)
class Broken:
    """The first entry where the log is broken, and how."""

    number: int
    why: Break


def audit_key(master_key: bytes) -> bytes:
    """The key that seals the log's head, from the offices' master key (both 32 bytes)."""
    return hmac.digest(master_key, _KEY_PURPOSE, "sha256")


class AuditLog:
    """Adds entries in the transaction of what they tell of, and verifies the log."""

    def __init__(self, storage: Storage, clock: Clock, key: bytes) -> None:
        self._storage = storage
        self._clock = clock
        self._key = key
        self._salt = self._open()

    def record(
        self,
        session: Session,
        event: str,
        *,
        actor: str | None = None,
        subject: str | None = None,
        outcome: str = replies.SUCCESS,
        details: Details | None = None,
    ) -> None:
        """Add an entry, as the last thing of a transaction: from here on other writers of the log wait for it.

        ``actor`` and ``subject`` are citizen ids (or names of accounts); only their digests are kept. Raises
        ValueError when the details carry what looks like a citizen id.
        """
        session.flush()  # the log waits last
        told = _canonical(details or {})
        if _LIKE_A_CITIZEN_ID.search(told):
            raise ValueError("an audit entry's details carry no citizen id")
        connection = session.connection()
        head = connection.execute(_HEAD_TO_MOVE).one()
        entry = {
            "number": head.number + 1,
            "at": self._clock.now(),
            "event": event,
            "outcome": outcome,
            "actor": self.pseudonym(actor),
            "subject": self.pseudonym(subject),
            "details": told,
            "previous": head.hash,
        }
        entry["hash"] = _hash(entry)
        entry["seal"] = self._seal(entry["number"], entry["hash"])
        _ADD_AND_MOVE_HEAD.execute(connection, {f"new_{name}": value for name, value in entry.items()})

    @contextmanager
    def judged(
        self,
        event: str,
        *,
        actor: str | None = None,
        subject: str | None = None,
        details: Details | None = None,
    ) -> Iterator[Session]:
        """A transaction with an entry of what came of it: done, or refused with the refusal's code.

        As ``Storage.decision``, a refusal commits what was written before it. Any other exception leaves nothing.
        ``details`` is read at the end, so it may be filled inside.
        """
        with self._storage.decision() as session:
            try:
                yield session
            except Refused as refused:
                self.record(
                    session,
                    event,
                    actor=actor,
                    subject=subject,
                    outcome=refused.reason.status,
                    details=details,
                )
                raise
            self.record(session, event, actor=actor, subject=subject, details=details)

    def refuse(
        self, event: str, refused: Refused, *, actor: str | None = None, details: Details | None = None
    ) -> None:
        """Add an entry of a refusal, in a transaction of its own."""
        with self._storage.transaction() as session:
            self.record(session, event, actor=actor, outcome=refused.reason.status, details=details)

    def pseudonym(self, person: str | None) -> str | None:
        """What stands for a person in this log: 32 hexadecimal digits."""
        return (
            None
            if person is None
            else hmac.digest(self._key, self._salt + person.encode(), "sha256").hex()[:32]
        )

    def head(self) -> Head:
        """Where the log ends now."""
        with self._storage.reading() as session:
            found = session.execute(_RAW_HEAD).one()
        if not (isinstance(found.number, int) and isinstance(found.hash, bytes)):
            raise AuditLogBroken(0)
        return Head(found.number, found.hash)

    def entries(self) -> Iterator[Entry]:
        """Every entry, oldest first. Raises AuditLogBroken where an entry holds what no entry does."""
        for row in self._rows():
            at = _instant(row.at)
            try:
                details = json.loads(row.details)
            except (TypeError, ValueError):
                details = None
            if at is None or not isinstance(details, dict):
                raise AuditLogBroken(row.number)
            yield Entry(row.number, at, row.event, row.outcome, row.actor, row.subject, details)

    def verify(self, kept: Head | None = None) -> Broken | None:
        """The first place where the log is broken; None when it is whole."""
        number, last = 0, self._genesis()
        kept_is_there = kept is None or (kept.number, kept.hash) == (number, last)
        # Before the entries: what is added while we look is not missing.
        with self._storage.reading() as session:
            head = session.execute(_RAW_HEAD).one()
        if not (
            isinstance(head.number, int) and isinstance(head.hash, bytes) and isinstance(head.seal, bytes)
        ):
            return Broken(0, Break.SEAL)
        for row in self._rows():
            if row.number != number + 1:
                return Broken(number + 1, Break.MISSING)
            if row.previous != last:
                return Broken(row.number, Break.UNLINKED)
            if row.hash != _hash_of_raw(row):
                return Broken(row.number, Break.CHANGED)
            number, last = row.number, row.hash
            if number == head.number and last != head.hash:
                return Broken(number, Break.CUT_OFF)
            if kept is not None and number == kept.number:
                kept_is_there = last == kept.hash
        if number < head.number:
            return Broken(number + 1, Break.CUT_OFF)
        if not hmac.compare_digest(head.seal, self._seal(head.number, head.hash)):
            return Broken(head.number, Break.SEAL)
        if number > head.number and self._head_is_still(head.number):
            return Broken(head.number + 1, Break.CUT_OFF)
        return None if kept_is_there else Broken(kept.number if kept else 0, Break.NOT_THE_KEPT_ONE)

    def _head_is_still(self, number: int) -> bool:
        return self.head().number == number

    def _rows(self) -> Iterator[Row[Any]]:
        after = 0
        while True:
            # In pieces, so that nobody who writes waits for a long look.
            piece = (
                select(*_RAW_COLUMNS)
                .where(AuditEntry.number > after)
                .order_by(AuditEntry.number)
                .limit(_BATCH)
            )
            with self._storage.reading() as session:
                rows = session.execute(piece).all()
            if not rows:
                return
            yield from rows
            after = rows[-1].number

    def _seal(self, number: int, last: bytes) -> bytes:
        return hmac.digest(self._key, self._salt + number.to_bytes(8) + last, "sha256")

    def _genesis(self) -> bytes:
        return sha256(self._salt).digest()

    def _open(self) -> bytes:
        """The salt of this database's log; the log is begun when there is none."""
        with self._storage.reading() as session:
            salt = session.scalar(select(type_coerce(_HEADS.c.salt, NullType())))
        if isinstance(salt, bytes):
            return salt
        if salt is not None:
            raise AuditLogBroken(0)
        self._salt = secrets.token_bytes(16)
        first = self._genesis()
        try:
            with self._storage.transaction() as session:
                session.add(
                    AuditHead(id=_THE_HEAD, salt=self._salt, number=0, hash=first, seal=self._seal(0, first))
                )
        except IntegrityError:  # another server began it at the same time
            return self._open()
        return self._salt


_ENTRIES, _HEADS = table_of(AuditEntry), table_of(AuditHead)
_HEAD_COLUMNS = (_HEADS.c.number, _HEADS.c.hash, _HEADS.c.seal)


def _raw(columns: Iterable[ColumnElement[Any]]) -> tuple[ColumnElement[Any], ...]:
    """As the database holds them: SQLite keeps any kind of value in any column, and so may whoever tampers."""
    return tuple(type_coerce(column, NullType()).label(column.name) for column in columns)


def _new(columns: Iterable[ColumnElement[Any]]) -> dict[Any, Any]:
    """Column -> what it becomes."""
    return {column: bindparam(f"new_{column.name}") for column in columns}


_RAW_COLUMNS = _raw(_ENTRIES.c)
_RAW_HEAD = select(*_raw(_HEAD_COLUMNS)).where(_HEADS.c.id == _THE_HEAD)
_HEAD_TO_MOVE = select(*_HEAD_COLUMNS).where(_HEADS.c.id == _THE_HEAD).with_for_update()
_ADD_AND_MOVE_HEAD = Together(
    insert(_ENTRIES).values(_new(_ENTRIES.c)),
    update(_HEADS).where(_HEADS.c.id == _THE_HEAD).values(_new(_HEAD_COLUMNS)),
)


def _canonical(details: Mapping[str, object]) -> str:
    return json.dumps(details, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash_of_raw(row: Row[Any]) -> bytes | None:
    """The hash of an entry as the database holds it; None if there is a value of a kind that no entry has."""
    try:
        return _hash({**row._asdict(), "at": _instant(row.at)})
    except (AssertionError, TypeError, ValueError):
        return None


def _instant(stored: object) -> datetime | None:
    """The point in time that a column holds; None if it holds something else."""
    try:
        return Instant().process_result_value(stored, None) if isinstance(stored, int) else None
    except OverflowError:
        return None


def _hash(entry: Mapping[str, object]) -> bytes:
    """SHA-256 of an entry's columns, each by name, the previous hash in hexadecimal."""
    at, previous = entry["at"], entry["previous"]
    assert isinstance(at, datetime)
    assert isinstance(previous, bytes)
    told = {**entry, "at": at.timestamp(), "previous": previous.hex()}
    told.pop("hash", None)
    return sha256(_canonical(told).encode()).digest()
