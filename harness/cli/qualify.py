"""``thnid qualify``: a verdict on a reader model, with numbers."""

from __future__ import annotations

import contextlib
import importlib
import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import CommandGroup, Misuse, Output, language_option, reporting
from harness.cli.pin import pin_provider
from harness.cli.qualify_place import at_place, place_told
from harness.cli.qualify_report import compare, report
from harness.cli.qualify_sign import SHOWN_AS, STATED, sign, stated_options, verify, with_stated
from harness.cli.qualify_station import station
from harness.cli.reader import find_reader
from harness.cli.run import PIN_VARIABLE, READER_VARIABLE
from harness.errors import HarnessError
from harness.qualify import thai
from harness.qualify.report.words import VERDICTS, amount, limits_sentence, profile_title

if TYPE_CHECKING:
    from harness.qualify.actuator import Actuator
    from harness.qualify.criterion import Criterion
    from harness.qualify.subject import Operator, Subject

FAILED = 1
PAGE = "report.html"
_VIRTUAL_READER = "Virtual PCD"
_STYLES = {"pass": "green", "marginal": "yellow", "fail": "bold red", "incomplete": "magenta"}


class WrongRequest(HarnessError):
    """The options do not fit each other, or the record that is to be continued."""

    exit_status = 2


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
                Text("limits", "ขอบเขต"),
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
    from harness.qualify.record import DOCUMENT, Record
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
    assert isinstance(record, Record)
    if campaign.gone is not None:
        raise campaign.gone if not output.json else click.exceptions.Exit(campaign.gone.exit_status)
    return 0 if document["verdict"] in ("pass", "marginal") else FAILED


def _prepared(output: Output, *, resume: Path | None, **options: Any) -> tuple[Any, Subject]:
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
                "--resume เขียนผลลงที่เดิม โปรดไม่ระบุ --report",
            )
        )
    record = Record.resume(resume)
    before = record.header
    if not _is_header(before):
        raise NoRecord(resume, Text("its record cannot be read", "อ่านบันทึกผลไม่ได้"))
    options["reader_name"] = options["reader_name"] or before["reader"]["name"]
    options["profile"] = options["profile"] or before["profile"]
    options["actuator"] = options["actuator"] or before["actuator"]
    subject = subject_for(output, **options)
    require_same(before, with_stated(header_of(subject, options["operator_name"]), options))
    return record, subject


def _is_header(told: Mapping[str, Any]) -> bool:
    """Whether it is what ``header_of`` makes."""
    parts = {"tool": ("version",), "reader": ("name", *STATED), "host": (), "card": ("atr",)}
    return {"actuator", "operator", "profile"} <= set(told) and all(
        isinstance(told.get(part), dict) and set(names) <= set(told[part]) for part, names in parts.items()
    )


