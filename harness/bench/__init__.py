"""The bench: puts virtual cards into the readers of a stack and takes them out, as a hand would.

It waits on PC/SC's own word (SCardGetStatusChange), never on a sleep, and makes sure that the card a reader
shows is the one that was inserted: vpcd listens on all interfaces, so anyone could be the card, and pcscd,
which looks every 400 ms, misses an eject and insert in between and keeps showing the old answer to reset.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from emulator.link import CardPort, LinkRefused, LinkThread
from harness.errors import CardNotSeen, ForeignCard, HarnessError, StackUnavailable
from harness.stack import Stack
from harness.terminals import scard
from harness.terminals.pcsc import error_for
from harness.terminals.scard import Code, ReaderStatus, ResultCode

LOOPBACK = "127.0.0.1"
_LAST_CARD_LINGERS_S = 1.5  # pcscd shows a card that just left for two looks at most; a foreign one stays
_LAST_WORD_S = 1.0  # for the keeper to tell how pcscd ended


class Bench:
    """Cards for the readers of ``stack``, which is running; each is answered by a thread of this process.

    A context manager; leaving it takes all cards out. Nothing waits longer than ``timeout_s``. Errors:
    ForeignCard, CardNotSeen, StackUnavailable, OtherStackInUse.
    """

    def __init__(self, stack: Stack, *, timeout_s: float = 5.0) -> None:
        stack.use_in_this_process()
        self._stack = stack
        self._timeout_s = timeout_s
        self._links: dict[int, LinkThread] = {}
        self._cards: dict[int, CardPort] = {}  # as they were put in, without what the readers make of them
        self._unnoticed: dict[int, LinkThread] = {}  # readers that go on showing a card that has left
        self.fitted: Callable[[CardPort], CardPort] = lambda card: card
        """What the readers make of each card that is put in: their faults, their speed."""
        self._context: int | None = None
        self._inserting = False

    def insert(self, card: CardPort, reader: int = 0) -> None:
        """Put ``card`` into the reader (its index in the stack) and return when PC/SC shows exactly this card."""
        if reader in self._links:
            raise ValueError(f"a card is in reader {reader} already; swap() changes it")
        name = self._stack.reader_names[reader]
        deadline = time.monotonic() + self._timeout_s
        self._end_pretence(reader)
        self._cards[reader] = card
        card = self.fitted(card)
        self._await_empty(self._status(name), time.monotonic() + _LAST_CARD_LINGERS_S)
        status = self._status(name)
        link = LinkThread(card, LOOPBACK, self._stack.ports[reader], on_end=self._stop_waiting)
        self._links[reader] = link
        try:
            self._start(link)
            self._inserting = True
            status = self._wait(status, lambda now: now.present or not link.running, deadline)
            self._recognise(link, status, card.atr)
        except BaseException:
            del self._links[reader]
            link.close()
            raise
        finally:
            self._inserting = False

    def remove(self, reader: int = 0) -> None:
        """Take the card out and return when PC/SC shows the reader empty. Harmless when there is none.

        A reader that does not notice the removal is not waited for; the next insertion ends its pretence.
        """
        link = self._links.pop(reader, None)
        if link is None:
            return
        deadline = time.monotonic() + self._timeout_s
        if link.leave():
            self._unnoticed[reader] = link
            return
        status = self._status(self._stack.reader_names[reader])
        link.close()
        # pcscd must have seen the reader empty before another card may come, or it would go on showing this
        # one
        self._await_empty(status, deadline)

    def pull(self, reader: int = 0) -> None:
        """Break the card's contact now, in mid-command too, and wait for nothing; ``remove`` or ``push`` has to follow."""
        link = self._links.get(reader)
        if link is None:
            return
        if link.leave():
            self._unnoticed[reader] = link
        else:
            link.link.close()

    def push(self, reader: int = 0, other: CardPort | None = None) -> None:
        """Put the card that was pulled back, as it was put in; waits for the reader to be empty, and for nothing else.

        ``other`` comes in its place, until it is pulled in turn: what the reader makes of it is nobody's business here.
        """
        pulled = self._links.get(reader)
        if pulled is None or self.holds_card(reader):
            return
        try:
            self.remove(reader)
            if self._end_pretence(reader):
                name = self._stack.reader_names[reader]
                self._await_empty(self._status(name), time.monotonic() + self._timeout_s)
        except HarnessError:
            self._links[reader] = pulled  # it can still be put back later
            raise
        card = self.fitted(other or self._cards[reader])
        link = LinkThread(card, LOOPBACK, self._stack.ports[reader], on_end=self._stop_waiting)
        self._start(link)
        self._links[reader] = link

    def reader_name(self, reader: int = 0) -> str:
        """What PC/SC calls that reader."""
        return self._stack.reader_names[reader]

    @property
    def reader_count(self) -> int:
        """How many readers there are."""
        return len(self._stack.reader_names)

    def holds_card(self, reader: int = 0) -> bool:
        """Whether the card that was put in is still there: not after ``pull``, nor when it left by itself."""
        link = self._links.get(reader)
        return link is not None and link.running and link is not self._unnoticed.get(reader)

    def swap(self, card: CardPort, reader: int = 0) -> None:
        """Take the present card out and put ``card`` in."""
        self.remove(reader)
        self.insert(card, reader)

    def close(self) -> None:
        """Take all cards out without waiting for PC/SC to notice."""
        links, self._links = [*self._links.values(), *self._unnoticed.values()], {}
        self._unnoticed.clear()
        for link in links:
            link.close()
        self._drop_context()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _end_pretence(self, reader: int) -> bool:
        """Whether the reader still showed a card that has left; now it notices."""
        unnoticed = self._unnoticed.pop(reader, None)
        if unnoticed is not None:
            unnoticed.close()
        return unnoticed is not None

    def _await_empty(self, status: ReaderStatus, deadline: float) -> None:
        if not self._wait(status, lambda now: now.empty, deadline).empty:
            raise ForeignCard(status.name)

    def _start(self, link: LinkThread) -> None:
        try:
            link.start()
        except LinkRefused as refused:
            self._stack.check(within_s=_LAST_WORD_S)
            raise StackUnavailable(refused.message) from refused

    def _recognise(self, link: LinkThread, status: ReaderStatus, atr: bytes) -> None:
        """Whether what the reader shows is the card behind ``link``."""
        if link.failure is not None:
            raise link.failure
        if status.present and not status.mute:
            if link.served.is_set() and status.atr == atr:
                return
            raise ForeignCard(status.name)
        if not link.served.is_set():  # vpcd has never asked us: it is serving someone else
            raise ForeignCard(status.name)
        raise CardNotSeen(status.name, self._timeout_s)

    def _status(self, name: str) -> ReaderStatus:
        """The reader's state now."""
        return self._changed(ReaderStatus(name, 0, b""), 0)

    def _wait(
        self, status: ReaderStatus, enough: Callable[[ReaderStatus], bool], deadline: float
    ) -> ReaderStatus:
        """Follow the reader from ``status`` on until ``enough`` or the deadline; the last state seen."""
        while not enough(status):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            try:
                status = self._changed(status, left)
            except Code as code:
                if code.value not in (ResultCode.TIMEOUT, ResultCode.CANCELLED):
                    raise
        return status

    def _changed(self, known: ReaderStatus, timeout_s: float) -> ReaderStatus:
        try:
            if self._context is None:
                self._context = scard.establish()
            return scard.wait(self._context, [(known.name, known.state)], timeout_s)[0]
        except Code as code:
            if code.value in (ResultCode.TIMEOUT, ResultCode.CANCELLED):
                raise
            raise self._explained(code, known.name) from code

    def _explained(self, code: Code, name: str) -> HarnessError:
        """The error behind ``code``; when pcscd is gone, how it ended."""
        error = error_for(code, name)
        if isinstance(error, StackUnavailable):
            self._drop_context()
            try:
                self._stack.check(within_s=_LAST_WORD_S)
            except StackUnavailable as ended:
                return ended
        return error

    def _drop_context(self) -> None:
        context, self._context = self._context, None
        if context is not None:
            scard.release(context)

    def _stop_waiting(self) -> None:
        """A link has ended: whoever waits for its card must look. Called in the link's thread."""
        context = self._context
        if self._inserting and context is not None:
            scard.cancel(context)
