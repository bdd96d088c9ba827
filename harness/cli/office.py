"""``thnid office``: what the stand-in offices do for a card's owner."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import click

from apdu_specs.language import Text
from harness.cli.output import CommandGroup, Output, reporting
from harness.cli.pin import new_pin
from harness.cli.reader import reader_option, terminal_for
from harness.client import CardClient
from harness.officer.offices import RegistryClient


@click.group("office", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The stand-in offices: renew a PIN, replace a card, serve."""


@command.command("renew-pin")
@click.option(
    "--card", "card_path", type=click.Path(path_type=Path), help="A card file; else the card in a reader."
)
@reader_option
@click.option("--pin", help="The new PIN (else --pin-stdin or a prompt).")
@click.option("--pin-stdin", is_flag=True, help="Read the new PIN from standard input.")
@click.option("--registry-url", help="A registry office; else an embedded stand-in that knows the card.")
@click.option("--real-card", metavar="SERIAL", help="Allow this on the real card with this serial.")
@reporting
def renew_pin(
    output: Output,
    card_path: Path | None,
    reader_name: str | None,
    pin: str | None,
    pin_stdin: bool,
    registry_url: str | None,
    real_card: str | None,
) -> None:
    """Issue a new PIN, as a registration office does for the card's owner. Impossible on a locked card."""
    chosen = new_pin(output, pin, pin_stdin)
    with ExitStack() as cleanup:
        client = cleanup.enter_context(_client(card_path, reader_name, real_card))
        citizen_id, serial = client.citizen_id(), client.card_serial()
        registry = cleanup.enter_context(_registry(registry_url, citizen_id, serial))
        proof = registry.proof(citizen_id, serial, client.office_challenge())
        client.office_authenticate(proof)
        client.office_reset_pin(chosen)
        document = {"renewed": True, "serial": serial.hex().upper(), "tries_left": client.tries_left()}
    output.report(
        document,
        lambda: output.say(
            Text("The card has a new PIN; its counter is clear.", "ออก PIN ใหม่แล้ว ตัวนับเริ่มใหม่")
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
    "--registry-url", help="Tell this registry office, so that the old card is refused from now on."
)
@click.option("--force", is_flag=True, help="Replace the file given by --out if it exists.")
@reporting
def replace_card(
    output: Output,
    card_path: Path,
    new_path: Path,
    pin: str | None,
    pin_stdin: bool,
    registry_url: str | None,
    force: bool,
) -> None:
    """Make the owner a new card with a new serial, as a registration office does when the old one is locked."""
    from emulator.card.card_file import read_card_file
    from emulator.card.issue import card_in_file, reissued

    chosen = new_pin(output, pin, pin_stdin)
    old, _ = read_card_file(card_path)
    before = new_path.read_bytes() if force and new_path.is_file() else None
    new = reissued(old)
    card_in_file(new_path, new, pin=chosen, force=force)
    if registry_url is not None:
        try:
            with RegistryClient(registry_url) as registry:
                registry.replace(old.citizen_id, old.serial, new.serial)
        except BaseException:
            # A card that no office knows of was never issued.
            new_path.unlink() if before is None else new_path.write_bytes(before)
            raise
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
    "--db", "database", type=click.Path(path_type=Path), help="SQLite file that keeps what the offices know."
)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Loopback port; 0 picks a free one.")
@click.option(
    "--card",
    "cards",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Know this card as an officer's, with a right.",
)
@reporting
def serve(output: Output, database: Path | None, port: int, cards: tuple[Path, ...]) -> None:
    """Serve registry office, authority and NHSO on loopback until Ctrl-C, for logins with URLs."""
    from emulator.card.card_file import read_card_file
    from harness.cli.login import embedded_offices

    officers = [read_card_file(path)[0] for path in cards]
    stopping = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    try:
        with embedded_offices(database, port) as offices:
            for card in officers:
                offices.know_card(card.citizen_id, card.serial)
                offices.grant(card.citizen_id)
            document = {
                "authority_url": offices.authority_url,
                "nhso_url": offices.nhso_url,
                "registry_url": offices.registry_url,
            }
            output.report(
                document, lambda: click.echo("\n".join(f"{name}: {url}" for name, url in document.items()))
            )
            signal.sigwait(stopping)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


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
def _registry(url: str | None, citizen_id: str, serial: bytes) -> Iterator[RegistryClient]:
    """The registry office at ``url``, or an embedded one that knows this card."""
    if url is not None:
        with RegistryClient(url) as registry:
            yield registry
        return
    from harness.cli.login import embedded_offices

    with embedded_offices() as offices:
        offices.know_card(citizen_id, serial)
        with RegistryClient(offices.registry_url) as registry:
            yield registry
