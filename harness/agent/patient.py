"""The patient's card: which reader it is in, and what is read of it. No PIN is asked for or sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from apdu_specs.citizen_id import is_valid
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.moi import MOI
from apdu_specs.values import BuddhistDate, Name, Sex
from harness.agent.refusals import NOT_A_NATIONAL_CARD
from harness.client import CardClient
from harness.client.errors import CardNonsense
from harness.errors import CardRefused, HarnessError, NoReader
from harness.terminals import Terminal
from harness.terminals.pcsc import PcscTerminal
from harness.terminals.presence import Readers

TIMEOUT_S = 10.0


class NotANationalCard(HarnessError):
    """The card in the reader is none that tells a citizen id."""

    def __init__(self) -> None:
        super().__init__(
            NOT_A_NATIONAL_CARD,
            Text("Insert the patient's national ID card.", "กรุณาเสียบบัตรประจำตัวประชาชนของผู้รับบริการ"),
        )


@dataclass(frozen=True, slots=True)
class PatientCard:
    """What is read of a card. Blank text is empty; what is blank or cannot be decoded is None."""

    citizen_id: str = field(repr=False)
    title: str = field(default="", repr=False)
    first_name: str = field(default="", repr=False)
    last_name: str = field(default="", repr=False)
    birth_date: BuddhistDate | None = field(default=None, repr=False)
    sex: Sex | None = field(default=None, repr=False)
    photo: bytes | None = field(default=None, repr=False)


Seen = Callable[[CardClient, PatientCard], object]
"""Told of a card that was read, and of its client while it is connected."""


def _pcsc(reader: str) -> Terminal:
    return PcscTerminal(reader, timeout_s=TIMEOUT_S)


class PatientReader:
    """Reads the card in ``wanted`` (a part of a reader's name), else in the first reader with a card.

    ``readers`` tells how the readers are; ``seen`` is told of every card that was read; ``terminal``
    gives the way to a reader's card. ``read`` is not for two threads
    at once.
    """

    def __init__(
        self,
        readers: Callable[[], Readers],
        wanted: str | None = None,
        *,
        seen: Seen | None = None,
        terminal: Callable[[str], Terminal] = _pcsc,
    ) -> None:
        self._readers = readers
        self._wanted = wanted
        self._seen = seen
        self._terminal = terminal

    def terminals(self) -> list[dict[str, Any]]:
        """Every reader that may be used and whether a card is in it. Asks nobody: it is known already.

        An empty further slot of a reader is none: the virtual one has two, and programs take the last of the list.
        """
        readers = self._readers()
        if self._wanted is None:
            names = {each.name for each in readers.seen}
            seen = [
                each
                for each in readers.seen
                if each.card or _first_slot(each.name) not in names - {each.name}
            ]
        else:
            chosen = readers.reader(self._wanted)
            seen = [] if chosen is None else [chosen]
        return [{"terminalName": each.name, "isPresent": each.card} for each in seen]

    def read(self, *, photo: bool) -> PatientCard:
        """The card that is in the reader now.

        Raises NoReader, NoCard, ReaderBusy, StackUnavailable, CardRemoved, CardSilent, NotANationalCard.
        """
        reader = self._readers().reader(self._wanted)
        if reader is None:
            raise NoReader(self._wanted or "")
        with self._terminal(reader.name) as terminal:
            return self._read(terminal, photo)

    def _read(self, terminal: Terminal, photo: bool) -> PatientCard:
        try:
            client = CardClient(terminal)
            with client.alone():  # the officer's screen may be at work with the same card
                card = read_card(client, photo=photo)
        except (CardRefused, CardNonsense, SpecError) as error:
            raise NotANationalCard from error
        if self._seen is not None:
            self._seen(client, card)
        return card


def _first_slot(name: str) -> str:
    """What pcsc-lite calls the first slot of the same reader: its names end with a reader's and a slot's number."""
    return f"{name[:-2]}00"


def read_card(client: CardClient, *, photo: bool) -> PatientCard:
    """Read what the agent tells of a card. Raises CardRefused, CardNonsense, NotANationalCard, and as the terminal does."""
    citizen_id = _field(client, "citizen_id") or ""
    if not is_valid(citizen_id):
        raise NotANationalCard
    name: Name = _field(client, "thai_name") or Name("", "", "", "")
    return PatientCard(
        citizen_id=citizen_id,
        title=name.title,
        first_name=" ".join(part for part in (name.first, name.middle) if part),
        last_name=name.last,
        birth_date=_field(client, "birth_date"),
        sex=_field(client, "sex"),
        photo=_field(client, "photo") if photo else None,
    )


def _field(client: CardClient, name: str) -> Any:
    """A field of the card; None where it holds what no declaration foresees."""
    try:
        return client.read_field(MOI, name)
    except SpecError:
        return None
