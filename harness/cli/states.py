"""``thnid card show``, ``set``, ``snapshot`` and ``restore``: any lockout state on demand, and back.

Each works on a card file, or without FILE on the card in the reader of ``thnid run`` or ``thnid serve``, which stays in:
the process that holds it is asked. That also happens when FILE is the card in that reader.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from apdu_specs.language import Text
from apdu_specs.pin_policy import PinPolicy, PinState
from emulator.card import Card, Snapshot
from emulator.errors import BadCard, CardFileError, CardInUse, SnapshotUnusable
from harness.cli.output import Misuse, Output, reporting

_FILE = click.argument("file", type=click.Path(path_type=Path), required=False)


@click.command("show")
@_FILE
@reporting
def show(output: Output, file: Path | None) -> None:
    """Show what FILE is (or the card in the reader), in which state its PIN is, and what its holder must do."""
    from harness.cli.card_view import show_card, show_document

    if file is None:
        show_document(output, _ask_reader({"do": "show"}))
    else:
        show_card(output, file)


@click.command("set")
@_FILE
@click.option("--failures", type=int, help="Wrong PINs in a row that the card has seen.")
@click.option(
    "--state", type=click.Choice([state.value for state in PinState]), help="The first f of that state."
)
@reporting
def set_state(output: Output, file: Path | None, failures: int | None, state: str | None) -> None:
    """Put FILE's card (or the one in the reader) into a PIN state. The PIN stays.

    Under the national policy --failures is 0 to 5: 3 and 4 are suspended, 5 is locked.
    """
    if (failures is None) == (state is None):
        raise Misuse(
            Text("Say --failures N or --state NAME.", "โปรดระบุ --failures N หรือ --state NAME อย่างใดอย่างหนึ่ง")
        )
    wanted = {"failures": failures} if state is None else {"state": state}
    _change(output, file, {"do": "set", **wanted}, lambda card: put_into_state(card, failures, state))


def put_into_state(card: Card, failures: int | None, state: str | None) -> None:
    """Let ``card`` have seen ``failures``, or the fewest of ``state``. Raises BadCard."""
    policy = card.personalisation.policy
    wanted = failures_of(policy, PinState(state)) if failures is None else failures
    card.restore(replace(card.counters, failures=wanted))


def failures_of(policy: PinPolicy, state: PinState) -> int:
    """The smallest f of ``state``; BadCard if the policy has no such state."""
    for failures in range(policy.most_failures + 1):
        if policy.state(failures) is state:
            return failures
    raise BadCard(
        Text(
            f"The policy {policy.name} has no state {state.value}.",
            f"นโยบาย {policy.name} ไม่มีสถานะ{state.text.th} ({state.value})",
        ),
        Text("Use --failures, or a card with another policy.", "โปรดใช้ --failures หรือบัตรที่ใช้นโยบายอื่น"),
    )


@click.command("snapshot")
@_FILE
@click.argument("snapshot", type=click.Path(path_type=Path), required=False)
@click.option("--force", is_flag=True, help="Replace SNAPSHOT if it exists.")
@reporting
def snapshot(output: Output, file: Path | None, snapshot: Path | None, force: bool) -> None:
    """Keep the present state of FILE's card in SNAPSHOT (default FILE.snapshot). The card may be in use.

    Without FILE: of the card in the reader, kept by the process that holds the reader, for 'restore' without FILE.
    """
    from emulator.card.card_file import read_card_file, write_card_file

    if file is None:
        told = _ask_reader({"do": "snapshot"})
        text = Text("The state of the card in the reader is kept.", "เก็บสถานะของบัตรในเครื่องอ่านไว้แล้ว")
        output.report(told, lambda: output.say(text))
        return
    target = snapshot or snapshot_of(file)
    if target.exists() and file.exists() and target.samefile(file):
        raise BadCard(
            Text(
                f"{target} is the card itself, not a place for its snapshot.",
                f"{target} คือแฟ้มบัตรนั้นเอง จึงใช้เก็บสถานะไม่ได้",
            ),
            Text("Name another file, or none.", "โปรดระบุแฟ้มอื่น หรือไม่ต้องระบุ"),
        )
    write_card_file(target, *read_card_file(file), force=force)
    text = Text(f"The card's state is kept in {target}.", f"เก็บสถานะของบัตรไว้ใน {target} แล้ว")
    output.report({"file": str(file), "snapshot": str(target)}, lambda: output.say(text))


def snapshot_of(file: Path) -> Path:
    """Where a card file's state is kept unless the user says otherwise."""
    return file.with_name(f"{file.name}.snapshot")


