"""``thnid backoffice audit``: show the offices' audit log, or verify that nobody changed it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.offices_database import key_file_option, opened_books
from harness.cli.output import Misuse, Output, reporting
from harness.errors import HarnessError
from harness.whole_file import write_whole

if TYPE_CHECKING:
    from emulator.offices.audit import AuditLog, Broken, Entry, Head

_REFUSED = 1


class KeptHeadUnusable(HarnessError):
    """The file given by ``--head`` holds no head of an audit log."""

    exit_status = 2

    def __init__(self, path: Path) -> None:
        super().__init__(
            Text(f"{path} holds no head of an audit log.", f"{path} ไม่ใช่แฟ้มตำแหน่งท้ายของบันทึกการตรวจสอบ"),
            Text(
                "Give the file that an earlier --head wrote, or a new name.",
                "ระบุแฟ้มที่ --head เคยเขียนไว้ หรือชื่อแฟ้มใหม่",
            ),
        )


@click.command("audit")
@click.option("--database", metavar="FILE|URL", required=True, help="The offices' database.")
@key_file_option
@click.option("--verify", is_flag=True, help="Check that no entry was changed, deleted, moved or cut off.")
@click.option(
    "--head",
    "head_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --verify: compare with the head kept in this file, then keep the present one in it.",
)
@reporting
def command(
    output: Output, database: str, key_file: Path | None, verify: bool, head_file: Path | None
) -> int:
    """Show what was asked of the offices and what came of it, oldest first; people are shown by pseudonyms."""
    if head_file is not None and not verify:
        raise Misuse(Text("--head goes with --verify.", "--head ต้องใช้ร่วมกับ --verify"))
    with opened_books(database, key_file) as books:
        if verify:
            return _verify(output, books.audit, head_file)
        entries = [_document(entry) for entry in books.audit.entries()]
    output.report({"entries": entries}, lambda: click.echo("\n".join(map(_line, entries))))
    return 0


def _verify(output: Output, log: AuditLog, head_file: Path | None) -> int:
    from emulator.offices.audit import Head
    from emulator.offices.errors import AuditLogBroken

    kept = None if head_file is None or not head_file.exists() else _kept_head(head_file)
    broken = log.verify(kept)
    try:
        head = log.head()
    except AuditLogBroken:
        head = Head(0, b"")  # ``broken`` says so
    if broken is None and head_file is not None:
        write_whole(head_file, json.dumps({"number": head.number, "hash": head.hash.hex()}) + "\n")
    document = {
        "whole": broken is None,
        "entries": head.number,
        "broken_at": None if broken is None else broken.number,
        "why": None if broken is None else broken.why.value,
    }
    output.report(document, lambda: output.say(_verdict(broken, head)))
    return 0 if broken is None else _REFUSED


def _kept_head(path: Path) -> Head:
    from emulator.offices.audit import Head

    try:
        found = json.loads(path.read_text())
        return Head(int(found["number"]), bytes.fromhex(found["hash"]))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise KeptHeadUnusable(path) from error


def _verdict(broken: Broken | None, head: Head) -> Text:
    if broken is None:
        return Text(
            f"The audit log is whole: {head.number} entries.", f"บันทึกการตรวจสอบสมบูรณ์: {head.number} รายการ"
        )
    from emulator.offices.audit import Break

    why = {
        Break.MISSING: Text("it is missing", "ไม่มีรายการนี้"),
        Break.CHANGED: Text("it was changed", "ถูกแก้ไข"),
        Break.UNLINKED: Text("it does not follow the one before it", "ไม่ต่อเนื่องกับรายการก่อนหน้า"),
        Break.CUT_OFF: Text("the log does not end where it should", "บันทึกไม่ได้สิ้นสุดในตำแหน่งที่ควรเป็น"),
        Break.SEAL: Text("the end is not sealed with this key", "ตำแหน่งท้ายไม่ได้ลงผนึกด้วยกุญแจนี้"),
        Break.NOT_THE_KEPT_ONE: Text(
            "the log is not the one that was kept in mind", "ไม่ใช่บันทึกเดียวกับที่เก็บตำแหน่งไว้"
        ),
    }[broken.why]
    return Text(
        f"The audit log is broken at entry {broken.number}: {why.en}.",
        f"บันทึกการตรวจสอบเสียหายที่รายการ {broken.number}: {why.th}",
    )


def _document(entry: Entry) -> dict[str, object]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "event": entry.event,
        "outcome": entry.outcome,
        "actor": entry.actor,
        "subject": entry.subject,
        "details": entry.details,
    }


def _line(entry: dict[str, object]) -> str:
    people = " ".join(f"{role}={str(entry[role])[:8]}" for role in ("actor", "subject") if entry[role])
    details = json.dumps(entry["details"], ensure_ascii=False) if entry["details"] else ""
    head = f"{entry['number']:>6}  {entry['at']}  {entry['event']:<16} {entry['outcome']:<22}"
    return f"{head} {people} {details}".rstrip()
