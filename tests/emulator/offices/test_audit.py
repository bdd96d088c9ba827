"""The audit log: what is in it, what is not, and that no tampering goes unseen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from emulator.offices.audit import AuditLog, Break, Broken, Head, _hash
from emulator.offices.errors import AuditLogBroken, Refused
from emulator.offices.storage import table_of
from emulator.offices.tables.audit import AuditEntry, AuditHead
from tests.emulator.offices.rooms import (
    CARD,
    CITIZEN,
    NEW_CARD,
    OTHER_CARD,
    OTHER_CITIZEN,
    Rooms,
    build_rooms,
    entries_about,
)


def events(rooms: Rooms, about: str | None = None) -> list[tuple[str, str]]:
    entries = rooms.audit.entries() if about is None else entries_about(rooms.audit, about)
    return [(entry.event, entry.outcome) for entry in entries]


def busy(rooms: Rooms) -> Rooms:
    """Offices in which something happened: at least 8 entries."""
    rooms.grant()
    token = rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken
    rooms.nhso.log_out(token)
    with pytest.raises(Refused):
        rooms.nhso.modules(token)
    rooms.registry.replace_card(CITIZEN, CARD, NEW_CARD)
    return rooms


@pytest.fixture
def log(rooms: Rooms) -> AuditLog:
    return busy(rooms).audit


def test_a_challenge_that_is_refused_is_in_the_log_and_one_that_is_given_is_not(rooms: Rooms) -> None:
    before = len(events(rooms))
    rooms.authority.challenge(CITIZEN, CARD, "10001")
    assert len(events(rooms)) == before
    with pytest.raises(Refused):
        rooms.authority.challenge(CITIZEN, OTHER_CARD, "10001")
    assert events(rooms, about=CITIZEN)[-1] == ("9080", "90009")
    assert rooms.audit.verify() is None


def test_a_day_in_the_log(rooms: Rooms) -> None:
    busy(rooms)
    assert events(rooms) == [
        ("card-issued", "00000"),
        ("card-issued", "00000"),
        ("right-granted", "00000"),
        ("9081", "00000"),
        ("login", "00000"),
        ("logout", "00000"),
        ("token-refused", "token-not-valid"),
        ("card-replaced", "00000"),
    ]
    assert events(rooms, about=OTHER_CITIZEN) == [("card-issued", "00000")]
    assert rooms.audit.verify() is None
    marks = {str(entry.details["token"]) for entry in rooms.audit.entries() if "token" in entry.details}
    assert len(marks) == 1  # the stolen token is recognised as the one that was logged out


def test_no_citizen_id_is_in_the_log(rooms: Rooms) -> None:
    busy(rooms)
    everything = json.dumps([str(entry) for entry in rooms.audit.entries()])
    assert CITIZEN not in everything
    with pytest.raises(ValueError), rooms.storage.transaction() as session:
        rooms.audit.record(session, "x", details={"note": f"about {CITIZEN}"})
    assert rooms.audit.pseudonym(CITIZEN) != build_rooms().audit.pseudonym(
        CITIZEN
    )  # another database, another name


def test_an_entry_and_what_it_tells_of_stand_or_fall_together(rooms: Rooms) -> None:
    before = rooms.audit.head()
    with pytest.raises(ZeroDivisionError), rooms.audit.judged("x") as session:
        rooms.audit.record(session, "y")
        raise ZeroDivisionError
    assert rooms.audit.head() == before
    assert rooms.audit.verify() is None


def without_triggers(session: Session) -> None:
    """As the database's owner can: what keeps everybody else from changing entries is dropped."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        return
    for name in ("update", "delete", "replace"):
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_entry_no_{name}")


Tamper = Callable[[Session], object]
ENTRIES, HEADS = table_of(AuditEntry), table_of(AuditHead)


def swap(session: Session) -> None:
    for old, new in ((3, 1003), (4, 3), (1003, 4)):
        session.execute(update(ENTRIES).where(ENTRIES.c.number == old).values(number=new))


