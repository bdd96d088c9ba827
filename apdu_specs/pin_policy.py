"""The PIN policy: what wrong PINs cost, as data.

Source: manual, "forgotten PIN code": three consecutive wrong PINs mean a new PIN from a registry office, five
lock the part of the card that confirms identity for good. How the fourth and fifth are taken while a new PIN is due
is not said: ``suspended_counts`` chooses.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal, get_args

from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from apdu_specs.provenance import Provenance, assumed, manual
from apdu_specs.status import Family, StatusWord

MOST_TRIES = 15  # what a status word can carry


class PinState(Enum):
    """What a card's PIN can do, by its number f of consecutive failures."""

    READY = "ready"
    SUSPENDED = "suspended"
    LOCKED = "locked"

    @property
    def text(self) -> Text:
        """The state in a word."""
        return _WORDS[self]

    @property
    def condition(self) -> Text:
        """What has become of the PIN, in one line."""
        return _CONDITION[self]

    @property
    def advice(self) -> Text:
        """What the holder must do, where, and with what, in one line."""
        return _ADVICE[self]


_WORDS = {
    PinState.READY: Text("ready", "ใช้ได้"),
    PinState.SUSPENDED: Text("suspended", "ถูกระงับ"),
    PinState.LOCKED: Text("locked", "ถูกล็อกถาวร"),
}
_CONDITION = {
    PinState.READY: Text("The PIN can be used.", "ใช้ PIN ได้ตามปกติ"),
    PinState.SUSPENDED: Text(
        "The PIN of this card is suspended after too many wrong ones in a row.",
        "PIN ของบัตรนี้ถูกระงับ เพราะใส่ PIN ผิดติดต่อกันครบจำนวนที่กำหนด",
    ),
    PinState.LOCKED: Text(
        "The part of this card that confirms identity is locked for good after too many wrong PINs in a row; "
        "everything else on it keeps working.",
        "ส่วนยืนยันตัวบุคคลของบัตรใบนี้ถูกล็อกถาวร เพราะใส่ PIN ผิดติดต่อกันครบจำนวนที่กำหนด แต่ยังนำบัตรไปใช้ขอรับบริการอื่นได้ตามปกติ",
    ),
}
_ADVICE = {
    PinState.READY: Text("Nothing needs to be done.", "ไม่ต้องดำเนินการใด"),
    PinState.SUSPENDED: Text(
        "The card's owner asks for a new PIN at any registry office, with this card; it is free.",
        "เจ้าของบัตรต้องนำบัตรประจำตัวประชาชนใบนี้ไปขอ PIN ใหม่ด้วยตนเองที่สำนักทะเบียนแห่งใดก็ได้ทั่วประเทศ ไม่มีค่าธรรมเนียม",
    ),
    PinState.LOCKED: Text(
        "To confirm identity again the card's owner needs a new card: they go to any registry office in person, "
        "with this card. A new PIN does not help.",
        "หากต้องการใช้ยืนยันตัวบุคคลอีก เจ้าของบัตรต้องนำบัตรประจำตัวประชาชนใบนี้ไปทำบัตรใหม่ด้วยตนเองที่สำนักทะเบียนแห่งใดก็ได้ทั่วประเทศ "
        "การขอ PIN ใหม่ไม่ช่วยให้ใช้ได้อีก",
    ),
}


OFFICE_BARRED = Text(
    "After too many wrong proofs of a registry office none can issue a new PIN on this card any more.",
    "สำนักทะเบียนพิสูจน์สิทธิกับบัตรใบนี้ผิดติดต่อกันครบจำนวนที่กำหนด จึงออก PIN ใหม่ให้บัตรใบนี้ไม่ได้อีก",
)
"""What has become of a card whose ``office_tries`` are used up."""
_NOT_RENEWABLE = Text(
    f"{OFFICE_BARRED.en} If the PIN is forgotten or suspended, only a new card helps.",
    f"แต่{OFFICE_BARRED.th} หากลืม PIN หรือ PIN ถูกระงับ ต้องทำบัตรใหม่เท่านั้น",
)
_NO_OFFICE_HELPS = Text(
    f"{OFFICE_BARRED.en} {_ADVICE[PinState.LOCKED].en}", f"{OFFICE_BARRED.th} {_ADVICE[PinState.LOCKED].th}"
)


class VerifyForm(Enum):
    """The two ways to present a PIN; they differ in how tries left are reported."""

    ISO = Family.TRIES_LEFT
    PUBLISHED = Family.TRIES_LEFT_PUBLISHED


SuspendedCounts = Literal["every", "wrong", "nothing"]


