"""Paper evidence: what no program can measure is shown by the operator, with a file where there is one."""

from __future__ import annotations

import platform
from pathlib import Path

from apdu_specs.language import Text
from harness.qualify.criterion import (
    FULL_ONLY,
    CannotMeasure,
    Declarations,
    Family,
    Limits,
    Measurement,
    Need,
    manual,
)
from harness.qualify.subject import Subject

declare = Declarations(Family.PAPER)
_NO = frozenset({"no", "none", "-", "ไม่มี"})
_TOLD = Limits(equals=("shown",))


def _evidence(subject: Subject, name: str, question: Text) -> Measurement:
    """From ``--evidence NAME=FILE-OR-WORDS``, else from the operator; CannotMeasure without either."""
    given = subject.evidence.get(name) or subject.operator.answer(question)
    if not given:
        raise CannotMeasure(
            Text(
                f"Nobody showed it; --evidence {name}=FILE does.",
                f"ยังไม่มีผู้แสดงหลักฐาน ใช้ --evidence {name}=แฟ้ม",
            )
        )
    if given.strip().lower() in _NO:
        return Measurement("none")
    attachments = [given] if Path(given).is_file() else []
    return Measurement("shown", Text(given, given), attachments=attachments)


@declare(
    "PA-1",
    "FCC or UL mark",
    "เครื่องหมาย FCC หรือ UL",
    limits=_TOLD,
    basis=manual("section 3.1: FCC or UL at least"),
    needs=(Need.PAPER,),
    profiles=FULL_ONLY,
)
def mark(subject: Subject) -> Measurement:
    """A photo of the label, or the number of the certificate."""
    question = Text(
        "FCC or UL mark (file of a photo, or number; 'no' if there is none)",
        "เครื่องหมาย FCC หรือ UL (แฟ้มภาพถ่ายหรือหมายเลข ถ้าไม่มีให้ตอบ 'ไม่มี')",
    )
    return _evidence(subject, "mark", question)


@declare(
    "PA-2",
    "Driver and its version",
    "ไดรเวอร์และรุ่น",
    limits=_TOLD,
    basis=manual("section 3.2: the driver of the reader"),
    needs=(Need.PAPER,),
    profiles=FULL_ONLY,
)
def driver(subject: Subject) -> Measurement:
    """What the operator installed."""
    return _evidence(subject, "driver", Text("Driver and version", "ชื่อไดรเวอร์และรุ่น"))


@declare(
    "PA-3",
    "Model and serial number on the label",
    "รุ่นและหมายเลขเครื่องบนฉลาก",
    limits=_TOLD,
    basis=manual("section 3.3: the readers of the distributor"),
    needs=(Need.PAPER,),
    profiles=FULL_ONLY,
)
def label(subject: Subject) -> Measurement:
    """A photo of the label, or its words."""
    return _evidence(subject, "label", Text("Model and serial number", "รุ่นและหมายเลขเครื่อง"))


@declare(
    "PA-4",
    "Operating system of the computer",
    "ระบบปฏิบัติการของคอมพิวเตอร์",
    limits=Limits(),
    basis=manual("section 3.4: the computer"),
    needs=(),
)
def system(subject: Subject) -> Measurement:
    """As the computer tells it; recorded."""
    del subject
    return Measurement(f"{platform.system()} {platform.release()}")
