"""``thnid card``: make card files, look at them, put them into a running virtual reader."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from apdu_specs.generations import DEFAULT, GENERATIONS, Generation
from apdu_specs.language import Text
from apdu_specs.pin_policy import NATIONAL
from harness.cli.holders import holders
from harness.cli.output import CommandGroup, Output, reporting
from harness.cli.states import restore, set_state, show, snapshot


@click.group("card", cls=CommandGroup, context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Make virtual cards and look at them; insert and remove them."""


@command.command("create")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--generation", default=DEFAULT.name, show_default=True, help="Card family; see 'thnid card generations'."
)
@click.option("--pin", default="1234", show_default=True, help="Four digits.")
@click.option(
    "--failures",
    default=0,
    show_default=True,
    help="Wrong PINs that the card has seen; under the national policy 3 suspends, 5 locks.",
)
@click.option("--seed", default=1, show_default=True, help="The holder: the same seed is the same person.")
@click.option("--holder", help="A holder that breaks naive programs; see 'thnid card holders'.")
@click.option("--policy", default=NATIONAL.name, show_default=True, help="PIN policy: a name or a YAML file.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="Master key of the offices that the card is for; else the specimen key.",
)
@reporting
def create(
    output: Output,
    file: Path,
    generation: str,
    pin: str,
    failures: int,
    seed: int,
    holder: str | None,
    policy: str,
    force: bool,
    key_file: Path | None,
) -> None:
    """Make FILE, one file that is one card."""
    from emulator.card.issue import card_from_seed, card_in_file
    from emulator.card.policy_file import policy_called
    from emulator.holders.odd import odd_holder
    from emulator.offices.keyfile import master_key
    from harness.cli.card_view import show_card
    from harness.cli.virtual import generation_called

    personalisation = card_from_seed(
        seed,
        generation=generation_called(generation),
        policy=policy_called(policy),
        holder=None if holder is None else odd_holder(holder, seed),
        master_key=master_key(key_file),
    )
    card_in_file(file, personalisation, pin=pin, failures=failures, force=force)
    show_card(output, file)


command.add_command(show)
command.add_command(set_state)
command.add_command(snapshot)
command.add_command(restore)
command.add_command(holders)


@command.command("generations")
@reporting
def generations(output: Output) -> None:
    """List the card families."""
    rows = [_generation(each) for each in GENERATIONS.values()]

    def show() -> None:
        from rich.table import Table

        for each in GENERATIONS.values():
            output.say(Text(each.name, each.name), style="bold")
            table = Table(show_header=False, box=None, padding=(0, 2))
            for label, value in _generation_rows(each):
                table.add_row(label.say(output.language), value.say(output.language))
            output.show_table(table)

    output.report({"generations": rows}, show)


def _generation_rows(each: Generation) -> list[tuple[Text, Text]]:
    """What a person wants to know of a card family."""
    atr = each.decoded_atr
    ta1 = Text("no TA1", "ไม่มี TA1") if atr.ta1 is None else Text(f"TA1 {atr.ta1:02X}", f"TA1 {atr.ta1:02X}")
    decoded = f"{atr.text!r}, {', '.join(f'T={protocol}' for protocol in atr.protocols)}"
    layout = "; ".join(
        f"{file.name} ({file.length:,})"
        for blocks in (each.moi_blocks, each.nhso_blocks)
        for file in blocks.values()
    )
    return [
        (Text("ATR", "ATR"), Text(str(atr), str(atr))),
        (
            Text("decoded", "ความหมาย"),
            Text(f"{decoded}, {ta1.en}, {atr.baud:,} bit/s", f"{decoded}, {ta1.th}, {atr.baud:,} บิต/วินาที"),
        ),
        (Text("layout (bytes)", "โครงสร้าง (ไบต์)"), Text(layout, layout)),
        (Text("differences", "ข้อแตกต่าง"), each.differences),
        (Text("provenance", "ที่มา"), Text(str(each.provenance), str(each.provenance))),
    ]


_number_option = click.option(
    "--reader",
    "number",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Number of the reader; 1 is that of 'thnid run --patient-reader'.",
)


@command.command("insert")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@_number_option
@reporting
def insert(output: Output, file: Path | None, number: int) -> None:
    """Put FILE's card (or the one that was taken out last) into the reader of 'thnid run' or 'thnid serve'.

    Returns when programs can see it. A card that is in the reader is taken out first.
    """
    from harness.cli.control import ask

    request = {"do": "insert", "reader": number} | ({"card": str(file.absolute())} if file else {})
    document = ask(request)
    output.report(document, lambda: output.say(Text("The card is in the reader.", "เสียบบัตรแล้ว")))


@command.command("remove")
@_number_option
@reporting
def remove(output: Output, number: int) -> None:
    """Take the card out of the reader of 'thnid run' or 'thnid serve'. Returns when programs see it gone."""
    from harness.cli.control import ask

    document = ask({"do": "remove", "reader": number})
    output.report(document, lambda: output.say(Text("The reader is empty.", "ถอดบัตรแล้ว")))


def _generation(each: Generation) -> dict[str, Any]:
    atr = each.decoded_atr
    return {
        "name": each.name,
        "atr": atr.raw.hex(" ").upper(),
        "decoded": {
            "historical": atr.text,
            "protocols": [f"T={protocol}" for protocol in atr.protocols],
            "ta1": None if atr.ta1 is None else f"{atr.ta1:02X}",
            "fi": atr.fi,
            "di": atr.di,
            "bits_per_second": atr.baud,
        },
        "data_version": each.data_version,
        "blocks": {str(block): file.name for block, file in each.moi_blocks.items()},
        "get_response_p2": [f"{p2:02X}" for p2 in sorted(each.get_response_p2)],
        "laser_number": each.has_laser_number,
        "differences": {"en": each.differences.en, "th": each.differences.th},
        "provenance": {
            "kind": each.provenance.kind.value,
            "source": each.provenance.source,
            "confidence": each.provenance.confidence.value,
        },
    }
