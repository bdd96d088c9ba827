"""A layer: what stands between a card and the link and misbehaves. The faults of the zoo are its children."""

from __future__ import annotations

from random import Random

from apdu_specs.apdu import HEADER_LENGTH
from emulator.link import CardPort, Late, ReaderPort

EXTENDED_LENGTHS = 3
"""Bytes of the extended Lc: 00, then two."""


class Layer:
    """Passes everything on; a fault overrides what it changes. Layers lie on each other, the first nearest to the card.

    A new one is made for each card that is put in, so that nothing of one card's life is left for the next but ``kept``.
    ``argument`` is the fault's number, ``chance`` its own random numbers, the same for the same seed.
    """

    def __init__(self, card: CardPort, argument: int, chance: Random) -> None:
        self.card = card
        self.argument = argument
        self.chance = chance
        self.count = 0
        """Commands so far, the present one included."""
        self.kept: dict[bytes, bytes] = {}
        """What the reader keeps from one card to the next; see ``Chosen.over``."""
        self._late: Late | None = None

    @property
    def atr(self) -> bytes:
        """The answer to reset that is told at insertion."""
        return self.card.atr

    def power_on(self) -> object:
        """Supply power."""
        return self.card.power_on()

    def power_off(self) -> object:
        """Take power away."""
        return self.card.power_off()

    def reset(self) -> object:
        """Warm reset."""
        return self.card.reset()

    @property
    def seen_after_s(self) -> float:
        """Seconds from the insertion until the reader shows the card."""
        return self.card.seen_after_s if isinstance(self.card, ReaderPort) else 0.0

    def poll(self) -> bytes:
        """The answer to reset when the reader asks for it, also to see whether the card is there. Raises as transmit."""
        try:
            return self.told(self.card.poll() if isinstance(self.card, ReaderPort) else self.card.atr)
        except Late as late:
            late.answer = self.told(late.answer)
            raise

    def told(self, atr: bytes) -> bytes:
        """What becomes of an answer to reset. Raises as transmit, but Late."""
        return atr

    def leave(self) -> bool:
        """The card is taken out: whether the reader goes on as if it were in."""
        return self.card.leave() if isinstance(self.card, ReaderPort) else False

    def transmit(self, apdu: bytes, /) -> bytes:
        """The answer after all that this layer does to it. Raises NoAnswer, TakenOut, Late."""
        self.count += 1
        self._late = None
        answer = self.exchange(apdu)
        seconds = self.delay(apdu, answer)
        if self._late is None:
            if seconds <= 0:
                return answer
            self._late = Late(answer, 0.0)
        # The same object, because the link tells a timing model through it how long it really took.
        self._late.answer = answer
        self._late.seconds += seconds
        raise self._late

    def exchange(self, apdu: bytes) -> bytes:
        """What becomes of a command; ``ask`` is how the card gets one."""
        return self.changed(self.ask(apdu))

    def changed(self, answer: bytes) -> bytes:
        """What becomes of the card's answer."""
        return answer

    def delay(self, apdu: bytes, answer: bytes) -> float:
        """Seconds that this command takes longer."""
        return 0.0

    def ask(self, apdu: bytes) -> bytes:
        """The answer of what is below; the time that it takes is added to this command's."""
        try:
            return self.card.transmit(apdu)
        except Late as late:
            if self._late is not None:
                late.seconds += self._late.seconds
            self._late = late
            return late.answer

    def every(self) -> bool:
        """Whether this is one of every ``argument`` commands."""
        return self.argument > 0 and self.count % self.argument == 0


def data_of(answer: bytes) -> tuple[bytes, bytes]:
    """Data and status word."""
    return answer[:-2], answer[-2:]


def is_extended(apdu: bytes) -> bool:
    """Whether the command's lengths have the extended form (ISO/IEC 7816-3 12.1.3)."""
    return len(apdu) > HEADER_LENGTH + 2 and apdu[HEADER_LENGTH] == 0


def data_length(apdu: bytes) -> int:
    """Lc; 0 without data."""
    if is_extended(apdu):
        after = len(apdu) - HEADER_LENGTH - EXTENDED_LENGTHS
        return (
            int.from_bytes(apdu[HEADER_LENGTH + 1 : HEADER_LENGTH + EXTENDED_LENGTHS], "big") if after else 0
        )
    return apdu[HEADER_LENGTH] if len(apdu) > HEADER_LENGTH + 1 else 0
