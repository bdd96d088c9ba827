"""How a database comes to have today's tables: new ones are made whole, older ones are upgraded step by step."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, MetaData, inspect

from emulator.offices.errors import DatabaseTooNew

HEAD = "0001"
"""The newest revision; a database made today is stamped with it. Alembic, which takes long to import, is only
loaded for a database of another revision."""

FOLDER = Path(__file__).parent
_VERSION_TABLE = "alembic_version"
_LOCK = 0x74686E6964  # any number that no other program locks: "thnid"


def prepare(connection: Connection, metadata: MetaData) -> str | None:
    """Make or upgrade the tables, inside the caller's transaction; the revision found. Raises DatabaseTooNew."""
    if connection.dialect.name == "postgresql":
        # Two servers may meet an empty database at the same time; SQLite's write lock is held already.
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
    revision = revision_of(connection)
    if revision == HEAD:
        return revision
    if revision is None:
        metadata.create_all(connection)
        _stamp(connection)
        return revision
    from emulator.offices.migrations.upgrade import is_known, upgrade

    if not is_known(revision):
        raise DatabaseTooNew
    upgrade(connection)
    return revision


def revision_of(connection: Connection) -> str | None:
    """The revision that a database is stamped with; None if it is new."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {_VERSION_TABLE}").first()
    return None if row is None else str(row[0])


def _stamp(connection: Connection) -> None:
    connection.exec_driver_sql(
        f"CREATE TABLE IF NOT EXISTS {_VERSION_TABLE} (version_num VARCHAR(32) NOT NULL,"
        f" CONSTRAINT {_VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {_VERSION_TABLE} (version_num) VALUES ('{HEAD}')")
