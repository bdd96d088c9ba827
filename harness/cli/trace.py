"""``thnid trace``: show a recording, play it against a card, import a log of pcscd."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import Misuse, Output, reporting
from harness.cli.pin import PIN_VARIABLE
from harness.cli.reader import reader_option
from harness.cli.virtual import card_options
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.trace.reading import Trace
    from harness.trace.replay import Player, Report

_WHAT = {
    "status": Text("status", "สถานะ"),
    "length": Text("length", "ความยาว"),
    "data": Text("data", "ข้อมูล"),
    "atr": Text("ATR", "ATR"),
    "error": Text("error", "ข้อผิดพลาด"),
}
_FILE = click.Path(path_type=Path, dir_okay=False, exists=True)


class NotATrace(HarnessError):
    """No line of the file is one of a trace."""

    exit_status = 2

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(f"{path} holds no trace.", f"{path} ไม่ใช่แฟ้มบันทึก APDU"),
            Text(
                "Record one with --trace, or import a log of pcscd with 'thnid trace import'.",
                "โปรดบันทึกด้วย --trace หรือนำเข้าบันทึกของ pcscd ด้วย 'thnid trace import'",
            ),
        )


class CardOrReader(HarnessError):
    """A replay goes to a card in a reader or to a virtual one, not both."""

    exit_status = 2

    def __init__(self, names: str) -> None:
        super().__init__(
            Text(
                f"{names} is about a virtual card of this command; --reader means the card in a reader.",
                f"{names} ใช้กับบัตรเสมือนที่คำสั่งนี้สร้างขึ้น ส่วน --reader หมายถึงบัตรในเครื่องอ่าน",
            ),
            Text("Leave out one of them.", "โปรดระบุอย่างใดอย่างหนึ่ง"),
        )


class NotReplayedOnARealCard(HarnessError):
    """``withheld`` commands of the trace were not sent: the card is a real one, and they could cost it something."""

    def __init__(self, withheld: int) -> None:
        super().__init__(
            Text(
                f"This is a real card: commands that could cost it something were not sent: {withheld}.",
                f"บัตรนี้เป็นบัตรจริง จึงไม่ได้ส่งคำสั่งที่อาจมีผลเสียต่อบัตร จำนวน {withheld} คำสั่ง",
            ),
            Text("Replay it on a virtual card: leave out --reader.", "โปรดเล่นซ้ำกับบัตรเสมือน โดยไม่ระบุ --reader"),
        )


class NotReplayedInFull(HarnessError):
    """``unmade`` commands of the trace were not sent: a hidden PIN or proof could not be made anew."""

    def __init__(self, unmade: int) -> None:
        super().__init__(
            Text(
                f"Commands whose hidden PIN or proof could not be made anew were not sent: {unmade}.",
                f"ไม่ได้ส่งคำสั่งที่ไม่สามารถสร้าง PIN หรือหลักฐานพิสูจน์สิทธิที่ถูกปิดไว้ขึ้นใหม่ได้ จำนวน {unmade} คำสั่ง",
            ),
            Text(
                f"Give the PIN of the card in the reader in {PIN_VARIABLE}.",
                f"โปรดกำหนด PIN ของบัตรในเครื่องอ่านด้วย {PIN_VARIABLE}",
            ),
        )


@click.group("trace", context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Show, replay and import recordings of what was said to a card."""


def _read(path: Path) -> Trace:
    from harness.trace.reading import read_trace

    trace = read_trace(path)
    if not trace.header and not any(entry.line for entry in trace.entries):
        raise NotATrace(path)
    return trace


@command.command("show")
@click.argument("file", type=_FILE)
@reporting
def show(output: Output, file: Path) -> None:
    """Print a trace readably. Lines that cannot be decoded are shown as they are, with a !."""
    from harness.trace.showing import rows

    trace = _read(file)
    found = list(rows(trace, output.language))
    document = {
        **{name: trace.header.get(name) for name in ("source", "redacted")},
        "lines": [
            {
                "line": row.number,
                "time": (entry.line or {}).get("time"),
                "ms": row.ms,
                "direction": entry.direction,
                "bytes": (entry.line or {}).get("bytes"),
                "meaning": row.meaning,
                "fields": (entry.line or {}).get("fields", []),
                "values": row.values,
                "undecodable": entry.line is None,
            }
            for row, entry in zip(found, trace.entries, strict=True)
        ],
        "undecodable": trace.undecodable,
    }
    output.report(document, lambda: _show_rows(output, found))


