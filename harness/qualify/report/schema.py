"""The JSON schema of ``record.json``."""

from __future__ import annotations

from typing import Any

_NULLABLE_TEXT = {"type": ["string", "null"]}
_REASON = {
    "type": ["object", "null"],
    "required": ["en", "th"],
    "properties": {"en": {"type": "string"}, "th": {"type": "string"}},
    "additionalProperties": False,
}
_WORDS = {"type": "array", "items": {"type": ["number", "string", "boolean", "null"]}}
_LIMITS = {
    "type": "object",
    "properties": {
        **{name: {"type": "number"} for name in ("lower", "upper", "marginal_lower", "marginal_upper")},
        "equals": _WORDS,
        "marginal_equals": _WORDS,
    },
    "additionalProperties": False,
}
_SERIES = {
    "type": "object",
    "additionalProperties": {
        "type": "array",
        "items": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    },
}
_EVIDENCE = {
    "type": "object",
    "required": ["path", "sha256", "bytes"],
    "properties": {
        "name": {"type": "string"},
        "path": {"type": "string", "pattern": "^evidence/[^/]+$"},
        "sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "bytes": {"type": "integer", "minimum": 0},
    },
    "additionalProperties": False,
}
_RESULT = {
    "type": "object",
    "required": [
        "criterion",
        "verdict",
        "value",
        "unit",
        "limits",
        "reason",
        "samples",
        "series",
        "ms",
        "attachments",
    ],
    "properties": {
        "criterion": {"type": "string"},
        "verdict": {"enum": ["pass", "marginal", "fail", "not applicable", "incomplete"]},
        "value": {"type": ["number", "string", "boolean", "null"]},
        "unit": {"type": "string"},
        "limits": _LIMITS,
        "reason": _REASON,
        "samples": {"type": "array", "items": {"type": "number"}},
        "series": _SERIES,
        "ms": {"type": "number", "minimum": 0},
        "attachments": {"type": "array", "items": {"anyOf": [{"type": "string"}, _EVIDENCE]}},
    },
    "additionalProperties": False,
}
_READER = {
    "type": "object",
    "required": ["name", "serial", "firmware", "driver", "attributes"],
    "properties": {
        "name": {"type": "string"},
        "serial": _NULLABLE_TEXT,
        "firmware": _NULLABLE_TEXT,
        "driver": _NULLABLE_TEXT,
        "attributes": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}
_SIGNATURE = {
    "type": ["object", "null"],
    "required": ["operator", "date"],
    "properties": {
        **{name: {"type": "string"} for name in ("operator", "date", "serial", "firmware", "driver")},
        "evidence": {"type": "array", "items": _EVIDENCE},
        "seal": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
    },
    "additionalProperties": False,
}

SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Record of a reader qualification",
    "type": "object",
    "required": [
        "format",
        "tool",
        "reader",
        "host",
        "card",
        "operator",
        "started",
        "ended",
        "profile",
        "results",
        "remaining",
        "verdict",
        "digest",
        "signature",
    ],
    "properties": {
        "format": {"const": 1},
        "tool": {
            "type": "object",
            "required": ["name", "version"],
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}},
        },
        "reader": _READER,
        "host": {
            "type": "object",
            "required": ["os", "kernel", "pcsc"],
            "properties": {
                "os": {"type": "string"},
                "kernel": {"type": "string"},
                "pcsc": _NULLABLE_TEXT,
                "place": {"type": "string"},
            },
        },
        "card": {
            "type": "object",
            "required": ["atr", "generation", "virtual"],
            "properties": {
                "atr": _NULLABLE_TEXT,
                "generation": _NULLABLE_TEXT,
                "virtual": {"type": "boolean"},
                "test": {"type": "boolean"},
            },
        },
        "actuator": {"type": "string"},
        "operator": _NULLABLE_TEXT,
        "started": {"type": "string"},
        "ended": {"type": "string"},
        "profile": {"enum": ["quick", "full", "soak"]},
        "results": {"type": "array", "items": _RESULT},
        "remaining": {"type": "array", "items": {"type": "string"}},
        "verdict": {"enum": ["pass", "marginal", "fail", "incomplete"]},
        "digest": {"type": "string", "pattern": "^sha256:[0-9a-f]{64}$"},
        "signature": _SIGNATURE,
    },
}