def cut_off_with_the_head_moved_back(session: Session) -> None:
    session.execute(delete(ENTRIES).where(ENTRIES.c.number > 6))
    last = session.execute(select(ENTRIES.c.number, ENTRIES.c.hash).where(ENTRIES.c.number == 6)).one()
    session.execute(update(HEADS).values(number=last.number, hash=last.hash))


def chain_made_anew(session: Session) -> None:
    """Somebody without the key changes an entry and computes every hash after it again."""
    rows = [row._asdict() for row in session.execute(select(ENTRIES).order_by(ENTRIES.c.number))]
    last = rows[0]["previous"]
    session.execute(delete(ENTRIES))
    for row in rows:
        row["outcome"] = "00000"
        row["previous"] = last
        last = row["hash"] = _hash(row)
        session.execute(insert(ENTRIES), row)
    session.execute(update(HEADS).values(hash=last))


def changed(column: str, value: object) -> Tamper:
    return lambda session: session.execute(
        update(ENTRIES).where(ENTRIES.c.number == 5).values({column: value})
    )


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (changed("outcome", "90045"), Broken(5, Break.CHANGED)),
        (changed("event", "other"), Broken(5, Break.CHANGED)),
        (changed("actor", None), Broken(5, Break.CHANGED)),
        (changed("subject", "0" * 32), Broken(5, Break.CHANGED)),
        (changed("details", "{}"), Broken(5, Break.CHANGED)),
        (changed("previous", bytes(32)), Broken(5, Break.UNLINKED)),
        (changed("hash", bytes(32)), Broken(5, Break.CHANGED)),
        (
            lambda session: session.execute(delete(ENTRIES).where(ENTRIES.c.number == 5)),
            Broken(5, Break.MISSING),
        ),
        (
            lambda session: session.execute(delete(ENTRIES).where(ENTRIES.c.number == 1)),
            Broken(1, Break.MISSING),
        ),
        (
            lambda session: session.execute(delete(ENTRIES).where(ENTRIES.c.number > 6)),
            Broken(7, Break.CUT_OFF),
        ),
        (lambda session: session.execute(delete(ENTRIES)), Broken(1, Break.CUT_OFF)),
        (swap, Broken(3, Break.UNLINKED)),
        (cut_off_with_the_head_moved_back, Broken(6, Break.SEAL)),
        (chain_made_anew, Broken(8, Break.SEAL)),
    ],
)
def test_tampering_is_found(rooms: Rooms, tamper: Tamper, found: Broken) -> None:
    log = busy(rooms).audit
    assert log.verify() is None
    with rooms.storage.transaction() as session:
        without_triggers(session)
        tamper(session)
    assert log.verify() == found


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET outcome = 'x' WHERE number = 5",
        "DELETE FROM audit_entry WHERE number = 5",
        "DELETE FROM audit_entry",
    ],
)
def test_the_database_refuses_to_change_entries(rooms: Rooms, statement: str) -> None:
    log = busy(rooms).audit
    before = log.head()
    with (
        pytest.raises(DBAPIError, match="only ever added"),
        rooms.storage.transaction() as session,
    ):
        session.connection().exec_driver_sql(statement)
    assert log.verify() is None and log.head() == before


def test_sqlite_replaces_no_entry() -> None:
    rooms = busy(build_rooms())
    put = "INSERT OR REPLACE INTO audit_entry SELECT number, at, 'x', outcome, actor, subject, details, previous, hash"
    with pytest.raises(DBAPIError, match="only ever added"), rooms.storage.transaction() as session:
        session.connection().exec_driver_sql(f"{put} FROM audit_entry WHERE number = 5")
    assert rooms.audit.verify() is None
    rooms.storage.close()


ODD_VALUES = ("'yesterday'", "''", "x'00ff'", "1.5", "NULL", "9223372036854775807", "-9223372036854775808")


