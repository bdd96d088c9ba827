"""A deviation as APDUs: to read, and as a trace to replay.

The trace holds what the card *should* answer, so replaying it on a card lists where that card is wrong, and nothing once
it is mended. What depends on a challenge of the card (the published form of VERIFY, an office's proof) fits only the
challenge of that one time and is hidden: the replay makes it anew. PINs are those of learning, on virtual cards only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from apdu_specs.apdu import HEADER_LENGTH, SW_LENGTH
from apdu_specs.language import Text
from apdu_specs.pin_machine import Symbol
from apdu_specs.status import explain
from harness.learn.mapper import Mapper
from harness.learn.suite import Deviation
from harness.trace.conversation import command_of, hidden_after
from harness.trace.recorder import FORMAT, VERSION

_CHALLENGED = frozenset({Symbol.PUBLISHED_FIRST, Symbol.PUBLISHED_NEVER, Symbol.PROVE, Symbol.PROVE_WRONGLY})
_EVENTS = {Symbol.RESET: ("reset",), Symbol.POWER_CYCLE: ("power off", "power on")}


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command of ``symbol``, its answer, and the status word it should have had (None: should not be sent)."""

    symbol: Symbol
    command: bytes
    answer: bytes
    expected: int | None

    @property
    def status(self) -> int:
        """The status word that came."""
        return int.from_bytes(self.answer[-SW_LENGTH:], "big")

    def explained(self, sw: int) -> Text:
        """What ``sw`` means as an answer to this command."""
        command = command_of(self.command)
        with_data = len(self.command) > HEADER_LENGTH + 1
        return explain(sw, command.own_meanings(with_data=with_data) if command is not None else {})


@dataclass(frozen=True, slots=True)
class Script:
    """A deviation played once more: an entry is an exchange, or a symbol that is no command."""

    policy: str
    entries: tuple[Exchange | Symbol, ...]

    def lines(self) -> Iterator[str]:
        """To read: a command a line, its symbol, what came and what should have."""
        yield f"# policy {self.policy}; a card with no failures, just powered"
        for entry in self.entries:
            if isinstance(entry, Symbol):
                yield f"# {entry}"
                continue
            told = f"{entry.command.hex(' ').upper()}  # {entry.symbol}: {entry.status:04X}"
            yield (
                told
                if entry.status == entry.expected
                else f"{told} ({entry.explained(entry.status)}), {_should(entry)}"
            )

    def trace(self) -> str:
        """The trace (JSON Lines) for ``thnid trace replay``."""
        head = {"format": FORMAT, "version": VERSION, "source": "learn", "redacted": False}
        return "".join(
            json.dumps(line) + "\n"
            for line in (head, *(line for entry in self.entries for line in _trace_lines(entry)))
        )


def script_of(mapper: Mapper, deviation: Deviation, policy: str) -> Script:
    """Play ``deviation`` once more and write down every exchange."""
    entries: list[Exchange | Symbol] = []
    mapper.restore()
    for symbol, expected in zip(deviation.word, deviation.expected, strict=True):
        heard: list[tuple[bytes, bytes]] = []
        mapper.told = lambda command, answer, heard=heard: heard.append((command, answer))
        try:
            mapper.step(symbol)
        finally:
            mapper.told = None
        if symbol in _EVENTS:
            entries.append(symbol)
        entries += [
            Exchange(symbol, command, answer, expected[number] if number < len(expected) else None)
            for number, (command, answer) in enumerate(heard)
        ]
    return Script(policy, tuple(entries))


def _should(exchange: Exchange) -> str:
    if exchange.expected is None:
        return "where the command before should have been refused"
    return f"should be {exchange.expected:04X} ({exchange.explained(exchange.expected)})"


def _replayable(exchange: Exchange) -> str:
    """Hex, with ``**`` for bytes that were made for a challenge."""
    shown = len(exchange.command)
    if exchange.symbol in _CHALLENGED and shown > HEADER_LENGTH + 1:
        shown = HEADER_LENGTH + 1
    return hidden_after(exchange.command, shown)


def _trace_lines(entry: Exchange | Symbol) -> Iterator[dict[str, object]]:
    at: dict[str, object] = {"time": None, "ms": None}
    if isinstance(entry, Symbol):
        yield from (at | {"direction": "event", "event": event} for event in _EVENTS[entry])
        return
    yield at | {"direction": "command", "bytes": _replayable(entry), "symbol": str(entry.symbol)}
    expected = entry.status if entry.expected is None else entry.expected
    data = entry.answer[:-SW_LENGTH] if expected == entry.status else b""
    yield at | {"direction": "answer", "bytes": data.hex().upper() + f"{expected:04X}"}
