"""``thnid backoffice staff``: the accounts that log in at the offices' pages, and their passwords."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from apdu_specs.language import Text
from harness.cli.offices_database import database_option, key_file_option, offices_needed, opened_books
from harness.cli.output import CommandGroup, Misuse, Output, reporting
from harness.errors import HarnessError

if TYPE_CHECKING:
    from emulator.offices.staff.accounts import Account, Staff

_DESKS = {
    "nhso-region": Text("NHSO regional office", "สำนักงานหลักประกันสุขภาพแห่งชาติเขต"),
    "registry": Text("registry office", "สำนักทะเบียน"),
}


class NoPasswordGiven(HarnessError):
    """A password is needed and there is nobody to ask."""

    exit_status = 2

    def __init__(self) -> None:
        super().__init__(
            Text("A password is needed and none was given.", "ต้องใช้รหัสผ่านแต่ไม่ได้ระบุ"),
            Text(
                "Use --password-stdin, or run this at a terminal.",
                "โปรดใช้ --password-stdin หรือเรียกใช้จากเทอร์มินัล",
            ),
        )


class PasswordUnfit(HarnessError):
    """The password is too short or too long."""

    exit_status = 2

    def __init__(self, least: int, most: int) -> None:
        super().__init__(
            Text(f"A password has {least} to {most} characters.", f"รหัสผ่านต้องมี {least} ถึง {most} ตัวอักษร"),
            Text("Choose another one.", "โปรดตั้งรหัสผ่านใหม่"),
        )


@click.group("staff", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The staff's accounts: list them, make one, set a password."""


@command.command("list")
@database_option
@key_file_option
@reporting
def list_accounts(output: Output, database: str, key_file: Path | None) -> None:
    """List the accounts: where each works, since when its password stands, and how many logins are open."""
    with _staff(database, key_file) as staff:
        accounts = staff.accounts()

    def show() -> None:
        from rich.table import Table

        heads = (
            Text("user", "ชื่อผู้ใช้"),
            Text("name", "ชื่อ"),
            Text("office", "สำนักงาน"),
            Text("region", "เขต"),
            Text("password set", "ตั้งรหัสผ่านเมื่อ"),
            Text("logins open", "กำลังเข้าใช้งาน"),
        )
        table = Table(*(each.say(output.language) for each in heads))
        for each in accounts:
            document = _document(each)
            desk = _DESKS[each.member.desk].say(output.language)
            region = document["region"] or Text("all", "ทุกเขต").say(output.language)
            told = (
                each.member.user,
                each.member.name,
                desk,
                region,
                document["password_set_at"],
                each.sessions,
            )
            table.add_row(*map(str, told))
        output.show_table(table)

    output.report({"accounts": [_document(each) for each in accounts]}, show)