@pytest.mark.parametrize("value", ODD_VALUES)
@pytest.mark.parametrize("column", [each.name for each in ENTRIES.c if each.name != "number"])
def test_values_of_any_kind_are_a_break_and_no_crash(column: str, value: str) -> None:
    """SQLite keeps any kind of value in any column."""
    rooms = busy(build_rooms())
    with rooms.storage.transaction() as session:
        without_triggers(session)
        connection = session.connection()
        connection.exec_driver_sql("PRAGMA writable_schema = ON")
        connection.exec_driver_sql(
            "UPDATE sqlite_master SET sql = replace(sql, 'NOT NULL', '') WHERE name = 'audit_entry'"
        )
        connection.exec_driver_sql("PRAGMA writable_schema = RESET")
    with rooms.storage.transaction() as session:
        changed = session.connection().exec_driver_sql(
            f"UPDATE audit_entry SET {column} = {value} WHERE number = 5 AND {column} IS NOT {value}"
        )
    found = rooms.audit.verify()
    if changed.rowcount == 0:
        assert found is None
    else:
        assert found is not None and found.number == 5
    try:
        list(rooms.audit.entries())
    except AuditLogBroken as broken:
        assert "entry 5" in broken.message.en
    rooms.storage.close()


@pytest.mark.parametrize("column", ["number", "hash", "seal"])
def test_a_head_of_another_kind_is_a_break(column: str) -> None:
    rooms = busy(build_rooms())
    with rooms.storage.transaction() as session:
        session.connection().exec_driver_sql(f"UPDATE audit_head SET {column} = 'x'")
    assert rooms.audit.verify() == Broken(0, Break.SEAL)
    rooms.storage.close()


def test_a_database_put_back_is_found_by_the_kept_head(rooms: Rooms) -> None:
    log = busy(rooms).audit
    with rooms.storage.reading() as session:
        old = session.execute(select(HEADS.c.number, HEADS.c.hash, HEADS.c.seal)).one()._asdict()
    rooms.nhso.revoke(CITIZEN)
    kept = log.head()
    assert log.verify(kept) is None
    with rooms.storage.transaction() as session:
        without_triggers(session)
        session.execute(delete(ENTRIES).where(ENTRIES.c.number > old["number"]))
        session.execute(update(HEADS).values(old))
    assert log.verify() is None  # in itself it is whole
    assert log.verify(kept) == Broken(kept.number, Break.NOT_THE_KEPT_ONE)
    assert log.verify(Head(old["number"], old["hash"])) is None


def test_another_key_does_not_fit(rooms: Rooms) -> None:
    busy(rooms)
    other = AuditLog(rooms.storage, rooms.clock, bytes(32))
    assert other.verify() == Broken(rooms.audit.head().number, Break.SEAL)


@pytest.fixture(scope="module")
def filled() -> Iterator[Rooms]:
    built = busy(build_rooms())
    with built.storage.transaction() as session:
        without_triggers(session)
    yield built
    built.storage.close()


@given(data=st.data())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_no_change_of_any_entry_goes_unseen(filled: Rooms, data: st.DataObject) -> None:
    """Any other value in any column of any entry; afterwards it is put back."""
    with filled.storage.reading() as session:
        count = session.scalar(select(func.count()).select_from(ENTRIES)) or 0
    number = data.draw(st.integers(1, count))
    column = data.draw(
        st.sampled_from(["event", "outcome", "actor", "subject", "details", "previous", "hash"])
    )
    with filled.storage.reading() as session:
        before = session.scalar(select(ENTRIES.c[column]).where(ENTRIES.c.number == number))
    values = (
        st.binary(min_size=32, max_size=32) if column in ("previous", "hash") else st.text("ab{}", max_size=3)
    )
    after = data.draw(values.filter(lambda value: value != before))
    for value, whole in ((after, False), (before, True)):
        with filled.storage.transaction() as session:
            session.execute(update(ENTRIES).where(ENTRIES.c.number == number).values({column: value}))
        assert (filled.audit.verify() is None) is whole


def test_two_servers_write_one_chain(database: str) -> None:
    one, other = build_rooms(database), build_rooms(database)
    for rooms in (one, other, one, other):
        rooms.tkey()
        rooms.tkey(OTHER_CITIZEN, OTHER_CARD)
    assert one.audit.verify() is None
    assert one.audit.head() == other.audit.head()
    assert events(one) == [("card-issued", "00000")] * 2 + [("9081", "00000")] * 8
    one.storage.close()
    other.storage.close()
