"""``thnid qualify``: a verdict on a reader model, with numbers."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import CommandGroup, Misuse, Output, language_option, reporting
from harness.cli.pin import PIN_VARIABLE, pin_provider
from harness.cli.qualify_header import header_of, is_header, require_same
from harness.cli.qualify_place import at_place
from harness.cli.qualify_report import compare, extra_needed, report, schema
from harness.cli.qualify_sign import SHOWN_AS, sign, stated_options, verify, with_stated
from harness.cli.qualify_station import station
from harness.cli.reader import find_reader
from harness.cli.run import READER_VARIABLE
from harness.qualify import thai
from harness.qualify.report.words import VERDICTS, amount, limits_sentence, profile_title
from harness.stack import DEFAULT_READER_NAME

if TYPE_CHECKING:
    from harness.qualify.actuator import Actuator
    from harness.qualify.criterion import Criterion
    from harness.qualify.record import Record
    from harness.qualify.subject import Operator, Subject

FAILED = 1
_STYLES = {"pass": "green", "marginal": "yellow", "fail": "bold red", "incomplete": "magenta"}


@click.group("qualify", cls=CommandGroup)
@language_option
def command() -> None:
    """A verdict on a reader: measured through PC/SC, with numbers that can be filed."""


@command.command("criteria")
@click.option("--markdown", "as_markdown", is_flag=True, help="The tables of docs/qualification.md.")
@reporting
def criteria_command(output: Output, as_markdown: bool) -> None:
    """List what is measured, with limits and where they come from."""
    from harness.qualify.criteria import CRITERIA
    from harness.qualify.page import table

    if as_markdown and not output.json:
        click.echo(table(CRITERIA.values()), nl=False)
        return
    document = {"criteria": [each.to_json() for each in CRITERIA.values()]}
    output.report(document, lambda: _show_criteria(output, list(CRITERIA.values())))


def _show_criteria(output: Output, criteria: Sequence[Criterion]) -> None:
    from rich.table import Table

    table = Table(
        *(
            each.say(output.language)
            for each in (
                Text("id", "รหัส"),
                Text("criterion", "เกณฑ์"),
                Text("limits", "ขีดจำกัด"),
                Text("unit", "หน่วย"),
                Text("needs", "ต้องมี"),
                Text("basis", "ที่มา"),
            )
        )
    )
    for each in criteria:
        needs = ", ".join(
            need.value.say(output.language) for need in sorted(each.needs, key=lambda n: n.name)
        )
        title = each.title.say(output.language)
        unit, limits = thai.unit(each.unit), limits_sentence(each.limits.to_json(), "")
        table.add_row(
            each.id,
            title,
            *(said.say(output.language) for said in (limits, unit)),
            needs,
            thai.basis(each.basis).say(output.language),
        )
    output.show_table(table)


@command.command("run")
@click.option(
    "--reader", "reader_name", metavar="NAME", help="Reader to qualify (a part of its name will do)."
)
@click.option(
    "--profile", type=click.Choice(["quick", "full", "soak"]), help="How much is done (default quick)."
)
@click.option("--report", "folder", type=click.Path(path_type=Path), help="Folder for the record (new).")
@click.option("--resume", type=click.Path(path_type=Path), help="Folder of a record to continue.")
@click.option(
    "--actuator",
    type=click.Choice(["manual", "virtual", "removinator", "none"]),
    help="What inserts and removes the card.",
)
@click.option(
    "--actuator-port",
    metavar="DEVICE",
    default="/dev/ttyACM0",
    show_default=True,
    help="Serial port of the Removinator.",
)
@click.option(
    "--actuator-slot",
    type=click.IntRange(1, 8),
    default=1,
    show_default=True,
    help="Slot of the card on the Removinator.",
)
@click.option(
    "--operator", "operator_name", metavar="NAME", help="Who does it; asked for what needs a person."
)
@click.option(
    "--evidence", multiple=True, metavar="ID=FILE", help="Paper evidence, file or words: PA-1, PA-2, PA-3."
)
@stated_options
@click.option("--expect-atr", metavar="HEX", help="What the card's answer to reset should be.")
@click.option(
    "--real-card", metavar="SERIAL", help="Consent to present the PIN to the real card of that serial."
)
@click.option("--pin-stdin", is_flag=True, help="The card's PIN is the first line of standard input.")
@click.option("--soak-seconds", type=click.FloatRange(min=1), help="Length of the soak (default 60).")
@click.option("--hours", type=click.FloatRange(min=0.001), help="Length of the soak in hours.")
@reporting
@at_place
def run_command(output: Output, **options: Any) -> int:
    """Qualify the reader and write its record. Exit status 0: pass or marginal, 1: fail or incomplete, 3: no reader.

    Every result is on the disk as soon as it is there: after Ctrl-C, or when the reader has gone, --resume goes on.
    """
    from harness.qualify.criteria import CRITERIA
    from harness.qualify.record import DOCUMENT
    from harness.qualify.runner import Campaign, interrupted_once

    record, subject = _prepared(output, **options)
    campaign = Campaign(subject, CRITERIA, record, progress(output))
    with interrupted_once():
        try:
            document = campaign.run()
        except KeyboardInterrupt:
            where = record.folder
            if campaign.document is not None:
                write_reports(campaign.document, where, output)
            output.say(
                Text(
                    f"Stopped. What was measured is in {where}; --resume {where} goes on.",
                    f"หยุดแล้ว ผลที่วัดได้อยู่ใน {where} ใช้ --resume {where} เพื่อทำต่อ",
                )
            )
            raise click.Abort from None
    written = [record.folder / DOCUMENT, *write_reports(document, record.folder, output)]
    output.report({**document, "folder": str(record.folder)}, lambda: show_record(output, document, written))
    if campaign.gone is not None:
        raise campaign.gone if not output.json else click.exceptions.Exit(campaign.gone.exit_status)
    return 0 if document["verdict"] in ("pass", "marginal") else FAILED


def _prepared(output: Output, *, resume: Path | None, **options: Any) -> tuple[Record, Subject]:
    """The record, new or resumed, and the subject. Raises WrongRequest, NoReader, StackUnavailable, NoRecord."""
    from harness.qualify.record import NoRecord, Record

    if resume is None:
        subject = subject_for(output, **options)
        folder = options["folder"] or Path(f"thnid-qualification-{datetime.now(UTC):%Y%m%d-%H%M%S}")
        header = header_of(subject, options["operator_name"])
        return Record.begin(folder, with_stated(header, options)), subject
    if options["folder"] is not None and options["folder"] != resume:
        raise Misuse(
            Text(
                "--resume writes where the record is; leave out --report.",
                "--resume เขียนผลลงที่เดิม จึงไม่ต้องระบุ --report",
            )
        )
    record = Record.resume(resume)
    before = record.header
    if not is_header(before):
        raise NoRecord(resume, Text("its record cannot be read", "อ่านบันทึกผลไม่ได้"))
    options["reader_name"] = options["reader_name"] or before["reader"]["name"]
    options["profile"] = options["profile"] or before["profile"]
    options["actuator"] = options["actuator"] or before["actuator"]
    subject = subject_for(output, **options)
    require_same(before, with_stated(header_of(subject, options["operator_name"]), options))
    return record, subject


def subject_for(
    output: Output,
    operator: Operator | None = None,
    provide_pin: Callable[[int | None], str] | None = None,
    **options: Any,
) -> Subject:
    """The subject as the options want it, with its card looked at. Raises NoReader, StackUnavailable, NoPinGiven..."""
    from harness.qualify.criterion import Profile
    from harness.qualify.subject import Subject

    wanted = options["reader_name"] or os.environ.get(READER_VARIABLE)
    reader = find_reader(wanted)
    operator = operator or _operator(output, options["operator_name"])
    virtual = reader.startswith(DEFAULT_READER_NAME) or reader == os.environ.get(READER_VARIABLE)
    hours, seconds = options["hours"], options["soak_seconds"]
    subject = Subject(
        reader,
        Profile(options["profile"] or "quick"),
        _actuator(options, operator, reader),
        operator,
        real_card=options["real_card"],
        virtual_reader=virtual,
        evidence=_evidence(options["evidence"], options.get("driver")),
        expected_atr=_hex(options["expect_atr"]),
        soak_s=hours * 3600 if hours else seconds or 60.0,
    )
    subject.recognise()
    _have_card(subject)
    subject.pin = _pin(
        subject, options["pin_stdin"], provide_pin or pin_provider(output, options["pin_stdin"])
    )
    return subject


def _have_card(subject: Subject) -> None:
    """Have the card inserted if the reader is empty, so that it is known which criteria it serves. Raises ActuatorFailed."""
    from harness.qualify.actuator import NoActuator
    from harness.qualify.criterion import CannotMeasure

    if subject.card.present or isinstance(subject.actuator, NoActuator):
        return
    subject.actuator.insert()
    with contextlib.suppress(CannotMeasure):  # the criteria will say so
        subject.require_present()
        subject.recognise()


def _pin(subject: Subject, from_stdin: bool, provide: Callable[[int | None], str]) -> str | None:
    """The PIN of a virtual card; of a real one only where --real-card names it."""
    from harness.client.card import well_formed
    from harness.client.safety import require_virtual_or_consent

    given = (
        from_stdin or (PIN_VARIABLE in os.environ and subject.card.virtual) or subject.real_card is not None
    )
    if not given or not subject.card.thai or not subject.card.serial:
        return None  # a card that does not say whose it is gets no PIN
    require_virtual_or_consent(subject.card.serial, subject.real_card)
    return well_formed(provide(None))


def _evidence(texts: Sequence[str], driver: str | None = None) -> dict[str, str]:
    given = dict(text.partition("=")[::2] for text in texts)
    given = {SHOWN_AS.get(name.upper(), name): shown for name, shown in given.items()}
    unknown = sorted(set(given) - set(SHOWN_AS.values()))
    if unknown:
        raise Misuse(
            Text(
                f"--evidence is {', '.join(SHOWN_AS)}, not {', '.join(unknown)}.",
                f"--evidence เป็น {', '.join(SHOWN_AS)} เท่านั้น ไม่ใช่ {', '.join(unknown)}",
            )
        )
    return {"driver": driver, **given} if driver else given


def _hex(text: str | None) -> bytes | None:
    try:
        return None if text is None else bytes.fromhex(text)
    except ValueError:
        raise Misuse(
            Text(
                "--expect-atr is hexadecimal, such as '3B 79 18 ...'.",
                "--expect-atr ต้องเป็นเลขฐานสิบหก เช่น '3B 79 18 ...'",
            )
        ) from None


def _operator(output: Output, name: str | None) -> Operator:
    from harness.qualify.subject import Operator as Nobody

    class Person(Nobody):
        """Asked on standard error, answers on standard input."""

        present = True

        def ask(self, what: Text) -> None:
            click.echo(f">>> {what.say(output.language)}", err=True)

        def answer(self, question: Text) -> str | None:
            return str(click.prompt(question.say(output.language), default="", err=True)) or None

    operator = Person() if sys.stdin.isatty() and sys.stderr.isatty() else Nobody()
    operator.name = name
    return operator


def _actuator(options: dict[str, Any], operator: Operator, reader: str) -> Actuator:
    """The one that was asked for; else the virtual reader's own, else the person at the terminal, else none."""
    from harness.qualify import actuator as kinds

    kind, control = options["actuator"], os.environ.get(kinds.CONTROL_VARIABLE)
    ours = control is not None and os.environ.get(READER_VARIABLE, reader) == reader
    if kind is None:
        kind = "virtual" if ours else "manual" if operator.present else "none"
    if kind == "virtual":
        if control is None:
            from harness.cli.control import NoControl

            raise NoControl
        return kinds.VirtualActuator(control)
    if kind == "manual":
        return kinds.ManualActuator(operator.ask)
    if kind == "removinator":
        from harness.qualify.removinator import RemovinatorActuator

        board = RemovinatorActuator(options["actuator_port"], options["actuator_slot"])
        board.ready()  # before anything is measured: a board that is not there must not spoil a record
        return board
    return kinds.NoActuator()


