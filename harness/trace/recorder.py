"""Recording: a file that grows line by line, and what stands between a program and its card to write it.

Who exchanges bytes only puts them aside; a thread redacts them, writes them and gives them to the system at most 50 ms
later. Nothing reaches the file unredacted.
"""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal, Self

from harness.errors import CardWasReset, HarnessError
from harness.terminals import Terminal
from harness.terminals.in_process import CardPort
from harness.trace.conversation import Conversation, Line

FORMAT = "thnid trace"
VERSION = 1
Kind = Literal["command", "answer", "reset", "joined", "event"]
_GATHER_S = 0.05
_PRIVATE = 0o600
_ALL_SIGNALS = signal.valid_signals()
_encode = json.JSONEncoder(ensure_ascii=False).encode


class LineWriter:
    """Writes the lines of what is said to one card. Not for several threads.

    A ``channel`` is one of several who speak at once, as in a log of several programs; each is followed by itself.
    """

    def __init__(self, out: IO[str], *, source: str, show_personal_data: bool = False) -> None:
        self._out = out
        self._show = show_personal_data
        self._conversations: dict[str, Conversation] = {}
        self.write(
            {"format": FORMAT, "version": VERSION, "source": source, "redacted": not show_personal_data}
        )

    def write(self, line: Line) -> None:
        """One line as it is."""
        self._out.write(_encode(line) + "\n")

    def put(
        self, when: str | None, ms: float | None, kind: Kind, raw: bytes | None, told: Line, channel: str = ""
    ) -> None:
        """One command, answer or event, redacted. ``raw`` of an event is the answer to reset, if known."""
        start: Line = {"time": when, "ms": None if ms is None else round(ms, 3)}
        conversation = self._conversations.get(channel)
        if conversation is None:
            conversation = self._conversations[channel] = Conversation(show_personal_data=self._show)
        if kind == "command" or kind == "answer":
            told = conversation.command(raw or b"") if kind == "command" else conversation.answer(raw or b"")
            self.write({**start, "direction": kind, **told})
        else:
            for each in self._conversations.values():
                if kind == "reset":
                    each.reset(raw)
                elif kind == "joined":
                    each.joined(raw)
            atr: Line = {"atr": raw.hex().upper()} if raw else {}
            self.write(start | {"direction": "event"} | told | atr)


@lru_cache(maxsize=4)
def _second(since_epoch: int) -> str:
    return datetime.fromtimestamp(since_epoch, UTC).strftime("%Y-%m-%dT%H:%M:%S")


class Recorder:
    """A trace file being written. A context manager; what it was told stands in the file when it is left.

    ``source``: card or terminal, who records. The file is readable by its owner only and replaces one of that name.
    When it cannot be written, recording ends, what is recorded goes on, and ``on_failure`` is told why, once, in any thread.
    """

    def __init__(
        self,
        path: Path,
        *,
        source: str,
        show_personal_data: bool = False,
        on_failure: Callable[[Exception], object] | None = None,
    ) -> None:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
        self._file = os.fdopen(descriptor, "w", encoding="utf-8")
        self._lines = LineWriter(self._file, source=source, show_personal_data=show_personal_data)
        self._aside: deque[tuple[int, Kind, bytes | None, Line]] = deque()
        self._on_failure = on_failure
        self._failed = False
        self._began, self._began_ns = time.time_ns(), time.monotonic_ns()
        self._something = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="trace", daemon=True)

    def record(self, kind: Kind, raw: bytes | None = None, told: Line | None = None) -> None:
        """Put something aside; safe in any thread, and it costs next to nothing."""
        if self._failed:
            return
        self._aside.append((time.monotonic_ns(), kind, raw, told or {}))
        if not self._something.is_set():
            self._something.set()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.set()
        self._something.set()
        self._thread.join()
        self._or_fail(self._drain)
        self._or_fail(self._file.close)

    def _run(self) -> None:
        # Signals are for whoever waits for them, never for this thread.
        signal.pthread_sigmask(signal.SIG_BLOCK, _ALL_SIGNALS)
        while not (self._closing.is_set() or self._failed):
            self._something.wait()
            self._closing.wait(_GATHER_S)  # so that a burst is written at once, not command by command
            self._something.clear()
            self._or_fail(self._drain)

    def _or_fail(self, do: Callable[[], object]) -> None:
        """``do``; whatever it raises ends the recording and nothing else."""
        try:
            do()
        except Exception as error:
            already, self._failed = self._failed, True
            self._aside.clear()
            if not already and self._on_failure is not None:
                self._on_failure(error)

    def _drain(self) -> None:
        while self._aside:
            at, kind, raw, told = self._aside.popleft()
            since = at - self._began_ns
            seconds, rest = divmod(self._began + since, 10**9)
            when = f"{_second(seconds)}.{rest // 10**6:03d}Z"
            self._lines.put(when, since / 1e6, kind, raw, told)
        self._file.flush()


