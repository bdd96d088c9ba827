"""What a command shows of a virtual card: who it is, in which state its PIN is, and what its holder must do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from apdu_specs.language import Text
from apdu_specs.pin_policy import PinState
from emulator.card import Counters
from emulator.card.card_file import read_card_file
from emulator.card.personalisation import Personalisation
from harness.cli.output import Output

_ROWS = (
    (Text("card file", "แฟ้มบัตร"), "file"),
    (Text("generation", "รุ่นบัตร"), "generation"),
    (Text("ATR", "ATR"), "atr"),
    (Text("serial", "หมายเลขบัตร"), "serial"),
    (Text("citizen id", "เลขประจำตัวประชาชน"), "citizen_id"),
    (Text("PIN", "PIN"), "state"),
    (Text("failures", "ผิดติดต่อกัน (ครั้ง)"), "failures"),
    (Text("tries left", "เหลือโอกาส (ครั้ง)"), "tries_left"),
)


def document_of(path: Path | None, card: Personalisation, counters: Counters) -> dict[str, Any]:
    """The card for scripts. ``file`` is None for a card in memory."""
    policy = card.policy
    state, advice = (
        policy.state(counters.failures),
        policy.advice(counters.failures, counters.office_failures),
    )
    return {
        "file": None if path is None else str(path),
        "generation": card.generation.name,
        "atr": card.generation.decoded_atr.raw.hex(" ").upper(),
        "serial": card.serial.hex().upper(),
        "citizen_id": card.citizen_id,
        "state": state.value,
        "failures": counters.failures,
        "tries_left": policy.tries_left(counters.failures),
        "office_failures": counters.office_failures,
        "policy": policy.name,
        "suspended_at": policy.suspended_at,
        "locked_at": policy.locked_at,
        "condition": {"en": state.condition.en, "th": state.condition.th},
        "advice": {"en": advice.en, "th": advice.th},
    }


def show_card(output: Output, path: Path) -> None:
    """Report a card file as it is now."""
    show_document(output, document_of(path, *read_card_file(path)))


def show_document(output: Output, document: dict[str, Any]) -> None:
    """Report what ``document_of`` told, here or in the process that holds the reader."""
    output.report(document, lambda: _show(output, document))


def _show(output: Output, document: dict[str, Any]) -> None:
    from rich.table import Table

    table = Table.grid(padding=(0, 2))
    for label, key in _ROWS:
        if document[key] is not None:
            value = PinState(document[key]).text if key == "state" else Text(*[str(document[key])] * 2)
            table.add_row(label.say(output.language), value.say(output.language))
    output.show_table(table)
    output.say(Text(**document["condition"]))
    output.say(Text(**document["advice"]))
