"""What a window of the officer's screen shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from apdu_specs.language import Text
from harness.errors import HarnessError
from harness.officer.agent import Symbol
from harness.officer.login import Login
from harness.officer.new_card import NewCard
from harness.officer.new_pin import NewPin
from harness.officer.screen.form import Form
from harness.officer.steps import Step
from harness.terminals.presence import Readers, Seen


class Page(Enum):
    """The manual's pages, and what it has none for."""

    START = "start"
    PIN = "pin"
    CONFIRMED = "confirmed"
    MENU = "menu"
    MODULES = "modules"
    MODULE = "module"
    STOPPED = "stopped"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class View:
    """All that a window shows. ``key`` changes with the page and what is on it, not with the reader's state."""

    page: Page
    key: str
    agent: Symbol
    readers: Readers
    reader: Seen | None
    next_step: Step | None
    failed_step: Step | None = None
    error: HarnessError | None = None
    tries_left: int | None = None
    holder: Text | None = field(default=None, repr=False)
    login: Login | None = field(default=None, repr=False)
    logged_out: bool = False
    written: tuple[Path, ...] = ()
    form: Form = field(default_factory=Form)
    way: NewCard | NewPin | None = None
    """To what makes a virtual card good again, where the refusal is of one that takes no PIN."""
