"""The agent on a real pcscd: cards come and go, are pulled while they are read, many programs ask at once."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field

import httpx
import pytest

from emulator.card import Card
from emulator.link import CardPort
from harness.agent.app import build_app
from harness.agent.nhso import NhsoDesk
from harness.agent.patient import PatientReader
from harness.bench import Bench
from harness.stack import Stack
from harness.terminals.presence import Readers, ReaderWatch
from harness.web_server import WebServer
from tests.emulator.offices.people import ENTITLED, INSURED
from tests.harness.agent.scene import card_of, holder, scene
from tests.harness.echo_card import EchoCard

pytestmark = pytest.mark.pcsc
LIMIT_S = 60.0
READ = "/api/smartcard/read"
ONLY = "/api/smartcard/read-card-only"
TERMINALS = "/api/smartcard/terminals"


class Watched(ReaderWatch):
    """Lets a test wait until the agent knows something."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        super().__init__(self._told)

    def _told(self, _readers: Readers) -> None:
        with self._changed:
            self._changed.notify_all()

    def cards(self, expected: list[bool]) -> bool:
        """Whether the first slots come to hold cards as expected."""
        with self._changed:
            return self._changed.wait_for(lambda: self.firsts() == expected, LIMIT_S)

    def firsts(self) -> list[bool]:
        return [each.card for each in self.now.seen if each.name.endswith(" 00")]


@dataclass
class Place:
    """A stack with two readers, an agent on it, and NHSO."""

    stack: Stack
    bench: Bench
    watch: Watched
    http: httpx.Client
    card: Card = field(default_factory=lambda: card_of(holder()))

    def put_in(self, card: CardPort, reader: int = 0) -> None:
        self.bench.insert(card, reader)
        assert self.watch.cards([reader == 0, reader == 1])

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path)


@pytest.fixture(scope="module")
def place() -> Iterator[Place]:
    with scene() as nhso, ExitStack() as cleanup:
        stack = cleanup.enter_context(Stack(("First", "Second")))
        bench = cleanup.enter_context(Bench(stack))
        watch = cleanup.enter_context(Watched())
        token = nhso.rooms.offices.agent_desk.issue_token("99312")
        desk = cleanup.enter_context(NhsoDesk(nhso.nhso_url, token))
        server = cleanup.enter_context(WebServer(build_app(PatientReader(lambda: watch.now), desk)))
        http = cleanup.enter_context(httpx.Client(base_url=server.url, trust_env=False, timeout=LIMIT_S))
        yield Place(stack, bench, watch, http)


@pytest.fixture(autouse=True)
def _empty(place: Place) -> Iterator[None]:
    yield
    place.bench.remove(0)
    place.bench.remove(1)
    assert place.watch.cards([False, False])


def test_a_card_comes_is_read_and_goes(place: Place) -> None:
    assert [each["isPresent"] for each in place.get(TERMINALS).json()] == [
        False
    ] * 2  # not vpcd's second slots
    assert place.get(READ).json()["message"].startswith("ไม่พบบัตรในเครื่องอ่าน")
    place.put_in(place.card)
    assert place.get(TERMINALS).json()[0] == {"terminalName": "First 00 00", "isPresent": True}
    told = place.get(f"{READ}?readImageFlag=true").json()
    assert (told["pid"], told["fname"], told["mainInscl"][:5]) == (ENTITLED, "ทดสอบ", "(UCS)")
    assert told["image"].startswith("/9j/")
    place.bench.remove()
    assert place.watch.cards([False, False])
    assert place.get(READ).status_code == 500


def test_whichever_reader_has_the_card(place: Place) -> None:
    place.put_in(place.card, 1)
    assert place.get(ONLY).json()["pid"] == ENTITLED


def test_every_reading_is_of_the_card_that_is_in(place: Place) -> None:
    place.put_in(place.card)
    assert place.get(ONLY).json()["pid"] == ENTITLED
    place.bench.swap(card_of(holder(citizen_id=INSURED)))
    assert place.get(ONLY).json()["pid"] == INSURED


def test_pulled_while_it_is_read_and_read_again(place: Place) -> None:
    class Pulled(EchoCard):
        """A card that leaves as it is asked for the photo."""

        def transmit(self, apdu: bytes, /) -> bytes:
            if apdu[1:2] == b"\xb0" and len(reads) == 6:
                place.bench.pull()
            if apdu[1:2] == b"\xb0":
                reads.append(apdu)
            return place.card.transmit(apdu)

    reads: list[bytes] = []
    place.put_in(Pulled(place.card.atr))
    told = place.get(f"{READ}?readImageFlag=true")
    assert (told.status_code, told.json()["message"]) == (
        500,
        "บัตรถูกถอดออกระหว่างการอ่าน กรุณาเสียบบัตรอีกครั้งแล้วลองใหม่",
    )
    assert len(reads) == 7
    place.bench.remove()
    assert place.watch.cards([False, False])
    place.put_in(place.card)
    assert place.get(f"{READ}?readImageFlag=true").json()["pid"] == ENTITLED


def test_no_pin_is_ever_sent(place: Place) -> None:
    said: list[bytes] = []

    class Listening(EchoCard):
        def transmit(self, apdu: bytes, /) -> bytes:
            said.append(apdu)
            return place.card.transmit(apdu)

    place.put_in(Listening(place.card.atr))
    assert place.get(f"{READ}?readImageFlag=true").status_code == 200
    assert {each[1] for each in said} == {0xA4, 0xB0, 0xC0}  # select, read, get response
    assert len(said) < 70


def test_eight_programs_poll_while_others_read(place: Place) -> None:
    place.put_in(place.card)
    done = threading.Event()

    def poll(_number: int) -> set[str]:
        seen: set[str] = set()
        with httpx.Client(base_url=place.http.base_url, trust_env=False) as program:
            while not done.is_set():
                seen.add(program.get(TERMINALS).text)
        return seen

    with ThreadPoolExecutor(11) as programs:
        polls = [programs.submit(poll, number) for number in range(8)]
        try:
            readings = [programs.submit(place.get, f"{READ}?readImageFlag=true") for _ in range(6)]
            pids = [each.result(LIMIT_S).json()["pid"] for each in readings]
        finally:
            done.set()
    assert pids == [ENTITLED] * 6
    assert {len(each.result()) for each in polls} == {1}, "every poll gave the same answer"


def test_an_exclusive_program_makes_it_500_and_it_works_again(place: Place) -> None:
    from harness.terminals.pcsc import PcscTerminal

    place.put_in(place.card)
    with PcscTerminal(place.stack.reader_names[0], share="exclusive"):
        assert place.get(READ).status_code == 500
        assert place.get(TERMINALS).json()[0]["isPresent"]
    assert place.get(READ).status_code == 200


def test_the_service_goes_away_and_comes_back(place: Place) -> None:
    """Last: readers and bench are others afterwards."""
    place.put_in(place.card)
    assert place.get(ONLY).status_code == 200
    place.bench.close()
    place.stack.stop()
    assert place.watch.cards([])
    assert place.get(TERMINALS).text == "[]"
    assert place.get(READ).status_code == 418
    with Stack(("Another",)) as other, Bench(other) as bench:
        assert place.watch.cards([False])
        bench.insert(place.card)
        assert place.watch.cards([True])
        assert place.get(TERMINALS).json()[0] == {"terminalName": "Another 00 00", "isPresent": True}
        assert place.get(READ).json()["pid"] == ENTITLED
    assert place.watch.cards([])
    place.stack.start()
    assert place.watch.cards([False, False])
