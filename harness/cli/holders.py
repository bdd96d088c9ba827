"""``thnid card holders``: the holders that break naive programs."""

from __future__ import annotations

import click

from apdu_specs.language import Text
from harness.cli.output import Output, reporting


@click.command("holders")
@reporting
def holders(output: Output) -> None:
    """List the holders that break naive programs, for --holder."""
    from emulator.holders.odd import ODD_HOLDERS

    document = {
        "holders": [
            {"name": each.name, "catches": {"en": each.catches.en, "th": each.catches.th}}
            for each in ODD_HOLDERS.values()
        ]
    }

    def show() -> None:
        from rich.table import Table

        table = Table(
            Text("holder", "ผู้ถือบัตร").say(output.language),
            Text("what it is meant to catch", "ใช้จับข้อผิดพลาดใด").say(output.language),
        )
        for each in ODD_HOLDERS.values():
            table.add_row(each.name, each.catches.say(output.language))
        output.show_table(table)

    output.report(document, show)
