"""``thnid lab``: the readers of many machines, shared through labgrid."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import CommandGroup, Output, language_option, reporting, speaking
from harness.lab.errors import LabMissing

if TYPE_CHECKING:
    from harness.lab.coordinator import Place


def coordinator_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--coordinator HOST:PORT``."""
    return click.option(
        "--coordinator",
        metavar="HOST:PORT",
        help="labgrid's coordinator.  [default: LG_COORDINATOR, else 127.0.0.1:20408]",
    )(function)


def lab_module(name: str) -> Any:
    """A module of ``harness.lab`` that needs labgrid. Raises LabMissing."""
    try:
        return importlib.import_module(f"harness.lab.{name}")
    except ModuleNotFoundError as error:
        raise LabMissing(error.name or "labgrid") from None


@click.group("lab", cls=CommandGroup)
@language_option
def command() -> None:
    """Readers on many machines, shared through labgrid; docs/lab.md tells how to set one up."""


@command.command("places")
@coordinator_option
@reporting
def places_command(output: Output, coordinator: str | None) -> None:
    """List the places, the readers in them, and who has them."""
    lab = lab_module("coordinator")
    found = lab.places(lab.chosen_address(coordinator))
    document = {"places": [_document(each) for each in found]}
    output.report(document, lambda: _show(output, found))


@command.command("export")
@coordinator_option
@click.option("--name", help="What the lab calls this machine.  [default: its host name]")
@click.option("--hostname", help="How others reach this machine by ssh.  [default: its host name]")
@click.argument("resources", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@speaking
def export_command(
    _output: Output, coordinator: str | None, name: str | None, hostname: str | None, resources: Path
) -> None:
    """Lend the readers that the file RESOURCES lists to the lab, until Ctrl-C. It is labgrid-exporter with readers."""
    address = lab_module("coordinator").chosen_address(coordinator)
    lab_module("exporter").run(str(resources), address, name, hostname)


def _document(place: Place) -> dict[str, Any]:
    return {
        "name": place.name,
        "comment": place.comment,
        "tags": place.tags,
        "held_by": place.holder,
        "reserved_by": place.reserved_by,
        "readers": [
            {"reader": each.reader, "host": each.host, "available": each.available} for each in place.readers
        ],
    }


def _show(output: Output, found: Sequence[Place]) -> None:
    from rich.table import Table

    titles = (
        Text("place", "จุดทดสอบ"),
        Text("reader", "เครื่องอ่าน"),
        Text("machine", "เครื่อง"),
        Text("state", "สถานะ"),
    )
    table = Table(*(each.say(output.language) for each in titles))
    for place in found:
        state = _state(place).say(output.language)
        for number, reader in enumerate(place.readers):
            table.add_row("" if number else place.name, reader.reader, reader.host, "" if number else state)
        if not place.readers:
            table.add_row(place.name, "-", "-", state)
    output.show_table(table)


def _state(place: Place) -> Text:
    if place.holder is not None:
        return Text(f"held by {place.holder}", f"ใช้อยู่โดย {place.holder}")
    if place.reserved_by is not None:
        return Text(f"reserved by {place.reserved_by}", f"จองไว้โดย {place.reserved_by}")
    if not any(each.available for each in place.readers):
        return Text("no reader", "ไม่มีเครื่องอ่าน")
    return Text("free", "ว่าง")
