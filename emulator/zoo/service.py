"""Faults between programs and pcscd: what no proxy between pcscd and the card can do.

Who shares a reader with whom is decided in pcscd, and a card never learns which program speaks. These faults therefore
listen on a socket of their own, hand everything on to pcscd's, and change the messages in between. Source: public,
pcsc-lite's winscard_msg.h, protocol 4: a header of two 32-bit numbers in the machine's order (size, command), then the
message; a transmitted command and its answer follow their messages.
"""

from __future__ import annotations

import contextlib
import select
import signal
import socket
import struct
import threading
from collections.abc import Sequence
from enum import IntEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from apdu_specs.language import Text
from emulator.zoo.fault import Argument, Family, Fault, Place

if TYPE_CHECKING:
    from emulator.zoo import Chosen

SOCKET_NAME = "misled"
_CHUNK = 65536
_SUCCESS = 0
_EXCLUSIVE, _SHARED = 1, 2
_HEADER = struct.Struct("=II")
_CONNECT = struct.Struct("=I128sIIiII")
_RECONNECT = struct.Struct("=iIIIII")
_TRANSMIT = struct.Struct("=iIIIIIII")
_CONTROL = struct.Struct("=iIIIII")


_SEND_LENGTH, _CONTROL_LENGTH = 3, 2  # which number of a message tells the length of what follows it

NOT_BEHIND_PCSCD = Text(
    "It lives between programs and pcscd: no reader can do this behind pcscd's back, a faulty pcscd or driver can.",
    "ความผิดปกตินี้อยู่ระหว่างโปรแกรมกับ pcscd เพราะเครื่องอ่านทำเองหลัง pcscd ไม่ได้",
)


class _Message(IntEnum):
    CONNECT = 0x04
    RECONNECT = 0x05
    TRANSMIT = 0x09
    CONTROL = 0x0A


class _Gone(Exception):
    """One end has hung up."""


def _some(connection: socket.socket) -> bytes:
    chunk = connection.recv(_CHUNK)
    if not chunk:
        raise _Gone
    return chunk


def _exactly(connection: socket.socket, size: int) -> bytes:
    received = bytearray()
    while len(received) < size:
        chunk = connection.recv(size - len(received))
        if not chunk:
            raise _Gone
        received += chunk
    return bytes(received)


def shared_instead(command: int, message: bytes) -> bytes:
    """A message to pcscd in which nobody asks to have the reader alone."""
    if command == _Message.CONNECT:
        context, name, share, *rest = _CONNECT.unpack(message)
        return _CONNECT.pack(context, name, _SHARED if share == _EXCLUSIVE else share, *rest)
    if command == _Message.RECONNECT:
        handle, share, *rest = _RECONNECT.unpack(message)
        return _RECONNECT.pack(handle, _SHARED if share == _EXCLUSIVE else share, *rest)
    return message


class Mixer:
    """Every ``every``-th answer is the last one that another program got, if there is another."""

    def __init__(self, every: int) -> None:
        self._every = every
        self._count = 0
        self._lock = threading.Lock()
        self._last: tuple[object, bytes] | None = None
        self._other: tuple[object, bytes] | None = None

    def mixed(self, program: object, answer: bytes) -> bytes:
        """What ``program`` is told instead of ``answer``."""
        with self._lock:
            self._count += 1
            if self._last is not None and self._last[0] is not program:
                self._other = self._last
            self._last = (program, answer)
            other = self._other
            wrong = self._count % self._every == 0 and other is not None and other[0] is not program
            return other[1] if wrong and other is not None else answer


