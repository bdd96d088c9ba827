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
from harness.cli.states import restore, set_state, snapshot


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
    "--failures", default=0, show_default=True, help="Wrong PINs that the card has seen; 3 suspends, 5 locks."
)
@click.option("--seed", default=1, show_default=True, help="The holder: the same seed is the same person.")
@click.option("--holder", help="A holder that breaks naive programs; see 'thnid card holders'.")
@click.option("--policy", default=NATIONAL.name, show_default=True, help="PIN policy: a name or a YAML file.")
@click.option("--force", is_flag=True, help="Replace FILE if it exists.")
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
) -> None:
    """Make FILE, one file that is one card."""
    from emulator.card.issue import card_from_seed, card_in_file
    from emulator.card.policy_file import policy_called
    from emulator.holders.odd import odd_holder
    from harness.cli.virtual import generation_called

    personalisation = card_from_seed(
        seed,
        generation=generation_called(generation),
        policy=policy_called(policy),
        holder=None if holder is None else odd_holder(holder, seed),
    )
    card_in_file(file, personalisation, pin=pin, failures=failures, force=force)
    show_card(output, file)


@command.command("show")
@click.argument("file", type=click.Path(path_type=Path))
@reporting
def show(output: Output, file: Path) -> None:
    """Show what FILE is, in which state its PIN is, and what its holder must do. It may be in use."""
    show_card(output, file)


def show_card(output: Output, file: Path) -> None:
    """Report a card file as it is now."""
    from emulator.card.card_file import read_card_file

    document = {"file": str(file), **_document(*read_card_file(file))}
    output.report(document, lambda: _show(output, document))


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

        table = Table(
            "name", "ATR", Text("decoded", "ความหมาย").say(output.language), "differences", "provenance"
        )
        for each, row in zip(GENERATIONS.values(), rows, strict=True):
            atr = each.decoded_atr
            decoded = f"{atr.text!r}, T=0, {atr.baud} bit/s"
            table.add_row(
                each.name, row["atr"], decoded, each.differences.say(output.language), str(each.provenance)
            )
        output.show_table(table)

    output.report({"generations": rows}, show)


@command.command("insert")
@click.argument("file", type=click.Path(path_type=Path), required=False)
@reporting
def insert(output: Output, file: Path | None) -> None:
    """Put FILE's card (or the one that was taken out last) into the reader of 'thnid run' or 'thnid serve'.

    Returns when programs can see it. A card that is in the reader is taken out first.
    """
    from harness.cli.control import ask

    request = {"do": "insert"} | ({"card": str(file.absolute())} if file else {})
    document = ask(request)
    output.report(document, lambda: output.say(Text("The card is in the reader.", "เสียบบัตรแล้ว")))


@command.command("remove")
@reporting
def remove(output: Output) -> None:
    """Take the card out of the reader of 'thnid run' or 'thnid serve'. Returns when programs see it gone."""
    from harness.cli.control import ask

    document = ask({"do": "remove"})
    output.report(document, lambda: output.say(Text("The reader is empty.", "ถอดบัตรแล้ว")))


def _document(card: Any, counters: Any) -> dict[str, Any]:
    policy = card.policy
    state = policy.state(counters.failures)
    return {
        "generation": card.generation.name,
        "atr": card.generation.decoded_atr.raw.hex(" ").upper(),
        "serial": card.serial.hex().upper(),
        "citizen_id": card.citizen_id,
        "state": state.value,
        "failures": counters.failures,
        "tries_left": policy.tries_left(counters.failures),
        "office_failures": counters.office_failures,
        "policy": policy.name,
        "condition": {"en": state.condition.en, "th": state.condition.th},
        "advice": {"en": state.advice.en, "th": state.advice.th},
    }


def _show(output: Output, document: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for label, key in (
        (Text("card file", "แฟ้มบัตร"), "file"),
        (Text("generation", "รุ่นบัตร"), "generation"),
        (Text("ATR", "ATR"), "atr"),
        (Text("serial", "หมายเลขบัตร"), "serial"),
        (Text("citizen id", "เลขประจำตัวประชาชน"), "citizen_id"),
        (Text("PIN", "PIN"), "state"),
        (Text("failures", "ผิดติดต่อกัน (ครั้ง)"), "failures"),
        (Text("tries left", "เหลือโอกาส (ครั้ง)"), "tries_left"),
    ):
        table.add_row(label.say(output.language), str(document[key]))
    output.show_table(table)
    output.say(Text(**document["condition"]))
    output.say(Text(**document["advice"]))


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
