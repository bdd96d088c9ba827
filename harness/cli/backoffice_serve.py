"""``thnid backoffice serve``: a whole office in one process, until Ctrl-C."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from apdu_specs.language import Text
from emulator.offices.ports import MAIL_PORT, OFFICES_PORT
from harness.cli.eform import DEFAULT_PORT as SCREEN_PORT
from harness.cli.eform import token_options, token_places
from harness.cli.offices_database import key_file_option
from harness.cli.on_card import virtual_holder
from harness.cli.output import Output, language_of_pages, reporting
from harness.cli.reader import find_reader, reader_option
from harness.cli.smartcard_agent import DEFAULT_PORT as AGENT_PORT
from harness.cli.stopping import stopped_by_signals
from harness.cli.whole_office import TITLES, OfficeOptions, Ports, WholeOffice, whole_office
from harness.client import CardClient
from harness.errors import HarnessError

if TYPE_CHECKING:
    from emulator.holders import Holder

_PORT = click.IntRange(0, 65535)


@click.command("serve")
@click.option(
    "--database",
    envvar="THNID_DATABASE",
    metavar="FILE|URL",
    help="What keeps all that the offices know: a SQLite file or postgresql://...; else memory (also THNID_DATABASE).",
)
@click.option(
    "--count",
    "people",
    type=click.IntRange(0, 10_000_000),
    default=1_000,
    show_default=True,
    help="Citizens on file.",
)
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Which citizens.")
@click.option(
    "--port", type=_PORT, default=OFFICES_PORT, show_default=True, help="The offices; 0 picks a free one."
)
@click.option("--agent-port", type=_PORT, default=AGENT_PORT, show_default=True, help="The SmartCard Agent.")
@click.option(
    "--screen-port", type=_PORT, default=SCREEN_PORT, show_default=True, help="The officer's screen."
)
@click.option(
    "--counter-port", type=_PORT, default=8187, show_default=True, help="The registry office's PIN counter."
)
@click.option("--mail-port", type=_PORT, default=MAIL_PORT, show_default=True, help="The mail catcher.")
@click.option(
    "--bind",
    "host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Where offices and agent listen; 0.0.0.0 lets other machines in. The officer's screen and the PIN counter stay on loopback.",
)
@click.option(
    "--host-name",
    "host_names",
    envvar="THNID_HOST_NAMES",
    multiple=True,
    metavar="NAME",
    help="What other machines call this one; may be given several times (also THNID_HOST_NAMES, with blanks between).",
)
@click.option(
    "--open-mail",
    envvar="THNID_OPEN_MAIL",
    is_flag=True,
    help="Show caught e-mail to other machines too (also THNID_OPEN_MAIL=1).",
)
@reader_option
@click.option(
    "--patient-reader",
    envvar="THNID_PATIENT_READER",
    metavar="NAME",
    help="The SmartCard Agent's reader, with the patient's card (also THNID_PATIENT_READER).  [default: the officer's]",
)
@token_options
@key_file_option
@click.option(
    "--counter-key", envvar="THNID_COUNTER_KEY", help="What counters have to show; else a new one is made."
)
@click.option(
    "--hospital-token",
    envvar="THNID_HOSPITAL_TOKEN",
    metavar="UUID",
    help="The hospital's token; else a new one is made.",
)
@click.option("--test-mode", is_flag=True, help="Let tests move the clock: POST /test/clock.")
@reporting
def command(
    output: Output,
    database: str | None,
    people: int,
    seed: int,
    port: int,
    agent_port: int,
    screen_port: int,
    counter_port: int,
    mail_port: int,
    host: str,
    host_names: tuple[str, ...],
    open_mail: bool,
    reader_name: str | None,
    patient_reader: str | None,
    token_dir: Path | None,
    programs: tuple[str, ...],
    token_bom: bool | None,
    srm_dir: Path | None,
    key_file: Path | None,
    counter_key: str | None,
    hospital_token: str | None,
    test_mode: bool,
) -> None:
    """Serve the whole office: registry, authority, NHSO with its pages, UCWS, SRM, agent, screen, PIN counter, mail; until
    Ctrl-C.

    It starts with citizens, hospitals, staff accounts and a hospital's token. Whoever's virtual card is in the reader is an
    officer with a right; whoever's comes later is a citizen on file. With --database a restart finds everything as it was.
    """
    token_files = token_places(token_dir, programs, token_bom)
    if patient_reader is not None:
        find_reader(patient_reader)
    officer, absent = _officer_in_reader(reader_name)
    options = OfficeOptions(
        people=people,
        seed=seed,
        ports=Ports(port, agent_port, screen_port, counter_port, mail_port),
        host=host,
        host_names=host_names,
        open_mail=open_mail,
        reader=reader_name,
        patient_reader=patient_reader,
        watching=True,
        token_files=token_files,
        srm_home=srm_dir,
        database=database,
        key_file=key_file,
        counter_key=counter_key,
        hospital_token=hospital_token,
        officer=officer,
        test_mode=test_mode,
        language=language_of_pages(),
    )
    with stopped_by_signals() as wait, whole_office(options) as office:
        for note in (absent, _strangers(host)):
            if note is not None:
                click.echo(f"thnid: {note.say(output.language)}", err=True)
        output.report(document(office), lambda: _show(output, office))
        wait()


def document(office: WholeOffice) -> dict[str, Any]:
    """For scripts. Passwords are told when their accounts are made, and never again."""
    return {
        "services": office.services,
        "accounts": [
            {"user": each.user, "password": each.password, "desk": each.desk.value}
            for each in office.accounts
        ],
        "counter_key": office.backoffice.counter_key,
        "hospital": {"hcode": office.seeded.hospital, "token": office.seeded.hospital_token},
        "people_added": office.seeded.people,
        "officer": office.has_officer,
        "environment": office.environment,
    }


def _officer_in_reader(reader_name: str | None) -> tuple[tuple[Holder, bytes] | None, Text | None]:
    """The holder of the virtual card in the reader and its serial; or why there is none.

    Without reader, card or PC/SC an office still has other work; only a reader that was named has to be there.
    """
    from harness.terminals.pcsc import PcscTerminal

    try:
        with PcscTerminal(find_reader(reader_name)) as terminal:
            found = virtual_holder(CardClient(terminal))
    except HarnessError as error:
        if reader_name is not None:
            raise
        return None, Text(f"No officer's card: {error.message.en}", f"ไม่มีบัตรเจ้าหน้าที่: {error.message.th}")
    if found is not None:
        return found, None
    return None, Text(
        "The card in the reader is not a virtual one of a person: nobody was made an officer.",
        "บัตรในเครื่องอ่านไม่ใช่บัตรเสมือนของบุคคล จึงไม่ได้กำหนดผู้ใดเป็นเจ้าหน้าที่",
    )


def _strangers(host: str) -> Text | None:
    """What to know of who else is let in, if anybody is."""
    try:
        if ipaddress.ip_address(host).is_loopback:
            return None
    except ValueError:
        if host == "localhost":
            return None
    return Text(
        f"Listening on {host}: whoever reaches this machine reaches these offices. Use it in a trusted network only.",
        f"กำลังเปิดรับที่ {host}: ผู้ที่เข้าถึงเครื่องนี้ได้จะเข้าถึงสำนักงานจำลองได้ด้วย โปรดใช้เฉพาะในเครือข่ายที่เชื่อถือได้",
    )


def _show(output: Output, office: WholeOffice) -> None:
    from rich.table import Table

    heads = (Text("service", "บริการ"), Text("port", "พอร์ต"), Text("address", "ที่อยู่"))
    table = Table(*(each.say(output.language) for each in heads))
    for name, url in office.services.items():
        table.add_row(TITLES[name].say(output.language), str(urlsplit(url).port), url)
    output.show_table(table)
    for each in office.accounts:
        output.say(
            Text(
                f"Account {each.user}: password {each.password} (told this once)",
                f"บัญชี {each.user}: รหัสผ่าน {each.password} (แสดงครั้งนี้ครั้งเดียว)",
            )
        )
    seeded = office.seeded
    output.say(
        Text(
            f"Counter key: {office.backoffice.counter_key}",
            f"กุญแจของเคาน์เตอร์: {office.backoffice.counter_key}",
        )
    )
    output.say(
        Text(
            f"Token of hospital {seeded.hospital}: {seeded.hospital_token}",
            f"Token ของหน่วยบริการ {seeded.hospital}: {seeded.hospital_token}",
        )
    )
    output.say(Text(f"{seeded.people:,} citizens added.", f"เพิ่มประชาชน {seeded.people:,} คน"))
    output.say(Text("Ctrl-C ends it.", "กด Ctrl-C เพื่อจบ"))
