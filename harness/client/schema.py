"""The JSON Schema of what ``thnid read --json`` prints, made from the same dataclasses."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from types import NoneType
from typing import Any, get_args, get_type_hints

from apdu_specs import adm, card_manager, moi, nhso
from apdu_specs.file import File
from apdu_specs.values import BuddhistDate
from harness.client.contents import BASE64_FIELDS, Adm, CardContents, Chip, Person, Rights

_NULLABLE_NUMBER = {"type": ["integer", "null"]}
_DATE = {
    "type": "object",
    "description": "A date of the Buddhist era as the card holds it; iso is the Christian calendar day if it is known.",
    "properties": {
        "digits": {"type": "string", "pattern": "^[0-9]{8}$"},
        "year": _NULLABLE_NUMBER,
        "month": _NULLABLE_NUMBER,
        "day": _NULLABLE_NUMBER,
        "lifelong": {"type": "boolean"},
        "iso": {"type": ["string", "null"], "format": "date"},
    },
    "required": ["digits", "year", "month", "day", "lifelong", "iso"],
    "additionalProperties": False,
}
_FILES: dict[type, File] = {Person: moi.CURRENT, Rights: nhso.RIGHTS, Adm: adm.INFO, Chip: card_manager.CPLC}


def card_schema() -> dict[str, Any]:
    """The schema of ``CardContents.to_json()``, draft 2020-12."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What a Thai national ID card tells",
        **_of(CardContents, required=True),
    }


def _of(kind: Any, *, required: bool) -> dict[str, Any]:
    """The schema of a type; ``required`` False adds null."""
    schema = _bare(kind)
    return schema if required else {"anyOf": [schema, {"type": "null"}]}


def _bare(kind: Any) -> dict[str, Any]:
    if kind is BuddhistDate:
        return _DATE
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [each.name.lower() for each in kind]}
    if isinstance(kind, type) and is_dataclass(kind):
        return _object(kind)
    if kind is bytes:
        return {"type": "string", "pattern": "^([0-9A-F]{2})*$"}
    return {"type": "string"} if kind is str else {"type": "array", "items": {"type": "string"}}


def _object(kind: type) -> dict[str, Any]:
    properties = {}
    hints = get_type_hints(kind)
    for each in fields(kind):
        choices = get_args(hints[each.name])
        optional = NoneType in choices
        inner = next(choice for choice in choices if choice is not NoneType) if optional else hints[each.name]
        schema = _of(inner, required=not optional)
        if each.name in BASE64_FIELDS:
            schema = {"type": ["string", "null"], "contentEncoding": "base64"}
        properties[each.name] = schema | _description(kind, each.name)
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _description(kind: type, name: str) -> dict[str, str]:
    file = _FILES.get(kind)
    if file is None or name not in file:
        return {}
    field = file.field(name)
    return {"description": f"{field.meaning.en}: {field.note}" if field.note else field.meaning.en}
