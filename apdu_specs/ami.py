"""The messages between an office's program and the authority, as text on the wire, declared once.

A message is a four-digit action and fields of fixed width, without separators; its answer repeats the action, then
says five digits of status (``apdu_specs.replies``). Provenance: public (a program that its authority publishes for
offices), except the inside of an envelope, which is encrypted for the authority by a card library and not public: ours
is ``ENVELOPE``, in hexadecimal (assumed). What carries the text is not public either; ours is HTTP (assumed).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from construct import (
    Byte,
    Bytes,
    Construct,
    ConstructError,
    ExprAdapter,
    ExprValidator,
    GreedyBytes,
    NullTerminated,
    Rebuild,
    StringEncoded,
    Struct,
    Terminated,
    len_,
    this,
)

from apdu_specs import keys
from apdu_specs.errors import SpecError
from apdu_specs.provenance import Provenance, public

PROVENANCE: Provenance = public("the authority's sample program for offices")

LONGEST_ENVELOPE = 255


class Action(StrEnum):
    """The first four characters of a message and of its answer."""

    CHALLENGE = "9080"
    CONFIRM = "9081"
    SERVICE = "5000"
    CONSENT = "5090"


class ConsentMode(StrEnum):
    """How a citizen consents to the use of their data."""

    PIN = "1"
    CARD_ONLY = "2"


def _text(length: int) -> Construct:
    return StringEncoded(Bytes(length), "ascii")


_DIGITS = ExprValidator(
    StringEncoded(NullTerminated(GreedyBytes, term=b":"), "ascii"),
    lambda digits, _: digits.isdigit() and len(digits) <= 3 and int(digits) <= LONGEST_ENVELOPE,
)
_DECIMAL = ExprAdapter(_DIGITS, lambda digits, _: int(digits), lambda number, _: str(number))
_SEALED = (
    "length" / Rebuild(_DECIMAL, len_(this.envelope)),
    "envelope" / StringEncoded(Bytes(this.length), "ascii"),
)
_PID, _CID, _OFFICE, _KEY = "pid" / _text(13), "cid" / _text(16), "office" / _text(5), _text(32)

MESSAGES: dict[Action, Construct] = {
    Action.CHALLENGE: Struct(_PID, _CID, _OFFICE, Terminated),
    Action.CONFIRM: Struct(_PID, _CID, "xkey" / _KEY, *_SEALED, Terminated),
    Action.SERVICE: Struct(
        "tkey" / _KEY, _OFFICE, "version" / _text(2), "service" / _text(3), _PID, Terminated
    ),
    Action.CONSENT: Struct("tkey" / _KEY, _PID, _CID, "mode" / _text(1), *_SEALED, Terminated),
}
"""Each action's fields, in order: widths in characters."""

ANSWERS: dict[Action, Construct] = {
    Action.CHALLENGE: Struct("xkey" / _KEY, Terminated),
    Action.CONFIRM: Struct("tkey" / _KEY, Terminated),
    Action.SERVICE: Struct("data" / StringEncoded(GreedyBytes, "utf-8")),
    Action.CONSENT: Struct(Terminated),
}
"""What follows action and status when the status is ``00000``; nothing follows any other."""

_ANSWER_HEAD = Struct("action" / _text(4), "status" / _text(5))
ENVELOPE = Struct(
    "key_id" / Byte,
    "match_status" / Byte,
    "cryptogram" / Bytes(keys.CRYPTOGRAM_LENGTH),
    Terminated,
)
"""The inside of an envelope (assumed): the agency's key, and what the card answered to GET MATCH STATUS."""


def build(action: Action, **fields: str) -> bytes:
    """A message. Raises SpecError when a field does not have its width."""
    try:
        return action.value.encode() + bytes(MESSAGES[action].build(fields))
    except (ConstructError, KeyError, UnicodeError) as error:
        raise SpecError(f"not a message {action.value}: {type(error).__name__}") from error


def parse(message: bytes) -> tuple[Action, dict[str, str]]:
    """The action and its fields. Raises SpecError, without what is in the message."""
    try:
        action = Action(message[:4].decode("ascii"))
        found = MESSAGES[action].parse(message[4:])
    except (ConstructError, ValueError) as error:
        raise SpecError("not a message of the authority's") from error
    return action, {name: value for name, value in found.items() if isinstance(value, str)}


def build_answer(action: str, status: str, fields: Mapping[str, str] | None = None) -> bytes:
    """An answer; ``fields`` when it is a success."""
    head: bytes = _ANSWER_HEAD.build({"action": action, "status": status})
    return head if fields is None else head + bytes(ANSWERS[Action(action)].build(dict(fields)))


def parse_answer(answer: bytes) -> tuple[Action, str, dict[str, str]]:
    """Action, status and, of a success, the fields. Raises SpecError."""
    try:
        head = _ANSWER_HEAD.parse(answer)
        action, status = Action(head.action), str(head.status)
        rest: Any = ANSWERS[action].parse(answer[9:]) if len(answer) > 9 else {}
    except (ConstructError, ValueError) as error:
        raise SpecError("not an answer of the authority's") from error
    return action, status, {name: value for name, value in rest.items() if isinstance(value, str)}


def seal(key_id: int, match_status: int, cryptogram: bytes) -> str:
    """An envelope, as the messages carry it."""
    inside: bytes = ENVELOPE.build({"key_id": key_id, "match_status": match_status, "cryptogram": cryptogram})
    return inside.hex().upper()


def unseal(envelope: str) -> tuple[int, int, bytes]:
    """Key id, match status and cryptogram (32 bytes) of an envelope. Raises SpecError."""
    try:
        found = ENVELOPE.parse(bytes.fromhex(envelope))
    except (ConstructError, ValueError) as error:
        raise SpecError("not an envelope") from error
    return int(found.key_id), int(found.match_status), bytes(found.cryptogram)
