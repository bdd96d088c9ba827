"""Records as the tests meet them: read and held against the schema, their verdicts, and an edit behind the tool's back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema

from harness.qualify.report.schema import SCHEMA

HEADER = {
    "tool": {"name": "thnid", "version": "0"},
    "reader": {"name": "R 00 00", "serial": None, "firmware": None, "driver": None, "attributes": {}},
    "host": {"os": "o", "kernel": "k", "pcsc": None},
    "card": {"atr": None, "generation": None, "virtual": False},
    "operator": None,
    "started": "2026-01-01T00:00:00+00:00",
    "profile": "quick",
}


def record_in(folder: Path) -> dict[str, Any]:
    """The document in ``folder``, which follows the schema."""
    document = json.loads((folder / "record.json").read_text(encoding="utf-8"))
    jsonschema.validate(document, SCHEMA)
    assert isinstance(document, dict)
    return document


def verdicts(document: dict[str, Any], *families: str) -> dict[str, str]:
    """Of each criterion; with ``families`` of theirs only."""
    found = {each["criterion"]: each["verdict"] for each in document["results"]}
    return {name: found[name] for name in found if not families or name.partition("-")[0] in families}


def edited(path: Path, before: str, after: str) -> None:
    """Change the first ``before`` in the file at ``path`` into ``after``."""
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
