"""Sending is a chain of small processors around a terminal's ``transmit``; each serves one habit of T=0.

A processor gets an APDU and the next one's ``send``; it may call ``send`` any number of times.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from apdu_specs.apdu import HEADER_LENGTH, MAX_ANSWER, SW_LENGTH, split_response
from apdu_specs.interindustry import GET_RESPONSE
from apdu_specs.status import Family

Send = Callable[[bytes], bytes]
Processor = Callable[[bytes, Send], bytes]

_MOST_FETCHES = 64  # more than any answer of 64 KiB needs: a card that always has more is broken


def fetching(p2: int = 0) -> Processor:
    """Serves ``61 xx``: fetches what waits with GET RESPONSE (P2 ``p2``) and joins it to what came before."""

    def process(apdu: bytes, send: Send) -> bytes:
        answer = send(apdu)
        collected = b""
        for _ in range(_MOST_FETCHES):
            data, sw = split_response(answer)
            waiting = Family.BYTES_WAITING.number(sw)
            if waiting is None:
                break
            collected += data
            answer = send(GET_RESPONSE.encode(p2=p2, le=waiting))
        return collected + answer

    return process


def right_length() -> Processor:
    """Serves ``6C xx``: sends the command again with the length the card names."""

    def process(apdu: bytes, send: Send) -> bytes:
        answer = send(apdu)
        available = Family.WRONG_LE.number(split_response(answer).sw)
        if available is None or len(answer) > SW_LENGTH or len(apdu) > HEADER_LENGTH + 1:
            return answer
        return send(apdu[:HEADER_LENGTH] + bytes((available % MAX_ANSWER,)))

    return process


def joined(transmit: Send, processors: Sequence[Processor]) -> Send:
    """``transmit`` behind ``processors``, the first outermost."""
    send = transmit
    for processor in reversed(processors):
        send = _bound(processor, send)
    return send


def _bound(processor: Processor, send: Send) -> Send:
    return lambda apdu: processor(apdu, send)
