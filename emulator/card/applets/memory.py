"""Applets that are flat memory: MOI and NHSO. One command, READ."""

from __future__ import annotations

from collections.abc import Mapping

from apdu_specs.apdu import CommandApdu
from apdu_specs.command import Command
from apdu_specs.interindustry import READ, piece
from apdu_specs.status import StatusWord
from emulator.card.answering import ANNOUNCE, Answer, Run, compiled
from emulator.card.volatile import Volatile


def commands(images: Mapping[int, bytes], volatile: Volatile) -> dict[Command, Run]:
    """READ over ``images`` (block id -> bytes)."""
    outside = StatusWord.OUTSIDE_FILE

    def read(parts: CommandApdu) -> Answer:
        found = piece(images, parts.p1 << 8 | parts.p2, parts.data)
        return Answer(StatusWord.OK, found) if found else Answer(outside)

    general = compiled(READ, read, volatile)
    data_length = min(READ.lengths)
    usual_length = 5 + data_length

    def run(raw: bytes) -> bytes:
        # The usual form, flattened: it is nearly all a reader of Thai cards ever sends.
        if len(raw) != usual_length or raw[4] != data_length:
            return general(raw)
        volatile.waiting = found = piece(images, raw[2] << 8 | raw[3], raw[5:])
        return ANNOUNCE[len(found)] if found else outside.raw

    return {READ: run}
