"""``thnid demo``: the officer login end to end on a fresh virtual card, then what wrong PINs do."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import click

from apdu_specs import adm
from apdu_specs.language import Text
from apdu_specs.status import explain
from harness.cli.lockout import present
from harness.cli.login import embedded_offices, officer_pin, show_step
from harness.cli.output import Output, reporting
from harness.cli.read import show_contents
from harness.cli.reader import terminal_for
from harness.client import CardClient
from harness.errors import HarnessError
from harness.officer.login import Login, LoginResult
from harness.officer.offices import AuthorityClient, NhsoClient
from harness.terminals.pcsc import PcscTerminal

if TYPE_CHECKING:
    from emulator.card import Card
    from emulator.offices.embedded import EmbeddedOffices

OFFICER = 7
"""The holder with this seed is of an age to work."""
PIN = "1234"
WRONG_PIN = "0000"
_NEXT = (
    ("thnid run -- pcsc_scan -n", Text("any program sees the virtual reader", "โปรแกรมใดก็เห็นเครื่องอ่านเสมือน")),
    (
        "thnid card create my.card --pin 1234 --failures 2",
        Text("a card in exactly that state", "บัตรที่อยู่ในสถานะที่ต้องการ"),
    ),
    ("thnid run --card my.card -- thnid login", Text("log in with it", "เข้าใช้งานด้วยบัตรนั้น")),
    (
        "thnid office renew-pin --card my.card --pin 4321",
        Text("a new PIN from the registry office", "ขอ PIN ใหม่ที่สำนักทะเบียน"),
    ),
    ("thnid --help", Text("everything else", "คำสั่งทั้งหมด")),
)


@click.command("demo")
@click.option(
    "--seed", type=click.IntRange(0, 10**7 - 3), default=OFFICER, show_default=True, help="The officer."
)
@reporting
def command(output: Output, seed: int) -> int:
    """The officer login end to end on a fresh virtual card, step by step.

    With --json the card's data is left out; 'thnid run -- thnid read --json' gives it.
    """
    lockouts: list[dict[str, Any]] = []
    try:
        result = _show(output, seed, lockouts)
    except HarnessError as error:
        if not output.json:
            raise
        result = LoginResult((), error=error)  # scripts get the shape they rely on, whatever went wrong
    output.report({**result.to_json(output.language), "lockouts": lockouts}, lambda: _suggest(output, result))
    return result.exit_status


def _show(output: Output, seed: int, lockouts: list[dict[str, Any]]) -> LoginResult:
    """The login, what the card tells, and the lockouts, which are added to ``lockouts``; ends where a login fails."""
    from emulator.card.issue import card_from_seed, card_in_memory
    from harness.bench import Bench
    from harness.stack import Stack

    with ExitStack() as cleanup:
        # Loading them takes as long as pcscd needs to see a card: both at once.
        coming = cleanup.enter_context(ThreadPoolExecutor(1)).submit(embedded_offices)
        stack = cleanup.enter_context(Stack())
        bench = cleanup.enter_context(Bench(stack))
        reader = stack.reader_names[0]
        card = card_in_memory(card_from_seed(seed), pin=PIN)
        bench.insert(card)
        _title(output, Text("The officer login, as the manual tells it", "การเข้าใช้งานของเจ้าหน้าที่ ตามคู่มือ"))
        result = _log_in(output, coming.result(), reader, card)
        if not result.logged_in:
            return result
        _title(output, Text("What the card tells everybody", "ข้อมูลที่อ่านได้จากบัตร"))
        with PcscTerminal(reader) as terminal:
            contents = CardClient(terminal).read_all()
        if not output.json:
            show_contents(output, contents)
        for offset, wrong in enumerate((3, 5), start=1):
            bench.swap(card_in_memory(card_from_seed(seed + offset), pin=PIN))
            lockouts.append({"wrong_pins": wrong, "exchanges": list(_lock_out(output, reader, wrong))})
    return result


def _log_in(output: Output, offices: EmbeddedOffices, reader: str, card: Card) -> LoginResult:
    with (
        offices,
        AuthorityClient(offices.authority_url) as authority,
        NhsoClient(offices.nhso_url) as nhso,
    ):
        offices.know_card(card.citizen_id, card.serial)
        offices.grant(card.citizen_id)
        login = Login(
            lambda: terminal_for(reader, disposition="reset"),
            authority,
            nhso,
            officer_pin(PIN),
            on_result=lambda result: show_step(output, result),
        )
        return login.run()


def _lock_out(output: Output, reader: str, wrong: int) -> Iterator[dict[str, Any]]:
    """Present ``wrong`` wrong PINs and then the right one to the card in the reader; each exchange, as told."""
    _title(
        output,
        Text(
            f"{wrong} wrong PINs in a row, on a card of their own", f"ใส่ PIN ผิด {wrong} ครั้งติดต่อกัน กับบัตรอีกใบ"
        ),
    )
    with PcscTerminal(reader) as terminal:
        client = CardClient(terminal)
        for pin in [WRONG_PIN] * wrong + [PIN]:
            label = Text("right PIN", "PIN ถูก") if pin == PIN else Text("wrong PIN", "PIN ผิด")
            sw = present(client, pin)
            if not output.json:
                meaning = explain(sw, adm.VERIFY.meanings).say(output.language)
                output.console.print(
                    f"  VERIFY {label.say(output.language)} → {sw >> 8:02X} {sw & 0xFF:02X}  ", end=""
                )
                output.console.print(meaning, style="dim", markup=False)
            yield {"pin": str(label), "sw": f"{sw:04X}"}
        citizen_id = client.citizen_id()
    if citizen_id and not output.json:
        output.say(Text("  Reading the card still works.", "  ยังอ่านข้อมูลในบัตรได้ตามปกติ"), style="green")


def _title(output: Output, text: Text) -> None:
    if not output.json:
        output.console.print()
        output.say(text, style="bold")


def _suggest(output: Output, result: LoginResult) -> None:
    if result.error is not None:
        output.say(result.error.message, style="bold red")
        output.say(result.error.what_to_do)
        return
    _title(output, Text("What to try next", "ลองทำต่อ"))
    width = max(len(line) for line, _ in _NEXT)
    for line, why in _NEXT:
        output.console.print(f"  {line:{width}}  ", end="", markup=False)
        output.console.print(why.say(output.language), style="dim", markup=False)
