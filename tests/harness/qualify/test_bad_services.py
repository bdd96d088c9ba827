"""PC/SC services that do not do what programs ask of them, each caught by a campaign that goes through them."""

from __future__ import annotations

import json
import select
import socket
import struct
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType

import pytest

from emulator.card.issue import card_from_seed, card_in_memory
from emulator.link import CardPort
from emulator.zoo import service
from emulator.zoo.service import Misled
from harness.bench import Bench
from harness.qualify.calls import SUCCESS
from harness.qualify.subject import Subject
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.scard import Code, ReaderStatus, ResultCode
from tests.harness.cli.program import environment
from tests.harness.qualify.few_criteria import thnid_with

CONNECT, DISCONNECT, BEGIN, END, TRANSMIT = 4, 6, 7, 8, 9
LEAVE, UNPOWER = 0, 2
LIMIT_S = 120.0
_HANDLE_AND_DISPOSITION = struct.Struct("=iII")
_HANDLE = struct.Struct("=iI")


class _Service(Misled):
    """Does what programs ask. ``card`` is the one in the reader."""

    idle_s: float | None = None

    def __init__(self, path: Path, pcscd_path: str, card: CardPort) -> None:
        super().__init__(path, pcscd_path, [])
        self.card = card
        self.holders: dict[socket.socket, int] = {}
        """Handles by which programs have begun a transaction."""
        self.connected: set[socket.socket] = set()

    def asked(self, program: socket.socket, command: int, message: bytes) -> bytes:
        """What pcscd is asked instead."""
        return message

    def idle(self, program: socket.socket, pcscd: socket.socket) -> None:
        """Nothing was said for ``idle_s``."""

    def _carry(self, program: socket.socket, pcscd: socket.socket) -> None:
        waiting = transmitting = False
        while True:
            speakers = select.select([program, pcscd], [], [], self.idle_s)[0]
            if not speakers and not waiting:
                self.idle(program, pcscd)
            for speaker in speakers:
                waiting = speaker is program
                if speaker is program:
                    transmitting = self._request(program, pcscd)
                elif transmitting:
                    self._answer(program, pcscd)
                    transmitting = False
                else:
                    program.sendall(service._some(pcscd))

    def _request(self, program: socket.socket, pcscd: socket.socket) -> bool:
        header = service._exactly(program, 8)
        size, command = struct.unpack("=II", header)
        message = service._exactly(program, size)
        if command == BEGIN:
            self.holders[program] = _HANDLE.unpack(message)[0]
        elif command in (END, DISCONNECT):
            self.holders.pop(program, None)
        message = self.asked(program, command, message)
        if command == CONNECT:
            self.connected.add(program)
        elif command == DISCONNECT:
            self.connected.discard(program)
        length = struct.unpack("=iIIIIIII", message)[3] if command == TRANSMIT else 0
        pcscd.sendall(header + message + service._exactly(program, length))
        return bool(command == TRANSMIT)


class _EndLeaves(_Service):
    """The end of a transaction never resets the card."""

    def asked(self, program: socket.socket, command: int, message: bytes) -> bytes:
        if command != END:
            return message
        handle, _, code = _HANDLE_AND_DISPOSITION.unpack(message)
        return _HANDLE_AND_DISPOSITION.pack(handle, LEAVE, code)


class _PowerStays(_Service):
    """The end of a connection never takes the power away."""

    def asked(self, program: socket.socket, command: int, message: bytes) -> bytes:
        if command != DISCONNECT:
            return message
        handle, disposition, code = _HANDLE_AND_DISPOSITION.unpack(message)
        return _HANDLE_AND_DISPOSITION.pack(handle, LEAVE if disposition == UNPOWER else disposition, code)


class _LeavingResets(_Service):
    """Who leaves resets the card, though others have it, and nobody is told."""

    def asked(self, program: socket.socket, command: int, message: bytes) -> bytes:
        if command == DISCONNECT and self.connected - {program}:
            self.card.reset()
        return message


class _ComingResets(_Service):
    """Who comes resets the card, though others have it, and nobody is told."""

    def asked(self, program: socket.socket, command: int, message: bytes) -> bytes:
        if command == CONNECT and self.connected - {program}:
            self.card.reset()
        return message


