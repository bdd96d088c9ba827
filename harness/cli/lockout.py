"""``thnid lockout``: block a card honestly, by wrong PINs through its terminal, printing each exchange."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
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
_NO_SUCH_STATE = {
    PinState.SUSPENDED: Text(
        "its PIN policy never suspends, it locks", "นโยบาย PIN ของบัตรไม่มีการระงับ มีแต่การล็อกถาวร"
    ),
    PinState.LOCKED: Text("its PIN policy never locks", "นโยบาย PIN ของบัตรไม่มีการล็อกถาวร"),
}
_OTHER_TARGET = {
    PinState.SUSPENDED: Text("Use --to locked.", "โปรดใช้ --to locked"),
    PinState.LOCKED: Text("Use --to suspended.", "โปรดใช้ --to suspended"),
}


class RightPinGuessed(HarnessError):
    """A PIN meant to be wrong was right: the counter is clear again. Nothing was blocked."""

    def __init__(self, pin_number: int) -> None:
        super().__init__(
            Text(
                f"Attempt {pin_number} happened to be the right PIN; the counter is clear.",
                f"PIN ที่ใส่ครั้งที่ {pin_number} บังเอิญถูกต้อง จำนวนครั้งที่ผิดจึงกลับเป็นศูนย์",
            ),
            Text("Say --wrong-pin with another PIN.", "โปรดระบุ PIN อื่นด้วย --wrong-pin"),
        )


class LockedAlready(HarnessError):
    """The card is locked for good, so it cannot be suspended. No PIN was sent."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "This card is locked for good already and cannot be suspended any more; no PIN was sent.",
                "บัตรนี้ถูกล็อกถาวรแล้ว จึงทำให้ถูกระงับไม่ได้ ยังไม่ได้ส่ง PIN ไปที่บัตร",
            ),
            Text(
                "Use another card; a virtual one is taken back with 'thnid card restore' or 'thnid card set --state ready'.",
                "โปรดใช้บัตรใบอื่น หากเป็นบัตรเสมือน ให้คืนสภาพด้วย 'thnid card restore' หรือ 'thnid card set --state ready'",
            ),
        )


class NoSuchState(HarnessError):
    """The card's PIN policy, which is known here, never comes to ``wanted``. No PIN was sent."""

    def __init__(self, wanted: PinState, policy: str) -> None:
        why = _NO_SUCH_STATE[wanted]
        super().__init__(
            Text(
                f"This card cannot be {wanted.text.en}: {why.en} (policy {policy}). No PIN was sent.",
                f"ทำให้บัตรนี้{wanted.text.th}ไม่ได้ เพราะ{why.th} (นโยบาย {policy}) ยังไม่ได้ส่ง PIN ไปที่บัตร",
            ),
            _OTHER_TARGET[wanted],
        )


class NeverSuspended(HarnessError):
    """Wrong PINs locked the card for good, and it was never suspended before."""

    def __init__(self, attempts: int) -> None:
        why = _NO_SUCH_STATE[PinState.SUSPENDED]
        super().__init__(
            Text(
                f"After {attempts} wrong PINs this card is locked and was never suspended: {why.en}.",
                f"ใส่ PIN ผิด {attempts} ครั้งแล้ว บัตรนี้ถูกล็อกถาวรโดยไม่ถูกระงับก่อน เพราะ{why.th}",
            ),
            PinState.LOCKED.advice,
        )


class NeverLocked(HarnessError):
    """The card's policy suspends its PIN and never locks it, however many wrong PINs come."""

    def __init__(self, attempts: int) -> None:
        why = _NO_SUCH_STATE[PinState.LOCKED]
        super().__init__(
            Text(
                f"After {attempts} wrong PINs this card is suspended and not locked: {why.en}.",
                f"ใส่ PIN ผิด {attempts} ครั้งแล้ว บัตรนี้ถูกระงับแต่ไม่ถูกล็อก เพราะ{why.th}",
            ),
            _OTHER_TARGET[PinState.LOCKED],
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
    """Block the card in a reader by presenting wrong PINs, as a person would who forgot theirs.

    A card that is there already is left alone. One that is past it, or whose policy is known to have no such state, is
    refused before a try is spent.
    """
    wanted = PinState(target)
    exchanges: list[dict[str, Any]] = []
    with terminal_for(reader_name) as terminal:
        client = CardClient(terminal, real_card=real_card)
        # The wrong PINs are to be in a row, and what is told after each is to be of that one.
        with client.alone():
            was = state_of(client)
            _insist_on_a_way(client, was, wanted)
            try:
                for exchange in _present(output, client, wanted, wrong_pin):
                    exchanges.append(exchange)  # one by one: what went wrong later does not take them away
            except HarnessError as error:
                error.so_far = {"exchanges": exchanges}
                raise
    document = {"state": wanted.value, "already": was is wanted, "exchanges": exchanges}

    def show() -> None:
        if was is wanted:
            output.say(
                Text(
                    f"The card is {wanted.text.en} already; no PIN was sent.",
                    f"บัตรอยู่ในสถานะ{wanted.text.th}อยู่แล้ว จึงไม่ได้ส่ง PIN ไปที่บัตร",
                )
            )
        output.say(wanted.condition)
        output.say(wanted.advice)

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


def _insist_on_a_way(client: CardClient, now: PinState, wanted: PinState) -> None:
    """Raises LockedAlready, NoSuchState: nothing is sent that could spend a try."""
    if now is wanted:
        return
    if now is PinState.LOCKED:
        raise LockedAlready
    known = _told_by_its_holder(client)
    if known is None:
        return
    suspended_at, locked_at = known["suspended_at"], known["locked_at"]
    if (locked_at is None) if wanted is PinState.LOCKED else (locked_at == suspended_at):
        raise NoSuchState(wanted, known["policy"])


def _told_by_its_holder(client: CardClient) -> dict[str, Any] | None:
    """What the process around us that holds the virtual reader tells of this card; None for any other card."""
    from harness.cli.control import CONTROL_VARIABLE, ask

    if not os.environ.get(CONTROL_VARIABLE):
        return None
    with suppress(HarnessError):
        told = ask({"do": "show"})
        if told["serial"] == client.card_serial().hex().upper():
            return told
    return None


def _present(output: Output, client: CardClient, wanted: PinState, pin: str) -> Iterator[dict[str, Any]]:
    """Wrong PINs until the card is ``wanted``; every exchange, as soon as it was."""
    for number in range(1, _MOST_ATTEMPTS + 1):
        now = state_of(client)
        if now is wanted:
            return
        if now is PinState.LOCKED:
            raise NeverSuspended(number - 1)
        sw = present(client, pin)
        meaning = explain(sw, adm.VERIFY.meanings).say(output.language)
        if not output.json:
            output.console.print(f"{adm.VERIFY.name} {number} → {sw >> 8:02X} {sw & 0xFF:02X}  ", end="")
            output.console.print(meaning, style="dim", markup=False)
        yield {"attempt": number, "command": adm.VERIFY.name, "sw": f"{sw:04X}", "meaning": meaning}
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
