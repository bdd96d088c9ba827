"""The card manager: CPLC."""

from __future__ import annotations

from apdu_specs.card_manager import GET_CPLC
from apdu_specs.command import Command
from apdu_specs.status import StatusWord
from emulator.card.answering import Answer, Run, compiled
from emulator.card.volatile import Volatile


def commands(cplc: bytes, volatile: Volatile) -> dict[Command, Run]:
    """GET CPLC over the chip's 45 bytes."""
    return {GET_CPLC: compiled(GET_CPLC, lambda parts: Answer(StatusWord.OK, cplc), volatile)}
