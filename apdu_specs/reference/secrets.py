"""Keys, cryptograms, the published PIN form, and who tells whom what."""

from __future__ import annotations

from collections.abc import Sequence

from apdu_specs import keys, published_pin
from apdu_specs.authentication import (
    FLOW,
    PROVENANCE,
    REGISTRY_OFFICE_FLOW,
    REGISTRY_OFFICE_PROVENANCE,
    Step,
)
from apdu_specs.reference.layout import parts_of
from apdu_specs.reference.markdown import both, code, source, table


def constructions() -> str:
    """Every key and cryptogram, byte by byte, with an example."""
    inputs = table(("input", "bytes"), [(name, code(raw)) for name, raw in keys.EXAMPLE_INPUTS.items()])
    sections = []
    for each in keys.CONSTRUCTIONS:
        offset, rows = 0, []
        for part in parts_of(each.message):
            constant = part.constant or (each.label if part.name == "label" else None)
            value = f"{code(constant)} `{constant.decode('ascii')}`" if constant else ""
            rows.append((offset, part.length, part.name, value))
            offset += int(part.length)
        sections.append(
            f"**{each.name}** ({both(each.meaning)}): HMAC-SHA-256 with the {each.key} over {offset} bytes\n\n"
            + table(("offset", "length", "part", "value"), rows)
            + f"\nExample: {code(each.example)}\n"
        )
    return "\n".join(
        [
            f"Source: {source(keys.PROVENANCE)}. The citizen id is 13 ASCII digits, the serial the 8 bytes of CPLC. The master key of "
            f"synthetic cards is public: {code(keys.SPECIMEN_MASTER_KEY)}. Serials that start with "
            f"{code(keys.VIRTUAL_SERIAL_MARK)} are virtual cards.\n",
            *sections,
            "The examples' inputs:\n",
            inputs,
        ]
    )


def published_form() -> str:
    """The published PIN form, step by step."""
    pin, challenge, block = published_pin.EXAMPLE
    steps = "\n".join(f"{number}. {both(step)}" for number, step in enumerate(published_pin.STEPS, 1))
    return (
        f"Source: {source(published_pin.PROVENANCE)}.\n\n{steps}\n\n"
        f"Example: PIN `{pin.decode('ascii')}`, C = {code(challenge)}: {code(block)}\n"
    )


def authentication() -> str:
    """How identity is confirmed, and how a PIN is issued."""
    return "\n".join(
        [
            f"Source: {source(PROVENANCE)}.\n",
            _sequence(FLOW),
            "GET MATCH STATUS may be repeated while the PIN session is open.\n",
            f"A registry office issues a PIN like this ({source(REGISTRY_OFFICE_PROVENANCE)}):\n",
            _sequence(REGISTRY_OFFICE_FLOW),
        ]
    )


def _sequence(steps: Sequence[Step]) -> str:
    lines = ["sequenceDiagram"]
    for step in steps:
        command = f"{step.command.name}, " if step.command else ""
        lines.append(f"    {step.sender}->>{step.receiver}: {command}{step.text.en}".replace(";", ","))
    return "```mermaid\n" + "\n".join(lines) + "\n```\n"
