"""Serves the screen on loopback, where only browsers of this machine reach it."""

from __future__ import annotations

from apdu_specs.language import Language
from harness.officer.screen.app import build_screen
from harness.officer.screen.desk import Desk
from harness.web_server import LOOPBACK, WebServer


class ScreenServer(WebServer):
    """A context manager that serves a desk's screen. ``port`` 0 picks a free one.

    Raises AddressTaken, AddressNotAllowed, ServerDidNotStart.
    """

    def __init__(self, desk: Desk, *, port: int = 0, language: Language = "th") -> None:
        super().__init__(build_screen(desk, language=language), hosts=LOOPBACK, port=port)
        self._desk = desk

    def stop(self) -> None:
        """End the windows' streams and the server. May be called twice."""
        self._desk.bell.close()
        super().stop()
