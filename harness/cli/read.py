"""``thnid read``: everything a card tells. Needs no PIN and spends nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from apdu_specs import adm, moi, nhso
from apdu_specs.file import File
from apdu_specs.generations import by_atr
from apdu_specs.language import Text
from apdu_specs.values import in_words
from harness.cli.formats import FORMATS, rendered
from harness.cli.output import Misuse, Output, reporting
from harness.cli.reader import reader_option, terminal_for
from harness.cli.tracing import connected, trace_options
from harness.client import CardClient, CardContents
from harness.client.contents import Person
from harness.whole_file import replace_file

_NOT_FOR_THE_TABLE = {"photo", "photo_header", "signature", "reserved", "header"}


_NO_PHOTO = Text("This card has no photo; no file was written.", "บัตรนี้ไม่มีรูปถ่าย จึงไม่ได้เขียนแฟ้ม")


@click.command("read")
@reader_option
@click.option(
    "--photo", "photo_path", type=click.Path(path_type=Path), help="Write the photo (JPEG) to this file."
)
@click.option(
    "--format", "form", type=click.Choice(FORMATS), help="Everything in this format (see also --json)."
)
@click.option("--schema", is_flag=True, help="Print the JSON Schema of what --json gives; reads nothing.")
@trace_options
@reporting
def command(
    output: Output,
    reader_name: str | None,
    photo_path: Path | None,
    form: str | None,
    schema: bool,
    trace_path: Path | None,
    show_personal_data: bool,
) -> int:
    """Read everything the card in the reader tells: person, photo, address, rights, laser number, chip.

    The keys of --json and --format are stable; --schema prints their JSON Schema.
    """
    if schema:
        from harness.client.schema import card_schema

        click.echo(json.dumps(card_schema(), ensure_ascii=False, indent=2))
        return 0
    if form is not None and output.json:
        raise Misuse(Text("Say --json or --format, not both.", "โปรดระบุ --json หรือ --format อย่างใดอย่างหนึ่ง"))
    with connected(terminal_for(reader_name), trace_path, show_personal_data) as terminal:
        contents = read_with_progress(output, CardClient(terminal))
    photo = contents.person.photo
    if photo_path is not None and photo:
        _save(photo_path, photo)
    if form is not None:
        click.echo(rendered(contents.to_json(), form))
    else:
        output.report(contents.to_json(), lambda: show_contents(output, contents))
    if photo_path is None or photo:
        return 0
    click.echo(f"thnid: {_NO_PHOTO.say(output.language)}", err=True)
    return 1


def _save(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; a device or a pipe just gets it."""
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return
    replace_file(path, content, mode=0o600)


def read_with_progress(output: Output, client: CardClient) -> CardContents:
    """Read all, with a progress bar for a person whose reader is slow."""
    from rich.progress import Progress

    with Progress(console=output.console, transient=True, disable=not output.console.is_terminal) as progress:
        bar = progress.add_task(Text("reading", "กำลังอ่าน").say(output.language), total=None)
        return client.read_all(lambda done, total: progress.update(bar, completed=done, total=total))


def show_contents(output: Output, contents: CardContents) -> None:
    """A table of every field a person can read."""
    from rich.table import Table

    table = Table(show_header=False, box=None, padding=(0, 2))
    generation = by_atr(contents.atr)
    moi_files = generation.moi_blocks.values() if generation else [moi.CURRENT]
    _rows(output, table, moi_files, contents.person)
    photo = contents.person.photo
    size = Text(f"JPEG, {len(photo)} bytes", f"JPEG {len(photo)} ไบต์") if photo else Text("none", "ไม่มี")
    table.add_row(moi.CURRENT.field("photo").meaning.say(output.language), size.say(output.language))
    if contents.rights is None:
        table.add_row(
            nhso.NHSO.meaning.say(output.language),
            Text("none on this card", "ไม่มีในบัตรนี้").say(output.language),
        )
    else:
        _rows(output, table, [nhso.RIGHTS], contents.rights)
    if contents.adm is not None and contents.adm.laser_number:
        table.add_row(adm.INFO.field("laser_number").meaning.say(output.language), contents.adm.laser_number)
    if contents.chip is not None and contents.chip.serial:
        table.add_row(
            Text("card serial", "หมายเลขบัตร").say(output.language), contents.chip.serial.hex().upper()
        )
    table.add_row("ATR", f"{contents.atr.hex(' ').upper()} ({contents.generation or '?'})")
    output.show_table(table)
    if contents.unreadable:
        names = ", ".join(contents.unreadable)
        output.say(Text(f"Not readable: {names}", f"อ่านไม่ได้: {names}"), style="yellow")


def _rows(output: Output, table: Any, files: Any, record: Person | Any) -> None:
    shown: set[str] = set()
    for file in files:
        assert isinstance(file, File)
        for field in file.fields:
            value = getattr(record, field.name, None)
            if field.name in _NOT_FOR_THE_TABLE | shown or value in (None, ""):
                continue
            shown.add(field.name)
            table.add_row(field.meaning.say(output.language), in_words(value).say(output.language))