def progress(output: Output) -> Any:
    def tell(criterion: Criterion, line: dict[str, Any], number: int, of: int) -> None:
        verdict = line["verdict"]
        unit = thai.unit(line["unit"]).say(output.language)
        value = f" {amount(line['value']).say(output.language)} {unit}".rstrip()
        value = "" if line["value"] is None else value
        reason = f" ({line['reason'][output.language]})" if line["reason"] else ""
        text = f"[{number}/{of}] {criterion.id} {criterion.title.say(output.language)}:"
        output.console.print(text, end=" ", markup=False)
        said = VERDICTS[verdict].say(output.language)
        output.console.print(f"{said}{value}{reason}", style=_STYLES.get(verdict), markup=False)

    return tell


def write_reports(document: dict[str, Any], folder: Path, output: Output) -> list[Path]:
    """JUnit XML, and the page for people where its packages are installed."""
    from harness.qualify.report.junit import junit
    from harness.qualify.report.loading import ExtraMissing, beside, load, shown

    written = [folder / "junit.xml"]
    written[0].write_bytes(junit(document))
    try:
        with extra_needed():
            from harness.qualify.report.html import write
        record = load(folder)
        written += write(record, folder, output.language, shown(record, beside(folder)))
    except ExtraMissing as missing:
        click.echo(f"thnid: {missing.message.say(output.language)}", err=True)
    return written


command.add_command(report)
command.add_command(compare)
command.add_command(schema)
command.add_command(sign)
command.add_command(verify)
command.add_command(station)


def show_record(output: Output, document: dict[str, Any], written: Sequence[Path]) -> None:
    counts: dict[str, int] = {}
    for each in document["results"]:
        counts[each["verdict"]] = counts.get(each["verdict"], 0) + 1
    listed = ", ".join(f"{VERDICTS[name].say(output.language)} {count}" for name, count in counts.items())
    verdict = document["verdict"]
    said, profile = VERDICTS[verdict], profile_title(document["profile"])
    total = Text(f"Verdict: {said.en}", f"ผลสรุป: {said.th}").say(output.language)
    behind = f" · {profile.say(output.language)}" if profile else ""
    output.console.print(f"{total}{behind}", style=_STYLES.get(verdict), markup=False)
    output.console.print(listed, markup=False)
    for path in written:
        output.console.print(str(path), markup=False, soft_wrap=True)
