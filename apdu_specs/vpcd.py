"""The wire between a virtual card and a vpcd reader, declared once.

A frame is a big-endian 16-bit length and that many bytes. The reader (vpcd) speaks, the card answers:

* a frame of one byte is a control: power off, power on and reset get no reply, ``ATR`` is answered by a frame
  holding the answer to reset (vpcd also uses it to ask whether the card is still there);
* every other frame is one command APDU, answered by exactly one frame holding the response APDU.

Provenance: public (vsmartcard's vpcd, seen on the wire between Debian's vpcd 3.3 and a card), confidence
high.

``FRAME`` is the declaration; ``frame`` and ``take_frame`` say the same by hand because they run for every
APDU. A test holds them equal.
"""

from __future__ import annotations

from enum import IntEnum

from construct import GreedyBytes, Int16ub, Prefixed

from apdu_specs.errors import SpecError
from apdu_specs.provenance import Provenance, public

PROVENANCE: Provenance = public("vsmartcard's vpcd, seen on the wire")

FRAME = Prefixed(Int16ub, GreedyBytes)
"""One frame: u16 big-endian length + payload."""

LONGEST_PAYLOAD = 0xFFFF
DEFAULT_PORT = 0x8C7B
"""Where a vpcd listens unless told otherwise; its second slot listens one port higher."""

_LENGTH_SIZE = 2


class Control(IntEnum):
    """The one-byte payloads that are not APDUs. Public: vsmartcard."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    ATR = 4


CONTROLS: dict[bytes, Control] = {bytes([control]): control for control in Control}
"""Payload -> control. A payload that is not a key here is a command APDU."""


def frame(payload: bytes) -> bytes:
    """The frame that carries ``payload`` (0..65535 bytes): ``FRAME.build`` by hand.

    Raises SpecError when the payload is longer than a frame can say.
    """
    if len(payload) > LONGEST_PAYLOAD:
        raise SpecError(f"a vpcd frame carries {LONGEST_PAYLOAD} bytes at most, not {len(payload)}")
    return len(payload).to_bytes(_LENGTH_SIZE, "big") + payload


def take_frame(received: bytearray) -> bytes | None:
    """Take the first whole frame off ``received`` and return its payload; None when it is not all there yet.

    ``FRAME.parse`` by hand for a stream: frames arrive split anywhere and coalesced.
    """
    if len(received) < _LENGTH_SIZE:
        return None
    end = _LENGTH_SIZE + (received[0] << 8 | received[1])
    if len(received) < end:
        return None
    payload = bytes(received[_LENGTH_SIZE:end])
    del received[:end]
    return payload
