"""What the offices remember, and where: a SQLite file, memory, or PostgreSQL. The tables are in ``tables``.

Secrets that open something (TKey, smctoken) are stored as SHA-256 digests only, so that a copied database
logs nobody in. Instants are stored as microseconds since 1970 UTC, which every database compares the same
way.
"""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import BigInteger, Connection, Engine, Insert, Table, Update, create_engine, event
from sqlalchemy.engine import URL, Dialect, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    DisconnectionError,
    InterfaceError,
    NoSuchModuleError,
    OperationalError,
    TimeoutError,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.types import TypeDecorator

from emulator.offices.errors import DatabaseNotUnicode, DatabaseUnusable, Refused

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BUSY_TIMEOUT_S = 10.0
_LOOK_AGAIN_S = 0.0005
_BEGIN = "sqlite_begin"
_LAST_USED = "last used"
_TRUSTED_S = 0.1  # for so long a connection is taken to be alive still; no restart is quicker
_POSTGRES = ("postgresql", "postgres", "postgresql+psycopg")


AWAY = (OperationalError, InterfaceError, TimeoutError)
"""What a database raises that cannot be used at the moment: it was stopped, it has no room, it is not done with others."""


class Instant(TypeDecorator[datetime]):
    """A point in time with a zone, stored as whole microseconds since 1970 UTC."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: int | None, dialect: Dialect | None) -> datetime | None:
        return None if value is None else _EPOCH + value * _MICROSECOND


class Base(DeclarativeBase):
    """Root of the tables."""


def table_of(kind: type[Base]) -> Table:
    """The table behind a class, for the statements that every login needs: made once, they cost a third."""
    found = kind.__table__
    assert isinstance(found, Table)
    return found


class Together:
    """Two statements that write, for the same parameters: a single message to PostgreSQL, to whom the way is long."""

    def __init__(self, first: Insert | Update, second: Update) -> None:
        self._apart = first, second
        self._joined = second.add_cte(first.cte("first"))

    def execute(self, connection: Connection, values: Mapping[str, object]) -> int:
        """Do both; how many rows the second one changed."""
        if connection.dialect.name == "postgresql":
            return connection.execute(self._joined, values).rowcount
        first, second = self._apart
        connection.execute(first, values)
        return connection.execute(second, values).rowcount


def digest(secret: str) -> bytes:
    """What is stored of a token: its SHA-256 (32 bytes)."""
    return sha256(secret.encode()).digest()


class Storage:
    """The tables, usable from any thread and by several processes at once.

    ``where``: None is memory; a path is a SQLite file; ``sqlite:///FILE`` and ``postgresql://USER@HOST/NAME``
    are addresses. What is empty gets its tables, what an older version wrote is brought up to date.

    ``must_exist``: an absent file is refused instead of made.

    Raises DatabaseUnusable (cannot be opened, is no database, is no address we know), DatabaseNotUnicode and DatabaseTooNew.
    """

    def __init__(self, where: Path | str | None = None, *, must_exist: bool = False) -> None:
        from emulator.offices import migrations
        from emulator.offices.tables import METADATA

        url = _url(where)
        if must_exist and url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            raise DatabaseUnusable(_shown(url))
        self._engine = _engine(url)
        if url.get_backend_name() == "postgresql":
            # Who only reads needs no transaction around it: that halves the messages to and fro. Such connections are
            # kept apart, as turning one round for every use costs as much as a statement.
            self._readers = self._stepping = _postgres_engine(url, autocommit=True)
        else:
            self._readers = self._engine.execution_options(**{_BEGIN: ""})
            self._stepping = self._engine  # with one: that is where SQLite waits for its turn
        # SQLite has one writer at a time and lets others poll for their turn; threads of one process need not.
        self._turn: AbstractContextManager[object] = (
            threading.RLock() if url.get_backend_name() == "sqlite" else nullcontext()
        )
        try:
            with self._engine.begin() as connection:
                _insist_on_unicode(connection)
                self.revision_found = migrations.prepare(connection, METADATA)
                """What the database was at before it was opened: a revision; None when it was new."""
        except DBAPIError as error:
            self.close()
            raise DatabaseUnusable(_shown(url)) from error
        except BaseException:
            self.close()
            raise

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that is committed on leaving and rolled back on an exception.

        Do not nest: in memory there is one connection, and a second transaction would wait for the first.
        """
        with self._turn, Session(self._engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def decision(self) -> Iterator[Session]:
        """As ``transaction``, but a refusal is committed too: a spent challenge stays spent.

        Whoever raises Refused inside has written nothing before that must not stand.
        """
        refusal: Refused | None = None
        with self.transaction() as session:
            try:
                yield session
            except Refused as error:
                refusal = error
        if refusal is not None:
            raise refusal

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that only reads, each statement for itself. In a SQLite file readers wait for nobody."""
        with Session(self._readers, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def looking(self) -> Iterator[Connection]:
        """As ``reading`` for a statement of the tables' columns; without a session it costs a third."""
        with self._readers.connect() as connection:
            yield connection

    @contextmanager
    def filled(self) -> Iterator[None]:
        """Around much that is stored at once. Raises DatabaseUnusable where the database takes no more of it."""
        try:
            yield
        except OperationalError as error:
            raise DatabaseUnusable(_shown(self._engine.url)) from error

    @contextmanager
    def single_steps(self) -> Iterator[Connection]:
        """Statements that write and need not stand together: PostgreSQL is told of no transaction around them."""
        with self._turn, self._stepping.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection. What was only in memory is gone."""
        self._engine.dispose()
        self._readers.dispose()


def _url(where: Path | str | None) -> URL:
    if not isinstance(where, str) or "://" not in where:
        return URL.create("sqlite", database=None if where is None else str(where))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError) as error:
        raise DatabaseUnusable(where.partition("://")[0] + "://...") from error
    if url.drivername in _POSTGRES:
        return url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        return url
    raise DatabaseUnusable(_shown(url))


def _shown(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.render_as_string(hide_password=True)


def _engine(url: URL) -> Engine:
    try:
        return _postgres_engine(url) if url.get_backend_name() == "postgresql" else _sqlite_engine(url)
    except (NoSuchModuleError, ModuleNotFoundError) as error:
        raise DatabaseUnusable(_shown(url)) from error


def _postgres_engine(url: URL, *, autocommit: bool = False) -> Engine:
    apart: dict[str, Any] = {"isolation_level": "AUTOCOMMIT", "pool_reset_on_return": None}
    engine = create_engine(
        url,
        **(apart if autocommit else {}),
        pool_size=5,
        max_overflow=5,
        connect_args={"connect_timeout": 10, "application_name": "thnid", "client_encoding": "utf8"},
        hide_parameters=True,  # citizen ids are parameters, and errors are printed
    )

    @event.listens_for(engine, "checkin")
    def _note(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_LAST_USED] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _insist_on_life(connection: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        # The database may have restarted since; asking every time would be a fifth of a login's messages.
        if time.monotonic() - record.info.get(_LAST_USED, math.inf) < _TRUSTED_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error  # the pool makes another one

    return engine


def _insist_on_unicode(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        encoding = str(connection.exec_driver_sql("SHOW server_encoding").scalar())
        if encoding != "UTF8":
            raise DatabaseNotUnicode(_shown(connection.engine.url), encoding)


def _sqlite_engine(url: URL) -> Engine:
    in_memory = url.database in (None, "", ":memory:")
    engine = create_engine(
        url,
        poolclass=QueuePool,
        # One pooled connection *is* the in-memory database: threads take turns on it and it never closes.
        pool_size=1 if in_memory else 5,
        max_overflow=0,
        connect_args={"check_same_thread": False, "timeout": _BUSY_TIMEOUT_S},
        hide_parameters=True,  # citizen ids are parameters, and errors are printed
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        if not in_memory:
            # Whoever turns a new file into one with a log waits for nobody by itself.
            _patiently(connection, "PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=NORMAL")  # survives kill -9; fsync per login is not needed

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        # IMMEDIATE takes the write lock first, so that two processes wait instead of failing half-way.
        if begin := connection.get_execution_options().get(_BEGIN, "BEGIN IMMEDIATE"):
            driver = connection.connection.driver_connection
            assert isinstance(driver, sqlite3.Connection)
            try:
                _patiently(driver, begin)
            except sqlite3.OperationalError as error:
                raise OperationalError(begin, None, error) from error

    return engine


def _patiently(connection: sqlite3.Connection, statement: str) -> None:
    """Run a statement that another process's transaction may keep from running, as soon as that has ended.

    SQLite by itself looks again after up to 100 ms; a login's transactions take one. Raises sqlite3.OperationalError.
    """
    deadline = time.monotonic() + _BUSY_TIMEOUT_S
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute(statement)
                return
            except sqlite3.OperationalError as error:
                busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not busy or time.monotonic() >= deadline:
                    raise
            time.sleep(_LOOK_AGAIN_S)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_TIMEOUT_S * 1000:.0f}")
