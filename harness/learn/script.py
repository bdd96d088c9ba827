"""A deviation as APDUs: to read, and as a trace to replay.

The trace holds what the card *should* answer, so replaying it on a card lists where that card is wrong, and nothing once
it is mended. PINs and proofs are hidden in both, as in any trace: every command has its symbol beside it, and from that the
replay makes them anew for the card that answers, whatever that card should say to them.
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
from harness.trace.conversation import Conversation, command_of, hidden_after, shown_prefix
from harness.trace.reading import STATUS_ONLY, SYMBOL
from harness.trace.recorder import FORMAT, VERSION

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
            told = f"{_readable(entry.command)}  # {entry.symbol}: {entry.status:04X}"
            yield (
                told
                if entry.status == entry.expected
                else f"{told} ({entry.explained(entry.status)}), {_should(entry)}"
            )

    def trace(self) -> str:
        """The trace (JSON Lines) for ``thnid trace replay``."""
        head = {"format": FORMAT, "version": VERSION, "source": "learn", "redacted": True}
        conversation = Conversation()
        conversation.reset(None)
        lines = (line for entry in self.entries for line in _trace_lines(conversation, entry))
        return "".join(json.dumps(line) + "\n" for line in (head, *lines))


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


def _readable(command: bytes) -> str:
    """Hex, with ``**`` for the bytes of a PIN or a proof."""
    shown = hidden_after(command, shown_prefix(command))
    return " ".join(shown[at : at + 2] for at in range(0, len(shown), 2))


def _trace_lines(conversation: Conversation, entry: Exchange | Symbol) -> Iterator[dict[str, object]]:
    at: dict[str, object] = {"time": None, "ms": None}
    if isinstance(entry, Symbol):
        conversation.reset(None)
        yield from (at | {"direction": "event", "event": event} for event in _EVENTS[entry])
        return
    command = conversation.command(entry.command)
    yield at | {"direction": "command"} | command | {SYMBOL: str(entry.symbol)}
    if entry.expected is None or entry.expected == entry.status:
        yield at | {"direction": "answer"} | conversation.answer(entry.answer)
        return
    # What data should have come with the right word, nobody has seen.
    right = conversation.answer(entry.expected.to_bytes(SW_LENGTH, "big"))
    yield at | {"direction": "answer"} | right | {STATUS_ONLY: True}