@command.command("add")
@click.argument("user")
@click.option("--region", type=click.IntRange(1, 13), help="NHSO's region.  [default: all regions]")
@click.option(
    "--desk", type=click.Choice(list(_DESKS)), default="nhso-region", show_default=True, help="Which office."
)
@click.option("--name", help="The member's name, as pages show it.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@database_option
@key_file_option
@reporting
def add(
    output: Output,
    user: str,
    region: int | None,
    desk: str,
    name: str | None,
    password_stdin: bool,
    database: str,
    key_file: Path | None,
) -> None:
    """Make an account, of one region or of all; its password is chosen for you and shown once, or read.

    Whoever works for a region sees and decides the letters of that region, and ends rights that came of them.
    """
    if region is not None and desk != "nhso-region":
        raise Misuse(Text("--region goes with --desk nhso-region.", "--region ใช้กับ --desk nhso-region เท่านั้น"))
    chosen = _password(output, from_stdin=True) if password_stdin else None
    with _staff(database, key_file) as staff:
        from emulator.offices.names import LONGEST_NAME
        from emulator.offices.staff.accounts import USER, Desk

        if USER.fullmatch(user) is None:
            raise Misuse(
                Text(
                    "A user name begins with a lower-case letter; letters, digits, points and hyphens follow.",
                    "ชื่อผู้ใช้ต้องขึ้นต้นด้วยอักษร a-z ตามด้วย a-z ตัวเลข จุด หรือขีดกลาง",
                )
            )
        shown = " ".join((name or user).split())
        if not 0 < len(shown) <= LONGEST_NAME or not shown.isprintable():
            raise Misuse(
                Text(f"A name has 1 to {LONGEST_NAME} characters.", f"ชื่อต้องมี 1 ถึง {LONGEST_NAME} ตัวอักษร")
            )
        made = staff.set_account(
            user, name=shown, desk=Desk(desk), region=region, password=chosen, only_new=True
        )
    told: dict[str, Any] = {"user": user, "desk": desk, "region": region}
    if chosen is None:
        told["password"] = made.password

    def show() -> None:
        output.say(Text(f"The account {user} is made.", f"สร้างบัญชี {user} แล้ว"))
        if chosen is None:
            output.say(_shown_once(made.password))

    output.report(told, show)


@command.command("password")
@click.argument("user")
@click.option("--password-stdin", is_flag=True, help="Read it from standard input, not from a prompt.")
@click.option("--new", "anew", is_flag=True, help="Have one chosen, and shown once.")
@database_option
@key_file_option
@reporting
def password(
    output: Output, user: str, password_stdin: bool, anew: bool, database: str, key_file: Path | None
) -> None:
    """Set an account's password, of 10 to 200 characters; whoever is logged in with the account is logged out.

    There is no option for the password itself: arguments can be seen by everybody on the machine.
    """
    if password_stdin and anew:
        raise Misuse(
            Text("Give --password-stdin or --new, not both.", "ระบุ --password-stdin หรือ --new เพียงอย่างเดียว")
        )
    with _staff(database, key_file) as staff:
        from emulator.offices.staff.passwords import new_password

        chosen = new_password() if anew else _password(output, password_stdin)
        ended = staff.set_password(user, chosen)
    told: dict[str, Any] = {"user": user, "sessions_ended": ended}
    if anew:
        told["password"] = chosen

    def show() -> None:
        output.say(
            Text(
                f"{user} has a new password; logins ended: {ended}.",
                f"{user} มีรหัสผ่านใหม่แล้ว จำนวนการเข้าใช้งานที่สิ้นสุด: {ended}",
            )
        )
        if anew:
            output.say(_shown_once(chosen))

    output.report(told, show)


def _shown_once(secret: str) -> Text:
    return Text(f"Its password, shown only now: {secret}", f"รหัสผ่าน (แสดงครั้งเดียว): {secret}")


def _password(output: Output, from_stdin: bool) -> str:
    """What was typed or piped in. Raises NoPasswordGiven, PasswordUnfit."""
    from emulator.offices.staff import passwords

    if from_stdin:
        given = sys.stdin.buffer.readline()
        try:
            chosen = given.decode().rstrip("\r\n")
        except UnicodeDecodeError:
            raise Misuse(Text("The password is not UTF-8.", "รหัสผ่านไม่ใช่ UTF-8")) from None
    elif sys.stdin.isatty():
        question = Text("New password", "รหัสผ่านใหม่").say(output.language)
        chosen = str(click.prompt(question, hide_input=True, confirmation_prompt=True, err=True))
    else:
        raise NoPasswordGiven
    if not passwords.LEAST_LENGTH <= len(chosen) <= passwords.MOST_LENGTH:
        raise PasswordUnfit(passwords.LEAST_LENGTH, passwords.MOST_LENGTH)
    return chosen


@contextmanager
def _staff(database: str, key_file: Path | None) -> Iterator[Staff]:
    with offices_needed():
        from emulator.offices.staff.accounts import Staff
    with opened_books(database, key_file) as books:
        yield Staff(books.storage, books.clock, books.audit)


def _document(account: Account) -> dict[str, Any]:
    member = account.member
    return {
        "user": member.user,
        "name": member.name,
        "desk": member.desk.value,
        "region": member.region,
        "password_set_at": account.password_set_at.isoformat(timespec="seconds"),
        "sessions": account.sessions,
    }
