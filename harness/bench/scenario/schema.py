"""The JSON Schema of a scenario file, for editors; made from what is declared."""

from __future__ import annotations

from typing import Any

from apdu_specs.language import Text
from harness.bench.scenario import kinds
from harness.bench.scenario.declared import (
    AFTERWARDS,
    GIVEN_CARD,
    GIVEN_OFFICER,
    OTHER_PROGRAM,
    PROGRAM_STEPS,
    STEPS,
    Options,
    StepKind,
)


def scenario_schema() -> dict[str, Any]:
    """Draft 2020-12. What it cannot tell (a list as long as ``times``, an old card) loading does."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario: given a card and an officer, what happens, and what is expected",
        "type": "object",
        "properties": {
            "scenario": {"description": "Its name, one line.", **kinds.LINE.schema},
            "about": {
                "description": "What it shows, as one text or in both languages.",
                "anyOf": [
                    {"type": "string"},
                    {
                        "type": "object",
                        "properties": {"en": {"type": "string"}, "th": {"type": "string"}},
                        "required": ["en", "th"],
                        "additionalProperties": False,
                    },
                ],
            },
            "given": {
                "type": ["object", "null"],
                "properties": {"card": _options(GIVEN_CARD), "officer": _options(GIVEN_OFFICER)},
                "additionalProperties": False,
            },
            "steps": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "anyOf": [
                        *(
                            each
                            for kind in STEPS.values()
                            if kind is not OTHER_PROGRAM
                            for each in _step(kind)
                        ),
                        _other_program(),
                    ]
                },
            },
        },
        "required": ["scenario", "steps"],
        "additionalProperties": False,
    }


def _step(kind: StepKind) -> list[dict[str, Any]]:
    """The forms of one step: its bare name, if nothing must be said, and a mapping."""
    options = {**kind.options, **AFTERWARDS}
    required = [name for name, option in options.items() if option.required]
    values = [_options(options)]
    if kind.main is not None and required in ([], [kind.main]):
        values.append(dict(options[kind.main].kind.schema))
    mapping = _one_key(kind.name, kind.meaning, {"anyOf": values} if values[1:] else values[0])
    return [mapping] if required else [{"const": kind.name}, mapping]


def _other_program() -> dict[str, Any]:
    inner = [each for kind in PROGRAM_STEPS.values() for each in _step(kind)]
    return _one_key(OTHER_PROGRAM.name, OTHER_PROGRAM.meaning, {"anyOf": inner})


def _one_key(name: str, meaning: Text, value: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "description": meaning.en,
        "properties": {name: value},
        "required": [name],
        "additionalProperties": False,
    }


def _options(options: Options) -> dict[str, Any]:
    required = [name for name, option in options.items() if option.required]
    schema: dict[str, Any] = {
        "type": "object" if required else ["object", "null"],
        "properties": {
            name: {"description": option.meaning.en, **option.kind.schema} for name, option in options.items()
        },
        "additionalProperties": False,
    }
    return schema | ({"required": required} if required else {})
