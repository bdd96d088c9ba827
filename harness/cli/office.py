"""``thnid office``: what the stand-in offices do for a card's owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.office_desk import command as desk
from harness.cli.office_rights import COMMANDS as RIGHTS_COMMANDS
from harness.cli.offices_database import key_file_option, offices_needed
from harness.cli.output import CommandGroup, Misuse, Output, reporting
from harness.cli.pin import new_pin, warn_of_weak_pin
from harness.cli.reader import reader_option, terminal_for
from harness.cli.replacing import way_to_new_card
from harness.cli.stopping import stopped_by_signals
from harness.client import CardClient
from harness.errors import OfficeBarred, PinLocked, PinSuspended
from harness.officer.offices import RegistryClient

if TYPE_CHECKING:
    from emulator.offices.mail.delivery import SmtpServer

counter_key_option = click.option(
    "--counter-key",
    default="",
    envvar="THNID_COUNTER_KEY",
    help="What the registry office wants to see of a counter; `thnid office serve` prints it.",
)


@click.group("office", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The stand-in offices: PINs, cards, officers' rights; serve them."""


@command.command("renew-pin")
@click.option(
    "--card", "card_path", type=click.Path(path_type=Path), help="A card file; else the card in a reader."
)
@reader_option
@click.option("--pin", help="The new PIN (else --pin-stdin or a prompt).")
@click.option("--pin-stdin", is_flag=True, help="Read the new PIN from standard input.")
@click.option(
    "--registry-url",
    envvar="THNID_REGISTRY_URL",
    help="A registry office (also THNID_REGISTRY_URL); else an embedded stand-in that knows the card.",
)
@counter_key_option
@key_file_option
@click.option("--real-card", metavar="SERIAL", help="Allow this on the real card with this serial.")
@reporting
def renew_pin(
    output: Output,
    card_path: Path | None,
    reader_name: str | None,
    pin: str | None,
    pin_stdin: bool,
    registry_url: str | None,
    counter_key: str,
    key_file: Path | None,
    real_card: str | None,
) -> None:
    """Issue a new PIN, as a registry office does for the card's owner. Impossible on a locked card."""
    chosen = new_pin(output, pin, pin_stdin)
    with _client(card_path, reader_name, real_card) as client:
        try:
            with client.alone():
                citizen_id, serial = client.citizen_id(), client.card_serial()
                _insist_on_renewable(client)
            with (
                _registry(registry_url, counter_key, key_file, citizen_id, serial) as registry,
                client.alone(),  # to its end: the proof is for the challenge that the card gave last
            ):
                warn_of_weak_pin(output, client, chosen)
                proof = registry.proof(citizen_id, serial, client.office_challenge())
                client.office_authenticate(proof)
                client.office_reset_pin(chosen)
                left = client.tries_left()
        except (PinLocked, OfficeBarred) as refused:
            way = way_to_new_card(registry=registry_url, file=card_path, key_file=key_file)(serial)
            if way is not None:
                refused.what_to_do = way.after(refused.what_to_do)
            raise
    document = {"renewed": True, "serial": serial.hex().upper(), "tries_left": left}
    output.report(
        document,
        lambda: output.say(
            Text("The card has a new PIN; its counter is clear.", "บัตรมี PIN ใหม่แล้ว และจำนวนครั้งที่ผิดกลับเป็นศูนย์")
        ),
    )


@command.command("replace-card")
@click.option(
    "--card", "card_path", type=click.Path(path_type=Path), required=True, help="The old card's file."
)
@click.option(
    "--out", "new_path", type=click.Path(path_type=Path), required=True, help="The new card's file."
)
@click.option("--pin", help="The new card's PIN (else --pin-stdin or a prompt).")
@click.option("--pin-stdin", is_flag=True, help="Read the PIN from standard input.")
@click.option(
    "--registry-url",
    envvar="THNID_REGISTRY_URL",
    help="Tell this registry office (also THNID_REGISTRY_URL), so that the old card is refused from now on.",
)
@counter_key_option
@key_file_option
@click.option("--force", is_flag=True, help="Replace the file given by --out if it exists.")
@reporting
def replace_card(
    output: Output,
    card_path: Path,
    new_path: Path,
    pin: str | None,
    pin_stdin: bool,
    registry_url: str | None,
    counter_key: str,
    key_file: Path | None,
    force: bool,
) -> None:
    """Make the owner a new card with a new serial, as a registry office does when the old one is locked."""
    from emulator.card.card_file import read_card_file
    from emulator.card.issue import card_in_file, reissued
    from emulator.offices.keyfile import master_key

    chosen = new_pin(output, pin, pin_stdin)
    old, _ = read_card_file(card_path)
    new = reissued(old, master_key=master_key(key_file))

    def tell_registry() -> None:
        if registry_url is not None:
            with RegistryClient(registry_url, counter_key=counter_key) as registry:
                registry.replace(old.citizen_id, old.serial, new.serial)

    # A card that no office knows of was never issued: until the office has agreed, no file has the new card's name.
    # Cut off between the two, the same card is made again without --registry-url.
    card_in_file(new_path, new, pin=chosen, force=force, before_named=tell_registry)
    document = {
        "file": str(new_path),
        "old_serial": old.serial.hex().upper(),
        "serial": new.serial.hex().upper(),
        "told_registry": registry_url is not None,
    }

    def show() -> None:
        output.say(
            Text(
                f"New card {document['serial']} in {new_path}; the old one was {document['old_serial']}.",
                f"บัตรใหม่หมายเลข {document['serial']} อยู่ใน {new_path} บัตรเดิมคือ {document['old_serial']}",
            )
        )

    output.report(document, show)


