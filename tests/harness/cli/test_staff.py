"""``thnid backoffice staff``, and the passwords that ``thnid office serve --smtp`` takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from emulator.offices.errors import Refused
from emulator.offices.offices import open_offices
from emulator.offices.staff.accounts import Desk
from tests.harness.cli.program import one_object, thnid

OLD, NEW = "correct horse battery", "รหัสผ่านใหม่ที่ยาวพอ"


@pytest.fixture
def database(tmp_path: Path) -> str:
    path = tmp_path / "offices.db"
    offices = open_offices(database=path)
    offices.staff.set_account("nhso", name="เจ้าหน้าที่", desk=Desk.NHSO_REGION, region=7, password=OLD)
    offices.staff.set_account("registrar", name="นายทะเบียน", desk=Desk.REGISTRY)
    offices.staff.log_in("nhso", OLD, Desk.NHSO_REGION)
    offices.close()
    return str(path)


def test_accounts_are_listed(database: str) -> None:
    told = one_object(thnid("backoffice", "staff", "list", "--database", database, "--json").stdout)[
        "accounts"
    ]
    assert [(each["user"], each["desk"], each["region"], each["sessions"]) for each in told] == [
        ("nhso", "nhso-region", 7, 1),
        ("registrar", "registry", None, 0),
    ]
    thai = thnid("backoffice", "staff", "list", "--lang", "th", env={"THNID_DATABASE": database}).stdout
    assert "สำนักทะเบียน" in thai and "ทุกเขต" in thai


def test_a_password_comes_from_standard_input_and_ends_logins(database: str) -> None:
    told = ("backoffice", "staff", "password", "nhso", "--password-stdin", "--database", database, "--json")
    assert one_object(thnid(*told, stdin=f"{NEW}\n").stdout) == {"user": "nhso", "sessions_ended": 1}
    offices = open_offices(database=database)
    try:
        assert offices.staff.log_in("nhso", NEW, Desk.NHSO_REGION)
        assert [each.event for each in offices.audit.entries()][-2:] == ["staff-password", "staff-login"]
        assert offices.audit.verify() is None
    finally:
        offices.close()


def test_a_password_is_chosen_and_shown_once(database: str) -> None:
    told = ("backoffice", "staff", "password", "nhso", "--new", "--database", database)
    document = one_object(thnid(*told, "--json").stdout)
    assert (document["user"], document["sessions_ended"]) == ("nhso", 1)
    thai = thnid(*told, "--lang", "th")
    assert thai.returncode == 0 and "รหัสผ่าน (แสดงครั้งเดียว): " in thai.stdout
    latest = thai.stdout.split()[-1]
    offices = open_offices(database=database)
    try:
        with pytest.raises(Refused):
            offices.staff.log_in("nhso", document["password"], Desk.NHSO_REGION)
        member = offices.staff.member(offices.staff.log_in("nhso", latest, Desk.NHSO_REGION))
        assert member is not None and member.region == 7
    finally:
        offices.close()


@pytest.mark.parametrize(
    ("user", "more", "stdin", "status", "sentence"),
    [
        ("nobody", ("--password-stdin",), NEW, 1, "There is no account of this name."),
        ("nobody", ("--new",), "", 1, "There is no account of this name."),
        ("nhso", ("--new", "--password-stdin"), NEW, 2, "Give --password-stdin or --new, not both."),
        ("nhso", ("--password-stdin",), "short", 2, "A password has 10 to 200 characters."),
        ("nhso", ("--password-stdin",), "", 2, "A password has 10 to 200 characters."),
        ("nhso", (), NEW, 2, "A password is needed and none was given."),
    ],
)
def test_what_is_not_done(
    database: str, user: str, more: tuple[str, ...], stdin: str, status: int, sentence: str
) -> None:
    refused = thnid("backoffice", "staff", "password", user, *more, "--database", database, stdin=stdin)
    assert (refused.returncode, sentence in refused.stderr) == (status, True), refused.stderr
    offices = open_offices(database=database)
    try:
        assert offices.staff.log_in("nhso", OLD, Desk.NHSO_REGION)
    finally:
        offices.close()


def test_an_account_of_a_region_is_made(database: str) -> None:
    add = ("backoffice", "staff", "add", "khonkaen", "--region", "7", "--database", database)
    told = one_object(thnid(*add, "--name", "เขต 7", "--json").stdout)
    password = told.pop("password")
    assert told == {"user": "khonkaen", "desk": "nhso-region", "region": 7}
    again = thnid(*add)
    assert (again.returncode, "There is an account of this name already." in again.stderr) == (1, True)
    piped = thnid(
        "backoffice", "staff", "add", "all", "--password-stdin", "--database", database, "--json", stdin=NEW
    )
    assert one_object(piped.stdout) == {"user": "all", "desk": "nhso-region", "region": None}
    offices = open_offices(database=database)
    try:
        for user, secret, region in (("khonkaen", password, 7), ("all", NEW, None)):
            member = offices.staff.member(offices.staff.log_in(user, secret, Desk.NHSO_REGION))
            assert member is not None and member.region == region
        made = [each.details for each in offices.audit.entries() if each.event == "staff-account"]
        assert {"desk": "nhso-region", "region": 7} in made
    finally:
        offices.close()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("X Y",), "A user name begins with a lower-case letter"),
        (("desk", "--region", "14"), "14 is not in the range"),
        (("desk", "--region", "7", "--desk", "registry"), "--region goes with --desk nhso-region."),
        (("desk", "--name", "ก" * 121), "A name has 1 to 120 characters."),
        (("desk", "--name", " "), "A name has 1 to 120 characters."),
    ],
)
def test_what_is_no_account(database: str, options: tuple[str, ...], sentence: str) -> None:
    refused = thnid("backoffice", "staff", "add", *options, "--database", database)
    assert (refused.returncode, sentence in refused.stderr) == (2, True), refused.stderr


def test_a_mistyped_database_is_not_made(tmp_path: Path) -> None:
    absent = tmp_path / "absent.db"
    assert thnid("backoffice", "staff", "list", "--database", str(absent)).returncode == 2
    assert not absent.exists()


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--smtp", "nowhere"), "This is not the address of an SMTP server."),
        (("--smtp", "smtps://me@localhost"), "names a user, and there is no password"),
        (("--smtp", "smtps://me:secret@localhost"), "carries a password"),
        (("--smtp-password-file", "password"), "--smtp-password-file goes with --smtp."),
        (("--smtp-sender", "a@example.org"), "--smtp-sender goes with --smtp."),
        (("--smtp", "localhost:25", "--smtp-sender", "nobody"), "not an address that e-mail can be from"),
        (("--smtp", "smtps://me@localhost", "--smtp-password-file", "empty"), "there is no password"),
    ],
)
def test_a_mail_server_that_cannot_be_meant(tmp_path: Path, options: tuple[str, ...], sentence: str) -> None:
    (tmp_path / "empty").touch()
    refused = thnid("office", "serve", *options, cwd=tmp_path)
    assert (refused.returncode, sentence in refused.stderr) == (2, True), refused.stderr
    assert "secret" not in refused.stderr


def test_whom_mail_is_from_may_be_said_in_a_variable() -> None:
    said = {"THNID_SMTP_SENDER": "nobody"}
    refused = thnid("office", "serve", "--smtp", "localhost:25", env=said)
    assert (refused.returncode, "not an address that e-mail can be from" in refused.stderr) == (2, True)
    nowhere = thnid("office", "serve", "--smtp", "nowhere", env={"THNID_SMTP_SENDER": ""})
    assert "This is not the address of an SMTP server." in nowhere.stderr
