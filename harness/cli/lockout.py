"""``thnid lockout``: block a card honestly, by wrong PINs through its terminal, printing each exchange."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from apdu_specs import adm
from apdu_specs.language import Text
from apdu_specs.pin_policy import MOST_TRIES, PinState
from apdu_specs.status import StatusWord, explain
from harness.cli.output import Output, reporting
from harness.cli.reader import reader_option, terminal_for
from harness.client import CardClient
from harness.errors import CardRefused, HarnessError, PinLocked, PinSuspended

_MOST_ATTEMPTS = MOST_TRIES + 1  # more than any policy can take


class RightPinGuessed(HarnessError):
    """A PIN meant to be wrong was right: the counter is clear again. Nothing was blocked."""

    def __init__(self, pin_number: int) -> None:
        super().__init__(
            Text(
                f"Attempt {pin_number} happened to be the right PIN; the counter is clear.",
                f"ครั้งที่ {pin_number} ใส่ PIN ถูกโดยบังเอิญ ตัวนับจึงเริ่มใหม่",
            ),
            Text("Say --wrong-pin with another PIN.", "โปรดระบุ --wrong-pin เป็น PIN อื่น"),
        )


class NeverLocked(HarnessError):
    """The card's policy suspends its PIN and never locks it, however many wrong PINs come."""

    def __init__(self, attempts: int) -> None:
        super().__init__(
            Text(
                f"After {attempts} wrong PINs this card is suspended and not locked: its PIN policy never locks.",
                f"ใส่ PIN ผิด {attempts} ครั้งแล้ว บัตรนี้ถูกระงับแต่ไม่ถูกล็อก เพราะนโยบาย PIN ของบัตรไม่มีการล็อกถาวร",
            ),
            Text("Use --to suspended.", "โปรดใช้ --to suspended"),
        )


@click.command("lockout")
@click.option(
    "--to", "target", type=click.Choice(["suspended", "locked"]), required=True, help="Where to stop."
)
@click.option(
    "--wrong-pin", default="0000", show_default=True, help="The PIN to present; it must not be the card's."
)
@click.option("--real-card", metavar="SERIAL", help="Allow this on the real card with this serial.")
@reader_option
@reporting
def command(
    output: Output, target: str, wrong_pin: str, real_card: str | None, reader_name: str | None
) -> None:
    """Block the card in a reader by presenting wrong PINs, as a person would who forgot theirs."""
    wanted = PinState(target)
    with terminal_for(reader_name) as terminal:
        client = CardClient(terminal, real_card=real_card)
        exchanges = list(_present(output, client, wanted, wrong_pin))
        state = state_of(client)
    document = {"state": state.value, "exchanges": exchanges}

    def show() -> None:
        output.say(state.condition)
        output.say(state.advice)

    output.report(document, show)


def state_of(client: CardClient) -> PinState:
    """The state that the card reports when asked without a PIN; costs nothing."""
    try:
        client.tries_left()
    except PinSuspended:
        return PinState.SUSPENDED
    except PinLocked:
        return PinState.LOCKED
    return PinState.READY


def _present(output: Output, client: CardClient, wanted: PinState, pin: str) -> Iterator[dict[str, Any]]:
    order = list(PinState)
    for number in range(1, _MOST_ATTEMPTS + 1):
        if order.index(state_of(client)) >= order.index(wanted):
            return
        sw = present(client, pin)
        yield {
            "attempt": number,
            "command": adm.VERIFY.name,
            "sw": f"{sw:04X}",
            "meaning": explain(sw).say(output.language),
        }
        if not output.json:
            output.console.print(f"{adm.VERIFY.name} {number} → {sw >> 8:02X} {sw & 0xFF:02X}  ", end="")
            output.console.print(explain(sw).say(output.language), style="dim", markup=False)
        if sw == StatusWord.OK:
            raise RightPinGuessed(number)
    raise NeverLocked(_MOST_ATTEMPTS)


def present(client: CardClient, pin: str) -> int:
    """VERIFY with ``pin``; the status word, refusals included."""
    try:
        client.verify_pin(pin)
    except CardRefused as refused:
        assert refused.sw is not None
        return refused.sw
    return int(StatusWord.OK)
