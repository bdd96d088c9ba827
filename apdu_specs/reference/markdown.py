"""Tables, bytes and sources as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from apdu_specs.language import Text
from apdu_specs.provenance import Provenance


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; bars inside cells are escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(_cell(cell) for cell in line) + " |" for line in lines) + "\n"


def _cell(value: object) -> str:
    return str(value).replace("|", "\\|").replace("\n", " ")


def code(raw: bytes) -> str:
    """Bytes as ``61 0A`` in code type."""
    return f"`{spaced(raw)}`"


def spaced(raw: bytes) -> str:
    """Bytes as ``61 0A``."""
    return raw.hex(" ").upper()


def both(text: Text) -> str:
    """English, then Thai."""
    return f"{text.en} / {text.th}" if text.th and text.th != text.en else text.en


def source(provenance: Provenance) -> str:
    """``public: four readers (high)``."""
    return str(provenance)


def anchor(heading: str) -> str:
    """What a link to that heading is called."""
    kept = "".join(c for c in heading.lower() if c.isalnum() or c in " -_")
    return kept.replace(" ", "-")
