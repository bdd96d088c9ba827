"""Which reader a command uses: the one that was named, else the first with a card, else the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from harness.errors import NoReader
from harness.terminals.pcsc import DispositionName, PcscTerminal, list_readers

TIMEOUT_S = 10.0


def reader_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """``--reader NAME``."""
    return click.option(
        "--reader", "reader_name", metavar="NAME", help="Reader to use (a part of its name will do)."
    )(function)


def find_reader(wanted: str | None) -> str:
    """The full name of the reader to use. Raises NoReader, StackUnavailable."""
    readers = list_readers()
    if wanted is not None:
        exact = [each for each in readers if each.name == wanted]
        readers = exact or [each for each in readers if wanted.casefold() in each.name.casefold()]
    if not readers:
        raise NoReader(wanted or "")
    return next((each.name for each in readers if each.card), readers[0].name)


def terminal_for(wanted: str | None, *, disposition: DispositionName = "leave") -> PcscTerminal:
    """A terminal, not yet connected, for that reader. Where a PIN is presented, ``reset`` ends the PIN session."""
    return PcscTerminal(find_reader(wanted), timeout_s=TIMEOUT_S, disposition=disposition)