class _Expires(_Service):
    """A transaction in which nothing is said ends by itself."""

    idle_s = 0.1

    def idle(self, program: socket.socket, pcscd: socket.socket) -> None:
        handle = self.holders.pop(program, None)
        if handle is not None:
            message = _HANDLE_AND_DISPOSITION.pack(handle, LEAVE, 0)
            pcscd.sendall(struct.pack("=II", len(message), END) + message)
            service._exactly(pcscd, len(message))


class _NeverFreed(_Service):
    """The transaction of a program that was killed goes on."""

    def __init__(self, path: Path, pcscd_path: str, card: CardPort) -> None:
        super().__init__(path, pcscd_path, card)
        self._kept: list[socket.socket] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        super().__exit__(kind, error, trace)
        for each in self._kept:
            each.close()

    def _carry(self, program: socket.socket, pcscd: socket.socket) -> None:
        try:
            super()._carry(program, pcscd)
        finally:
            if program in self.holders:
                self._kept.append(pcscd.dup())


@pytest.fixture
def card(bench: Bench) -> Iterator[CardPort]:
    card = card_in_memory(card_from_seed(1), pin="4821")
    bench.insert(card)
    yield card
    bench.remove()


def failed(bad: _Service, reader: str, folder: Path, names: Iterable[str]) -> dict[str, object]:
    """Of a campaign of these criteria through ``bad``, those that did not pass, and the value of each."""
    program = thnid_with(folder, *names)
    command: list[str | Path] = [
        program,
        "qualify",
        "run",
        "--reader",
        reader,
        "--actuator",
        "none",
        "--report",
        folder / "r",
    ]
    with bad:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            timeout=LIMIT_S,
            check=False,
            env=environment(PCSCLITE_CSOCK_NAME=bad.path),
        )
    results = json.loads((folder / "r" / "record.json").read_text(encoding="utf-8"))["results"]
    assert {each["criterion"] for each in results} == set(names), done.stderr
    assert {each["verdict"] for each in results} <= {"pass", "fail"}
    return {each["criterion"]: each["value"] for each in results if each["verdict"] != "pass"}


@pytest.mark.pcsc
@pytest.mark.parametrize(
    ("bad", "found"),
    [
        (_Service, {}),
        (_EndLeaves, {"RS-2": "SUCCESS", "RS-3": "SUCCESS", "RS-4": 6}),
        (_PowerStays, {"RS-3": "SUCCESS", "RS-4": 3}),
        (_LeavingResets, {"RS-5": 3}),
        (_ComingResets, {"RS-5": 3}),
        (_Expires, {"SH-4": "does not wait"}),
        (_NeverFreed, {"SH-13": "waits"}),
    ],
)
def test_is_caught(
    stack: Stack, bench: Bench, card: CardPort, tmp_path: Path, bad: type[_Service], found: dict[str, object]
) -> None:
    service_of = bad(Path(stack.socket_path).parent / "bad", stack.socket_path, card)
    names = ("RS-1", "RS-2", "RS-3", "RS-4", "RS-5", "SH-4", "SH-13")
    caught = failed(service_of, bench.reader_name(), tmp_path, names)
    with Subject(bench.reader_name()).client() as client:
        # pcscd frees the card of a program that was killed, and resets it, in its own time: before the card leaves.
        assert client.connect().begin() in (SUCCESS, ResultCode.RESET_CARD)
    assert caught == found


@pytest.mark.pcsc
@pytest.mark.parametrize(("early", "found"), [(0, True), (3, True), (1000, False)])
def test_a_wait_that_ends_before_its_time_goes_on(
    bench: Bench, card: CardPort, monkeypatch: pytest.MonkeyPatch, early: int, found: bool
) -> None:
    waits = iter(range(early))
    wait = scard.wait

    def hurried(
        context: int, known: Sequence[tuple[str, int]], timeout_s: float | None
    ) -> list[ReaderStatus]:
        if next(waits, None) is not None:
            raise Code(ResultCode.TIMEOUT, "SCardGetStatusChange")
        return wait(context, known, timeout_s)

    with Subject(bench.reader_name()).client() as client:
        monkeypatch.setattr(scard, "wait", hurried)
        told = client.change_of(ReaderStatus(bench.reader_name(), 0, b""), 5.0)
    assert (told is not None and told.present) is found
