"""Records as a campaign writes them, made up: 45 criteria over all families, with values, samples and series.

The criteria are declared here: what a page shows must not depend on which criteria a campaign has today.
"""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from apdu_specs.language import Text
from harness.qualify.criterion import Basis, BasisKind, Criterion, Family, Limits, Measurement
from harness.qualify.subject import Subject
from harness.qualify.verdict import verdict_of

BASIS = Basis(BasisKind.PCSC, "PC/SC, part 3")
UP_TO_1000 = Limits(upper=1000, marginal_upper=900)
MEASURED = [
    ("PR-3", Family.PRESENCE, "insertion to event", "เสียบบัตรจนได้รับเหตุการณ์", "ms", UP_TO_1000),
    ("PR-4", Family.PRESENCE, "removal to event", "ถอดบัตรจนได้รับเหตุการณ์", "ms", UP_TO_1000),
    ("PR-5", Family.PRESENCE, "lost events", "เหตุการณ์ที่หาย", "events", Limits(upper=0)),
    ("LT-1", Family.TIMING, "shortest command", "คำสั่งที่สั้นที่สุด", "ms", UP_TO_1000),
    ("LT-2", Family.TIMING, "reading 256 bytes", "อ่าน 256 ไบต์", "ms", UP_TO_1000),
    ("LT-3", Family.TIMING, "power-up", "จ่ายไฟให้บัตร", "ms", UP_TO_1000),
    ("PT-5", Family.TIMING, "rate of the photo", "อัตราการอ่านรูปถ่าย", "bytes/s", Limits(lower=960)),
    ("SK-5", Family.SOAK, "drift of latency", "เวลาตอบสนองที่เปลี่ยนไป", "%", Limits(upper=20)),
    ("SH-9", Family.SHARING, "who waits", "ใครต้องรอ", "", Limits(equals=("waits", "busy"))),
]


def _never(_subject: Subject) -> Measurement:
    raise NotImplementedError


def _criterion(name: str, family: Family, en: str, th: str, unit: str, limits: Limits) -> Criterion:
    return Criterion(name, family, Text(en, th), unit, limits, BASIS, frozenset(), frozenset(), _never)


def _criteria() -> dict[str, Criterion]:
    yes = Limits(equals=(True,))
    plain = [
        (
            f"{family.name[:3]}{place}",
            family,
            f"{family.value.en}, case {place}",
            f"{family.value.th} ข้อ {place}",
            "",
            yes,
        )
        for family in Family
        for place in range(3)
    ]
    chosen = [*MEASURED, *plain][:45]
    return {each[0]: _criterion(*each) for each in chosen}


CRITERIA = _criteria()
TIMES = {"ms": 1.0, "s": 0.001, "µs": 1000.0, "us": 1000.0}


def digest_of(record: Mapping[str, Any]) -> str:
    """The record's digest, worked out here on its own."""
    raw = {name: value for name, value in record.items() if name not in ("digest", "signature")}
    canonical = json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def sealed(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record with the digest that it should have."""
    return {**record, "digest": digest_of(record)}


def written(record: Mapping[str, Any], path: Path) -> Path:
    """The record in a file."""
    path.write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    return path


def record(seed: int = 1, *, slower: float = 1.0, **changed: Any) -> dict[str, Any]:
    """A sealed record; its samples are random, ``slower`` stretches every time in them."""
    chance = random.Random(seed)
    whole = {
        "format": 1,
        "tool": {"name": "thnid", "version": "0.1.0"},
        "reader": {
            "name": "ACS ACR39U ICC Reader 00 00",
            "serial": "RR123-004567",
            "firmware": "1.08",
            "driver": "libccid 1.5.2",
            "attributes": {},
        },
        "host": {"os": "Debian GNU/Linux 12", "kernel": "6.1.0-28-amd64", "pcsc": "pcsclite 1.9.9"},
        "card": {"atr": "3B791800005448204E4944203132", "generation": "current", "virtual": False},
        "operator": "สมศรี ใจดี",
        "started": "2026-11-20T02:00:00+00:00",
        "ended": "2026-11-20T02:02:41+00:00",
        "profile": "full",
        "results": [result(criterion, chance, slower) for criterion in CRITERIA.values()],
        "verdict": "pass",
        "signature": None,
    }
    return sealed({**whole, **changed})


FEW = ("LT-1", "PR-3", "PT-5", "SK-5", "SH-9")


def short(seed: int = 1, *, slower: float = 1.0, **changed: Any) -> dict[str, Any]:
    """A sealed record of ``FEW`` criteria: one for each kind of plot, and one without."""
    whole = record(seed, slower=slower, **changed)
    return sealed({**whole, "results": [each for each in whole["results"] if each["criterion"] in FEW]})


def result(criterion: Criterion, chance: random.Random, slower: float = 1.0) -> dict[str, Any]:
    """One passed criterion."""
    samples = _samples(criterion, chance, slower)
    series = {}
    if criterion.family is Family.SOAK:
        series = {"latency": [[t / 10, chance.lognormvariate(-0.7, 0.2)] for t in range(600)]}
    value = _value(criterion, samples)
    return {
        "criterion": criterion.id,
        "verdict": verdict_of(value, criterion.limits).value,
        "value": value,
        "unit": criterion.unit,
        "limits": criterion.limits.to_json(),
        "reason": None,
        "samples": samples,
        "series": series,
        "ms": 120.5,
        "attachments": [],
    }


def _samples(criterion: Criterion, chance: random.Random, slower: float) -> list[float]:
    if criterion.unit.lower().endswith("/s"):
        return [chance.gauss(9800, 120) / slower for _ in range(12)]
    if criterion.unit not in TIMES:
        return []
    count, middle = (60, 180.0) if criterion.family is Family.PRESENCE else (400, 30.0)
    return [middle * slower * TIMES[criterion.unit] * chance.lognormvariate(0, 0.25) for _ in range(count)]


def _value(criterion: Criterion, samples: list[float]) -> Any:
    if criterion.limits.equals:
        return criterion.limits.equals[0]
    if samples:
        return sorted(samples)[len(samples) * 95 // 100]
    if criterion.limits.lower is not None:
        return criterion.limits.lower
    return 0 if criterion.unit else "as found"
