"""What ``thnid read --format`` writes: JSON, CSV (one header, one row) or YAML."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

FORMATS = ("json", "csv", "yaml")


def rendered(document: dict[str, Any], form: str) -> str:
    """``document`` as text in one of ``FORMATS``. CSV names nested values with dots: ``person.thai_name.first``."""
    if form == "json":
        return json.dumps(document, ensure_ascii=False, indent=2)
    if form == "yaml":
        import yaml

        return str(yaml.safe_dump(document, allow_unicode=True, sort_keys=False)).rstrip("\n")
    table = dict(_flattened("", document))
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerow("" if value is None else value for value in table.values())
    return text.getvalue().rstrip("\n")


def _flattened(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, each in value.items():
            yield from _flattened(f"{prefix}.{name}" if prefix else name, each)
    elif isinstance(value, list):
        yield prefix, " ".join(str(each) for each in value)
    else:
        yield prefix, value
