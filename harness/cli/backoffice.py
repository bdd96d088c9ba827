"""``thnid backoffice``: what is done behind the offices: keys, and the audit log."""

from __future__ import annotations

from pathlib import Path

import click

from apdu_specs.language import Text
from harness.cli.audit import command as audit
from harness.cli.backoffice_serve import command as serve
from harness.cli.offices_database import database_option, offices_needed, opened_storage
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
        lambda: output.say(Text(f"New key file: {path}", f"สร้างแฟ้มกุญแจใหม่แล้ว: {path}")),
    )


@command.command("migrate")
@database_option
@reporting
def migrate(output: Output, database: str) -> None:
    """Bring a database of the offices up to date, as every server also does when it starts; an empty one gets its tables."""
    with offices_needed():
        from emulator.offices.migrations import HEAD
    with opened_storage(database) as storage:
        found = storage.revision_found
    output.report({"found": found, "now": HEAD}, lambda: output.say(_migrated(found, HEAD)))


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
