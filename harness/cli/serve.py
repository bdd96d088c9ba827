"""``thnid serve``: keep a virtual card in a reader until told to stop."""

from __future__ import annotations

import shlex
import signal
import threading
from contextlib import ExitStack
from pathlib import Path

import click

from apdu_specs.language import Text
from harness.cli.output import Output, as_json, reporting
from harness.errors import HarnessError
from harness.stack import DEFAULT_READER_NAME

_STOPPING = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


class BadAddress(HarnessError):
    """``--connect`` is not HOST:PORT."""

    exit_status = 2

    def __init__(self, text: str) -> None:
        super().__init__(
            Text(f"{text!r} is not HOST:PORT.", f"{text!r} ไม่ใช่รูปแบบ HOST:PORT"),
            Text("Give one such as 192.0.2.7:35963 or [::1]:35963.", "เช่น 192.0.2.7:35963 หรือ [::1]:35963"),
        )


@click.command("serve")
@click.option("--card", "card_path", type=click.Path(path_type=Path), required=True, help="The card file.")
@click.option(
    "--connect",
    "address",
    metavar="HOST:PORT",
    help="A vpcd, also on another machine or on Windows; else a private stack.",
)
@click.option("--reader-name", help=f"What programs see (private stack).  [default: {DEFAULT_READER_NAME}]")
@reporting
def command(output: Output, card_path: Path, address: str | None, reader_name: str | None) -> None:
    """Keep a card in a reader for other programs, until Ctrl-C.

    With --connect the card goes into any vpcd and comes back when that vpcd restarts. Without it a private stack is
    started and the line for other shells is printed.
    """
    from emulator.card.card_file import open_card

    if address is not None and reader_name is not None:
        raise click.UsageError(
            "--reader-name is for the private stack; a vpcd elsewhere has names of its own."
        )
    with ExitStack() as cleanup:
        target = parse_address(address) if address is not None else None
        card = open_card(card_path)
        cleanup.callback(card.close)
        if target is not None:
            _serve_elsewhere(output, card, *target)
            return
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
        cleanup.callback(signal.pthread_sigmask, signal.SIG_SETMASK, before)
        _serve_here(output, cleanup, card, card_path, reader_name or DEFAULT_READER_NAME)


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; brackets around an IPv6 host. Raises BadAddress."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise BadAddress(text)
    return host.removeprefix("[").removesuffix("]"), int(port)


def _serve_here(output: Output, cleanup: ExitStack, card: object, card_path: Path, reader_name: str) -> None:
    from emulator.card import Card
    from harness.bench import Bench
    from harness.cli.control import CONTROL_VARIABLE, ControlServer
    from harness.stack import Stack

    assert isinstance(card, Card)
    stack = cleanup.enter_context(Stack((reader_name,)))
    bench = cleanup.enter_context(Bench(stack))
    bench.insert(card)
    control = cleanup.enter_context(ControlServer(bench, Path(stack.socket_path).parent, card, card_path))
    variables = {**stack.environment, CONTROL_VARIABLE: control.path}
    line = "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    document = {"environment": variables, "reader": stack.reader_names[0]}
    output.report(document, lambda: click.echo(line))
    click.echo(
        Text("The card is in the reader. Ctrl-C ends it.", "เสียบบัตรแล้ว กด Ctrl-C เพื่อจบ").say(output.language),
        err=True,
    )
    signal.sigwait(_STOPPING)


def _serve_elsewhere(output: Output, card: object, host: str, port: int) -> None:
    from emulator.card import Card
    from emulator.link import CardLink, LinkState

    assert isinstance(card, Card)
    told: list[Text] = []

    def tell(state: LinkState) -> None:
        if state is LinkState.CONNECTED:
            words = Text(f"In the reader at {host} port {port}.", f"เสียบอยู่ในเครื่องอ่านที่ {host} พอร์ต {port}")
            if output.json and not reported.is_set():
                click.echo(as_json({"connected": {"host": host, "port": port}}))
            reported.set()
        elif state is LinkState.WAITING:
            why = f" ({link.refused.reason})" if link.refused else ""
            words = Text(
                f"Waiting for the vpcd at {host} port {port}{why}.", f"รอ vpcd ที่ {host} พอร์ต {port}{why}"
            )
        else:
            return
        if told[-1:] != [words]:
            told.append(words)
            click.echo(words.say(output.language), err=True)

    reported = threading.Event()

    link = CardLink(card, host, port, on_change=tell)
    thread = threading.Thread(target=link.serve_reconnecting, name="serve", daemon=True)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _STOPPING)
    try:
        thread.start()
        signal.sigwait(_STOPPING)
    finally:
        link.close()
        thread.join(5)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
