"""The offices' database from the command line: its options, and opening it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.errors import HarnessError

if TYPE_CHECKING:
    from emulator.offices.audit import AuditLog
    from emulator.offices.clock import Clock
    from emulator.offices.storage import Storage

database_option = click.option(
    "--database",
    envvar="THNID_DATABASE",
    metavar="FILE|URL",
    required=True,
    help="The offices' database (also THNID_DATABASE).",
)

key_file_option = click.option(
    "--key-file", type=click.Path(path_type=Path), help="The offices' master key; else the specimen key."
)


class OfficesNotInstalled(HarnessError):
    """The packages that the stand-in offices are made with are not installed; ``package`` is missing."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"The stand-in offices need the Python package {package}.",
                f"สำนักงานจำลองต้องใช้แพ็กเกจ Python {package}",
            ),
            Text("pip install 'thnid[offices]', or give URLs.", "ใช้ pip install 'thnid[offices]' หรือระบุ URL"),
        )


@contextmanager
def offices_at_work() -> Iterator[None]:
    """Around what may import the offices in the middle of its work: a package that is missing becomes OfficesNotInstalled."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise OfficesNotInstalled(error.name or "") from error


@contextmanager
def offices_needed() -> Iterator[None]:
    """As ``offices_at_work``, around imports and nothing else: a fifth quicker, as nobody looks for garbage meanwhile."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        with offices_at_work():
            yield
    finally:
        if collecting:
            gc.enable()


@dataclass(frozen=True, slots=True)
class Books:
    """The offices' database, and the audit log in it that notes what is done there."""

    storage: Storage
    clock: Clock
    audit: AuditLog


@contextmanager
def opened_storage(database: str, *, must_exist: bool = False) -> Iterator[Storage]:
    """The database until left. Raises OfficesNotInstalled, DatabaseUnusable and DatabaseTooNew."""
    with offices_needed():
        from emulator.offices.storage import Storage
    storage = Storage(database, must_exist=must_exist)
    try:
        yield storage
    finally:
        storage.close()


@contextmanager
def opened_books(database: str, key_file: Path | None) -> Iterator[Books]:
    """A database that is there already, until left: whoever mistypes a name must not be told that all is in order.

    Raises as ``opened_storage`` does, and KeyFileUnusable.
    """
    with offices_needed():
        from emulator.offices.audit import AuditLog, audit_key
        from emulator.offices.clock import SystemClock
        from emulator.offices.keyfile import master_key
    key = audit_key(master_key(key_file))
    with opened_storage(database, must_exist=True) as storage:
        clock = SystemClock()
        yield Books(storage, clock, AuditLog(storage, clock, key))
