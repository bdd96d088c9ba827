"""A terminal that speaks vpcd's side of the wire: it listens, and a virtual card connects to it.

The card at the other end runs exactly as it would for a vpcd reader, but no PC/SC is needed.
"""

from __future__ import annotations

import contextlib
import socket
import time
from types import TracebackType

from apdu_specs.vpcd import Control, frame, take_frame
from harness.errors import ApduTooShort, CardRemoved, CardSilent, NoCard, NotConnected
from harness.terminals import Terminal

_SHORTEST_APDU = 2  # a frame of one byte is a control
_RECEIVE_SIZE = 0x10001


class LinkTerminal(Terminal):
    """A reader's end of a link on the loopback ``host``; ``port`` is the one listened on (0: one that is free).

    ``connect`` waits up to ``timeout_s`` for a card to come; every answer has to be complete within
    ``timeout_s``. ``disconnect`` powers the card off and leaves it in; ``close`` (and leaving the ``with``)
    hangs up.
    """

    def __init__(self, *, host: str = "127.0.0.1", port: int = 0, timeout_s: float = 10.0) -> None:
        super().__init__("vpcd link")
        self.host = host
        self._timeout_s = timeout_s
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._listener = socket.create_server((host, port), family=family)
        self._listener.settimeout(timeout_s)
        self.port: int = self._listener.getsockname()[1]
        self._card: socket.socket | None = None
        self._received = bytearray()
        self._silent = False

    def connect(self) -> bytes:
        """Wait for the card, power it on, return its answer to reset. Raises NoCard when none comes."""
        if self._card is None:
            self._card = self._await_card()
        self._send(bytes([Control.POWER_ON]))
        return self._ask_atr()

    def transmit(self, apdu: bytes) -> bytes:
        """Raises CardRemoved when the card hangs up, CardSilent when it does not answer (then for good)."""
        if len(apdu) < _SHORTEST_APDU:
            raise ApduTooShort(len(apdu), _SHORTEST_APDU)
        if self._atr is None:
            raise NotConnected(self.name)
        self._send(apdu)
        return self._receive()

    def reset(self) -> bytes:
        """Warm reset."""
        if self._atr is None:
            raise NotConnected(self.name)
        self._send(bytes([Control.RESET]))
        return self._ask_atr()

    def disconnect(self) -> None:
        """Power off; the card stays and ``connect`` may follow."""
        if self._atr is not None:
            self._atr = None
            with contextlib.suppress(CardRemoved, CardSilent):
                self._send(bytes([Control.POWER_OFF]))

    def close(self) -> None:
        """Hang up and stop listening."""
        self.disconnect()
        self._hang_up()
        self._listener.close()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _await_card(self) -> socket.socket:
        self._received.clear()
        self._silent = False
        try:
            card, _ = self._listener.accept()
        except TimeoutError as error:
            raise NoCard(self.name) from error
        card.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return card

    def _ask_atr(self) -> bytes:
        self._send(bytes([Control.ATR]))
        self._atr = self._receive()
        return self._atr

    def _send(self, payload: bytes) -> None:
        if self._silent:
            raise CardSilent(self._timeout_s)
        if self._card is None:
            raise CardRemoved(self.name)
        try:
            self._card.settimeout(self._timeout_s)
            self._card.sendall(frame(payload))
        except TimeoutError as error:
            self._silent = True
            raise CardSilent(self._timeout_s) from error
        except OSError as error:
            self._hang_up()
            raise CardRemoved(self.name) from error

    def _receive(self) -> bytes:
        """The payload of the next frame. The deadline is the whole frame's: a trickle of bytes does not extend it."""
        if self._card is None:
            raise CardRemoved(self.name)
        deadline = time.monotonic() + self._timeout_s
        try:
            while (payload := take_frame(self._received)) is None:
                self._card.settimeout(max(deadline - time.monotonic(), 0.001))
                chunk = self._card.recv(_RECEIVE_SIZE)
                if not chunk:
                    raise ConnectionResetError("hung up")
                self._received += chunk
        except TimeoutError as error:
            self._silent = True
            raise CardSilent(self._timeout_s) from error
        except OSError as error:
            self._hang_up()
            raise CardRemoved(self.name) from error
        return payload

    def _hang_up(self) -> None:
        self._atr = None
        if self._card is not None:
            self._card.close()
            self._card = None
