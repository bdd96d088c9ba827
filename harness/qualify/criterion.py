"""A criterion: one line of a reader qualification, declared apart from whatever runs it.

It says what is measured, in which unit, which values pass, on what that rests and what it needs; ``measure`` does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from apdu_specs.language import Text

if TYPE_CHECKING:
    from harness.qualify.subject import Subject

Value = float | int | str | bool | None


class Family(Enum):
    """What a criterion is about; the value is its Text."""

    IDENTITY = Text("identity and features", "ตัวตนและความสามารถ")
    PRESENCE = Text("presence of a card", "การตรวจพบบัตร")
    ATR = Text("answer to reset", "คำตอบต่อการรีเซ็ต (ATR)")
    PROTOCOLS = Text("protocols", "โพรโทคอล")
    TRANSFERS = Text("transfers", "การรับส่งข้อมูล")
    TIMING = Text("timing", "เวลา")
    BUFFERS = Text("buffers", "บัฟเฟอร์")
    SHARING = Text("sharing and transactions", "การใช้ร่วมกันและธุรกรรม")
    RESETS = Text("resets", "การรีเซ็ต")
    REMOVAL = Text("removal in use", "การถอดบัตรขณะใช้งาน")
    UNPLUG = Text("unplugging the reader", "การถอดเครื่องอ่าน")
    SOAK = Text("soak", "การทดสอบต่อเนื่อง")
    THAI_CARD = Text("Thai ID card", "บัตรประจำตัวประชาชน")
    PAPER = Text("paper evidence", "เอกสารหลักฐาน")


class Need(Enum):
    """What must be there for a criterion to apply; the value is its Text."""

    ANY_CARD = Text("a card in the reader", "บัตรในเครื่องอ่าน")
    THAI_CARD = Text("a Thai ID card", "บัตรประจำตัวประชาชน")
    VIRTUAL_CARD = Text("a virtual card", "บัตรเสมือน")
    ACTUATOR = Text("someone or something that inserts and removes the card", "ผู้หรืออุปกรณ์ที่เสียบและถอดบัตร")
    UNPLUG = Text("someone who unplugs the reader", "ผู้ที่ถอดสายเครื่องอ่าน")
    FAULT_CARD = Text("a test card (ECHO command)", "บัตรทดสอบ (คำสั่ง ECHO)")
    PIN_CONSENT = Text("the card's PIN and consent to use it", "รหัส PIN และความยินยอมให้ใช้")
    PAPER = Text("a physical reader and its papers", "เครื่องอ่านจริงและเอกสารประกอบ")


class Profile(Enum):
    """How much is done: at a desk, for the file, or over hours."""

    QUICK = "quick"
    FULL = "full"
    SOAK = "soak"


class BasisKind(Enum):
    """Where a criterion comes from."""

    MANUAL = "manual"
    PCSC = "pcsc"
    ISO = "iso"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Basis:
    """Why it is asked: ``source`` names the manual's line, the PC/SC part or the ISO clause."""

    kind: BasisKind
    source: str

    def __str__(self) -> str:
        return self.source if self.kind is not BasisKind.PROPOSED else f"proposed: {self.source}"


def manual(source: str) -> Basis:
    """The manual's line."""
    return Basis(BasisKind.MANUAL, f"manual, {source}")


def pcsc(source: str) -> Basis:
    """PC/SC, by its part or the behaviour of its Linux implementation."""
    return Basis(BasisKind.PCSC, f"PC/SC, {source}")


def iso(source: str) -> Basis:
    """An ISO/IEC clause."""
    return Basis(BasisKind.ISO, f"ISO/IEC {source}")


def proposed(source: str) -> Basis:
    """Our proposal, with what it leans on."""
    return Basis(BasisKind.PROPOSED, source)


