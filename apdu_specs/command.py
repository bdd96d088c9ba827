"""A command of the card, declared once: from it come dispatch, encoder, decoder, traces, tests and the reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from construct import Construct, ConstructError

from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, CommandApdu, split_command
from apdu_specs.errors import SpecError
from apdu_specs.file import File
from apdu_specs.language import Text
from apdu_specs.provenance import Provenance
from apdu_specs.status import COMMON_STATUSES, MEANINGS, Family, Meanings, StatusWord, kind_of


@dataclass(frozen=True, slots=True)
class Parameter:
    """P1 or P2: what it means and which values the card accepts."""

    meaning: str
    values: frozenset[int]

    @property
    def fixed(self) -> int | None:
        """Its value if there is only one."""
        return next(iter(self.values)) if len(self.values) == 1 else None

    def __str__(self) -> str:
        low, high = min(self.values), max(self.values)
        if len(self.values) > 1 and len(self.values) == high - low + 1:
            return f"{low:02X}-{high:02X}"
        return "/".join(f"{value:02X}" for value in sorted(self.values))


def fixed(value: int, meaning: str = "") -> Parameter:
    """A parameter with one accepted value."""
    return Parameter(meaning, frozenset({value}))


def one_of(*values: int, meaning: str) -> Parameter:
    """A parameter with a few accepted values."""
    return Parameter(meaning, frozenset(values))


def any_byte(meaning: str) -> Parameter:
    """A parameter that takes every value."""
    return Parameter(meaning, frozenset(range(256)))


class Outgoing(Enum):
    """How an answer's data leaves the card in T=0."""

    NOTHING = "status word only"
    AT_ONCE = "data at once, as much as Le asks; 6C xx if Le is above it or absent"
    WAITING = "61 xx; GET RESPONSE fetches it"


@dataclass(frozen=True, slots=True)
class Vector:
    """A literal command and what it decodes to (``data``: as the command's construct parses it)."""

    command: str  # hex
    p1: int
    p2: int
    data: Any = None
    le: int | None = None


@dataclass(frozen=True, eq=False, repr=False)
class Command:
    """One command.

    ``cla``: accepted class bytes, the usual one first. ``data``: construct of the command's data field, None if it
    has none; ``lengths``: accepted Lc values. ``answer``: construct of the answer's data, None if it has none.
    ``statuses``: what it may answer besides ``COMMON_STATUSES``. ``secret``: its data is never shown in a trace.
    ``file``: the file that its answer is, if it is one. ``personal``: its answer is told to be personal as a whole.
    ``random``: its answer is different each time. ``meanings``: what status words mean after it, where that is not
    what they mean after any other; ``meanings_without_data``: likewise, when it came without data, as a question.
    """

    name: str
    meaning: Text
    cla: tuple[int, ...]
    ins: int
    p1: Parameter
    p2: Parameter
    provenance: Provenance
    statuses: tuple[StatusWord | Family, ...]
    data: Construct | None = None
    lengths: frozenset[int] = frozenset({0})
    answer: Construct | None = None
    outgoing: Outgoing = Outgoing.NOTHING
    wrong_parameters: StatusWord = StatusWord.WRONG_PARAMETERS
    secret: bool = False
    file: File | None = None
    personal: bool = False
    random: bool = False
    meanings: Meanings = field(default_factory=dict)
    meanings_without_data: Meanings = field(default_factory=dict)
    vectors: tuple[Vector, ...] = ()

    def __repr__(self) -> str:
        return f"<Command {self.name}>"

    @cached_property
    def headers(self) -> tuple[bytes, ...]:
        """The two-byte keys (CLA, INS) under which the card dispatches it."""
        return tuple(bytes((cla, self.ins)) for cla in self.cla)

    def may_answer(self, sw: int) -> bool:
        """True if ``sw`` is declared for this command."""
        return kind_of(sw) in (*self.statuses, *COMMON_STATUSES)

    def meaning_of(self, status: StatusWord | Family) -> Text:
        """What a status word means after this command; ``{n}`` is the number that a family carries."""
        return self.meanings.get(status, MEANINGS[status].meaning)

    def own_meanings(self, *, with_data: bool) -> Meanings:
        """What status words mean of their own after this command, sent with data or without."""
        return self.meanings if with_data else {**self.meanings, **self.meanings_without_data}

    def encode(
        self, data: Any = None, *, p1: int | None = None, p2: int | None = None, le: int | None = None
    ) -> bytes:
        """The command's bytes. P1 and P2 may be left out where only one value exists; ``le`` is 1..256."""
        body = b"" if data is None else self._build_data(data)
        header = bytes(
            (self.cla[0], self.ins, self._parameter(self.p1, p1, "P1"), self._parameter(self.p2, p2, "P2"))
        )
        if len(body) not in self.lengths:
            raise SpecError(f"{self.name} takes {self.lengths_text} bytes of data, got {len(body)}")
        if le is not None and not 1 <= le <= MAX_ANSWER:
            raise SpecError(f"Le is 1..{MAX_ANSWER}, got {le}")
        tail = b"" if le is None else bytes((le % MAX_ANSWER,))
        return header + (bytes((len(body),)) + body if body else b"") + tail

    def decode(self, raw: bytes) -> CommandApdu:
        """The parts of ``raw``; SpecError if it is not this command."""
        parts = split_command(raw)
        if parts is None or raw[:2] not in self.headers:
            raise SpecError(f"not a {self.name}: {raw[:HEADER_LENGTH].hex(' ').upper()}")
        return parts

    def parse_data(self, data: bytes) -> Any:
        """The command's data field, decoded; None if it is empty."""
        if not data or self.data is None:
            return None
        try:
            return self.data.parse(data)
        except ConstructError as error:
            raise SpecError(f"{self.name}: data field does not parse") from error

    def _build_data(self, data: Any) -> bytes:
        if self.data is None:
            raise SpecError(f"{self.name} takes no data")
        try:
            return bytes(self.data.build(data if not isinstance(data, Mapping) else dict(data)))
        except KeyError as error:
            raise SpecError(f"{self.name}: its data lacks {error.args[0]}") from error
        except ConstructError as error:
            raise SpecError(f"{self.name}: {str(error).splitlines()[-1]}") from error

    def _parameter(self, parameter: Parameter, value: int | None, label: str) -> int:
        chosen = parameter.fixed if value is None else value
        if chosen is None or chosen not in parameter.values:
            raise SpecError(f"{self.name}: {label} is {parameter}, got {value}")
        return chosen

    @property
    def lengths_text(self) -> str:
        """The accepted Lc values in words."""
        low, high = min(self.lengths), max(self.lengths)
        if len(self.lengths) > 2 and len(self.lengths) == high - low + 1:
            return f"{low} to {high}"
        return " or ".join(str(length) for length in sorted(self.lengths))
