"""A Removinator for tests: the serial side of its firmware on a pseudo-terminal, whatever its contacts are."""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Self


class Board(threading.Thread):
    """Answers on ``port`` as ``firmware`` does: "1.0.1", "0.1", or "relay", which knows no status.

    ``chatty`` adds the lines of its debugging mode. ``switched`` is told the slot, 0 for none; ``moved_at`` is when.
    """

    def __init__(
        self,
        firmware: str = "1.0.1",
        *,
        cards: tuple[int, ...] = (1, 2),
        locked: tuple[int, ...] = (),
        chatty: bool = False,
        says: bytes | None = None,
        switched: Callable[[int], None] = lambda slot: None,
    ) -> None:
        super().__init__(name="board", daemon=True)
        self._master, self._slave = os.openpty()
        self.port = os.ttyname(self._slave)
        self._firmware, self._cards, self._locked = firmware, cards, locked
        self._chatty, self._says, self._switched = chatty, says, switched
        self._end = os.pipe()
        self.current = 0
        self.moved_at = 0
        self.commands: list[str] = []

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.unplug()
        for descriptor in self._end:
            os.close(descriptor)

    def unplug(self) -> None:
        """Take the board off its port."""
        if self.is_alive():
            os.write(self._end[1], b"x")
            self.join()
            os.close(self._master)
            os.close(self._slave)

    def run(self) -> None:
        heard = b""
        while True:
            ready = select.select([self._master, self._end[0]], [], [])[0]
            if self._end[0] in ready:
                return
            with contextlib.suppress(OSError):
                heard += os.read(self._master, 64)
            while b"\r" in heard:
                line, _, heard = heard.partition(b"\r")
                self._obey(line.decode())

    def _obey(self, line: str) -> None:
        self.commands.append(line)
        if self._says is not None:
            os.write(self._master, self._says)
            return
        if self._chatty:
            self._say(f'[DBG] Received command "{line[1:]}"')
        if line == "#REM":
            self._move(0)
            self._say("OK")
        elif line.startswith("#SC") and len(line) == 4:
            self._insert(int(line[3]))
        elif line == "#STA" and self._firmware != "relay":
            self._say(
                json.dumps({"current": self.current, "present": list(self._cards)}, separators=(",", ":"))
            )
            if self._firmware == "1.0.1":
                self._say("OK")
        else:
            self._say("ERR_UNKNOWN_CMD")

    def _insert(self, slot: int) -> None:
        if slot not in self._cards:
            self._say("ERR_NOCARD")
        elif slot in self._locked:
            self._say("ERR_LOCKED")
        else:
            self._move(0)
            if self._firmware == "0.1":
                self._say("OK")
            # The board's own pause, so that the reader sees that the card before has left.
            select.select([self._end[0]], [], [], 0.02)
            self._move(slot)
            self._say("OK")

    def _move(self, slot: int) -> None:
        self.current = slot
        self._switched(slot)
        self.moved_at = time.monotonic_ns()

    def _say(self, text: str) -> None:
        # In two pieces: lines need not arrive whole.
        data = text.encode() + b"\r\n"
        os.write(self._master, data[:1])
        os.write(self._master, data[1:])
