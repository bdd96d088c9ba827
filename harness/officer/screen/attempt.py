"""One login at the desk, from the button to its end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from apdu_specs.language import Text
from harness.errors import CardRemoved, HarnessError, NoCard, NoReader
from harness.officer.login import Login
from harness.officer.new_card import NewCard
from harness.officer.new_pin import NewPin
from harness.officer.screen.errors import CardPulled, ReaderUnplugged
from harness.officer.screen.form import Form
from harness.officer.screen.view import Page
from harness.officer.steps import Step
from harness.terminals.presence import Seen


class Attempt:
    """One login at this desk, with what its pages show."""

    def __init__(self, login: Login, pin: OnePin, owner: str, reader: Seen | None) -> None:
        self.login = login
        self.pin = pin
        self.owner = owner
        self.reader = reader
        self.page = Page.START
        self.error: HarnessError | None = None
        self.tries_left: int | None = None
        self.holder: Text | None = None
        self.written: tuple[Path, ...] = ()
        self.form = Form()
        self.turn = 0


class OnePin:
    """Holds a PIN from the moment it was typed until the card is given it, and no longer."""

    def __init__(self) -> None:
        self._pin = ""

    def offer(self, pin: str) -> None:
        """What the next call gives."""
        self._pin = pin

    def __call__(self, _tries_left: int | None) -> str:
        pin, self._pin = self._pin, ""
        return pin

    def __repr__(self) -> str:
        return "OnePin()"


@dataclass(frozen=True, slots=True)
class Stopped:
    """How the last login ended."""

    owner: str
    error: HarnessError
    step: Step
    """Where the officer has to take it up again."""

    failed: bool = False
    """Whether the login failed at that step by itself."""

    visit: int | None = None
    """Which stay of a card in the reader it was about."""

    way: NewCard | NewPin | None = None

    def is_remedied(self, reader: Seen | None) -> bool:
        """Whether the reader is no more as the refusal says, or has another card than the one it was about."""
        if isinstance(self.error, NoReader | ReaderUnplugged):
            return reader is not None
        if reader is None or not reader.card:
            return False
        another = self.visit is not None and self.visit != reader.visit
        return another or isinstance(self.error, NoCard | CardPulled | CardRemoved)
