"""``thnid backoffice``: what is done behind the offices: keys, and the audit log."""

from __future__ import annotations

from pathlib import Path

import click

from apdu_specs.language import Text
from harness.cli.audit import command as audit
from harness.cli.backoffice_serve import command as serve
from harness.cli.output import CommandGroup, Output, reporting
from harness.cli.population import command as population
from harness.cli.staff import command as staff


@click.group("backoffice", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """A whole office in one process; and behind it: citizens, database, master key, audit log."""


@command.command("make-key")
@click.argument("path", type=click.Path(path_type=Path))
@reporting
def make_key(output: Output, path: Path) -> None:
    """Make a key file with a new master key, readable by its owner only; for --key-file."""
    from emulator.offices.keyfile import make_key_file

    make_key_file(path)
    output.report(
        {"key_file": str(path)},
        lambda: output.say(Text(f"New key file: {path}", f"สร้างไฟล์กุญแจใหม่แล้ว: {path}")),
    )


@command.command("migrate")
@click.option(
    "--database",
    envvar="THNID_DATABASE",
    metavar="FILE|URL",
    required=True,
    help="The offices' database (also THNID_DATABASE).",
)
@reporting
def migrate(output: Output, database: str) -> None:
    """Bring a database of the offices up to date, as every server also does when it starts; an empty one gets its tables."""
    from harness.cli.login import OfficesNotInstalled

    try:
        from emulator.offices.migrations import HEAD
        from emulator.offices.storage import Storage
    except ModuleNotFoundError as error:
        raise OfficesNotInstalled(error.name or "") from error
    storage = Storage(database)
    storage.close()
    found = storage.revision_found
    output.report({"found": found, "now": HEAD}, lambda: output.say(_migrated(found, HEAD)))


@command.command("password")
@click.argument("user", type=click.Choice(["nhso", "registrar"]))
@click.option(
    "--database",
    envvar="THNID_DATABASE",
    metavar="FILE|URL",
    required=True,
    help="The offices' database (also THNID_DATABASE).",
)
@click.option(
    "--key-file", type=click.Path(path_type=Path), help="The offices' master key file, if they have one."
)
@reporting
def password(output: Output, user: str, database: str, key_file: Path | None) -> None:
    """Give a staff account a new password, which ends its logins; printed once."""
    from harness.cli.login import OfficesNotInstalled

    try:
        from emulator.offices.audit import AuditLog, audit_key
        from emulator.offices.clock import SystemClock
        from emulator.offices.keyfile import master_key
        from emulator.offices.staff.accounts import SEEDED, Staff
        from emulator.offices.storage import Storage
    except ModuleNotFoundError as error:
        raise OfficesNotInstalled(error.name or "") from error
    key = audit_key(master_key(key_file))
    _, name, desk = next(each for each in SEEDED if each[0] == user)
    storage = Storage(database, must_exist=True)
    try:
        clock = SystemClock()
        account = Staff(storage, clock, AuditLog(storage, clock, key)).set_account(user, name=name, desk=desk)
    finally:
        storage.close()
    output.report(
        {"user": user, "password": account.password},
        lambda: output.say(
            Text(f"New password of {user}: {account.password}", f"รหัสผ่านใหม่ของ {user}: {account.password}")
        ),
    )


def _migrated(found: str | None, now: str) -> Text:
    if found is None:
        return Text(
            f"The database was empty; it now has the tables of {now}.", f"ฐานข้อมูลว่าง สร้างตารางรุ่น {now} แล้ว"
        )
    if found == now:
        return Text(f"The database is up to date: {now}.", f"ฐานข้อมูลเป็นรุ่นล่าสุดแล้ว: {now}")
    return Text(f"The database went from {found} to {now}.", f"ปรับฐานข้อมูลจากรุ่น {found} เป็น {now} แล้ว")


command.add_command(serve)
command.add_command(audit)
command.add_command(population)
command.add_command(staff)
