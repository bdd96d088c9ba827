"""``thnid office request, requests, approve, refuse, revoke, responsible``: officers' rights at NHSO's regional office."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.output import Misuse, Output, reporting
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.officer.requests import LetterStanding, RequestsClient

_LONGEST_FILE = 1024 * 1024
_STDIN = "-"


class LetterFileUnusable(HarnessError):
    """The file holds no letter."""

    exit_status = 2

    def __init__(self, path: Path, why: Text) -> None:
        super().__init__(
            Text(f"{path} holds no letter: {why.en}.", f"{path} ไม่ใช่หนังสือขอสิทธิ: {why.th}"),
            Text(
                "Write it as YAML with the fields of the form; `thnid office request --help` lists them.",
                "เขียนเป็น YAML ตามช่องของแบบฟอร์ม ดูรายการได้จาก `thnid office request --help`",
            ),
        )


def _at_nhso(function: Callable[..., Any]) -> Callable[..., Any]:
    function = click.option(
        "--counter-key", default="", envvar="THNID_COUNTER_KEY", help="What NHSO wants to see of a counter."
    )(function)
    return click.option(
        "--nhso-url",
        required=True,
        envvar="THNID_NHSO_URL",
        metavar="URL",
        help="NHSO, as `thnid office serve` prints it.",
    )(function)


@click.command("request")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@click.option("--set", "settings", metavar="FIELD=VALUE", multiple=True, help="A field of the letter.")
@click.option(
    "--officer",
    "officers",
    metavar="FIELD=VALUE,...",
    multiple=True,
    help="One more officer: name, level, pid, office_phone, mobile, email, replaces.",
)
@_at_nhso
@reporting
def request(
    output: Output,
    file: Path | None,
    settings: tuple[str, ...],
    officers: tuple[str, ...],
    nhso_url: str,
    counter_key: str,
) -> None:
    """Ask for officers' rights with an organisation's letter: a YAML file (- is standard input), or options, or both.

    Options can be seen by everybody on this machine: citizen ids are better off in the file.
    Its fields: organisation_name, organisation (5 digits), region (1 to 13), letter_number, letter_date, address,
    phone, fax, superior_name, superior_position, and officers, a list.
    """
    letter = {} if file is None else _letter_in(file)
    letter.update(_pairs(settings))
    if officers:
        more = [dict(_pairs(told.split(","))) for told in officers]
        letter["officers"] = [*_officers_of(letter), *more]
    _hand_in(output, letter, nhso_url, counter_key)


@click.command("responsible")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--old", metavar="PID|-", help="Citizen id of who is responsible no more; - reads it from standard input."
)
@click.option(
    "--new",
    metavar="PID|-",
    help="Citizen id of the officer in the letter who is now; - reads it too.  [default: the first]",
)
@click.option("--pid-stdin", is_flag=True, help="As --old -.")
@_at_nhso
@reporting
def responsible(
    output: Output,
    file: Path,
    old: str | None,
    new: str | None,
    pid_stdin: bool,
    nhso_url: str,
    counter_key: str,
) -> None:
    """Change who is responsible: a new letter; when it is approved, the old officer's right ends.

    Arguments can be seen by everybody on this machine. From standard input comes a line for --old, then one for --new.
    """
    old = _pid(
        old,
        pid_stdin,
        Text("--old or --pid-stdin is needed, not both.", "ต้องระบุ --old หรือ --pid-stdin อย่างใดอย่างหนึ่ง"),
    )
    new = _line_from_stdin() if new == _STDIN else new
    letter = _letter_in(file)
    officers = _officers_of(letter)
    chosen = next((each for each in officers if new is None or str(each.get("pid")) == new), None)
    if chosen is None:
        raise Misuse(Text("--new names no officer of the letter.", "--new ไม่ตรงกับเจ้าหน้าที่รายใดในหนังสือ"))
    chosen["replaces"] = old
    letter["officers"] = officers
    _hand_in(output, letter, nhso_url, counter_key)


@click.command("requests")
@click.option("--all", "everything", is_flag=True, help="Also those that are decided.")
@_at_nhso
@reporting
def requests(output: Output, everything: bool, nhso_url: str, counter_key: str) -> None:
    """List the requests that wait, with what whoever decides should know."""
    with _client(nhso_url, counter_key) as nhso:
        letters = nhso.letters(everything=everything)

    def show() -> None:
        for letter in letters:
            _show(output, letter)
        if not letters:
            output.say(Text("No request is waiting.", "ไม่มีคำขอที่รอพิจารณา"))

    output.report({"requests": [_document(each) for each in letters]}, show)


@click.command("approve")
@click.argument("reference")
@click.option(
    "--officer", type=click.IntRange(min=1), help="Only this one of the letter.  [default: all that wait]"
)
@_at_nhso
@reporting
def approve(output: Output, reference: str, officer: int | None, nhso_url: str, counter_key: str) -> None:
    """Grant the rights that a request asks for; every officer is told by e-mail."""
    with _client(nhso_url, counter_key) as nhso:
        decided = _decided(nhso, reference, officer, lambda number: nhso.approve(reference, number))
    output.report(_document(decided), lambda: _show(output, decided))


@click.command("refuse")
@click.argument("reference")
@click.option(
    "--officer", type=click.IntRange(min=1), help="Only this one of the letter.  [default: all that wait]"
)
@click.option("--reason", required=True, help="What the officer is told.")
@_at_nhso
@reporting
def refuse(
    output: Output, reference: str, officer: int | None, reason: str, nhso_url: str, counter_key: str
) -> None:
    """Do not grant them; every officer is told the reason by e-mail."""
    with _client(nhso_url, counter_key) as nhso:
        decided = _decided(nhso, reference, officer, lambda number: nhso.refuse(reference, number, reason))
    output.report(_document(decided), lambda: _show(output, decided))


@click.command("revoke")
@click.argument("pid", required=False)
@click.option("--pid-stdin", is_flag=True, help="Read the citizen id from standard input, as PID - does.")
@click.option("--reason", required=True, help="What the officer is told.")
@_at_nhso
@reporting
def revoke(
    output: Output, pid: str | None, pid_stdin: bool, reason: str, nhso_url: str, counter_key: str
) -> None:
    """End the right of the officer with this citizen id; who is logged in is logged out.

    Arguments can be seen by everybody on this machine: PID - or --pid-stdin keeps the citizen id out of them.
    """
    pid = _pid(
        pid,
        pid_stdin,
        Text("PID or --pid-stdin is needed, not both.", "ต้องระบุ PID หรือ --pid-stdin อย่างใดอย่างหนึ่ง"),
    )
    with _client(nhso_url, counter_key) as nhso:
        nhso.revoke(pid, reason)
    output.report(
        {"revoked": True}, lambda: output.say(Text("The right has ended.", "ยกเลิกสิทธิการเข้าใช้งานแล้ว"))
    )


COMMANDS = (request, requests, approve, refuse, revoke, responsible)


def _client(nhso_url: str, counter_key: str) -> RequestsClient:
    from harness.officer.requests import RequestsClient

    return RequestsClient(nhso_url, counter_key=counter_key)


def _hand_in(output: Output, letter: dict[str, Any], nhso_url: str, counter_key: str) -> None:
    with _client(nhso_url, counter_key) as nhso:
        receipt = nhso.hand_in(letter)

    def show() -> None:
        output.say(Text(f"Received: {receipt.reference}", f"รับคำขอแล้ว เลขที่ {receipt.reference}"))
        output.say(Text(f"Code to ask with: {receipt.code}", f"รหัสติดตาม {receipt.code}"))
        output.say(receipt.note)

    output.report({"reference": receipt.reference, "receipt": receipt.code}, show)


def _decided(
    nhso: RequestsClient, reference: str, officer: int | None, decide: Callable[[int], LetterStanding]
) -> LetterStanding:
    letter = nhso.letter(reference)
    if officer is not None:
        return decide(officer)
    for each in letter.officers:
        if each.decision is None:
            letter = decide(each.officer)
    return letter


def _show(output: Output, letter: LetterStanding) -> None:
    heading = f"{letter.reference}  {letter.organisation} {letter.organisation_name}"
    output.say(Text(heading, heading))
    words = {
        None: Text("waiting", "รอพิจารณา"),
        "approved": Text("granted", "อนุมัติแล้ว"),
        "refused": Text("not granted", "ไม่อนุมัติ"),
    }
    for each in letter.officers:
        said = words.get(each.decision, Text(str(each.decision), str(each.decision)))
        why = f": {each.reason}" if each.reason else ""
        line = f"  {each.officer:3}. {each.name}, {each.level}, "
        output.say(Text(f"{line}{said.en}{why}", f"{line}{said.th}{why}"))
        for note in each.notes:
            output.say(Text(f"       {note.en}", f"       {note.th}"))


def _document(letter: LetterStanding) -> dict[str, Any]:
    return {
        "reference": letter.reference,
        "organisation": letter.organisation,
        "organisation_name": letter.organisation_name,
        "officers": [
            {
                "officer": each.officer,
                "name": each.name,
                "level": each.level,
                "decision": each.decision,
                "reason": each.reason,
                "notes": [note.en for note in each.notes],
            }
            for each in letter.officers
        ],
    }


def _letter_in(path: Path) -> dict[str, Any]:
    from emulator.written_file import UnfitFile, read_written_file
    from emulator.written_yaml import NotYaml, as_text

    try:
        found = as_text(
            _stdin_letter(path) if str(path) == _STDIN else read_written_file(path, _LONGEST_FILE)
        )
    except (UnfitFile, NotYaml) as unfit:
        raise LetterFileUnusable(path, unfit.why) from None
    if not isinstance(found, dict):
        raise LetterFileUnusable(path, Text("it names no fields", "ไม่มีช่องข้อมูล"))
    return _with_region(found)


def _stdin_letter(path: Path) -> bytes:
    raw = sys.stdin.buffer.read(_LONGEST_FILE + 1)
    if len(raw) > _LONGEST_FILE:
        raise LetterFileUnusable(path, Text("it is too long", "ยาวเกินไป"))
    return raw


def _pid(given: str | None, from_stdin: bool, otherwise: Text) -> str:
    """The citizen id that an option gives or standard input's next line does."""
    if (given is not None) == from_stdin:
        raise Misuse(otherwise)
    return _line_from_stdin() if given in (None, _STDIN) else given


def _line_from_stdin() -> str:
    """What is no text is no citizen id either; NHSO says so."""
    return sys.stdin.buffer.readline().decode("utf-8", "replace").strip()


def _officers_of(letter: dict[str, Any]) -> list[dict[str, Any]]:
    found = letter.get("officers") or []
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise Misuse(Text("officers must be a list of fields.", "officers ต้องเป็นรายการของช่องข้อมูล"))
    return found


def _pairs(told: Iterable[str]) -> dict[str, Any]:
    pairs = [each.partition("=") for each in told]
    if not all(name and equals for name, equals, _ in pairs):
        raise Misuse(Text("Write each field as FIELD=VALUE.", "ระบุแต่ละช่องเป็น FIELD=VALUE"))
    return _with_region({name.strip(): value for name, _, value in pairs})


def _with_region(letter: dict[str, Any]) -> dict[str, Any]:
    """NHSO takes the region as a number; whatever is none goes as it is and is refused by name."""
    region = letter.get("region")
    if isinstance(region, str) and region.isascii() and region.isdigit():
        return {**letter, "region": int(region[:9])}
    return letter
