"""Actuators: whatever inserts and removes the card; a hand, a virtual stack and a machine are interchangeable."""

from __future__ import annotations

import contextlib
import json
import os
import select
import socket
import termios
import time
import tty
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from apdu_specs.language import Text
from harness.errors import HarnessError

CONTROL_VARIABLE = "THNID_CONTROL"
_CONTROL_LIMIT_S = 30.0
_MAX_MESSAGE = 65536
_MACHINE_LIMIT_S = 5.0

Asked = Callable[[Text], None]
"""Asks the operator to do something and returns when it is said to be done (or is being done)."""


class ActuatorFailed(HarnessError):
    """The card could not be inserted or removed; ``why`` is the actuator's own word."""

    exit_status = 3

    def __init__(self, why: str) -> None:
        super().__init__(
            Text(f"The actuator failed: {why}.", f"อุปกรณ์เสียบบัตรทำงานไม่สำเร็จ: {why}"),
            Text("Check it, or use --actuator manual.", "โปรดตรวจสอบอุปกรณ์ หรือใช้ --actuator manual"),
        )


class Actuator(ABC):
    """Moves the card of one reader. Times are monotonic nanoseconds, None where the moment is not known.

    Errors of all methods: ActuatorFailed.
    """

    kind: str
    patience_s = 5.0
    """How long the card may take to move once it was asked for."""
    precise = False
    """Whether the times are good enough to measure a delay."""
    can_pull_in_mid_apdu = False
    can_unplug = False

    @abstractmethod
    def insert(self) -> int | None:
        """Insert the card; when the contact was made."""

    @abstractmethod
    def remove(self) -> int | None:
        """Remove the card; when the contact was broken."""

    def unplug(self) -> None:
        """Unplug the reader."""
        raise ActuatorFailed(f"'{self.kind}' cannot unplug a reader")

    def replug(self) -> None:
        """Plug the reader in again."""
        raise ActuatorFailed(f"'{self.kind}' cannot plug a reader in")


class ManualActuator(Actuator):
    """A person, who is asked. When the contact is made is not known."""

    kind = "manual"
    patience_s = 60.0
    can_pull_in_mid_apdu = True
    can_unplug = True

    def __init__(self, ask: Asked) -> None:
        self._ask = ask

    def insert(self) -> int | None:
        """Returns as soon as the person was asked; the reader tells when the card is in."""
        self._ask(Text("Insert the card now.", "โปรดเสียบบัตร"))
        return None

    def remove(self) -> int | None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Take the card out now.", "โปรดถอดบัตร"))
        return None

    def unplug(self) -> None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Unplug the reader now.", "โปรดถอดสายเครื่องอ่าน"))

    def replug(self) -> None:
        """Returns as soon as the person was asked."""
        self._ask(Text("Plug the reader in again now.", "โปรดเสียบสายเครื่องอ่านอีกครั้ง"))


class VirtualActuator(Actuator):
    """The control socket of ``thnid run`` or ``thnid serve``, named by THNID_CONTROL."""

    kind = "virtual"
    precise = True
    can_pull_in_mid_apdu = True

    def __init__(self, path: str) -> None:
        self._path = path

    def insert(self) -> int | None:
        """The virtual contact is made before this returns; PC/SC may not have seen it yet."""
        return self._told("connect", "contact_made_ns")

    def remove(self) -> int | None:
        """The virtual contact is broken before this returns; PC/SC may not have seen it yet."""
        return self._told("pull", "contact_broken_ns")

    def _told(self, do: str, moment: str) -> int | None:
        answer: dict[str, Any] = {}
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_CONTROL_LIMIT_S)
            try:
                connection.connect(self._path)
                connection.sendall(json.dumps({"do": do}).encode())
                answer = json.loads(connection.recv(_MAX_MESSAGE))
            except (OSError, ValueError) as error:
                raise ActuatorFailed(f"the control socket does not answer ({error})") from error
        if "error" in answer:
            raise ActuatorFailed(str(answer["message"]["en"]).rstrip("."))
        told = answer.get(moment)
        return told if isinstance(told, int) else None


class RemovinatorActuator(Actuator):
    """A Smart Card Removinator at the serial device ``port``; ``slot`` (1..8) is where the card lies on the board.

    Its lines (public: the board's own client): ``#SC1`` and ``#REM``, ended by CR at 9600 baud; the board answers with
    lines of which the last begins with OK or ERR_. A relay board that speaks the same two lines serves as well.
    """

    kind = "removinator"
    precise = True
    can_pull_in_mid_apdu = True

    def __init__(self, port: str, slot: int = 1) -> None:
        self._port = port
        self._slot = slot

    def insert(self) -> int | None:
        """When the board said that it is done."""
        return self._tell(f"SC{self._slot}")

    def remove(self) -> int | None:
        """When the board said that it is done."""
        return self._tell("REM")

    def _tell(self, command: str) -> int:
        try:
            descriptor = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            try:
                _set_raw_9600(descriptor)
                os.write(descriptor, f"#{command}\r".encode())
                return self._answered(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise ActuatorFailed(f"{self._port}: {error.strerror}") from error

    def _answered(self, descriptor: int) -> int:
        deadline = time.monotonic() + _MACHINE_LIMIT_S
        received = b""
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([descriptor], [], [], left)[0]:
                break
            received += os.read(descriptor, _MAX_MESSAGE)
            for line in received.splitlines(keepends=True):
                if line.startswith(b"OK"):
                    return time.monotonic_ns()
                if line.startswith(b"ERR_") and line.endswith((b"\r", b"\n")):
                    raise ActuatorFailed(f"{self._port} answers {line.decode('ascii', 'replace').strip()}")
        raise ActuatorFailed(f"{self._port} does not answer")


def _set_raw_9600(descriptor: int) -> None:
    with contextlib.suppress(termios.error):  # a pipe has no speed
        tty.setraw(descriptor, termios.TCSANOW)
        settings = termios.tcgetattr(descriptor)
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(descriptor, termios.TCSANOW, settings)


class NoActuator(Actuator):
    """Nobody is there: criteria that need an actuator do not apply."""

    kind = "none"

    def insert(self) -> int | None:
        raise ActuatorFailed("nobody is there to insert the card")

    def remove(self) -> int | None:
        raise ActuatorFailed("nobody is there to remove the card")