@dataclass(frozen=True, slots=True)
class PinPolicy:
    """Thresholds of f, the number of consecutive failures.

    ``suspended_at``: from here a registry office must issue a new PIN. ``locked_at``: from here nothing helps; None
    if that never happens. ``suspended_counts``: while suspended, ``every`` VERIFY counts and no PIN is compared; only a
    ``wrong`` one counts (the right one is refused, too); or ``nothing`` counts and no PIN is compared.
    ``office_tries``: consecutive wrong proofs of a registry office before it can do no more.
    """

    name: str
    suspended_at: int
    locked_at: int | None
    provenance: Provenance
    suspended_counts: SuspendedCounts = "every"
    pin_length: int = 4
    office_tries: int = 10

    def __post_init__(self) -> None:
        if not 1 <= self.suspended_at <= MOST_TRIES:
            raise SpecError(f"suspended_at is 1 to {MOST_TRIES}, not {self.suspended_at}")
        if self.locked_at is not None and not self.suspended_at <= self.locked_at <= MOST_TRIES:
            raise SpecError(f"locked_at is suspended_at to {MOST_TRIES}, not {self.locked_at}")
        if self.suspended_counts not in get_args(SuspendedCounts):
            allowed = ", ".join(get_args(SuspendedCounts))
            raise SpecError(f"suspended_counts is one of {allowed}, not {self.suspended_counts!r}")
        if self.locked_at is None and self.suspended_counts != "nothing":
            raise SpecError("a policy that never locks counts nothing while suspended")
        if not 1 <= self.office_tries <= MOST_TRIES:
            raise SpecError(f"office_tries is 1 to {MOST_TRIES}, not {self.office_tries}")

    @property
    def most_failures(self) -> int:
        """The largest f that a card can reach."""
        return self.suspended_at if self.locked_at is None else self.locked_at

    def state(self, failures: int) -> PinState:
        """The state after ``failures`` consecutive failures."""
        if self.locked_at is not None and failures >= self.locked_at:
            return PinState.LOCKED
        return PinState.SUSPENDED if failures >= self.suspended_at else PinState.READY

    def advice(self, failures: int, office_failures: int = 0) -> Text:
        """What the holder must do after ``failures`` consecutive failures, in one line.

        ``office_failures``: wrong proofs of an office in a row; once its tries are used up none can issue a new PIN.
        """
        state = self.state(failures)
        if office_failures < self.office_tries or state is PinState.LOCKED:
            return self._advice(failures)
        if state is PinState.SUSPENDED:
            return _NO_OFFICE_HELPS
        told = self._advice(failures)
        return Text(f"{told.en} {_NOT_RENEWABLE.en}", f"{told.th} {_NOT_RENEWABLE.th}")

    def _advice(self, failures: int) -> Text:
        state = self.state(failures)
        if state is not PinState.READY or failures == 0:
            return state.advice
        left = self.tries_left(failures)
        return Text(
            f"Wrong PINs in a row: {failures}; tries left: {left}. The right PIN clears the count.",
            f"ใส่ PIN ผิดติดต่อกันแล้ว {failures} ครั้ง เหลือโอกาสอีก {left} ครั้ง หากใส่ PIN ถูก จำนวนครั้งที่ผิดจะกลับเป็นศูนย์",
        )

    def tries_left(self, failures: int) -> int:
        """How many wrong PINs lead to a new PIN from the office; 0 when suspended or locked."""
        return max(0, self.suspended_at - failures)

    def wrong_pin_word(self, failures: int, form: VerifyForm) -> int:
        """The status word for a wrong PIN, compared, that made ``failures``."""
        if self.state(failures) is PinState.LOCKED:
            return StatusWord.PIN_LOCKED
        return form.value.word(self.tries_left(failures))

    def refusal_word(self, failures: int, form: VerifyForm) -> int:
        """The status word that tells the state without costing a try (VERIFY without data, session closed)."""
        match self.state(failures):
            case PinState.READY:
                return self.wrong_pin_word(failures, form)
            case PinState.SUSPENDED:
                return StatusWord.PIN_SUSPENDED
            case PinState.LOCKED:
                return StatusWord.PIN_LOCKED


NATIONAL = PinPolicy(
    "national",
    suspended_at=3,
    locked_at=5,
    provenance=manual("forgotten PIN code, 2 and 3; that every VERIFY counts while suspended is assumed"),
)
NATIONAL_WRONG_ONLY = PinPolicy(
    "national-wrong-only",
    suspended_at=3,
    locked_at=5,
    suspended_counts="wrong",
    provenance=manual(
        "forgotten PIN code, read so that a right PIN while suspended is refused but not counted"
    ),
)
ISO_THREE_TRIES = PinPolicy(
    "iso-3",
    suspended_at=3,
    locked_at=None,
    suspended_counts="nothing",
    provenance=assumed("a plain ISO card: three tries, then an office unblocks it; never locked for good"),
)

POLICIES: dict[str, PinPolicy] = {
    policy.name: policy for policy in (NATIONAL, NATIONAL_WRONG_ONLY, ISO_THREE_TRIES)
}