def require_same(before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """What a record's header says must be true of all that is measured into it. Raises WrongRequest.

    What is not told now (a serial number that was stated then, the operator) is what it was.
    """
    for what, each_before, each_now in _told_of(before, now):
        if each_now != each_before:
            raise WrongRequest(
                Text(
                    f"The record was begun with {what.en} {_said(each_before)}, not {_said(each_now)}.",
                    f"บันทึกนี้เริ่มด้วย{what.th} {_said(each_before)} ไม่ใช่ {_said(each_now)}",
                ),
                Text("Continue with what it was, or begin a new record.", "โปรดทำต่อตามเดิม หรือเริ่มบันทึกใหม่"),
            )


def _told_of(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[tuple[Text, Any, Any]]:
    """Name, then and now, of everything that must not change."""
    readers = before["reader"], now["reader"]
    yield Text("the reader", "เครื่องอ่าน"), readers[0]["name"], readers[1]["name"]
    yield Text("the profile", "โพรไฟล์"), before["profile"], now["profile"]
    yield Text("the actuator", "อุปกรณ์เสียบบัตร"), before["actuator"], now["actuator"]
    cards = before["card"], now["card"]
    yield Text("a card with ATR", "บัตรที่มี ATR"), cards[0]["atr"], cards[1]["atr"]
    for name, what in (
        ("generation", Text("a card of generation", "บัตรรุ่น")),
        ("virtual", Text("a card that is virtual:", "บัตรเสมือน:")),
        ("test", Text("a test card:", "บัตรทดสอบ:")),
    ):
        yield what, cards[0].get(name), cards[1].get(name)
    for name, what in (
        ("serial", Text("the serial number", "หมายเลขเครื่อง")),
        ("firmware", Text("the firmware", "เฟิร์มแวร์")),
        ("driver", Text("the driver", "ไดรเวอร์")),
    ):
        yield what, readers[0][name], readers[1][name] or readers[0][name]
    yield Text("the operator", "ผู้ทดสอบ"), before["operator"], now["operator"] or before["operator"]
    yield Text("the computer", "คอมพิวเตอร์"), _plain(before["host"]), _plain(now["host"])
    yield Text("thnid", " thnid"), before["tool"]["version"], now["tool"]["version"]


def _plain(part: Mapping[str, Any]) -> str:
    return ", ".join(str(each) for each in part.values() if each is not None)


def _said(value: Any) -> str:
    return "–" if value is None else str(amount(value).en) if isinstance(value, bool) else str(value)


def subject_for(
    output: Output,
    operator: Operator | None = None,
    provide_pin: Callable[[int], str] | None = None,
    **options: Any,
) -> Subject:
    """The subject as the options want it, with its card looked at. Raises NoReader, StackUnavailable, NoPinGiven..."""
    from harness.qualify.criterion import Profile
    from harness.qualify.subject import Subject

    wanted = options["reader_name"] or os.environ.get(READER_VARIABLE)
    reader = find_reader(wanted)
    operator = operator or _operator(output, options["operator_name"])
    virtual = reader.startswith(_VIRTUAL_READER) or reader == os.environ.get(READER_VARIABLE)
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
        subject.require_empty_or_present(True)
        subject.recognise()


def _pin(subject: Subject, from_stdin: bool, provide: Callable[[int], str]) -> str | None:
    """The PIN of a virtual card; of a real one only where --real-card names it."""
    from harness.client.card import well_formed
    from harness.client.safety import require_virtual_or_consent

    given = (
        from_stdin or (PIN_VARIABLE in os.environ and subject.card.virtual) or subject.real_card is not None
    )
    if not given or not subject.card.thai or not subject.card.serial:
        return None  # a card that does not say whose it is gets no PIN
    require_virtual_or_consent(subject.card.serial, subject.real_card)
    return well_formed(provide(0))


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


def header_of(subject: Subject, operator: str | None) -> dict[str, Any]:
    """What is known before anything is measured."""
    from importlib.metadata import version

    from harness.qualify.criteria.identity import attributes
    from harness.qualify.record import now
    from harness.qualify.subject import CallFailed

    try:
        told = attributes(subject)
    except (CallFailed, HarnessError):  # a reader that tells nothing has a record all the same
        told = {}
    return {
        "tool": {"name": "thnid", "version": version("thnid")},
        "reader": {
            "name": subject.reader,
            "serial": told.get("serial"),
            "firmware": told.get("version"),
            "driver": subject.evidence.get("driver"),
            "attributes": told,
        },
        "host": {"os": _operating_system(), "kernel": platform.release(), "pcsc": _pcsc(), **place_told()},
        "card": {
            "atr": _atr(subject),
            "generation": subject.card.generation,
            "virtual": subject.card.virtual,
            "test": subject.card.test,
        },
        "actuator": subject.actuator.kind,
        "operator": operator,
        "started": now(),
        "profile": subject.profile.value,
    }


def _atr(subject: Subject) -> str | None:
    return subject.card.atr.hex(" ").upper() or None


def _operating_system() -> str:
    try:
        return platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        return platform.platform()


def _pcsc() -> str | None:
    """The version of the pcscd on this computer; None where there is none (a forwarded socket, another platform)."""
    import shutil
    import subprocess

    program = shutil.which("pcscd", path=os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin")))
    if program is None:
        return None
    try:
        told = subprocess.run(
            [program, "--version"], capture_output=True, encoding="utf-8", timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return next(iter(told.stdout.splitlines()), None)


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
    from harness.qualify.report.loading import ExtraMissing

    written = [folder / "junit.xml"]
    written[0].write_bytes(junit(document))
    try:
        written.append(_write_page(folder, folder, output))
    except ExtraMissing as missing:
        click.echo(f"thnid: {missing.message.say(output.language)}", err=True)
    return written


def _write_page(record: Path, folder: Path, output: Output) -> Path:
    """The page of a record. Raises ExtraMissing, NoRecord, RecordAltered, SignatureBroken, EvidenceAltered."""
    from harness.qualify.report.loading import beside, load, shown

    html = _needing_extra("harness.qualify.report.html")
    folder.mkdir(parents=True, exist_ok=True)
    page = folder / PAGE
    loaded = load(record)
    page.write_text(
        html.record_page(loaded, output.language, shown(loaded, beside(record))), encoding="utf-8"
    )
    return page


def _needing_extra(module: str) -> Any:
    from harness.qualify.report.loading import ExtraMissing

    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ExtraMissing(error.name or module) from None


command.add_command(report)
command.add_command(compare)
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
