"""The control socket of ``thnid run`` and ``thnid serve``: other processes insert, remove, show and restore cards.

One JSON object a connection, one back. The socket stands in the stack's folder and goes with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from apdu_specs import keys
from apdu_specs.generations import by_name
from apdu_specs.language import Text
from apdu_specs.odd_atrs import OddCard
from apdu_specs.pin_policy import NATIONAL
from emulator.card import Card, Snapshot
from emulator.card.card_file import open_card
from emulator.card.personalisation import Personalisation
from emulator.odd_card import odd_card
from emulator.test_card import TestCard
from harness.bench import Bench
from harness.cli.card_view import document_of
from harness.cli.output import GUARDED, describe
from harness.cli.states import put_into_state, restore_from
from harness.errors import HarnessError, NoCard, NoReader
from harness.qualify.actuator import CONTROL_VARIABLE as CONTROL_VARIABLE
from harness.qualify.actuator import MAX_MESSAGE

SOCKET_NAME = "control"
_TIMEOUT_S = 30.0
_REQUEST_TIMEOUT_S = 2.0  # a client that says nothing must not keep 'thnid run' from ending


class NoControl(HarnessError):
    """No ``thnid run`` or ``thnid serve`` is around whose reader this command could reach."""

    exit_status = 3

    def __init__(self) -> None:
        super().__init__(
            Text(
                "There is no virtual reader here to put a card into or take one out of.",
                "ที่นี่ไม่มีเครื่องอ่านเสมือนให้เสียบหรือถอดบัตร",
            ),
            Text(
                f"Use this inside 'thnid run -- ...', or set {CONTROL_VARIABLE} as 'thnid serve' prints it.",
                f"โปรดใช้ภายใน 'thnid run -- ...' หรือกำหนด {CONTROL_VARIABLE} ตามที่ 'thnid serve' แสดง",
            ),
        )


class Told(HarnessError):
    """What the process that holds the reader answered instead of done."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self.exit_status = int(answer.get("exit_status", 1))  # type: ignore[misc]
        self.told = str(answer["error"])
        super().__init__(Text(**answer["message"]), Text(**answer["what_to_do"]))

    @property
    def code(self) -> str:
        return self.told


class NotInTheReader(HarnessError):
    """The card in the reader, if there is one, is not the one that was named."""

    def __init__(self) -> None:
        super().__init__(
            Text("That card is not in the reader.", "บัตรนี้ไม่ได้อยู่ในเครื่องอ่าน"),
            Text(
                "Put one in with 'thnid card insert', or name a card file.",
                "โปรดเสียบบัตรด้วย 'thnid card insert' หรือระบุแฟ้มบัตร",
            ),
        )


class NotANationalCard(HarnessError):
    """What was asked for needs a national card, and the test card is in the reader."""

    def __init__(self) -> None:
        super().__init__(
            Text("The test card has no holder, PIN or counters.", "บัตรทดสอบไม่มีผู้ถือบัตร PIN หรือตัวนับ"),
            Text(
                "Leave out --test-card for a national card.",
                "หากต้องการบัตรประจำตัวประชาชน ไม่ต้องระบุ --test-card",
            ),
        )


NOT_IN_THE_READER = NotInTheReader.__name__
OF_THE_USER = "user"  # what 'card snapshot' keeps and 'card restore' takes, if nothing else is named
_PUT_ONE_IN = Text("Put one in with 'thnid card insert FILE'.", "โปรดเสียบบัตรด้วย 'thnid card insert FILE'")


