"""E-Form Agent as the login sees it: a tray symbol that is grey until its service is started, then green.

Source: manual, "opening E-Form Agent" 1.1 to 1.4. What its service does behind the symbol is not public.
"""

from __future__ import annotations

from enum import Enum

from harness.officer.errors import EFormAgentStopped


class Symbol(Enum):
    """The colour in the corner of the screen."""

    GREY = "grey"
    GREEN = "green"


class EFormAgent:
    """The agent's state. ``start`` is the menu's Start Service, ``stop`` its Stop."""

    def __init__(self) -> None:
        self.symbol = Symbol.GREY

    def start(self) -> None:
        """Grey becomes green; starting twice changes nothing."""
        self.symbol = Symbol.GREEN

    def stop(self) -> None:
        """Green becomes grey."""
        self.symbol = Symbol.GREY

    def insist_on_green(self) -> None:
        """Raises EFormAgentStopped while the symbol is grey."""
        if self.symbol is not Symbol.GREEN:
            raise EFormAgentStopped
