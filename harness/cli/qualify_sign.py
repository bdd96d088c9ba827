"""``thnid qualify sign`` and ``thnid qualify verify``: a record with a name under it, and whether it still is that record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from datetime import date as calendar
from pathlib import Path
from typing import Any

import click

from apdu_specs.language import Text
from harness.cli.output import Output, reporting
from harness.errors import HarnessError
from harness.qualify.report.words import VERDICTS

SHOWN_AS = {"PA-1": "mark", "PA-2": "driver", "PA-3": "label"}
"""The paper criteria, and what a campaign calls what is shown for them."""
STATED = ("serial", "firmware", "driver")
"""What a reader often does not tell of itself."""


class WrongDay(HarnessError):
    """The day of the signature is one on which nobody can have signed this record."""

    exit_status = 2

    def __init__(self, day: str, why: Text) -> None:
        super().__init__(
            Text(f"The record cannot have been signed on {day}: {why.en}.", f"ลงนามวันที่ {day} ไม่ได้: {why.th}"),
            Text(
                "Sign with the day on which it is signed, or leave --date out.",
                "โปรดระบุวันที่ลงนามจริง หรือไม่ต้องระบุ --date",
            ),
        )


class SignedAlready(HarnessError):
    """The record carries a signature."""

    def __init__(self, path: Path, operator: str, date: str) -> None:
        super().__init__(
            Text(
                f"{path}: {operator} signed this record on {date}.",
                f"{path}: {operator} ลงนามในบันทึกนี้แล้วเมื่อ {date}",
            ),
            Text("To sign it anew, add --again.", "หากต้องการลงนามใหม่ ให้ใช้ --again"),
        )


def stated_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--serial, --firmware and --driver: what the operator says of the reader."""
    for name, what in (
        ("driver", "Driver of the reader and its version."),
        ("firmware", "Firmware of the reader, as its maker says."),
        ("serial", "Serial number of the reader, from its label."),
    ):
        command = click.option(f"--{name}", metavar="TEXT", help=what)(command)
    return command


def with_stated(header: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """A record's header with what the operator said of the reader, which goes before what the reader tells."""
    said = {name: options[name] for name in STATED if options.get(name)}
    return {**header, "reader": {**header["reader"], **said}}


@click.command("sign")
@click.argument("path", metavar="RECORD", type=click.Path(path_type=Path))
@click.option("--operator", required=True, metavar="NAME", help="Who signs.")
@click.option("--date", "day", metavar="YYYY-MM-DD", help="Day of the signature (default today).")
@stated_options
@click.option(
    "--evidence", "papers", multiple=True, type=click.Path(path_type=Path), help="A file to file with it."
)
@click.option("--again", is_flag=True, help="Replace the signature that is there.")
@reporting
def sign(
    output: Output,
    path: Path,
    operator: str,
    day: str | None,
    papers: tuple[Path, ...],
    again: bool,
    **stated: str | None,
) -> None:
    """Put a name under a record: RECORD is the folder that 'thnid qualify run' wrote, or its record.json.

    What was measured stays as it is, and so does its digest. The seal of the signature covers the digest and what is
    stated here. It shows a change; it is no proof of who signed: the signature on paper is.
    """
    from harness.qualify import record as records
    from harness.qualify.report.loading import beside, load, shown

    document = load(path)
    before = document.get("signature")
    if before and not again:
        raise SignedAlready(path, str(before.get("operator")), str(before.get("date")))
    if not operator.strip():
        raise click.UsageError("--operator is the name of whoever signs.")
    signed_on = _day(day, document)
    shown(document, beside(path))
    kept = [records.keep_evidence(beside(path), *_paper(each)) for each in papers]
    signed = records.sign(document, operator, signed_on, **stated, evidence=kept)
    written = path / records.DOCUMENT if path.is_dir() else path
    records.write_document(signed, written)
    told = {"signature": signed["signature"], "verdict": signed["verdict"], "digest": signed["digest"]}
    output.report(
        told,
        lambda: output.say(
            Text(
                f"{written} signed by {operator}. 'thnid qualify report' writes the page anew.",
                f"{operator} ลงนามใน {written} แล้ว ใช้ 'thnid qualify report' เพื่อเขียนหน้ารายงานใหม่",
            )
        ),
    )


def _paper(path: Path) -> tuple[str, bytes]:
    try:
        return f"signed-{path.name}", path.read_bytes()
    except OSError as error:
        raise click.UsageError(f"--evidence {path}: {error.strerror}.") from None


def _day(text: str | None, document: Mapping[str, Any]) -> str:
    """The day of the signature. Raises WrongDay for one to come, or before the record was there."""
    today = datetime.now().astimezone().date()
    try:
        day = calendar.fromisoformat(text) if text else today
    except ValueError:
        raise click.UsageError(f"--date is a day such as 2026-11-20, not {text}.") from None
    # It may be tomorrow already, or still yesterday, where the other clock is.
    if day > max(today, datetime.now(UTC).date()):
        raise WrongDay(day.isoformat(), Text("that day is yet to come", "วันนั้นยังมาไม่ถึง"))
    measured = _measured_on(document)
    if measured is not None and day < measured:
        raise WrongDay(
            day.isoformat(),
            Text(f"it was measured until {measured}", f"วัดเสร็จเมื่อวันที่ {measured}"),
        )
    return day.isoformat()


def _measured_on(document: Mapping[str, Any]) -> calendar | None:
    """The day on which the last was measured, in the time of this place."""
    try:
        return datetime.fromisoformat(str(document.get("ended"))).astimezone().date()
    except ValueError:
        return None


@click.command("verify")
@click.argument("path", metavar="RECORD", type=click.Path(path_type=Path))
@reporting
def verify(output: Output, path: Path) -> None:
    """Whether a record is as it was written: results, verdict, evidence and signature. Exit status 0: it is, 1: it is not.

    Verdicts must follow from values and limits, and the limits be those that this version declares if it made the record.
    It shows a change; a record in which everything was made up to fit shows none.
    """
    from harness.qualify.consistency import is_ours
    from harness.qualify.report.loading import beside, evidence, load, shown

    document = load(path)
    shown(document, beside(path))
    told = {
        "verdict": document["verdict"],
        "version": (document.get("tool") or {}).get("version"),
        "limits_compared": is_ours(document),
        "digest": document["digest"],
        "reader": (document.get("reader") or {}).get("name"),
        "evidence": len(evidence(document)),
        "signature": document.get("signature"),
    }
    output.report(told, lambda: _show(output, told))


def _show(output: Output, told: Mapping[str, Any]) -> None:
    verdict, signature = VERDICTS[told["verdict"]], told["signature"]
    output.say(
        Text(
            f"The record of {told['reader']} is as it was written. Verdict: {verdict.en}.",
            f"บันทึกของ {told['reader']} ไม่ถูกแก้ไข ผลสรุป: {verdict.th}",
        )
    )
    output.say(Text(f"Digest: {told['digest']}", f"ค่าแฮช: {told['digest']}"))
    if not told["limits_compared"]:
        output.say(
            Text(
                f"Its limits were not compared with what is declared: thnid {told['version']} made it.",
                f"ไม่ได้เทียบขีดจำกัดกับที่ประกาศไว้ เพราะบันทึกนี้ทำด้วย thnid {told['version']}",
            )
        )
    output.say(
        Text(
            f"Signed by {signature.get('operator')} on {signature.get('date')}.",
            f"ลงนามโดย {signature.get('operator')} เมื่อ {signature.get('date')}",
        )
        if signature
        else Text("Not signed.", "ยังไม่ได้ลงนาม")
    )
