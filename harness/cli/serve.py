"""``thnid serve``: keep a virtual card in a reader until told to stop."""

from __future__ import annotations

import shlex
import threading
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.habits import Habits, habit_options, list_habits
from harness.cli.output import Misuse, Output, as_json, reporting
from harness.cli.stopping import stopped_by_signals
from harness.cli.tracing import bench_for, card_for, trace_options
from harness.errors import HarnessError
from harness.stack import DEFAULT_READER_NAME, Stack

if TYPE_CHECKING:
    from emulator.card import Card
    from emulator.link import CardPort
    from harness.bench import Bench


class BadAddress(HarnessError):
    """``--connect`` is not HOST:PORT."""

    exit_status = 2

    def __init__(self, text: str) -> None:
        super().__init__(
            Text(f"{text!r} is not HOST:PORT.", f"{text!r} ไม่ใช่รูปแบบ HOST:PORT"),
            Text(
                "Give one such as 192.0.2.7:35963 or [::1]:35963.",
                "โปรดระบุ เช่น 192.0.2.7:35963 หรือ [::1]:35963",
            ),
        )


@click.command("serve")
@click.option("--card", "card_path", type=click.Path(path_type=Path), help="The card file.")
@click.option(
    "--connect",
    "address",
    metavar="HOST:PORT",
    help="A vpcd, also on another machine or on Windows; else a private stack.",
)
@click.option("--reader-name", help=f"What programs see (private stack).  [default: {DEFAULT_READER_NAME}]")
@habit_options
@trace_options
@reporting
def command(
    output: Output,
    card_path: Path | None,
    address: str | None,
    reader_name: str | None,
    fault_texts: Sequence[str],
    fault_seed: int,
    timing: str | None,
    trace_path: Path | None,
    show_personal_data: bool,
) -> None:
    """Keep a card in a reader for other programs, until Ctrl-C.

    With --connect the card goes into any vpcd and comes back when that vpcd restarts. Without it a private stack is
    started and the line for other shells is printed.
    """
    from emulator.card.card_file import open_card

    if list_habits(output, fault_texts, timing):
        return
    if card_path is None:
        raise Misuse(Text("Missing option '--card'.", "ยังไม่ได้ระบุตัวเลือก '--card'"))
    habits = Habits(fault_texts, fault_seed, timing)
    if address is not None:
        _insist_on_what_fits_elsewhere(reader_name, habits)
    with ExitStack() as cleanup:
        target = parse_address(address) if address is not None else None
        card = open_card(card_path)
        cleanup.callback(card.close)
        if target is not None:
            worn = card_for(habits.of_card(card), cleanup, trace_path, show_personal_data)
            _serve_elsewhere(output, habits.of_reader(worn), *target)
            return
        wait = cleanup.enter_context(stopped_by_signals())
        stack = cleanup.enter_context(Stack((reader_name or DEFAULT_READER_NAME,)))
        bench = bench_for(stack, cleanup, trace_path, show_personal_data)
        _serve_here(output, cleanup, stack, bench, habits, card, card_path)
        wait()


def _insist_on_what_fits_elsewhere(reader_name: str | None, habits: Habits) -> None:
    """Raises Misuse for what only the private stack can do."""
    if reader_name is not None:
        raise Misuse(
            Text(
                "--reader-name is for the private stack; a vpcd elsewhere has names of its own.",
                "--reader-name ใช้กับบริการ PC/SC ที่ thnid เปิดเองเท่านั้น vpcd ที่อื่นมีชื่อเครื่องอ่านของตัวเอง",
            )
        )
    if habits.need_service:
        raise Misuse(
            Text(
                "A fault of the PC/SC service is for the private stack; a vpcd elsewhere has a service of its own.",
                "ความผิดปกติของบริการ PC/SC ใช้กับบริการที่ thnid เปิดเองเท่านั้น vpcd ที่อื่นมีบริการของตัวเอง",
            )
        )


def parse_address(text: str) -> tuple[str, int]:
    """Host and port of ``HOST:PORT``; brackets around an IPv6 host. Raises BadAddress."""
    host, separator, port = text.rpartition(":")
    if not separator or not host or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
        raise BadAddress(text)
    return host.removeprefix("[").removesuffix("]"), int(port)


def _serve_here(
    output: Output,
    cleanup: ExitStack,
    stack: Stack,
    bench: Bench,
    habits: Habits,
    card: Card,
    card_path: Path,
) -> None:
    from harness.cli.control import CONTROL_VARIABLE, ControlServer

    bench.fitted = habits.of_reader
    bench.insert(habits.of_card(card))
    control = cleanup.enter_context(ControlServer(bench, Path(stack.socket_path).parent, card, card_path))
    service = habits.of_service(stack, cleanup)
    variables = {**stack.environment, **service, CONTROL_VARIABLE: control.path}
    line = "export " + " ".join(f"{name}={shlex.quote(value)}" for name, value in variables.items())
    document = {"environment": variables, "reader": stack.reader_names[0]}
    output.report(document, lambda: click.echo(line))
    click.echo(
        Text("The card is in the reader. Ctrl-C ends it.", "เสียบบัตรแล้ว กด Ctrl-C เพื่อจบ").say(output.language),
        err=True,
    )


def _serve_elsewhere(output: Output, card: CardPort, host: str, port: int) -> None:
    from emulator.link import CardLink, LinkState

    told: list[Text] = []

    def tell(state: LinkState) -> None:
        if state is LinkState.CONNECTED:
            words = Text(f"In the reader at {host} port {port}.", f"เสียบอยู่ในเครื่องอ่านที่ {host} พอร์ต {port}")
            if output.json and not reported.is_set():
                click.echo(as_json({"connected": {"host": host, "port": port}}))
            reported.set()
        elif state is LinkState.WAITING:
            why = link.refused.reason if link.refused else None
            words = Text(
                f"Waiting for the vpcd at {host} port {port}{f' ({why.en})' if why else ''}.",
                f"กำลังรอ vpcd ที่ {host} พอร์ต {port}{f' ({why.th})' if why else ''}",
            )
        else:
            return
        if told[-1:] != [words]:
            told.append(words)
            click.echo(words.say(output.language), err=True)

    reported = threading.Event()

    link = CardLink(card, host, port, on_change=tell)
    thread = threading.Thread(target=link.serve_reconnecting, name="serve", daemon=True)
    with stopped_by_signals() as wait:
        try:
            thread.start()
            wait()
        finally:
            link.close()
            thread.join(5)