def _show_rows(output: Output, rows: list[Any]) -> None:
    from rich.table import Table
    from rich.text import Text as Styled

    table = Table(show_header=False, box=None, padding=(0, 1))
    styles = {">": "cyan", "<": "", "*": "dim", "!": "yellow"}
    for name in ("right", "left", "left"):
        table.add_column(justify=name, no_wrap=True)
    table.add_column(overflow="fold")
    table.add_column(overflow="fold")
    for row in rows:
        ms = "" if row.ms is None else f"{row.ms:.1f}"
        style = styles[row.sign]
        cells = (str(row.number), ms, row.sign, row.bytes, _printable(row.meaning))
        table.add_row(*(Styled(cell, style=style) for cell in cells))
    output.show_table(table)


def _printable(text: str) -> str:
    # A line that is shown as it is must not steer the terminal.
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


@command.command("replay")
@click.argument("file", type=_FILE)
@reader_option
@card_options
@reporting
def replay(output: Output, file: Path, reader_name: str | None, **card_choice: Any) -> None:
    """Play a recorded terminal's side against a card and list the differences; status 1 if there are any.

    The card: --card FILE, the one in --reader NAME, or a fresh one (of the recorded generation, unless --generation).
    A redacted PIN is replaced by the card's own where it was right and by a wrong one where it was wrong, on virtual cards
    only; the PIN of a virtual card in a reader comes from THNID_PIN. In a trace of 'thnid learn' each command says which
    PIN it held. A real card gets reading commands only: a trace with others is not replayed in full, which is status 1, too.
    """
    trace = _read(file)
    with ExitStack() as cleanup:
        if reader_name is not None:
            player = _card_in_reader(cleanup, reader_name, card_choice)
        else:
            player = _virtual_card(cleanup, trace, card_choice)
        report = player.play(trace)
    if report.withheld or report.unmade:
        refused = (
            NotReplayedOnARealCard(report.withheld) if report.withheld else NotReplayedInFull(report.unmade)
        )
        refused.so_far = report.to_json()
        if not output.json:
            _show_report(output, report)
        raise refused
    output.report(report.to_json(), lambda: _show_report(output, report))
    if report.differences:
        click.get_current_context().exit(1)


def _card_in_reader(cleanup: ExitStack, reader_name: str, card_choice: dict[str, Any]) -> Player:
    from apdu_specs.errors import SpecError
    from apdu_specs.keys import SPECIMEN_MASTER_KEY, is_virtual, office_key
    from harness.cli.reader import terminal_for
    from harness.client import CardClient
    from harness.client.card import well_formed
    from harness.errors import CardRefused
    from harness.trace.replay import Player, Secrets

    if given := [
        f"--{name.removesuffix('_path')}" for name, value in card_choice.items() if value is not None
    ]:
        raise CardOrReader(", ".join(given))
    terminal = cleanup.enter_context(terminal_for(reader_name))
    client, secrets = CardClient(terminal), Secrets(virtual=False)
    with suppress(CardRefused):
        serial = client.card_serial()
        if is_virtual(serial):
            pin = os.environ.get(PIN_VARIABLE)
            secrets = Secrets(True, serial, well_formed(pin).encode("ascii") if pin else None)
            with suppress(SpecError):  # a card whose citizen id is none has no key that could be derived
                key = office_key(SPECIMEN_MASTER_KEY, client.citizen_id(), serial)
                secrets = replace(secrets, office_key=key)
    terminal.reset()
    return Player(terminal, secrets, lambda: terminal.reconnect("unpower"))


