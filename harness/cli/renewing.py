"""How a suspended virtual card gets a new PIN, with what this process knows: whether a PIN counter is open."""

from __future__ import annotations

import os

from apdu_specs.keys import is_virtual
from harness.officer.new_pin import NewPin, WayToNewPin

_COUNTER_VARIABLE = "THNID_COUNTER_URL"  # set where a whole office runs around us


def way_to_new_pin(*, counter: str | None = None) -> WayToNewPin:
    """Tells how a card gets a new PIN. ``counter``: the PIN counter's address (else that of a whole office around us)."""
    address = counter or os.environ.get(_COUNTER_VARIABLE) or None

    def tell(serial: bytes) -> NewPin | None:
        return NewPin(address) if is_virtual(serial) else None

    return tell
