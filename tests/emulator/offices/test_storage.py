"""The databases: made whole or step by step alike, opened by many at once, and errors that keep secrets."""

from __future__ import annotations

import socket
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError

from apdu_specs import replies
from emulator.offices import migrations
from emulator.offices.citizens.register import populate
from emulator.offices.errors import DatabaseNotUnicode, DatabaseTooNew, DatabaseUnusable, Refused
from emulator.offices.migrations import upgrade
from emulator.offices.storage import Storage
from emulator.offices.tables import METADATA
from emulator.offices.tables.cards import IssuedCard
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.postgres import Postgres
from tests.emulator.offices.rooms import CARD, CITIZEN, NOON_IN_BANGKOK


def sqlalchemy_url(database: str) -> str:
    return (
        database.replace("postgresql:", "postgresql+psycopg:")
        if "://" in database
        else f"sqlite:///{database}"
    )


def shape(connection: Connection) -> dict[str, object]:
    """Tables, columns, keys and indexes, as the database tells them."""
    found = inspect(connection)
    return {
        name: (
            [(column["name"], str(column["type"]), column["nullable"]) for column in found.get_columns(name)],
            found.get_pk_constraint(name)["constrained_columns"],
            sorted((str(index["name"]), str(index["column_names"])) for index in found.get_indexes(name)),
            sorted(str(each["column_names"]) for each in found.get_unique_constraints(name)),
        )
        for name in sorted(found.get_table_names())
    }


def triggers(connection: Connection) -> list[str]:
    """What the database does by itself."""
    if connection.dialect.name == "postgresql":
        wanted = (
            "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = 'audit_entry'::regclass ORDER BY 1"
        )
    else:
        wanted = "SELECT sql FROM sqlite_master WHERE type = 'trigger' ORDER BY 1"
    return [str(row[0]) for row in connection.exec_driver_sql(wanted)]


def test_the_revision_that_is_stamped_is_the_newest() -> None:
    assert ScriptDirectory.from_config(upgrade.configuration()).get_heads() == [migrations.HEAD]


def test_migrations_and_tables_say_the_same(database: str) -> None:
    """If this fails after a table was changed: python -m emulator.offices.migrations.make"""
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        upgrade.upgrade(connection)
        upgrade.check(connection)
        migrated = shape(connection), triggers(connection)
        METADATA.drop_all(connection)
        METADATA.create_all(connection)
        assert (shape(connection), triggers(connection)) == migrated
        assert migrated[1]
    engine.dispose()


def test_a_migrated_database_is_used_as_it_is(database: str) -> None:
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        upgrade.upgrade(connection)
    engine.dispose()
    storage = Storage(database)
    with storage.transaction() as session:
        session.add(IssuedCard(serial=CARD, citizen_id=CITIZEN, issued_at=NOON_IN_BANGKOK))
    with storage.reading() as session:
        assert session.get_one(IssuedCard, CARD).issued_at == NOON_IN_BANGKOK
    storage.close()


def test_a_database_without_migrations_gets_them(database: str) -> None:
    Storage(database).close()
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        assert migrations.revision_of(connection) == migrations.HEAD
        upgrade.check(connection)
    engine.dispose()


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1", "WIN874"])
def test_a_database_that_keeps_no_unicode_is_refused(postgres: Postgres, encoding: str) -> None:
    address = postgres.new_database(encoding=encoding)
    with pytest.raises(DatabaseNotUnicode, match=encoding) as caught:
        Storage(address)
    assert encoding in caught.value.message.th
    with psycopg.connect(address) as connection:
        wanted = b"SELECT count(*) FROM information_schema.tables WHERE table_schema = 'public'"
        assert connection.execute(wanted).fetchone() == (0,)


def test_a_database_of_a_newer_version_is_left_alone(database: str) -> None:
    Storage(database).close()
    engine = create_engine(sqlalchemy_url(database))
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = 'ffff'")
    with pytest.raises(DatabaseTooNew):
        Storage(database)
    with engine.begin() as connection:
        assert migrations.revision_of(connection) == "ffff"
    engine.dispose()