def _virtual_card(cleanup: ExitStack, trace: Trace, card_choice: dict[str, Any]) -> Player:
    from apdu_specs.generations import by_atr
    from harness.cli.virtual import pin_of, take_card
    from harness.terminals.in_process import InProcessTerminal
    from harness.trace.replay import Player, Secrets

    if card_choice.get("card_path") is None and card_choice.get("generation") is None and trace.atr:
        recorded = by_atr(trace.atr)
        card_choice = card_choice | {"generation": recorded.name if recorded else None}
    card = take_card(**card_choice)
    cleanup.callback(card.close)
    terminal = cleanup.enter_context(InProcessTerminal(card))
    office_key = card.personalisation.office_key
    return Player(terminal, Secrets(True, card.serial, pin_of(card).encode("ascii"), office_key))


def _show_report(output: Output, report: Report) -> None:
    from rich.table import Table

    for note in report.notes:
        told = Text(
            f"line {note.line}: {note.command}: {note.why.en}",
            f"บรรทัด {note.line}: {note.command}: {note.why.th}",
        )
        output.say(told, style="dim")
    for number in report.undecodable:
        output.say(
            Text(f"line {number}: cannot be decoded", f"บรรทัด {number}: ถอดความหมายไม่ได้"), style="yellow"
        )
    if not report.differences:
        output.say(
            Text(
                f"{report.sent} commands, no differences.",
                f"ส่ง {report.sent} คำสั่ง ไม่มีความแตกต่าง",
            )
        )
        return
    table = Table(box=None, padding=(0, 2))
    titles = (
        Text("line", "บรรทัด"),
        Text("command", "คำสั่ง"),
        Text("differs", "สิ่งที่ต่าง"),
        Text("recorded", "ที่บันทึก"),
        Text("replayed", "ที่ได้"),
    )
    for title in titles:
        table.add_column(title.say(output.language))
    for each in report.differences:
        what, recorded, replayed = (
            text.say(output.language) for text in (_WHAT[each.what], each.recorded, each.replayed)
        )
        table.add_row(str(each.line), each.command, what, recorded, replayed)
    output.show_table(table)
    count = len(report.differences)
    output.say(
        Text(
            f"{report.sent} commands, {count} differences.",
            f"ส่ง {report.sent} คำสั่ง พบความแตกต่าง {count} รายการ",
        )
    )


@command.command("import")
@click.argument("log", type=click.Path(path_type=Path, dir_okay=False, exists=True, allow_dash=True))
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Trace to write; else standard output."
)
@click.option(
    "--show-personal-data", is_flag=True, help="Leave personal data readable in the trace. PINs never are."
)
@reporting
def import_log(output: Output, log: Path, out: Path | None, show_personal_data: bool) -> None:
    """Make a trace of what 'pcscd --foreground --debug --apdu' logged (- for standard input), redacted as any trace.

    Without --debug the log tells no resets.
    """
    from harness.trace.pcscd_log import convert

    if out is None and output.json:
        raise Misuse(
            Text(
                "--json reports on an import into a file: give --out FILE too.",
                "--json รายงานผลการนำเข้าที่บันทึกลงแฟ้ม โปรดระบุ --out FILE ด้วย",
            )
        )
    with ExitStack() as cleanup:
        source = (
            sys.stdin
            if str(log) == "-"
            else cleanup.enter_context(log.open(encoding="utf-8", errors="replace"))
        )

        def target() -> IO[str]:
            return sys.stdout if out is None else cleanup.enter_context(_private(out))

        result = convert(source, target, show_personal_data=show_personal_data)
    if out is None:
        click.echo(_summary(result.commands, result.undecodable).say(output.language), err=True)
        return
    output.report(
        {"trace": str(out), "commands": result.commands, "undecodable": list(result.undecodable)},
        lambda: output.say(_summary(result.commands, result.undecodable)),
    )


def _private(path: Path) -> IO[str]:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    return os.fdopen(descriptor, "w", encoding="utf-8")


def _summary(commands: int, undecodable: tuple[int, ...]) -> Text:
    if not undecodable:
        return Text(f"{commands} commands.", f"{commands} คำสั่ง")
    lines = ", ".join(map(str, undecodable))
    return Text(
        f"{commands} commands; lines of the log that cannot be decoded: {lines}.",
        f"{commands} คำสั่ง บรรทัดที่ถอดความหมายไม่ได้: {lines}",
    )
