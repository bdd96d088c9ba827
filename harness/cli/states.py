"""``thnid card set``, ``snapshot`` and ``restore``: any lockout state on demand, and back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from apdu_specs.language import Text
from apdu_specs.pin_policy import PinPolicy, PinState
from emulator.errors import BadCard
from harness.cli.output import Output, reporting


@click.command("set")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--failures", type=int, help="Wrong PINs in a row that the card has seen.")
@click.option(
    "--state", type=click.Choice([state.value for state in PinState]), help="The first f of that state."
)
@reporting
def set_state(output: Output, file: Path, failures: int | None, state: str | None) -> None:
    """Put FILE's card into a PIN state: --failures 0..5, or --state ready|suspended|locked. The PIN stays."""
    from emulator.card.card_file import open_card
    from harness.cli.card import show_card

    if (failures is None) == (state is None):
        raise click.UsageError("Say --failures N or --state NAME.")
    card = open_card(file)
    try:
        policy = card.personalisation.policy
        wanted = failures_of(policy, PinState(state)) if failures is None else failures
        card.restore(replace(card.counters, failures=checked_failures(policy, wanted)))
    finally:
        card.close()
    show_card(output, file)


def failures_of(policy: PinPolicy, state: PinState) -> int:
    """The smallest f of ``state``; BadCard if the policy has no such state."""
    for failures in range(policy.most_failures + 1):
        if policy.state(failures) is state:
            return failures
    raise BadCard(
        Text(
            f"The policy {policy.name} has no state {state.value}.",
            f"นโยบาย {policy.name} ไม่มีสถานะ {state.value}",
        ),
        Text("Use --failures, or a card with another policy.", "โปรดใช้ --failures หรือบัตรที่ใช้นโยบายอื่น"),
    )


def checked_failures(policy: PinPolicy, failures: int) -> int:
    """``failures`` if the card can have seen so many; BadCard else."""
    if not 0 <= failures <= policy.most_failures:
        raise BadCard(
            Text(
                f"This card can have seen 0 to {policy.most_failures} wrong PINs in a row, not {failures}.",
                f"บัตรนี้มีจำนวนครั้งที่ผิดติดต่อกันได้ 0 ถึง {policy.most_failures} ไม่ใช่ {failures}",
            ),
            Text("Choose a number in that range.", "โปรดเลือกจำนวนในช่วงนี้"),
        )
    return failures


@click.command("snapshot")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("snapshot", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Replace SNAPSHOT if it exists.")
@reporting
def snapshot(output: Output, file: Path, snapshot: Path | None, force: bool) -> None:
    """Keep the present state of FILE's card in SNAPSHOT (default FILE.snapshot). The card may be in use."""
    from emulator.card.card_file import read_card_file, write_card_file

    target = snapshot or file.with_name(f"{file.name}.snapshot")
    write_card_file(target, *read_card_file(file), force=force)
    text = Text(f"The card's state is kept in {target}.", f"เก็บสถานะของบัตรไว้ใน {target} แล้ว")
    output.report({"file": str(file), "snapshot": str(target)}, lambda: output.say(text))


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path))
@click.argument("snapshot", type=click.Path(path_type=Path), required=False)
@reporting
def restore(output: Output, file: Path, snapshot: Path | None) -> None:
    """Take FILE's card back to SNAPSHOT (default FILE.snapshot): its counters and its PIN."""
    from emulator.card.card_file import open_card, read_card_file
    from harness.cli.card import show_card

    source = snapshot or file.with_name(f"{file.name}.snapshot")
    kept, counters = read_card_file(source)
    card = open_card(file)
    try:
        if card.serial != kept.serial:
            raise BadCard(
                Text(f"{source} is a snapshot of another card.", f"{source} เป็นสถานะของบัตรใบอื่น"),
                Text("Give the snapshot of this card.", "โปรดใช้สถานะที่เก็บจากบัตรใบนี้"),
            )
        card.restore(counters)
    finally:
        card.close()
    show_card(output, file)
