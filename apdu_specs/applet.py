"""An applet: its identifiers, commands and where they come from."""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.command import Command
from apdu_specs.language import Text
from apdu_specs.provenance import Provenance


@dataclass(frozen=True, eq=False, repr=False)
class Applet:
    """One applet of the card. ``aids``: the usual one first."""

    name: str
    meaning: Text
    aids: tuple[bytes, ...]
    commands: tuple[Command, ...]
    provenance: Provenance

    def __repr__(self) -> str:
        return f"<Applet {self.name}>"

    @property
    def aid(self) -> bytes:
        """The usual identifier."""
        return self.aids[0]
