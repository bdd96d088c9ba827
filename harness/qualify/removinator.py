"""The Smart Card Removinator: a board that switches one of eight cards to an adapter in the reader's slot.

Its lines (public: the board's firmware 0.1 and 1.0.1, and its author's client): a command is ``#SC1``, ``#REM`` or ``#STA``
and CR at 9600 baud. ``OK`` or ``ERR_...`` ends an answer; lines that begin with ``[DBG]`` tell a person more. Firmware 0.1
says OK twice when it inserts: for the card that it takes out first, and 200 ms later, when the contact is made; and it says
none after a status. ``#STA`` tells which slot is switched, 0 for none: ``{"current":1,"present":[1,2]}``. So every command is
followed by a status: what comes before it is the command's answer, whatever the firmware.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import select
import termios
import time
import tty

from apdu_specs.language import Text
from harness.qualify.actuator import Actuator, ActuatorFailed

LIMIT_S = 5.0
"""Longest that the board may take for a command."""
_ASKED_AGAIN_S = 1.0  # a board that is reset when its port is opened loses what it is told in the meantime
_QUIET_S = 0.2
_MOST_READ = 4096
_LONGEST_SHOWN = 40
_REASONS = {
    "ERR_NOCARD": ("there is no card in slot {slot}", "ไม่มีบัตรในช่อง {slot}"),
    "ERR_LOCKED": ("slot {slot} is locked; unlock it on the board", "ช่อง {slot} ถูกล็อก โปรดปลดล็อกที่แผงวงจร"),
}


class _Silence(Exception):
    """Nothing was heard in time."""


class RemovinatorActuator(Actuator):
    """A Removinator at the serial device ``port``; ``slot`` (1..8) is where the card lies on the board.

    A relay board that speaks these lines serves as well; one that does not know ``#STA`` is taken at its word. The port
    stays open, because opening it resets some boards, and nobody else may have it meanwhile.
    """

    kind = "removinator"
    precise = True
    can_pull_in_mid_apdu = True

    def __init__(self, port: str, slot: int = 1) -> None:
        self._port = port
        self._slot = slot
        self._descriptor: int | None = None
        self._received = b""

    def ready(self) -> None:
        """Open the port and hear one answer from the board."""
        if self._descriptor is None:
            self._descriptor = self._opened()
            try:
                self._greet()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Let go of the port; the card stays as it is."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is not None:
            os.close(descriptor)

    def insert(self) -> int | None:
        """When the board said that the contact is made. It is asked afterwards, some milliseconds, whether it is."""
        return self._moved(f"SC{self._slot}", self._slot)

    def remove(self) -> int | None:
        """When the board said that the contact is broken."""
        return self._moved("REM", 0)

    # --- what is said -------------------------------------------------------------------------------------------------

    def _moved(self, command: str, current: int) -> int:
        """Do it, and have the board tell that it is done; the moment of its last OK before that."""
        self.ready()
        self._send(f"#{command}\r#STA\r")
        deadline = time.monotonic() + LIMIT_S
        moment, refusal, switched = None, "", None
        while switched is None:
            line = self._answer(deadline)
            if line == "OK":
                moment = time.monotonic_ns()
            elif line.startswith("ERR_UNK") and (moment or refusal):
                switched = current  # a relay that knows no status is taken at its word
            elif line.startswith("ERR_"):
                refusal = line
                switched = current if line.startswith("ERR_UNK") else None
            elif moment or refusal:
                switched = _current(line)
        if refusal:
            raise self._refusal(refusal)
        if switched != current:
            raise self._failed(
                f"it says that slot {switched} is switched, not {current}",
                f"แจ้งว่าต่อช่อง {switched} อยู่ ไม่ใช่ช่อง {current}",
            )
        assert moment is not None
        return moment

    def _greet(self) -> None:
        """Ask for the status until the board answers, then let it say what it has to."""
        deadline = time.monotonic() + LIMIT_S
        heard = False
        self._forget()
        while not heard:
            self._send("#STA\r")
            try:
                self._line(min(deadline, time.monotonic() + _ASKED_AGAIN_S))
                heard = True
            except _Silence:
                if time.monotonic() >= deadline:
                    raise self._silent() from None
        with contextlib.suppress(_Silence):
            while True:
                self._line(time.monotonic() + _QUIET_S)

    def _answer(self, deadline: float) -> str:
        try:
            return self._line(deadline)
        except _Silence:
            raise self._silent() from None

    def _line(self, deadline: float) -> str:
        """The next line of an answer. Raises _Silence."""
        while True:
            line, end, rest = self._received.partition(b"\n")
            if not end:
                if len(line) > _MOST_READ:
                    raise self._nonsense(line)
                self._read(deadline)
                continue
            self._received = rest
            text = line.decode("ascii", "replace").strip()
            if text == "OK" or text.startswith("ERR_") or _current(text) is not None:
                return text
            if text and not text.startswith("[DBG]"):
                raise self._nonsense(line)

    # --- the port -----------------------------------------------------------------------------------------------------

    def _opened(self) -> int:
        try:
            descriptor = os.open(self._port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise self._refused(error) from error
        try:
            if not os.isatty(descriptor):
                raise self._failed("it is not a serial device", "ไม่ใช่อุปกรณ์อนุกรม")
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _set_raw_9600(descriptor)
        except BlockingIOError:
            os.close(descriptor)
            raise self._failed("another program uses it", "มีโปรแกรมอื่นใช้อยู่") from None
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _forget(self) -> None:
        """What was said before the port was ours is no answer."""
        assert self._descriptor is not None
        self._received = b""
        termios.tcflush(self._descriptor, termios.TCIFLUSH)

    def _send(self, text: str) -> None:
        assert self._descriptor is not None
        try:
            os.write(self._descriptor, text.encode())
        except OSError as error:
            raise self._lost() from error

    def _read(self, deadline: float) -> None:
        assert self._descriptor is not None
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([self._descriptor], [], [], left)[0]:
            raise _Silence
        try:
            read = os.read(self._descriptor, _MOST_READ)
        except BlockingIOError:
            return
        except OSError as error:
            raise self._lost() from error
        if not read:
            raise self._lost()
        self._received += read

    # --- what went wrong ----------------------------------------------------------------------------------------------

    def _refused(self, error: OSError) -> ActuatorFailed:
        if isinstance(error, FileNotFoundError):
            return self._failed("there is no such device", "ไม่พบอุปกรณ์นี้")
        if isinstance(error, PermissionError):
            return self._failed(
                "this user may not open it (Debian: group dialout)",
                "ผู้ใช้นี้ไม่มีสิทธิเปิด (บน Debian ต้องอยู่ในกลุ่ม dialout)",
            )
        reason = error.strerror or str(error)
        return self._failed(reason, reason)

    def _lost(self) -> ActuatorFailed:
        self.close()
        return self._failed("it was unplugged", "อุปกรณ์ถูกถอดออก")

    def _silent(self) -> ActuatorFailed:
        self.close()  # the next command greets it anew
        return self._failed("it does not answer", "อุปกรณ์ไม่ตอบ")

    def _refusal(self, line: str) -> ActuatorFailed:
        reason = _REASONS.get(line, (f"it answers {line}", f"ตอบว่า {line}"))
        en, th = (each.format(slot=self._slot) for each in reason)
        return self._failed(en, th)

    def _nonsense(self, line: bytes) -> ActuatorFailed:
        self.close()
        shown = repr(line.decode("ascii", "replace").strip()[:_LONGEST_SHOWN])
        return self._failed(
            f"it answers {shown}, which is no word of a Removinator",
            f"ตอบว่า {shown} ซึ่งไม่ใช่คำตอบของ Removinator",
        )

    def _failed(self, en: str, th: str) -> ActuatorFailed:
        return ActuatorFailed(Text(f"{self._port}: {en}", f"{self._port}: {th}"))


def _current(line: str) -> int | None:
    """The slot that a status line tells (0: none); None if it is no status line."""
    with contextlib.suppress(ValueError):
        status = json.loads(line)
        if isinstance(status, dict) and isinstance(status.get("current"), int):
            return int(status["current"])
    return None


def _set_raw_9600(descriptor: int) -> None:
    tty.setraw(descriptor, termios.TCSANOW)
    settings = termios.tcgetattr(descriptor)
    settings[4] = settings[5] = termios.B9600
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