def test_an_empty_database_that_many_open_at_once(database: str) -> None:
    for storage in at_once(lambda _: Storage(database), 6):
        storage.close()


def test_a_refusal_commits_and_a_fault_does_not(database: str) -> None:
    storage = Storage(database)
    with pytest.raises(Refused), storage.decision() as session:
        session.add(IssuedCard(serial=CARD, citizen_id=CITIZEN, issued_at=NOON_IN_BANGKOK))
        raise Refused(replies.NO_RIGHT)
    with pytest.raises(ZeroDivisionError), storage.decision() as session:
        session.delete(session.get_one(IssuedCard, CARD))
        session.flush()
        raise ZeroDivisionError
    with storage.reading() as session:
        assert session.get(IssuedCard, CARD) is not None
    storage.close()


def _closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def test_a_postgresql_that_does_not_answer() -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        Storage(f"postgresql://me:hidden-word@127.0.0.1:{_closed_port()}/offices")
    assert "127.0.0.1" in caught.value.message.en
    assert "hidden-word" not in caught.value.message.en + caught.value.message.th


@pytest.mark.parametrize(
    "address", ["mysql://me:hidden-word@x/y", "://", "nothing://", "postgresql://me:hidden-word@x:y/z"]
)
def test_an_address_of_no_database(address: str) -> None:
    with pytest.raises(DatabaseUnusable) as caught:
        Storage(address)
    assert "hidden-word" not in caught.value.message.en


def test_an_absent_file_where_one_must_be(tmp_path: Path) -> None:
    with pytest.raises(DatabaseUnusable):
        Storage(tmp_path / "absent.db", must_exist=True)
    assert not (tmp_path / "absent.db").exists()


def test_a_sqlite_address(tmp_path: Path) -> None:
    Storage(f"sqlite:///{tmp_path}/offices.db").close()
    assert (tmp_path / "offices.db").is_file()
    assert make_url(f"sqlite:///{tmp_path}/offices.db").database == f"{tmp_path}/offices.db"


def test_a_writer_that_keeps_its_turn_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.offices.storage._BUSY_TIMEOUT_S", 0.05)
    first, second = Storage(tmp_path / "offices.db"), Storage(tmp_path / "offices.db")
    with first.transaction() as session:
        session.execute(text("SELECT 1"))
        with pytest.raises(OperationalError, match="locked"):
            _one(second)
    assert _one(second) == 1
    first.close()
    second.close()


@pytest.mark.parametrize(("trusted_s", "first_fails"), [(0.0, False), (60.0, True)])
def test_a_database_that_restarted_is_found_again(
    postgres: Postgres, monkeypatch: pytest.MonkeyPatch, trusted_s: float, first_fails: bool
) -> None:
    monkeypatch.setattr("emulator.offices.storage._TRUSTED_S", trusted_s)
    storage = Storage(postgres.new_database())
    try:
        assert _one(storage) == 1
        postgres.cut_off_everybody()
        if first_fails:  # restarted in between two requests that follow each other at once
            with pytest.raises(DBAPIError):
                _one(storage)
        assert _one(storage) == 1
    finally:
        storage.close()


def _one(storage: Storage) -> int:
    with storage.transaction() as session:
        return int(session.execute(text("SELECT 1")).scalar_one())


def test_a_full_database_is_one_sentence_and_keeps_what_it_had(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "offices.db")
    populate(storage, 1, 10, NOON_IN_BANGKOK.date())
    with storage.reading() as session:
        pages = session.execute(text("PRAGMA page_count")).scalar_one()
        session.execute(text(f"PRAGMA max_page_count = {pages + 2}"))
    with pytest.raises(DatabaseUnusable, match=r"offices\.db"):
        populate(storage, 1, 5000, NOON_IN_BANGKOK.date())
    with storage.reading() as session:
        assert session.execute(text("SELECT count(*) FROM citizen")).scalar_one() == 10
    storage.close()