class ControlServer:
    """Serves one bench's reader 0. ``card`` is in already; it came from ``path``, or from nowhere (a card in memory).

    Into its other readers cards are inserted, and taken out, and no more. A card file is let go of while its card is out of the reader, so that an office can work on it.
    """

    def __init__(self, bench: Bench, folder: Path, card: Card | TestCard, path: Path | None) -> None:
        self._bench = bench
        self.before_insertion: Callable[[Card], object] = lambda _card: None
        """Told of every national card that is about to go into the reader."""
        self._card: Card | TestCard | None = card
        self._initial = card.snapshot() if isinstance(card, Card) else None
        self._kept: dict[str, Snapshot] = {}
        self._others: dict[int, tuple[Path, Card]] = {}  # in the readers after the first
        self._source: Card | TestCard | Path = card if path is None else path.resolve()
        self.path = str(folder / SOCKET_NAME)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(self.path)
        Path(self.path).chmod(0o600)
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, name="control", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()
        Path(self.path).unlink(missing_ok=True)
        self._let_go()
        for _, card in self._others.values():
            card.close()
        self._others.clear()

    def show(self) -> Mapping[str, Any]:
        """What 'thnid card show' tells of the card in the reader. Raises NoCard, NotANationalCard."""
        return self._with_card({"do": "show"})

    def _serve(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, contextlib.suppress(OSError, ValueError):  # whoever asks nonsense gets no answer
                connection.settimeout(_REQUEST_TIMEOUT_S)
                request = _request(connection.recv(MAX_MESSAGE))
                connection.sendall(json.dumps(self._answer(request)).encode())

    def _answer(self, request: Mapping[str, Any]) -> dict[str, Any]:
        try:
            if request.get("reader"):
                return self._at_another_reader(request)
            if request.get("do") == "copy":
                present = [self._card, *(card for _, card in self._others.values())]
                return {
                    "cards": [_written(card.personalisation) for card in present if isinstance(card, Card)]
                }
            if request.get("do") == "insert":
                self._insert(Path(request["card"]).resolve() if request.get("card") else self._source)
            elif request.get("do") == "remove":
                self._take_out()
            elif request.get("do") == "pull":
                self._bench.pull()
                return {"contact_broken_ns": time.monotonic_ns()}
            elif request.get("do") == "connect":
                return {"contact_made_ns": self._connect(request.get("odd"))}
            elif request.get("do") in _CARD_REQUESTS:
                return self._with_card(request)
        except GUARDED as error:
            code, message, what_to_do, status = describe(error)
            return {
                "error": code,
                "message": {"en": message.en, "th": message.th},
                "what_to_do": {"en": what_to_do.en, "th": what_to_do.th},
                "exit_status": status,
            }
        return {"inserted": self._card is not None}

    def _with_card(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Look at or change the card where it is."""
        card, named = self._card, request.get("card")
        if named is not None and (card is None or Path(named).resolve() != self._source):
            raise NotInTheReader
        if card is None:
            raise NoCard(self._bench.reader_name(), what_to_do=_PUT_ONE_IN)
        if not isinstance(card, Card):
            raise NotANationalCard
        match request["do"]:
            case "set":
                put_into_state(card, request.get("failures"), request.get("state"))
            case "snapshot":
                self._kept[str(request.get("as", OF_THE_USER))] = card.snapshot()
            case "restore" if request.get("from"):
                restore_from(card, Path(request["from"]))
            case "restore":
                card.restore(self._kept_as(str(request.get("to", OF_THE_USER))))
        path = self._source if isinstance(self._source, Path) else None
        return document_of(path, card.personalisation, card.counters)

    def _kept_as(self, name: str) -> Snapshot:
        """The snapshot of that name; for the user's own, how the card was put in if there is none."""
        kept = self._kept.get(name) or (self._initial if name == OF_THE_USER else None)
        if kept is None:
            raise NotInTheReader  # whoever kept it did so of a card that has been taken out since
        return kept

    def _connect(self, odd: str | None) -> int:
        """Put the pulled card back, or an odd one in its place, without waiting for PC/SC to see it; when it made contact."""
        if odd is not None:
            self._bench.push(other=odd_card(OddCard(odd)))
        elif self._card is None:
            self._insert(self._source)
        else:
            self._bench.push()
        return time.monotonic_ns()

    def _insert(self, source: Card | TestCard | Path) -> None:
        """Swap to the card from ``source``; one that cannot be taken leaves the present one where it is."""
        if not self._bench.holds_card():
            self._take_out()  # it may have left by itself; the bench and the file are to know
        elif source == self._source:
            return
        card = open_card(source) if isinstance(source, Path) else source
        self._take_out()
        try:
            if isinstance(card, Card):
                self.before_insertion(card)
            self._bench.insert(card)
        except BaseException:
            card.close()
            raise
        self._card, self._source, self._kept = card, source, {}
        self._initial = card.snapshot() if isinstance(card, Card) else None

    def _at_another_reader(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Insert into, or take out of, the reader with that number; the first is 0."""
        reader: int = request["reader"]
        if not 0 < reader < self._bench.reader_count:
            raise NoReader(str(reader))
        if request.get("do") == "remove":
            self._clear(reader)
            return {"inserted": False}
        if request.get("do") != "insert" or not request.get("card"):
            raise NoCard(self._bench.reader_name(reader), what_to_do=_PUT_ONE_IN)
        path = Path(request["card"]).resolve()
        present = self._others.get(reader)
        if present is None or present[0] != path or not self._bench.holds_card(reader):
            if present is not None and present[0] == path:  # it left by itself
                self._clear(reader)
            card = open_card(path)
            try:
                self._clear(reader)
                self.before_insertion(card)
                self._bench.insert(card, reader)
            except BaseException:
                card.close()
                raise
            self._others[reader] = (path, card)
        return {"inserted": True}

    def _clear(self, reader: int) -> None:
        self._bench.remove(reader)
        gone = self._others.pop(reader, None)
        if gone is not None:
            gone[1].close()

    def _take_out(self) -> None:
        self._bench.remove()
        self._let_go()

    def _let_go(self) -> None:
        card, self._card = self._card, None
        if card is not None:
            card.close()


_CARD_REQUESTS = frozenset({"show", "set", "snapshot", "restore"})
_KINDS: dict[str, type] = {
    **dict.fromkeys(("do", "card", "as", "to", "from", "state", "odd"), str),
    **dict.fromkeys(("reader", "failures"), int),
}


def _request(message: bytes) -> dict[str, Any]:
    """What a client asks, without what is null; every part is of its kind. Raises ValueError for anything else."""
    try:
        said = json.loads(message)
    except RecursionError as error:
        raise ValueError("nested too deep") from error
    if not isinstance(said, dict):
        raise ValueError("a request is an object")
    request = {key: value for key, value in said.items() if value is not None}
    for key, kind in _KINDS.items():
        if key in request and type(request[key]) is not kind:  # a bool is no number
            raise ValueError(f"{key} is of another kind")
    return request


def _written(card: Personalisation) -> dict[str, Any]:
    """What is written into a card for everybody to read; no key."""
    return {
        "generation": card.generation.name,
        "citizen_id": card.citizen_id,
        "serial": card.serial.hex(),
        "cplc": card.cplc.hex(),
        "adm_info": card.adm_info.hex(),
        "images": [[aid.hex(), block, image.hex()] for (aid, block), image in card.images.items()],
    }


def cards_in_readers() -> list[Card]:
    """Copies, without keys and counters, of the virtual cards in the readers of 'thnid run' or 'thnid serve'.

    Raises NoControl, Told.
    """
    from emulator.card.issue import card_in_memory

    return [card_in_memory(_read(told)) for told in ask({"do": "copy"})["cards"]]


def _read(told: Mapping[str, Any]) -> Personalisation:
    return Personalisation(
        generation=by_name(told["generation"]),
        policy=NATIONAL,
        citizen_id=told["citizen_id"],
        serial=bytes.fromhex(told["serial"]),
        images={(bytes.fromhex(aid), block): bytes.fromhex(image) for aid, block, image in told["images"]},
        cplc=bytes.fromhex(told["cplc"]),
        adm_info=bytes.fromhex(told["adm_info"]),
        card_key=bytes(keys.KEY_LENGTH),
        office_key=bytes(keys.KEY_LENGTH),
    )


def ask(request: Mapping[str, Any]) -> dict[str, Any]:
    """Send one request to the process named by THNID_CONTROL. Raises NoControl, Told."""
    path = os.environ.get(CONTROL_VARIABLE)
    if not path:
        raise NoControl
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(_TIMEOUT_S)
        try:
            connection.connect(path)
            connection.sendall(json.dumps(request).encode())
            with connection.makefile("rb") as whole:
                answer: dict[str, Any] = json.load(whole)
        except (OSError, ValueError):
            raise NoControl from None
    if "error" in answer:
        raise Told(answer)
    return answer
