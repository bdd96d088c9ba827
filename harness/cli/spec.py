"""``thnid spec``: the reference page on the terminal, whole or one part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from harness.cli.output import Output, reporting
from harness.errors import HarnessError

if TYPE_CHECKING:
    from apdu_specs.reference import Section


class NotDeclared(HarnessError):
    """Nothing is declared under that name; ``message`` lists what is."""

    exit_status = 2

    def __init__(self, name: str, names: list[str]) -> None:
        listed = "; ".join(names)  # some have commas inside
        super().__init__(
            Text(f"Nothing is declared under the name {name!r}.", f"ไม่มีรายการชื่อ {name!r}"),
            Text(f"There are: {listed}.", f"ที่มีคือ {listed}"),
        )


@click.command("spec")
@click.argument("name", required=False, nargs=-1)
@click.option("--markdown", "as_markdown", is_flag=True, help="Print Markdown; without NAME the whole page.")
@reporting
def command(output: Output, name: tuple[str, ...], as_markdown: bool) -> None:
    """The card as declared: one command, applet, file, generation, PIN policy or chapter by NAME, else an overview."""
    from apdu_specs.reference import documents, find, page, sections

    if not name:
        if as_markdown and not output.json:
            click.echo(page(), nl=False)
        else:
            output.report(documents.everything(), lambda: _overview(output))
        return
    wanted = " ".join(name)
    try:
        section = find(wanted)
    except SpecError:
        raise NotDeclared(wanted, [each.name for each in sections()]) from None
    output.report({"kind": section.kind, **section.document()}, lambda: _show(output, section, as_markdown))


def _show(output: Output, section: Section, as_markdown: bool) -> None:
    title = f"# {section.name}\n\n"
    if as_markdown or not output.console.is_terminal:
        click.echo(title + section.markdown(), nl=False)
        return
    from rich.markdown import Markdown

    output.console.print(Markdown(title + section.for_terminal()))


def _overview(output: Output) -> None:
    """What can be asked for, kind by kind."""
    from rich.table import Table

    from apdu_specs.reference import sections

    kinds = {
        "command": Text("commands", "คำสั่ง"),
        "applet": Text("applets", "แอปเพล็ต"),
        "file": Text("files", "แฟ้ม"),
        "generation": Text("generations", "รุ่นของบัตร"),
        "policy": Text("PIN policies", "นโยบาย PIN"),
        "chapter": Text("chapters", "บท"),
    }
    table: Any = Table(show_header=False, box=None, padding=(0, 2))
    everything = sections()
    for kind, title in kinds.items():
        names = "; ".join(each.name for each in everything if each.kind == kind)
        table.add_row(title.say(output.language), names)
    output.show_table(table)
    output.say(
        Text(
            "'thnid spec NAME' shows one of them, 'thnid spec --markdown' the whole page.",
            "'thnid spec NAME' แสดงรายละเอียด และ 'thnid spec --markdown' แสดงทั้งหมด",
        )
    )