class TracedTerminal(Terminal):
    """A terminal whose exchanges are recorded; otherwise the one it wraps."""

    def __init__(self, terminal: Terminal, recorder: Recorder) -> None:
        super().__init__(terminal.name)
        self._terminal = terminal
        self._recorder = recorder

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._terminal.atr

    def connect(self) -> bytes:
        """As the terminal does; recorded."""
        return self._reset("connect", "joined", self._terminal.connect)

    def reset(self) -> bytes:
        """As the terminal does; recorded."""
        return self._reset("reset", "reset", self._terminal.reset)

    def recover(self) -> bytes:
        """As the terminal does; recorded."""
        return self._reset("recover", "joined", self._terminal.recover)

    def _reset(self, event: str, kind: Kind, do: Any) -> bytes:
        try:
            atr = do()
        except HarnessError as error:
            self._failed(error)
            raise
        self._recorder.record(kind, atr, {"event": event})
        return bytes(atr)

    def transmit(self, apdu: bytes) -> bytes:
        """As the terminal does; recorded."""
        self._recorder.record("command", apdu)
        try:
            answer = self._terminal.transmit(apdu)
        except HarnessError as error:
            self._failed(error)
            raise
        self._recorder.record("answer", answer)
        return answer

    def _failed(self, error: HarnessError) -> None:
        kind: Kind = "joined" if isinstance(error, CardWasReset) else "event"
        self._recorder.record(kind, None, {"event": "error", "error": error.code})

    def disconnect(self) -> None:
        """As the terminal does; recorded."""
        self._terminal.disconnect()
        self._recorder.record("event", None, {"event": "disconnect"})

    def __getattr__(self, name: str) -> Any:
        # What only one kind of terminal can do stays possible.
        return getattr(self._terminal, name)


class TracedCard:
    """A card (anything with ``atr``, ``power_on``, ``power_off``, ``reset``, ``transmit``) whose life is recorded."""

    def __init__(self, card: CardPort, recorder: Recorder) -> None:
        self._card = card
        self._recorder = recorder

    @property
    def atr(self) -> bytes:
        """The answer to reset."""
        return self._card.atr

    def power_on(self) -> object:
        """Supply power; recorded."""
        done = self._card.power_on()
        self._recorder.record("reset", self._card.atr, {"event": "power on"})
        return done

    def power_off(self) -> object:
        """Take power away; recorded."""
        self._recorder.record("reset", None, {"event": "power off"})
        return self._card.power_off()

    def reset(self) -> object:
        """Warm reset; recorded."""
        done = self._card.reset()
        self._recorder.record("reset", self._card.atr, {"event": "reset"})
        return done

    def transmit(self, apdu: bytes) -> bytes:
        """The card's answer; recorded."""
        record = self._recorder.record
        record("command", apdu)
        try:
            answer = self._card.transmit(apdu)
        except BaseException as error:
            late = getattr(error, "answer", None)  # a card that takes its time tells what it will answer
            if isinstance(late, bytes):
                record("answer", late)
            else:
                record("event", None, {"event": "error", "error": type(error).__name__})
            raise
        record("answer", answer)
        return answer