class Misled:
    """A socket at ``path`` through which programs reach the pcscd at ``pcscd_path``, misled. A context manager."""

    def __init__(self, path: Path, pcscd_path: str, faults: Sequence[Chosen]) -> None:
        arguments = {chosen.fault.name: chosen.argument for chosen in faults}
        self.path = str(path)
        self._pcscd_path = pcscd_path
        self._shares = IGNORES_EXCLUSIVE.name in arguments
        self._mixer = Mixer(arguments[MIXED_ANSWERS.name]) if MIXED_ANSWERS.name in arguments else None
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)

    def __enter__(self) -> Self:
        self._listener.bind(self.path)
        Path(self.path).chmod(0o600)
        self._listener.listen()
        threading.Thread(target=self._accept, name="misled", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._lock:
            for each in (self._listener, *self._open):
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        Path(self.path).unlink(missing_ok=True)

    def _accept(self) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # they are for the main thread
        with contextlib.suppress(OSError):
            while True:
                program, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(program,), name="misled", daemon=True).start()

    def _serve(self, program: socket.socket) -> None:
        """One program's connection, to the end of either side."""
        with program, socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as pcscd:
            both = {program, pcscd}
            with self._lock:
                self._open |= both
            try:
                pcscd.connect(self._pcscd_path)
                self._carry(program, pcscd)
            except (_Gone, OSError, struct.error):
                pass
            finally:
                with self._lock:
                    self._open -= both

    def _carry(self, program: socket.socket, pcscd: socket.socket) -> None:
        # libpcsclite says nothing more on a connection before it has its answer, so the next one is to this command.
        transmitting = False
        while True:
            for speaker in select.select([program, pcscd], [], [])[0]:
                if speaker is program:
                    transmitting = self._request(program, pcscd)
                elif transmitting:
                    self._answer(program, pcscd)
                    transmitting = False
                else:
                    program.sendall(_some(pcscd))

    def _request(self, program: socket.socket, pcscd: socket.socket) -> bool:
        """Hand one message on; whether it was a command for the card."""
        header = _exactly(program, _HEADER.size)
        size, command = _HEADER.unpack(header)
        message = _exactly(program, size)
        if self._shares:
            message = shared_instead(command, message)
        length = 0
        if command == _Message.TRANSMIT:
            length = _TRANSMIT.unpack(message)[_SEND_LENGTH]
        elif command == _Message.CONTROL:
            length = _CONTROL.unpack(message)[_CONTROL_LENGTH]
        pcscd.sendall(header + message + _exactly(program, length))
        return bool(command == _Message.TRANSMIT)

    def _answer(self, program: socket.socket, pcscd: socket.socket) -> None:
        """Hand the card's answer on, or another's."""
        message = _exactly(pcscd, _TRANSMIT.size)
        *fields, length, code = _TRANSMIT.unpack(message)
        answer = _exactly(pcscd, length) if code == _SUCCESS else b""
        if self._mixer is not None and answer:
            answer = self._mixer.mixed(program, answer)
            message = _TRANSMIT.pack(*fields, len(answer), code)
        program.sendall(message + answer)


IGNORES_EXCLUSIVE = Fault(
    "ignores-exclusive",
    Family.SERVICE,
    Text(
        "a program that asks to have the reader alone is told yes, and others get in all the same",
        "โปรแกรมขอใช้เครื่องอ่านแต่ผู้เดียวและได้รับคำตอบว่าได้ แต่โปรแกรมอื่นยังเข้าใช้ได้",
    ),
    None,
    ("SH-1", "SH-2"),
    None,
    Place.SERVICE,
    note=NOT_BEHIND_PCSCD,
)
MIXED_ANSWERS = Fault(
    "mixed-answers",
    Family.SERVICE,
    Text("a program gets the answer that another program got", "โปรแกรมหนึ่งได้คำตอบของอีกโปรแกรม"),
    Argument(Text("one in this many commands of all programs", "หนึ่งครั้งในกี่คำสั่งของทุกโปรแกรม"), 10, least=1),
    ("TX-3", "TX-9", "TH-1"),
    None,
    Place.SERVICE,
    note=NOT_BEHIND_PCSCD,
)
FAULTS = (IGNORES_EXCLUSIVE, MIXED_ANSWERS)
