"""``thnid readers``: the card readers of whatever PC/SC the environment points at."""

from __future__ import annotations

import click

from apdu_specs.generations import by_atr
from apdu_specs.language import Text
from harness.cli.output import Output, reporting
from harness.errors import NoReader
from harness.terminals.pcsc import list_readers


@click.command("readers")
@reporting
def command(output: Output) -> int:
    """List the card readers and what is in them. Exit status 3 if there is none."""
    readers = list_readers()
    document = {
        "readers": [
            {
                "name": each.name,
                "card": each.card,
                "atr": each.atr.hex(" ").upper() if each.atr else None,
                "generation": generation.name if each.atr and (generation := by_atr(each.atr)) else None,
            }
            for each in readers
        ]
    }
    if not readers and not output.json:
        raise NoReader

    def show() -> None:
        from rich.table import Table

        table = Table(
            Text("reader", "เครื่องอ่านบัตร").say(output.language),
            Text("card", "บัตร").say(output.language),
            "ATR",
        )
        for row in document["readers"]:
            there = Text("yes", "มี") if row["card"] else Text("no", "ไม่มี")
            table.add_row(
                str(row["name"]), str(row["generation"] or there.say(output.language)), str(row["atr"] or "")
            )
        output.show_table(table)

    output.report(document, show)
    return 0 if readers else NoReader.exit_status
