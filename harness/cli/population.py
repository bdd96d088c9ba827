"""``thnid backoffice population``: citizens to be asked about."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import click

from apdu_specs.language import Text
from harness.cli.offices_database import database_option, offices_needed, opened_storage
from harness.cli.output import Output, reporting


@click.command("population")
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="The same seed gives the same people.",
)
@click.option(
    "--count", type=click.IntRange(0, 10_000_000), default=1_000, show_default=True, help="How many people."
)
@click.option(
    "--on",
    type=click.DateTime(["%Y-%m-%d"]),
    metavar="YYYY-MM-DD",
    help="The day whose ages decide the rights; else today.",
)
@database_option
@reporting
def command(output: Output, seed: int, count: int, on: datetime | None, database: str) -> None:
    """Put synthetic citizens with rights and hospitals on NHSO's file. Who is on it already stays as they are."""
    began = time.perf_counter()
    added = _populate(database, seed, count, on)
    seconds = time.perf_counter() - began
    document = {"seed": seed, "count": count, "added": added, "seconds": round(seconds, 3)}
    output.report(
        document,
        lambda: output.say(
            Text(
                f"{added:,} citizens added in {seconds:.1f} s ({count - added:,} were on file).",
                f"เพิ่มประชาชน {added:,} คนใน {seconds:.1f} วินาที (มีอยู่แล้ว {count - added:,} คน)",
            )
        ),
    )


def _populate(database: str, seed: int, count: int, on: datetime | None) -> int:
    with offices_needed():
        from emulator.offices.citizens.citizen import today_in_bangkok
        from emulator.offices.citizens.register import populate
    with opened_storage(database) as storage:
        return populate(storage, seed, count, on.date() if on else today_in_bangkok(datetime.now(UTC)))
