"""Where a command gets a PIN: standard input, the environment, or a prompt. Never an argument others can see."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from apdu_specs.language import Text
from harness.cli.output import Output
from harness.errors import HarnessError

if TYPE_CHECKING:
    from harness.client import CardClient

PIN_VARIABLE = "THNID_PIN"


class NoPinGiven(HarnessError):
    """A PIN is needed and there is nobody to ask."""

    exit_status = 2

    def __init__(self, other_way: str) -> None:
        super().__init__(
            Text("A PIN is needed and none was given.", "ต้องใช้ PIN แต่ไม่ได้ระบุ"),
            Text(
                f"Use --pin-stdin or {other_way}, or run this at a terminal.",
                f"โปรดใช้ --pin-stdin หรือ {other_way} หรือเรียกใช้จากเทอร์มินัล",
            ),
        )


def pin_provider(output: Output, from_stdin: bool) -> Callable[[int | None], str]:
    """A function that gives the officer's PIN when told how many tries are left. Raises NoPinGiven."""

    def provide(tries_left: int | None) -> str:
        if from_stdin:
            return _line_from_stdin()
        if PIN_VARIABLE in os.environ:
            return os.environ[PIN_VARIABLE]
        if not sys.stdin.isatty():
            raise NoPinGiven(PIN_VARIABLE)
        return str(click.prompt(_question(tries_left).say(output.language), hide_input=True, err=True))

    return provide


def _question(tries_left: int | None) -> Text:
    if tries_left is None:
        return Text("PIN (4 digits)", "กรอกรหัส PIN 4 หลัก")
    tries = "1 try" if tries_left == 1 else f"{tries_left} tries"
    return Text(f"PIN (4 digits, {tries} left)", f"กรอกรหัส PIN 4 หลัก (เหลือโอกาสอีก {tries_left} ครั้ง)")


def new_pin(output: Output, given: str | None, from_stdin: bool) -> str:
    """The new PIN that the card's owner chose: 4 digits. Raises NoPinGiven, PinMalformed."""
    from harness.client.card import well_formed

    pin = given
    if pin is None and from_stdin:
        pin = _line_from_stdin()
    if pin is None:
        if not sys.stdin.isatty():
            raise NoPinGiven("--pin")
        question = Text("New PIN (4 digits)", "กำหนดรหัส PIN ใหม่ 4 หลัก").say(output.language)
        pin = str(click.prompt(question, hide_input=True, confirmation_prompt=True, err=True))
    return well_formed(pin)


def warn_of_weak_pin(output: Output, client: CardClient, pin: str) -> None:
    """Say on standard error why the PIN that a card's owner chose is easily guessed; the owner may insist."""
    from apdu_specs.errors import SpecError
    from apdu_specs.moi import MOI
    from apdu_specs.weak_pin import weaknesses

    try:
        born = client.read_field(MOI, "birth_date")
    except SpecError:  # a date that is none cannot be guessed either
        born = None
    reasons = weaknesses(pin, citizen_id=client.citizen_id(), born=born)
    if reasons:
        why = Text(", ".join(each.en for each in reasons), ", ".join(each.th for each in reasons))
        warning = Text(f"This PIN is easily guessed: {why.en}.", f"รหัส PIN นี้คาดเดาได้ง่าย: {why.th}")
        click.echo(f"thnid: {warning.say(output.language)}", err=True)


def _line_from_stdin() -> str:
    """The first line of standard input, whatever its line end; what is no text is no PIN either."""
    return sys.stdin.buffer.readline().decode("utf-8", "replace").rstrip("\r\n")
