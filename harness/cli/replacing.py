"""How a locked virtual card is replaced, with what this process knows: its file, the reader it is in, the offices around."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from apdu_specs.keys import is_virtual
from harness.errors import HarnessError
from harness.officer.new_card import NewCard, WayToNewCard

DESK_PATH = "/registry/desk"
"""Of the registry office's desk, below the address of the offices' pages."""

_PAGES_VARIABLE = "THNID_PAGES_URL"  # set where a whole office runs around us, with staff who can log in

Shown = Callable[[], Mapping[str, Any]]
"""Tells what ``thnid card show`` tells of the card in the virtual reader. May raise HarnessError."""


def asked() -> Mapping[str, Any]:
    """What the process around us that holds the virtual reader tells. Raises NoControl, Told."""
    from harness.cli.control import ask

    return ask({"do": "show"})


def way_to_new_card(
    *,
    pages: str | None = None,
    registry: str | None = None,
    file: Path | None = None,
    key_file: Path | None = None,
    shown: Shown = asked,
) -> WayToNewCard:
    """Tells how a card is replaced. ``pages``: the offices' pages, whose staff can log in (else those of a whole office around
    us); ``registry``: the registry office's address; ``file``: the card's file, else it is asked for.
    """
    if pages is None:
        pages = os.environ.get(_PAGES_VARIABLE) or None
        if pages is not None and registry is not None and not registry.startswith(f"{pages}/"):
            pages = None  # the registry office is another one
    desk = None if pages is None else pages.rstrip("/") + DESK_PATH

    def tell(serial: bytes) -> NewCard | None:
        if not is_virtual(serial):
            return None
        found = None if file is not None else _in_the_reader(serial, shown)
        named = None if found is None else found.get("file")
        return NewCard(
            serial,
            desk=desk,
            file=Path(named) if named else file,
            in_memory=found is not None and not named,
            inserted=found is not None,
            registry=registry,
            key_file=key_file,
        )

    return tell


def _in_the_reader(serial: bytes, shown: Shown) -> Mapping[str, Any] | None:
    """What is told of this card, if it is the one in the virtual reader."""
    try:
        told = shown()
    except HarnessError:  # nobody there to ask, or no card
        return None
    return told if told.get("serial") == serial.hex().upper() else None
