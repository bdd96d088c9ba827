"""A card in somebody's hand: it can be torn out of the reader, or lose power, at an exact moment."""

from __future__ import annotations

import logging
from collections.abc import Callable
from enum import Enum

from apdu_specs import adm
from apdu_specs.apdu import HEADER_LENGTH
from emulator.card import Card, Counters, MemoryStore
from emulator.card.nonvolatile import NonVolatile
from emulator.card.personalisation import Personalisation
from emulator.link import TakenOut

log = logging.getLogger(__name__)

_PIN_HEADERS = frozenset((*adm.VERIFY.headers, *adm.VERIFY_PUBLISHED.headers))

CardMaker = Callable[[Personalisation, NonVolatile], Card]
"""Makes a card of what was personalised and of its memory; a test may make wrong ones."""


class Moment(Enum):
    """Before or after something became true on the card."""

    BEFORE = "before"
    AFTER = "after"


class PowerCut(Exception):
    """Raised by the memory of a card that loses its power; nothing in the card catches it."""


class FailingStore(MemoryStore):
    """Memory whose card loses power at one write: just before it becomes durable, or just after."""

    def __init__(self, counters: Counters) -> None:
        super().__init__(counters)
        self._moment: Moment | None = None
        self._writes_left = 0
        self.has_failed = False
        """Whether the write that was to fail came."""

    def fail_at(self, number: int, moment: Moment) -> None:
        """Lose power at the ``number``-th write from now on, 1 is the next one."""
        self._moment, self._writes_left, self.has_failed = moment, number, False

    def calm(self) -> None:
        """No power cut any more."""
        self._moment = None

    def write(self, counters: Counters) -> None:
        self._writes_left -= 1
        due = self._moment if self._writes_left == 0 else None
        self.has_failed |= due is not None
        if due is Moment.BEFORE:
            raise PowerCut
        super().write(counters)
        if due is Moment.AFTER:
            raise PowerCut


class HeldCard:
    """One card that a reader can take (CardPort). ``pin`` is the PIN that its holder knows.

    ``may_be``: the PINs that may be on it, several after a change was cut short.
    """

    def __init__(self, personalisation: Personalisation, counters: Counters, make: CardMaker = Card) -> None:
        self.personalisation = personalisation
        self.pin = counters.pin.decode("ascii")
        self.may_be = {self.pin}
        self.store = FailingStore(counters)
        self._make = make
        self._tear: Moment | None = None
        self.was_torn_out = False
        """Whether the VERIFY came at which it was to be torn out."""
        self.card = make(personalisation, self.store)

    def has_new_pin(self, pin: str) -> None:
        """The card said that ``pin`` is its PIN from now on."""
        self.pin, self.may_be = pin, {pin}

    def tear_out_at_verify(self, moment: Moment) -> None:
        """Break contact at the next VERIFY with a PIN: before the card sees it, or before its answer leaves."""
        self._tear, self.was_torn_out = moment, False

    def calm(self) -> None:
        """Nothing happens to it any more; after a power cut it is a card that was just made of its memory."""
        self._tear = None
        self.store.calm()

    @property
    def atr(self) -> bytes:
        return self.card.atr

    def power_on(self) -> None:
        self.card.power_on()

    def power_off(self) -> None:
        self.card.power_off()

    def reset(self) -> None:
        self.card.reset()

    def transmit(self, apdu: bytes) -> bytes:
        """The card's answer. Raises TakenOut if contact broke; no answer leaves the card then."""
        tear = self._tear if _presents_a_pin(apdu) else None
        self.was_torn_out |= tear is not None
        if tear is Moment.BEFORE:
            raise TakenOut
        try:
            answer = self.card.transmit(apdu)
        except PowerCut:
            self.card = self._make(self.personalisation, self.store)
            raise TakenOut from None
        except Exception as error:  # a card that fails is a card that has left, as with a real one
            log.error("the card failed", exc_info=error)
            raise TakenOut from error
        if tear is Moment.AFTER:
            raise TakenOut
        return answer


def _presents_a_pin(apdu: bytes) -> bool:
    return apdu[:2] in _PIN_HEADERS and len(apdu) > HEADER_LENGTH + 1
