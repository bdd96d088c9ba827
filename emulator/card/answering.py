"""From a declared command and what an applet does with it to bytes in, bytes out.

Checks come in the order in which a T=0 card sees a command: parameters, lengths, then the applet.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from apdu_specs.apdu import MAX_ANSWER, CommandApdu, split_command
from apdu_specs.command import Command, Outgoing
from apdu_specs.status import Family, StatusWord
from emulator.card.volatile import Volatile


class Answer(NamedTuple):
    """What an applet answers: a status word, and data if that is 9000."""

    sw: int
    data: bytes = b""


Handler = Callable[[CommandApdu], Answer]
Run = Callable[[bytes], bytes]

OK = StatusWord.OK.raw
ANNOUNCE = tuple(Family.BYTES_WAITING.word(length).to_bytes(2, "big") for length in range(MAX_ANSWER + 1))
"""``61 xx`` by number of waiting bytes."""


def compiled(command: Command, handle: Handler, volatile: Volatile, *, length: int = 0) -> Run:
    """``handle`` behind everything that the declaration of ``command`` demands. Drops waiting data.

    ``length``: bytes that ``handle`` will answer; a command that asks for more gets ``6C xx`` and is not carried out,
    which matters where carrying it out changes something (challenges).
    """
    p1_values, p2_values, lengths = command.p1.values, command.p2.values, command.lengths
    wrong_parameters, wrong_length = command.wrong_parameters.raw, StatusWord.WRONG_LENGTH.raw
    send, word_only = _SENDERS[command.outgoing], command.outgoing is Outgoing.NOTHING

    def run(raw: bytes) -> bytes:
        volatile.waiting = b""
        if raw[2] not in p1_values or raw[3] not in p2_values:
            return wrong_parameters
        parts = split_command(raw)
        if parts is None or len(parts.data) not in lengths or (word_only and _lacks_its_data(parts)):
            return wrong_length
        if length and (parts.le or MAX_ANSWER) > length:
            return Family.WRONG_LE.word(length).to_bytes(2, "big")
        return send(parts, handle(parts), volatile)

    return run


def _lacks_its_data(parts: CommandApdu) -> bool:
    # Five bytes to a command that gives no data: the fifth is Lc, and the data it promises is missing.
    return not parts.data and parts.le not in (None, MAX_ANSWER)


def send_at_once(parts: CommandApdu, answer: Answer, volatile: Volatile) -> bytes:
    """Data for a command with Le: exactly Le bytes, the rest announced; ``6C xx`` if Le is above it or absent."""
    if answer.sw != StatusWord.OK:
        return answer.sw.to_bytes(2, "big")
    data, wanted = answer.data, parts.le or MAX_ANSWER
    if wanted > len(data):
        return Family.WRONG_LE.word(len(data)).to_bytes(2, "big")
    if wanted == len(data):
        return data + OK
    volatile.waiting = data[wanted:]
    return data[:wanted] + ANNOUNCE[len(volatile.waiting)]


def _send_waiting(parts: CommandApdu, answer: Answer, volatile: Volatile) -> bytes:
    if answer.sw != StatusWord.OK or not answer.data:
        return answer.sw.to_bytes(2, "big")
    volatile.waiting = answer.data
    return ANNOUNCE[len(answer.data)]


def _send_word(parts: CommandApdu, answer: Answer, volatile: Volatile) -> bytes:
    return answer.sw.to_bytes(2, "big")


_SENDERS = {
    Outgoing.NOTHING: _send_word,
    Outgoing.AT_ONCE: send_at_once,
    Outgoing.WAITING: _send_waiting,
}
