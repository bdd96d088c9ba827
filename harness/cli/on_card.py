"""The holder of a virtual card, read from the card, for the offices to know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from apdu_specs import keys
from apdu_specs.citizen_id import is_valid
from harness.cli.stand_in_nhso import holder_of
from harness.client import CardClient

if TYPE_CHECKING:
    from emulator.holders import Holder


def virtual_holder(client: CardClient) -> tuple[Holder, bytes] | None:
    """Holder and serial (8 bytes) of the card, if it is a virtual one that tells who its holder is; else None.

    A real person's data is never copied from a real card. Raises as reads do.
    """
    serial = client.card_serial()
    if not keys.is_virtual(serial):
        return None
    holder = holder_of(client.read_all())
    return (holder, serial) if is_valid(holder.citizen_id) else None
