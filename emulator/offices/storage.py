"""What the offices remember: the tables, and a SQLite engine that works from any thread.

Secrets that open something (TKey, smctoken) are stored as SHA-256 digests only, so that a copied database
logs nobody in. Instants are stored as microseconds since 1970 UTC, which every database compares the same
way.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Engine, Index, LargeBinary, String, create_engine, event
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator

from emulator.offices.errors import DatabaseUnusable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BUSY_TIMEOUT_S = 10.0


class Instant(TypeDecorator[datetime]):
    """A point in time with a zone, stored as whole microseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Base(DeclarativeBase):
    """Root of the tables."""


class IssuedCard(Base):
    """A card that the registry office issued. The citizen's latest is the one that nothing replaced."""

    __tablename__ = "issued_card"
    serial: Mapped[bytes] = mapped_column(LargeBinary(8), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13), index=True)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    replaced_at: Mapped[datetime | None] = mapped_column(Instant)


Index(
    "one_latest_card_per_citizen",
    IssuedCard.citizen_id,
    unique=True,
    sqlite_where=IssuedCard.replaced_at.is_(None),
    postgresql_where=IssuedCard.replaced_at.is_(None),
)


class Challenge(Base):
    """An XKey that the authority gave out, what it is bound to, and whether it is spent."""

    __tablename__ = "challenge"
    xkey: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    serial: Mapped[bytes] = mapped_column(LargeBinary(8))
    office: Mapped[str] = mapped_column(String(5))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class ConfirmedIdentity(Base):
    """A TKey (its digest) and whose identity it confirms."""

    __tablename__ = "confirmed_identity"
    tkey_digest: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    citizen_id: Mapped[str] = mapped_column(String(13))
    serial: Mapped[bytes] = mapped_column(LargeBinary(8))
    office: Mapped[str] = mapped_column(String(5))
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class Officer(Base):
    """An officer as NHSO knows one: a single level; when the right was granted, used, ended, and why."""

    __tablename__ = "officer"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    organisation: Mapped[str] = mapped_column(String(5))
    level: Mapped[str | None] = mapped_column(String(20))
    granted_at: Mapped[datetime | None] = mapped_column(Instant)
    last_login_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_because: Mapped[str | None] = mapped_column(String(20))


class OfficerSession(Base):
    """An smctoken (its digest). One per citizen: a new login replaces the older token (``assumed``)."""

    __tablename__ = "officer_session"
    citizen_id: Mapped[str] = mapped_column(String(13), primary_key=True)
    token_digest: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant)


def digest(secret: str) -> bytes:
    """What is stored of a token: its SHA-256 (32 bytes)."""
    return sha256(secret.encode()).digest()


class Storage:
    """The tables in a SQLite file, or in memory when ``path`` is None. Usable from any thread.

    Raises DatabaseUnusable when the file cannot be opened or is not a database.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._engine = _engine(path)
        try:
            Base.metadata.create_all(self._engine)
        except DBAPIError as error:
            self._engine.dispose()
            raise DatabaseUnusable(str(path)) from error

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is committed on leaving and rolled back on an exception.

        Do not nest: in memory there is one connection, and a second transaction would wait for the first.
        """
        with Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Close every connection. What was only in memory is gone."""
        self._engine.dispose()


def _engine(path: Path | None) -> Engine:
    # One pooled connection *is* the in-memory database: threads take turns on it and it never closes.
    size = 1 if path is None else 5
    engine = create_engine(
        URL.create("sqlite", database=None if path is None else str(path)),
        poolclass=QueuePool,
        pool_size=size,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_S},
        hide_parameters=True,  # citizen ids are parameters, and errors are printed
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        if path is not None:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")  # survives kill -9; fsync per login is not needed

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:
        # IMMEDIATE takes the write lock first, so that two processes wait instead of failing half-way.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine
