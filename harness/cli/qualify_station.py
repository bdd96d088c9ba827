"""``thnid qualify station``: one reader after the other on OpenHTF, with a page that asks and shows."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import Output, reporting
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.qualify.record import Record
    from harness.qualify.subject import Operator, Subject
    from harness.station.prompts import Desk
    from harness.station.station import Run, Station

_FOLDER = "thnid-station"


class StationExtraMissing(HarnessError):
    """The station needs packages that are not installed."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"The test station needs the package {package}, which is not installed.",
                f"สถานีทดสอบต้องใช้แพ็กเกจ {package} ซึ่งยังไม่ได้ติดตั้ง",
            ),
            Text(
                "Install it: pip install 'thnid[station]', or use 'thnid qualify run'.",
                "ติดตั้งด้วย pip install 'thnid[station]' หรือใช้ 'thnid qualify run' แทน",
            ),
        )


class NoSerialNumber(HarnessError):
    """The station's records go by the reader's serial number, and nobody and nothing tells it."""

    exit_status = 2

    def __init__(self) -> None:
        super().__init__(
            Text(
                "The serial number of the reader is not known: the reader does not tell it.",
                "ไม่ทราบหมายเลขเครื่องของเครื่องอ่าน เพราะเครื่องอ่านไม่ได้แจ้ง",
            ),
            Text(
                "Take it from the label: --dut SERIAL, or type it in at the station.",
                "โปรดดูจากฉลากแล้วระบุด้วย --dut SERIAL หรือพิมพ์ที่สถานี",
            ),
        )


@click.command("station")
@click.option(
    "--reader", "reader_name", metavar="NAME", help="Reader to qualify (a part of its name will do)."
)
@click.option("--dut", metavar="SERIAL", help="Serial number of the reader: qualify that one and end.")
@click.option(
    "--profile", type=click.Choice(["quick", "full", "soak"]), help="How much is done (default quick)."
)
@click.option(
    "--report",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=_FOLDER,
    show_default=True,
    help="Folder of the records, one folder in it for each reader.",
)
@click.option(
    "--page",
    "port",
    type=click.IntRange(0, 65535),
    help="Serve the station's page on this port; 0: a free one.",
)
@click.option(
    "--actuator",
    type=click.Choice(["manual", "virtual", "removinator", "none"]),
    help="What inserts and removes the card; manual: the operator is asked to.",
)
@click.option(
    "--actuator-port", metavar="DEVICE", default="/dev/ttyACM0", show_default=True, help="Of the Removinator."
)
@click.option(
    "--actuator-slot",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Of the card on the Removinator.",
)
@click.option("--operator", "operator_name", metavar="NAME", help="Who does it.")
@click.option(
    "--real-card", metavar="SERIAL", help="Consent to present the PIN to the real card of that serial."
)
@click.option("--pin-stdin", is_flag=True, help="The card's PIN is the first line of standard input.")
@click.option("--once", is_flag=True, help="Qualify one reader and end.")
@reporting
def station(output: Output, *, dut: str | None, once: bool, port: int | None, **options: Any) -> int:
    """Qualify one reader after the other on OpenHTF: the operator is asked on a page, or at the terminal.

    Each reader gets a folder by its serial number, with the record that 'thnid qualify run' writes and OpenHTF's own.
    Ctrl-C ends the station; a record that was begun is kept and is incomplete. Exit status with --once or --dut as
    of 'thnid qualify run'.
    """
    once = once or dut is not None
    if output.json and not once:
        raise click.UsageError("--json tells of one reader: add --once or --dut.")
    with _extra_needed():
        from harness.station.page import Page
        from harness.station.prompts import Desk
    at_terminal = sys.stdin.isatty() and sys.stderr.isatty()
    if not (once or at_terminal or port is not None):
        raise click.UsageError("nobody is there to change the readers: add --page, --once or --dut.")
    desk = Desk(_say if at_terminal else None)
    with ExitStack() as cleanup:
        page = cleanup.enter_context(Page(port)) if port is not None else None
        if page is not None:
            click.echo(
                Text(f"Station: {page.address}", f"สถานี: {page.address}").say(output.language), err=True
            )
        made = _station(output, desk, page, at_terminal or page is not None, options)
        if at_terminal:
            threading.Thread(target=_listen, args=(desk,), name="keyboard", daemon=True).start()
        # With nobody to ask, the reader itself has to tell.
        serial = dut if dut is not None or at_terminal or page is not None else ""
        return _one(output, made, serial) if once else _one_after_the_other(output, made)