@click.command("restore")
@_FILE
@click.argument("snapshot", type=click.Path(path_type=Path), required=False)
@reporting
def restore(output: Output, file: Path | None, snapshot: Path | None) -> None:
    """Take FILE's card back to SNAPSHOT (default FILE.snapshot): its counters and its PIN.

    Without FILE: the card in the reader, back to its last 'snapshot' without FILE, else to how it was put in. It stays in;
    a program that was speaking to it finds it as after a reset.
    """
    source = None if file is None else snapshot or snapshot_of(file)
    request = {"do": "restore"} | ({} if source is None else {"from": str(source.absolute())})
    _change(output, file, request, lambda card: restore_from(card, source))


def restore_from(card: Card, source: Path | None) -> None:
    """Take ``card`` back to what the file ``source`` holds. Raises BadCard for another card's, SnapshotUnusable."""
    from emulator.card.card_file import read_card_file

    assert source is not None
    try:
        kept, counters = read_card_file(source)
    except CardFileError as unusable:
        raise SnapshotUnusable(unusable) from None
    if card.serial != kept.serial:
        raise BadCard(
            Text(f"{source} is a snapshot of another card.", f"{source} เก็บสถานะของบัตรใบอื่น"),
            Text("Give the snapshot of this card.", "โปรดใช้แฟ้มที่เก็บสถานะของบัตรใบนี้"),
        )
    card.restore(Snapshot(kept.serial, kept.policy, counters))


def _change(
    output: Output, file: Path | None, request: dict[str, Any], change: Callable[[Card], None]
) -> None:
    """Do ``change`` to FILE's card, or send ``request`` to the process that has it in its reader; show the card."""
    from harness.cli.card_view import document_of, show_document
    from harness.cli.control import CONTROL_VARIABLE, NOT_IN_THE_READER, NoControl, Told, ask

    if file is None:
        show_document(output, _ask_reader(request))
        return
    try:
        with _opened(file) as card:
            change(card)
            document = document_of(file, card.personalisation, card.counters)
    except CardInUse as in_use:
        if not os.environ.get(CONTROL_VARIABLE):
            raise
        try:
            document = {**ask({**request, "card": str(file.absolute())}), "file": str(file)}
        except Told as told:
            if told.code != NOT_IN_THE_READER:
                raise
            raise in_use from None  # somebody else has it, and this says who
        except NoControl:
            raise in_use from None  # whoever served the reader has gone
    show_document(output, document)


def _ask_reader(request: dict[str, Any]) -> dict[str, Any]:
    """What the process that holds the reader answers; without one, FILE is missing."""
    from harness.cli.control import CONTROL_VARIABLE, ask

    if not os.environ.get(CONTROL_VARIABLE):
        raise Misuse(
            Text(
                "Missing argument 'FILE'. Only inside 'thnid run', or where 'thnid serve' said, it can be left out.",
                "ยังไม่ได้ระบุ 'FILE' ซึ่งละได้เฉพาะภายใน 'thnid run' หรือเมื่อกำหนดค่าตามที่ 'thnid serve' แสดง",
            )
        )
    return ask(request)


@contextmanager
def _opened(file: Path) -> Iterator[Card]:
    from emulator.card.card_file import open_card

    card = open_card(file)
    try:
        yield card
    finally:
        card.close()
