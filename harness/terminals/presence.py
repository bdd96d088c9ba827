"""What is in the readers, as it changes: a thread that waits on SCardGetStatusChange and tells whoever asked to be told.

Readers that are plugged in or out, a PC/SC service that goes away and comes back: all of it is told, none of it ends
the thread. Nothing is sent to a card.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from harness.errors import StackUnavailable
from harness.terminals import scard
from harness.terminals.scard import Code, Presence, ReaderStatus, ResultCode

_LOOK_AGAIN_S = 1.0  # for a PC/SC service that is not there: nothing tells of its coming
_NEVER = 60.0  # a wait is renewed now and then, for readers that a service forgot to tell of
_FIRST_LOOK_S = 5.0
_HEARD_S = 0.05
_EVENT_COUNT = 16  # bits of a reader's state below its count of events


@dataclass(frozen=True, slots=True)
class Seen:
    """One reader: its name, and whether a card is in it, and whether that card is mute.

    ``visit`` is another number after every insertion and removal: the same card put back counts as another.
    """

    name: str
    card: bool
    mute: bool
    visit: int


@dataclass(frozen=True, slots=True)
class Readers:
    """All readers; ``service`` is false when no PC/SC service answers, and then there are none."""

    service: bool
    seen: tuple[Seen, ...] = ()

    def reader(self, wanted: str | None) -> Seen | None:
        """The reader to use: the one named (in part), else the first with a card, else the first; None: there is none."""
        fitting = list(self.seen)
        if wanted is not None:
            exact = [each for each in fitting if each.name == wanted]
            fitting = exact or [each for each in fitting if wanted.casefold() in each.name.casefold()]
        return next((each for each in fitting if each.card), fitting[0] if fitting else None)


class ReaderWatch:
    """Watches until it is closed; a context manager. ``on_change`` is called in the watch's own thread, at once, whenever
    something is different; ``now`` is how things are.
    """

    def __init__(self, on_change: Callable[[Readers], object]) -> None:
        self._on_change = on_change
        self._readers = Readers(service=False)
        self._first_look = threading.Event()
        self._ending = threading.Event()
        self._guard = threading.Lock()
        self._context: int | None = None
        self._thread = threading.Thread(target=self._run, name="thnid-readers", daemon=True)

    @property
    def now(self) -> Readers:
        """How things are."""
        return self._readers

    def start(self) -> Self:
        """Return when it has looked once."""
        self._thread.start()
        self._first_look.wait(_FIRST_LOOK_S)
        return self

    def close(self) -> None:
        """End the watch. May be called twice."""
        self._ending.set()
        while self._thread.is_alive():
            with self._guard:
                if self._context is not None:
                    scard.cancel(self._context)
            # Cancelling is lost on a thread that is just about to wait: it is said until it was heard.
            self._thread.join(_HEARD_S)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            try:
                self._watch()
            except (Code, StackUnavailable):
                self._tell(Readers(service=False))
                self._ending.wait(_LOOK_AGAIN_S)

    def _tell(self, readers: Readers) -> None:
        different = readers != self._readers
        self._readers = readers
        self._first_look.set()
        if different:
            self._on_change(readers)

    def _watch(self) -> None:
        """Until the service goes away or the watch is closed."""
        with self._guard:
            self._context = context = scard.establish()
        try:
            known: dict[str, ReaderStatus] = {}
            while not self._ending.is_set():
                names = scard.reader_names(context)
                known = {name: each for name, each in known.items() if name in names}
                new = [name for name in names if name not in known]
                if new:
                    looked = scard.wait(context, [(name, Presence.UNAWARE) for name in new], 0)
                    known |= {each.name: each for each in looked}
                self._tell(_as_seen(names, known))
                self._await_change(context, names, known)
        finally:
            with self._guard:
                self._context = None
                scard.release(context)

    def _await_change(self, context: int, names: list[str], known: dict[str, ReaderStatus]) -> None:
        waiting = [(name, known[name].state & ~Presence.CHANGED) for name in names]
        try:
            changed = scard.wait(context, [*waiting, (scard.PLUG_AND_PLAY, 0)], _NEVER)
        except Code as code:
            if code.value in (ResultCode.TIMEOUT, ResultCode.CANCELLED):
                return
            if code.value == ResultCode.UNKNOWN_READER:  # unplugged since it was listed
                known.clear()
                return
            raise
        for each in changed:
            if each.name in known:
                known[each.name] = each


def _as_seen(names: list[str], known: dict[str, ReaderStatus]) -> Readers:
    return Readers(
        service=True,
        seen=tuple(
            Seen(name, each.present, each.mute, each.state >> _EVENT_COUNT)
            for name, each in ((name, known[name]) for name in names)
        ),
    )