def _station(output: Output, desk: Desk, page: Any, attended: bool, options: dict[str, Any]) -> Station:
    from harness.cli.pin import pin_provider
    from harness.cli.qualify import progress, subject_for
    from harness.cli.qualify_header import header_of
    from harness.qualify.criteria import CRITERIA
    from harness.qualify.criterion import Profile
    from harness.qualify.record import Record
    from harness.qualify.subject import Operator as Nobody
    from harness.station.prompts import StationOperator
    from harness.station.station import Station, folder_for

    name = options["operator_name"]
    operator: Operator = StationOperator(desk, output.language, name) if attended else Nobody()
    operator.name = name
    provide = functools.cache(pin_provider(output, options["pin_stdin"]))
    if options["pin_stdin"] or options["real_card"] is not None:
        provide(None)  # once, before the terminal is the operator's

    def prepare(serial: str) -> tuple[Subject, Record]:
        subject = subject_for(
            output, operator, provide, evidence=(), expect_atr=None, hours=None, soak_seconds=None, **options
        )
        header = header_of(subject, name)
        header["reader"]["serial"] = serial or header["reader"]["serial"]
        if not header["reader"]["serial"]:
            raise NoSerialNumber
        return subject, Record.begin(folder_for(header["reader"]["serial"], options["folder"]), header)

    profile = Profile(options["profile"] or Profile.QUICK.value)
    return Station(
        CRITERIA, profile, prepare, desk, language=output.language, page=page, told=progress(output)
    )


def _one(output: Output, station: Station, serial: str | None) -> int:
    """One reader; the exit status is that of ``thnid qualify run``."""
    from harness.cli.qualify import FAILED

    run = _qualified(output, station, serial)
    if run.gone is not None:
        raise run.gone if not output.json else click.exceptions.Exit(run.gone.exit_status)
    return 0 if run.document["verdict"] in ("pass", "marginal") else FAILED


def _one_after_the_other(output: Output, station: Station) -> int:
    """Until Ctrl-C between two readers (0), or in the middle of one (as of every command)."""
    while True:
        try:
            run = _qualified(output, station, None)
        except click.Abort:
            if station.run is not None:
                raise
            return 0
        if run.gone is not None:
            output.say(run.gone.message)


def _qualified(output: Output, station: Station, serial: str | None) -> Run:
    """Qualify a reader and report it. Raises Abort after Ctrl-C."""
    from harness.cli.qualify import show_record, write_reports
    from harness.qualify.record import DOCUMENT
    from harness.station.station import OPENHTF_RECORD

    try:
        run = station.qualify(serial)
    except KeyboardInterrupt:
        _say_where(output, station.run)
        raise click.Abort from None
    folder = run.record.folder
    written = [folder / DOCUMENT, *write_reports(run.document, folder, output), folder / OPENHTF_RECORD]
    output.report({**run.document, "folder": str(folder)}, lambda: show_record(output, run.document, written))
    return run


def _say_where(output: Output, run: Run | None) -> None:
    from harness.cli.qualify import write_reports

    if run is not None:
        where = run.record.folder
        if run.document:
            write_reports(run.document, where, output)
        output.say(
            Text(
                f"Stopped. What was measured is in {where}; 'thnid qualify run --resume {where}' goes on.",
                f"หยุดแล้ว ผลที่วัดได้อยู่ใน {where} ใช้ 'thnid qualify run --resume {where}' เพื่อทำต่อ",
            )
        )


@contextlib.contextmanager
def _extra_needed() -> Iterator[None]:
    """Turns a missing package of the extra ``station`` into StationExtraMissing."""
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in ("", "apdu_specs", "harness"):
            raise
        raise StationExtraMissing(package) from None


def _say(line: str) -> None:
    click.echo(f">>> {line}", err=True)


def _listen(desk: Desk) -> None:
    """What is typed at the terminal answers what is asked there."""
    read: Callable[[], str] = sys.stdin.readline
    for line in iter(read, ""):
        desk.typed(line)
