"""An agent that answers on a port of its own: a card without a reader, NHSO at noon in Bangkok on 10 March 2026."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import httpx

from apdu_specs.values import BuddhistDate, Name, Sex
from emulator.card import Card
from emulator.card.issue import card_in_memory
from emulator.card.personalisation import personalise, virtual_serial
from emulator.holders import Holder, holder_from_seed
from emulator.offices.app import build_app as build_offices
from emulator.offices.server import OfficeServer
from harness.agent.app import build_app
from harness.agent.limits import Limits
from harness.agent.nhso import NhsoDesk
from harness.agent.patient import PatientReader, Seen
from harness.errors import NoCard
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.presence import Readers
from harness.terminals.presence import Seen as SeenReader
from harness.web_server import WebServer
from tests.emulator.offices.people import ENTITLED, admit_people
from tests.emulator.offices.rooms import Rooms, build_rooms

READER = "Feitian SCR301 0"
HOSPITAL = "99312"
UUID = "123e4567-e89b-42d3-a456-426614174000"
UUID_4 = r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
ASKED = {"pid": ENTITLED, "claimType": "PG0060001", "mobile": "0800000000", "correlationId": UUID}


def holder(**changes: Any) -> Holder:
    """The person whom NHSO knows as ENTITLED, as a card tells of them."""
    person = replace(
        holder_from_seed(1),
        citizen_id=ENTITLED,
        thai_name=Name("นาย", "ทดสอบ", "", "ระบบ"),
        birth_date=BuddhistDate(2535, 3, 20),
        sex=Sex.MALE,
    )
    return replace(person, **changes)


def card_of(person: Holder) -> Card:
    """A virtual card of that person."""
    return card_in_memory(personalise(person, virtual_serial(1)))


@dataclass
class Desk:
    """The reader's side, which a test may change: readers, the card, and how it is reached."""

    card: Card | None = None
    readers: list[str] = field(default_factory=lambda: [READER])
    reach: Callable[[str], Terminal] | None = None
    service: bool = True

    def now(self) -> Readers:
        present = self.card is not None
        seen = tuple(SeenReader(name, present, False, 0) for name in self.readers)
        return Readers(self.service, seen if self.service else ())

    def terminal(self, reader: str) -> Terminal:
        if self.reach is not None:
            return self.reach(reader)
        if self.card is None:
            raise NoCard(reader)
        return InProcessTerminal(self.card)


@dataclass
class Scene:
    """The agent over HTTP, what is on its desk, and NHSO's rooms."""

    http: httpx.Client
    desk: Desk
    rooms: Rooms
    nhso_url: str

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def refused(self, answer: httpx.Response) -> dict[str, Any]:
        """A refusal in Spring's shape, without the time."""
        told = answer.json()
        assert isinstance(told, dict)
        assert told.pop("timestamp")
        assert told["status"] == answer.status_code
        assert answer.headers["content-type"] == "application/json"
        return told


@contextmanager
def scene(
    *,
    limits: Limits | None = None,
    token: str | None = None,
    nhso: str | None = None,
    seen: Seen | None = None,
    wanted: str | None = None,
    language: Any = "th",
) -> Iterator[Scene]:
    """An agent with ENTITLED's card in its reader. ``nhso``: another address; ``token``: another token."""
    rooms = build_rooms()
    admit_people(rooms)
    desk = Desk(card_of(holder()))
    with ExitStack() as cleanup:
        cleanup.callback(rooms.storage.close)
        offices = cleanup.enter_context(OfficeServer(build_offices(rooms.offices)))
        shown = token or rooms.offices.agent_desk.issue_token(HOSPITAL)
        client = cleanup.enter_context(NhsoDesk(nhso or f"{offices.url}/nhso", shown))
        reader = PatientReader(desk.now, wanted, seen=seen, terminal=desk.terminal)
        app = build_app(reader, client, language=language, limits=limits)
        server = cleanup.enter_context(WebServer(app))
        http = cleanup.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=60))
        yield Scene(http, desk, rooms, f"{offices.url}/nhso")
