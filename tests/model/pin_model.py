"""What a card must answer, written from the law's tables alone and without a line of the project's own code.

One ``CardModel`` stands beside one card. Each method is one command: it says what the card has to answer (status
word, number of data bytes and, where known, the bytes) and moves the model on. The model holds what the law names:
selection, waiting data, challenges, PIN session, f. It knows no bytes on the wire and no cryptography: whoever drives
it says whether a PIN block or a proof is the right one.

Where the law is silent the model says so at the place, with the word *silent*, and takes the cautious reading:
a command that is refused has changed nothing, except that data waiting for GET RESPONSE is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Literal

DONE = 0x9000
WAITS = 0x6100
WRONG_LE = 0x6C00
TRIES_ISO = 0x63C0
TRIES_PUBLISHED = 0x6300
WRONG_LENGTH = 0x6700
NEEDS_PIN = 0x6982
SUSPENDED = 0x6983
LOCKED = 0x6984
NOT_NOW = 0x6985
NO_DIGITS = 0x6A80
NO_APPLET = 0x6A82
OUTSIDE = 0x6B00
NO_INSTRUCTION = 0x6D00

SUSPENDED_AT, LOCKED_AT = 3, 5
PIN_LENGTH = 4
OFFICE_TRIES = 10
PIN_CHALLENGE, OFFICE_CHALLENGE, PROOF, XKEY, MATCH_ANSWER = 32, 16, 32, 32, 33
ADM_INFO, CPLC, BARE_FCI = 23, 45, 18
MOI_SIZE, NHSO_SIZE = 0x1727, 0x015E

Form = Literal["iso", "published"]


class Applet(Enum):
    """What can be selected. ``NONE`` is the time after power on and reset: the card manager answers, unselected."""

    NONE = "none"
    MANAGER = "card manager"
    MOI = "MOI"
    NHSO = "NHSO"
    ADM = "ADM"


@dataclass(frozen=True, slots=True)
class Answer:
    """What the card has to answer. ``data`` is None where only the number of bytes is known."""

    sw: int
    length: int = 0
    data: bytes | None = None


@dataclass(slots=True)
class CardModel:
    """The card as the law tells it. ``f`` counts consecutive failures."""

    pin: bytes
    f: int = 0
    wrong_proofs: int = 0
    suspended_counts: Literal["every", "wrong"] = "every"

    applet: Applet = Applet.NONE
    waiting: int = 0
    waiting_data: bytes | None = None
    session: bool = False
    pin_challenge: bool = field(default=False)
    office_challenge: bool = field(default=False)
    proven: bool = field(default=False)

    # ------------------------------------------------------------ power

    def reset(self) -> None:
        """Power off, power on and reset alike: everything goes but the counters."""
        self._drop_waiting()
        self.applet = Applet.NONE
        self.session = self.pin_challenge = self.office_challenge = self.proven = False

    # ------------------------------------------------------------ any applet

    def select(self, applet: Applet, fci: bytes) -> Answer:
        """SELECT by AID. Silent: whether the PIN session and challenges outlive it; only power ends them."""
        self.applet = applet
        return self._announce(len(fci), fci)

    def select_bare(self, le: int | None) -> Answer:
        """SELECT without an identifier: the card manager, whose FCI comes at once or whose length 6C tells.

        Silent: selected even with 6C, since programs go on with CPLC and never repeat the command.
        """
        self._drop_waiting()
        self.applet = Applet.MANAGER
        return self._at_once(BARE_FCI, le)

    def select_absent(self) -> Answer:
        """SELECT of an AID that is not there: the selection stays."""
        self._drop_waiting()
        return Answer(NO_APPLET)

    def get_response(self, le: int) -> Answer:
        """GET RESPONSE; ``le`` 1..256. Silent: 6C leaves the data waiting; nothing waiting is 69 85."""
        if not self.waiting:
            return Answer(NOT_NOW)
        if le > self.waiting:
            return Answer(WRONG_LE | self.waiting & 0xFF)
        return self._give(self.waiting, self.waiting_data, le)

    def read(self, offset: int, length: int, block: int = 0, image: bytes | None = None) -> Answer:
        """READ of ``length`` 1..256 bytes from a card of today, whose only block is 0.

        Silent: partly past the end gives what is there; another block is as good as past the end; the
        data 01 00 is 256 bytes of block 0, as one point-of-sale program sends it.
        """
        self._drop_waiting()
        if self.applet is Applet.NONE:
            return Answer(NOT_NOW)
        if self.applet not in (Applet.MOI, Applet.NHSO):
            return Answer(NO_INSTRUCTION)
        size = MOI_SIZE if self.applet is Applet.MOI else NHSO_SIZE
        if (block and (block, length) != (1, 256)) or offset >= size:
            return Answer(OUTSIDE)
        return self._announce(min(length, size - offset), image)

    def cplc(self, le: int | None) -> Answer:
        """CPLC, which the card manager gives, selected or not."""
        self._drop_waiting()
        if self.applet not in (Applet.NONE, Applet.MANAGER):
            return Answer(NO_INSTRUCTION)
        return self._at_once(CPLC, le)

    # ------------------------------------------------------------ ADM: reading

    def adm_info(self, le: int | None) -> Answer:
        """Version, state, authorize mode and laser number."""
        return self._outside_adm() or self._at_once(ADM_INFO, le)

    # ------------------------------------------------------------ ADM: the holder's PIN

    def verify(self, data: bytes) -> Answer:
        """VERIFY in the ISO form, ``data`` not empty."""
        return self._outside_adm() or self._malformed(data) or self._try(data == self.pin, "iso")

    def verify_published(self, right: bool, length: int = PIN_CHALLENGE) -> Answer:
        """VERIFY in the published form with a block of ``length`` bytes made, or not, from the right PIN.

        Silent: a block without a challenge asked for before is 69 85 in every state and costs nothing; a challenge
        serves once.
        """
        if answer := self._outside_adm():
            return answer
        if length != PIN_CHALLENGE:
            return Answer(WRONG_LENGTH)
        if not self.pin_challenge:
            return Answer(NOT_NOW)
        self.pin_challenge = False
        return self._try(right, "published")

    def verify_empty(self, form: Form = "iso") -> Answer:
        """VERIFY without data. Silent: in the published form it counts down as that form does."""
        if answer := self._outside_adm():
            return answer
        return Answer(DONE) if self.session else Answer(self._refusal(form))

    def change(self, data: bytes) -> Answer:
        """CHANGE REFERENCE DATA with old and new PIN."""
        if answer := self._outside_adm() or self._malformed(data, 2 * PIN_LENGTH):
            return answer
        old, new = data[:PIN_LENGTH], data[PIN_LENGTH:]
        answer = self._try(old == self.pin, "iso")
        if answer.sw == DONE:
            self.pin = new
        return answer

    def get_pin_challenge(self, le: int | None) -> Answer:
        """Challenge of the published form; a new one replaces the old."""
        if answer := self._outside_adm():
            return answer
        answer = self._at_once(PIN_CHALLENGE, le)
        self.pin_challenge |= answer.length > 0
        return answer

    def get_match_status(self, length: int = XKEY) -> Answer:
        """GET MATCH STATUS with a challenge of ``length`` bytes."""
        if answer := self._outside_adm():
            return answer
        if length != XKEY:
            return Answer(WRONG_LENGTH)
        return self._announce(MATCH_ANSWER) if self.session else Answer(NEEDS_PIN)

    # ------------------------------------------------------------ ADM: the registry office

    def get_challenge(self, le: int | None) -> Answer:
        """The office's challenge. Silent: a new one ends an earlier proof."""
        if answer := self._outside_adm():
            return answer
        answer = self._at_once(OFFICE_CHALLENGE, le)
        if answer.length:
            self.office_challenge, self.proven = True, False
        return answer

    def external_authenticate(self, right: bool, length: int = PROOF) -> Answer:
        """The office's proof.

        Silent: 69 85 without a challenge, 63 Cx for a wrong proof (x left of ten), 69 83 when none is left; a
        challenge serves once; a right proof forgives the wrong ones; every attempt ends an earlier proof.
        """
        if answer := self._outside_adm():
            return answer
        if length != PROOF:
            return Answer(WRONG_LENGTH)
        asked, self.office_challenge, self.proven = self.office_challenge, False, False
        if not asked:
            return Answer(NOT_NOW)
        if self.wrong_proofs >= OFFICE_TRIES:
            return Answer(SUSPENDED)
        if right:
            self.wrong_proofs, self.proven = 0, True
            return Answer(DONE)
        self.wrong_proofs += 1
        return Answer(TRIES_ISO | OFFICE_TRIES - self.wrong_proofs)

    def reset_retry_counter(self, data: bytes) -> Answer:
        """The office's new PIN.

        Silent: LOCKED says 69 84 also to those without a proof; one proof serves for one PIN; the new PIN has to be
        verified by its holder, so the session is closed.
        """
        if answer := self._outside_adm() or self._malformed(data):
            return answer
        if self.f >= LOCKED_AT:
            return Answer(LOCKED)
        if not self.proven:
            return Answer(NEEDS_PIN)
        self.pin, self.f, self.proven, self.session = data, 0, False, False
        return Answer(DONE)

    # ------------------------------------------------------------ the table's rows

    def _try(self, right: bool, form: Form) -> Answer:
        """VERIFY and CHANGE: the first four rows of the PIN table."""
        if self.f >= LOCKED_AT:
            return Answer(LOCKED)
        if self.f >= SUSPENDED_AT:
            if not (right and self.suspended_counts == "wrong"):
                self.f += 1
            return Answer(LOCKED if self.f == LOCKED_AT else SUSPENDED)
        if right:
            self.f, self.session = 0, True
            return Answer(DONE)
        self.f, self.session = self.f + 1, False
        return Answer(self._tries(form))

    def _refusal(self, form: Form) -> int:
        if self.f >= LOCKED_AT:
            return LOCKED
        return SUSPENDED if self.f >= SUSPENDED_AT else self._tries(form)

    def _tries(self, form: Form) -> int:
        return (TRIES_ISO if form == "iso" else TRIES_PUBLISHED) | SUSPENDED_AT - self.f

    def _malformed(self, pins: bytes, length: int = PIN_LENGTH) -> Answer | None:
        """In every state, and free of charge."""
        if len(pins) != length:
            return Answer(WRONG_LENGTH)
        return None if all(digit in b"0123456789" for digit in pins) else Answer(NO_DIGITS)

    # ------------------------------------------------------------ how answers travel

    def _outside_adm(self) -> Answer | None:
        self._drop_waiting()
        if self.applet is Applet.ADM:
            return None
        return Answer(NOT_NOW if self.applet is Applet.NONE else NO_INSTRUCTION)

    def _drop_waiting(self) -> None:
        self.waiting, self.waiting_data = 0, None

    def _announce(self, length: int, data: bytes | None = None) -> Answer:
        self.waiting, self.waiting_data = length, data
        return Answer(WAITS | length & 0xFF)

    def _at_once(self, length: int, le: int | None) -> Answer:
        """A command without data: 6C tells the length to who asked for none or too much."""
        if le is None or le > length:
            return Answer(WRONG_LE | length)
        return self._give(length, None, le)

    def _give(self, length: int, data: bytes | None, le: int) -> Answer:
        """``le`` bytes now; the rest waits."""
        head = None if data is None else data[:le]
        tail = None if data is None else data[le:]
        self._drop_waiting()
        if le < length:
            return Answer(self._announce(length - le, tail).sw, le, head)
        return Answer(DONE, le, head)