@command.command("serve")
@click.option(
    "--db",
    "--database",
    "database",
    metavar="FILE|URL",
    help="What keeps all that the offices know: a SQLite file or postgresql://...; else memory.",
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Loopback port; 0 picks a free one.")
@click.option(
    "--card",
    "cards",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Know this card as an officer's, with a right.",
)
@key_file_option
@click.option(
    "--counter-key", envvar="THNID_COUNTER_KEY", help="What counters have to show; else a new one is made."
)
@click.option("--test-mode", is_flag=True, help="Let tests move the clock: POST /test/clock.")
@click.option(
    "--levels",
    type=click.Path(path_type=Path),
    help="Levels of rights, as levels.yaml; else the standard ones.",
)
@click.option(
    "--smtp",
    metavar="HOST:PORT|URL",
    help="Who takes e-mail: HOST:PORT, smtp://HOST, smtp+starttls://USER@HOST or smtps://USER@HOST; else it waits in the "
    "database.",
)
@click.option(
    "--smtp-password-file",
    type=click.Path(path_type=Path),
    help="Holds the password of --smtp's user; else THNID_SMTP_PASSWORD does.",
)
@click.option(
    "--smtp-sender",
    metavar="ADDRESS",
    help="Whom e-mail is from: ADDRESS or 'NAME <ADDRESS>'; else THNID_SMTP_SENDER says, else it is thnid's own.",
)
@reporting
def serve(
    output: Output,
    database: str | None,
    port: int,
    cards: tuple[Path, ...],
    key_file: Path | None,
    counter_key: str | None,
    test_mode: bool,
    levels: Path | None,
    smtp: str | None,
    smtp_password_file: Path | None,
    smtp_sender: str | None,
) -> None:
    """Serve registry office, authority and NHSO on loopback until Ctrl-C, for logins with URLs."""
    from emulator.card.card_file import read_card_file
    from emulator.card.issue import card_in_memory
    from harness.cli.login import embedded_offices
    from harness.cli.on_card import holder_on

    mail_server = _mail_server(smtp, smtp_password_file, smtp_sender)
    officers = [read_card_file(path)[0] for path in cards]
    with (
        stopped_by_signals() as wait,
        embedded_offices(
            database,
            port,
            key_file=key_file,
            counter_key=counter_key,
            test_mode=test_mode,
            levels=levels,
            pages=True,
            smtp=mail_server,
        ) as offices,
    ):
        for card in officers:
            offices.know_card(card.citizen_id, card.serial)
            offices.grant(card.citizen_id)
            holder = holder_on(card_in_memory(card))
            if holder is not None:
                offices.offices.citizens.admit_holder(holder)
        document = {
            "authority_url": offices.authority_url,
            "counter_key": offices.counter_key,
            "nhso_url": offices.nhso_url,
            "registry_url": offices.registry_url,
        }
        output.report(
            document, lambda: click.echo("\n".join(f"{name}: {url}" for name, url in document.items()))
        )
        wait()


def _insist_on_renewable(client: CardClient) -> None:
    """Raises PinLocked. A card whose PIN is suspended is as good as any."""
    with suppress(PinSuspended):
        client.tries_left()


def _mail_server(told: str | None, password_file: Path | None, sender: str | None) -> SmtpServer | None:
    if told is None:
        for name, given in (("--smtp-password-file", password_file), ("--smtp-sender", sender)):
            if given is not None:
                raise Misuse(Text(f"{name} goes with --smtp.", f"{name} ต้องใช้ร่วมกับ --smtp"))
        return None
    with offices_needed():
        from emulator.offices.mail.address import smtp_server
    if sender is None:
        sender = os.environ.get("THNID_SMTP_SENDER") or None
    if password_file is None:
        return smtp_server(told, os.environ.get("THNID_SMTP_PASSWORD"), sender)
    from emulator.written_file import read_written_file

    lines = read_written_file(password_file, 1024).decode("utf-8", "replace").splitlines()
    return smtp_server(told, lines[0] if lines else None, sender)


@contextmanager
def _client(card_path: Path | None, reader_name: str | None, real_card: str | None) -> Iterator[CardClient]:
    """A client of a card file (in process) or of the card in a reader."""
    if card_path is None:
        with terminal_for(reader_name, disposition="reset") as terminal:
            yield CardClient(terminal, real_card=real_card)
        return
    from emulator.card.card_file import open_card
    from harness.terminals.in_process import InProcessTerminal

    card = open_card(card_path)
    try:
        with InProcessTerminal(card) as in_process:
            yield CardClient(in_process, real_card=real_card)
    finally:
        card.close()


@contextmanager
def _registry(
    url: str | None, counter_key: str, key_file: Path | None, citizen_id: str, serial: bytes
) -> Iterator[RegistryClient]:
    """The registry office at ``url``, or an embedded one that knows this card."""
    if url is not None:
        with RegistryClient(url, counter_key=counter_key) as registry:
            yield registry
        return
    from harness.cli.login import embedded_offices

    with embedded_offices(key_file=key_file) as offices:
        offices.know_card(citizen_id, serial)
        with RegistryClient(offices.registry_url, counter_key=offices.counter_key) as registry:
            yield registry


for each in (desk, *RIGHTS_COMMANDS):
    command.add_command(each)
