"""The audit log: its entries and its head. The database itself refuses to change or delete an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import DDL, BigInteger, LargeBinary, SmallInteger, String, Text, event
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import ExecutableDDLElement

from emulator.offices.storage import Base, Instant, table_of


class AuditEntry(Base):
    """One thing that happened. ``hash`` covers every other column and, through ``previous``, all entries before."""

    __tablename__ = "audit_entry"
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    event: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str | None] = mapped_column(String(32))
    subject: Mapped[str | None] = mapped_column(String(32))
    details: Mapped[str] = mapped_column(Text)
    previous: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The last entry's number and hash, sealed with a key that is not in the database. A single row, number 1."""

    __tablename__ = "audit_head"
    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary(16))
    number: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))
    seal: Mapped[bytes] = mapped_column(LargeBinary(32))


_REFUSED = "entries of the audit log are only ever added"
APPEND_ONLY: Mapping[str, tuple[str, ...]] = {
    "sqlite": (
        "CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        "CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
        # REPLACE deletes without telling the other trigger.
        "CREATE TRIGGER audit_entry_no_replace BEFORE INSERT ON audit_entry "
        "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE number = NEW.number) "
        f"BEGIN SELECT RAISE(ABORT, '{_REFUSED}'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION audit_entry_only_added() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{_REFUSED}'; END $$",
        "CREATE TRIGGER audit_entry_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
        "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_only_added()",
    ),
}
"""By kind of database. The tables' owner can drop them, so ``AuditLog.verify`` does not rely on them."""

_ddl: Callable[[str], ExecutableDDLElement] = DDL
for _kind, _statements in APPEND_ONLY.items():
    for _statement in _statements:
        event.listen(table_of(AuditEntry), "after_create", _ddl(_statement).execute_if(dialect=_kind))