@dataclass(frozen=True, slots=True)
class Limits:
    """Which values pass. Numbers: within ``lower``..``upper`` is not a fail, outside ``marginal_*`` of it is marginal.

    Words and truth values: one of ``equals`` passes, one of ``marginal_equals`` is marginal. Without any limit, what
    was measured is recorded and passes.
    """

    lower: float | None = None
    upper: float | None = None
    marginal_lower: float | None = None
    marginal_upper: float | None = None
    equals: tuple[Value, ...] = ()
    marginal_equals: tuple[Value, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Only the limits there are."""
        numbers = {
            name: getattr(self, name)
            for name in ("lower", "upper", "marginal_lower", "marginal_upper")
            if getattr(self, name) is not None
        }
        words = {
            name: list(getattr(self, name)) for name in ("equals", "marginal_equals") if getattr(self, name)
        }
        return {**numbers, **words}

    def __str__(self) -> str:
        parts = [f">= {self.lower:g}"] if self.lower is not None else []
        parts += [f"<= {self.upper:g}"] if self.upper is not None else []
        parts += [" or ".join(_shown(each) for each in self.equals)] if self.equals else []
        if self.marginal_lower is not None:
            parts.append(f"marginal < {self.marginal_lower:g}")
        if self.marginal_upper is not None:
            parts.append(f"marginal > {self.marginal_upper:g}")
        if self.marginal_equals:
            parts.append("marginal: " + " or ".join(_shown(each) for each in self.marginal_equals))
        return ", ".join(parts) or "recorded"


def _shown(value: Value) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


RECORDED = Limits()
NONE = Limits(upper=0)
YES = Limits(equals=(True,))


@dataclass(frozen=True, slots=True)
class Measurement:
    """What was measured. ``samples`` are raw numbers in the criterion's unit, ``series`` name -> (seconds, number) pairs,
    ``reason`` says more where the value does not speak for itself."""

    value: Value
    reason: Text | None = None
    samples: Sequence[float] = ()
    series: Mapping[str, Sequence[tuple[float, float]]] = field(default_factory=dict)
    attachments: Sequence[str] = ()


class NotMeasured(Exception):
    """A measure ends without a value; ``reason`` says why."""

    def __init__(self, reason: Text) -> None:
        super().__init__(reason.en)
        self.reason = reason


class CannotMeasure(NotMeasured):
    """It should have been measured and could not be: incomplete."""


class DoesNotApply(NotMeasured):
    """The reader, card or set-up turns out to have nothing to measure here: not applicable."""


Measure = Callable[["Subject"], Measurement]


@dataclass(frozen=True, eq=False, repr=False)
class Criterion:
    """One criterion. ``id`` is stable; ``unit`` is empty for words and truth values."""

    id: str
    family: Family
    title: Text
    unit: str
    limits: Limits
    basis: Basis
    needs: frozenset[Need]
    profiles: frozenset[Profile]
    measure: Measure

    def __repr__(self) -> str:
        return f"<Criterion {self.id}>"

    def to_json(self) -> dict[str, Any]:
        """The declaration, for scripts."""
        return {
            "id": self.id,
            "family": self.family.name.lower().replace("_", " "),
            "title": {"en": self.title.en, "th": self.title.th},
            "unit": self.unit,
            "limits": self.limits.to_json(),
            "basis": {"kind": self.basis.kind.value, "source": self.basis.source},
            "needs": sorted(need.name.lower().replace("_", " ") for need in self.needs),
            "profiles": [each.value for each in Profile if each in self.profiles],
        }


QUICK_AND_FULL = frozenset({Profile.QUICK, Profile.FULL})
FULL_ONLY = frozenset({Profile.FULL})
SOAK_ONLY = frozenset({Profile.SOAK})
EVERY = frozenset(Profile)
CARD_MOVED = (Need.ANY_CARD, Need.ACTUATOR)
"""What it takes to put the card in and take it out."""


class Declarations:
    """The criteria of one family, in the order of their declaration."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self.criteria: list[Criterion] = []

    def __call__(
        self,
        identifier: str,
        en: str,
        th: str,
        *,
        basis: Basis,
        limits: Limits = YES,
        unit: str = "",
        needs: tuple[Need, ...] = (Need.ANY_CARD,),
        profiles: frozenset[Profile] = QUICK_AND_FULL,
    ) -> Callable[[Measure], Measure]:
        """Declare the decorated function's criterion."""

        def declare(measure: Measure) -> Measure:
            self.criteria.append(
                Criterion(
                    identifier,
                    self.family,
                    Text(en, th),
                    unit,
                    limits,
                    basis,
                    frozenset(needs),
                    profiles,
                    measure,
                )
            )
            return measure

        return declare
