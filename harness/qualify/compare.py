"""Several records side by side, and which of their differences are more than noise.

Every reader after the first is compared with the first, criterion by criterion. What is exact (a count, a length, a word)
is compared as it was measured: any other value is told. What has noise is compared by the difference of the medians of the
samples. Its confidence interval is a percentile bootstrap (SciPy). Where many comparisons are made some look like a
difference by chance, so the intervals are widened until the chance of even one false "difference" on the whole page is at
most ``FALSE_ALARM`` (Bonferroni). Samples taken one after the other resemble each other (a busy second slows them all), so
runs are cut into blocks of at least ``BURST_S``, and blocks are what is drawn. Of a run with too few blocks nothing is
certain; the same holds of a single figure, such as a p95 or p99. Only a large difference of theirs is told, and as not certain.

What no statistics can see: a record is one run on one host. Differences between hosts count as differences of readers.
Needs the extra ``qualify``.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from enum import Enum
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import bootstrap

from apdu_specs.language import Language, Text
from harness.qualify import thai
from harness.qualify.report import view
from harness.qualify.report.view import Row
from harness.qualify.report.words import SECONDS, VERDICTS, number
from harness.qualify.samples import percentile, rank

FALSE_ALARM = 0.05
SMALLEST = 0.1
"""A difference below this part of the first reader's median is not called one, however certain it is."""
SMALLEST_SECONDS = 0.0005
"""Nor is a time below this: from run to run, a host's own scheduling moves medians by as much, whatever the reader."""
BURST_S = 1.0
"""What was measured within as much is one observation: whatever else the host did then, it did to all of it."""
LARGE = 0.5
"""From this part of the first reader's median on a difference is worth telling though it is not certain."""
SEED = 1
_LANGUAGES: tuple[Language, ...] = ("en", "th")
_LEVEL = 0.95
_FEWEST = 8  # with fewer blocks no arrangement of them is rare enough after the widening
_BLOCKS = 25
_RESAMPLES = 9999
_MOST_RESAMPLES = 50_000
_IN_A_TAIL = 10


class Finding(Enum):
    """What a comparison says; the value is for scripts. ``OTHER_VALUE`` is said of what is exact, the rest of what has noise."""

    DIFFERENCE = "difference"
    TOO_SMALL = "too small to matter"
    NOT_CERTAIN = "large, not certain"
    WITHIN_NOISE = "within noise"
    TOO_FEW = "too few samples"
    OTHER_VALUE = "another value"
    OTHER_UNIT = "other unit"

    @property
    def text(self) -> Text:
        """For people."""
        return _FINDINGS[self]


_FINDINGS = {
    Finding.DIFFERENCE: Text("difference", "ต่างกัน"),
    Finding.TOO_SMALL: Text("too small to matter", "ต่างกันน้อยจนไม่มีผล"),
    Finding.NOT_CERTAIN: Text("large, not certain: measure more", "ต่างกันมากแต่ยังไม่แน่ชัด ควรวัดเพิ่ม"),
    Finding.WITHIN_NOISE: Text("within noise", "ไม่ต่างเกินความแปรปรวน"),
    Finding.TOO_FEW: Text("too few samples", "ตัวอย่างน้อยเกินไป"),
    Finding.OTHER_VALUE: Text("another value", "ค่าที่วัดได้ไม่เท่ากัน"),
    Finding.OTHER_UNIT: Text("other unit", "หน่วยต่างกัน"),
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A median in the criterion's unit, with its 95 % confidence interval; of too few, with the smallest and the largest."""

    median: float
    low: float
    high: float
    samples: int


@dataclass(frozen=True, slots=True)
class Contrast:
    """Another reader's median less the first one's, with the widened interval; no numbers where none can be given."""

    finding: Finding
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    relative: float | None = None


@dataclass(frozen=True, slots=True)
class Cell:
    """One reader in one criterion. ``row`` is None where the record does not have it; ``contrast`` for the first reader."""

    row: Row | None
    estimate: Estimate | None
    contrast: Contrast | None

    @property
    def median(self) -> Text | None:
        """``0.61 [0.59, 0.63] ms, n = 400``; None where there are no samples."""
        if self.estimate is None or self.row is None:
            return None
        middle, low, high, count = map(number, astuple(self.estimate))
        unit = thai.unit(self.row.sample_unit)
        return Text(*(f"{middle} [{low}, {high}] {each}, n = {count}" for each in (unit.en, unit.th)))

    @property
    def change(self) -> Text:
        """``+12.0 % [+0.05, +0.09] ms``; ``+12.0 %`` without an interval; what too few samples lack; else empty."""
        contrast = self.contrast
        if contrast is None or self.row is None:
            return Text("", "")
        if contrast.finding is Finding.TOO_FEW:
            lasting = _FEWEST * BURST_S
            return Text(
                f"at least {_FEWEST} of each, over {lasting:g} s or more, are compared",
                f"ต้องมีอย่างน้อยฝ่ายละ {_FEWEST} ตัวอย่าง และวัดนานรวม {lasting:g} วินาทีขึ้นไป",
            )
        part = "" if contrast.relative is None else f"{contrast.relative * 100:+.1f} %"
        part = part.replace("-", "\N{MINUS SIGN}")
        if contrast.low is None or contrast.high is None:
            return Text(part, part)
        shown = f"{part} [{_signed(contrast.low)}, {_signed(contrast.high)}]".lstrip()
        unit = thai.unit(self.row.sample_unit)
        return Text(f"{shown} {unit.en}", f"{shown} {unit.th}")

    @property
    def summary(self) -> Text:
        """All of it on one line: verdict, value as measured, median of the samples, finding."""
        if self.row is None:
            return Text("not measured", "ไม่ได้วัด")
        verdict, value, unit = VERDICTS[self.row.verdict], self.row.value, self.row.unit
        median = Text("median", "มัธยฐาน")
        finding = Text("", "") if self.contrast is None else self.contrast.finding.text
        english, thai = (
            [
                verdict.say(language),
                f"{value.say(language)} {unit.say(language)}".rstrip(),
                f"{median.say(language)} {self.median.say(language)}" if self.median else "",
                finding.say(language),
                self.change.say(language),
            ]
            for language in _LANGUAGES
        )
        return Text(*(", ".join(filter(None, parts)) for parts in (english, thai)))


def _signed(value: float) -> str:
    return f"+{number(value)}" if value > 0 else number(value)


def letter(place: int) -> str:
    """A column's short name: A, B, C, ..."""
    return chr(ord("A") + place) if place < 26 else f"#{place + 1}"


@dataclass(frozen=True, slots=True)
class Line:
    """One criterion over all readers."""

    criterion: str
    title: Text
    cells: tuple[Cell, ...]

    @property
    def verdicts(self) -> tuple[str | None, ...]:
        """Per reader; None where it was not measured."""
        return tuple(None if cell.row is None else cell.row.verdict for cell in self.cells)

    @property
    def verdict_changes(self) -> bool:
        """Whether not all readers have the same verdict."""
        return len(set(self.verdicts)) > 1

    @property
    def differs(self) -> bool:
        """Whether any reader's samples differ from the first one's."""
        return self.has(Finding.DIFFERENCE)

    def has(self, finding: Finding) -> bool:
        """Whether that is said of any reader's samples."""
        return any(cell.contrast is not None and cell.contrast.finding is finding for cell in self.cells)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The whole: ``comparisons`` intervals, each at ``level``, drawn ``resamples`` times from ``seed``."""

    records: tuple[Mapping[str, Any], ...]
    lines: tuple[Line, ...]
    comparisons: int
    level: float
    resamples: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "models": [_model(record) for record in self.records],
            "method": {
                "statistic": "difference of medians",
                "interval": "percentile bootstrap, Bonferroni",
                "false_alarm": FALSE_ALARM,
                "comparisons": self.comparisons,
                "level": self.level,
                "resamples": self.resamples,
                "burst_seconds": BURST_S,
                "smallest": SMALLEST,
                "smallest_seconds": SMALLEST_SECONDS,
                "large": LARGE,
                "seed": self.seed,
            },
            "criteria": [_line_json(line) for line in self.lines],
            "verdict_changes": [line.criterion for line in self.lines if line.verdict_changes],
            "other_values": [line.criterion for line in self.lines if line.has(Finding.OTHER_VALUE)],
            "differences": [line.criterion for line in self.lines if line.differs],
            "not_certain": [line.criterion for line in self.lines if line.has(Finding.NOT_CERTAIN)],
        }


def compare(records: Sequence[Mapping[str, Any]], seed: int = SEED) -> Comparison:
    """Compare verified records (see ``report.loading``), at least one, with the first of them."""
    tables = [{row.criterion: row for row in view.rows(record)} for record in records]
    order = list(dict.fromkeys(name for table in tables for name in table))
    pairs = [
        (name, place)
        for name in order
        for place in range(1, len(tables))
        if _drawn(tables[0].get(name), tables[place].get(name))
    ]
    tail = FALSE_ALARM / max(1, len(pairs)) / 2
    resamples = min(_MOST_RESAMPLES, max(_RESAMPLES, ceil(_IN_A_TAIL / tail)))
    draw = _Draw(level=1 - 2 * tail, resamples=resamples, seed=seed)
    lines = tuple(_line(name, [table.get(name) for table in tables], draw) for name in order)
    return Comparison(tuple(records), lines, len(pairs), draw.level, resamples, seed)


@dataclass(frozen=True, slots=True)
class _Draw:
    level: float
    resamples: int
    seed: int

    def generator(self, criterion: str) -> np.random.Generator:
        """Its own for each criterion: adding one to a record does not change the others' numbers."""
        return np.random.default_rng([self.seed, zlib.crc32(criterion.encode())])


def _drawn(first: Row | None, other: Row | None) -> bool:
    """Whether an interval of their difference can be drawn."""
    return (
        first is not None
        and other is not None
        and first.sample_unit == other.sample_unit
        and _has_noise(first, other)
        and min(len(_blocks(first)), len(_blocks(other))) >= _FEWEST
    )


def _has_noise(*rows: Row) -> bool:
    """Whether measuring again gives other values: of times and rates. Counts, lengths and words are exact."""
    return all(isinstance(row.measured, float) for row in rows)


def _line(name: str, rows: Sequence[Row | None], draw: _Draw) -> Line:
    title = next(row.title for row in rows if row is not None)
    return Line(
        name,
        title,
        tuple(
            Cell(row, _estimate(row, draw), None if place == 0 else _contrast(rows[0], row, draw))
            for place, row in enumerate(rows)
        ),
    )


def _estimate(row: Row | None, draw: _Draw) -> Estimate | None:
    if row is None or not row.samples or not _has_noise(row):
        return None
    median = percentile(row.samples, 0.5)
    blocks = _blocks(row)
    if len(blocks) < _FEWEST:
        return Estimate(median, min(row.samples), max(row.samples), len(row.samples))
    drawn = bootstrap(
        (blocks,),
        _median,
        n_resamples=_RESAMPLES,
        confidence_level=_LEVEL,
        method="percentile",
        rng=draw.generator(row.criterion),
    ).confidence_interval
    return Estimate(median, float(drawn.low), float(drawn.high), len(row.samples))


def _contrast(first: Row | None, other: Row | None, draw: _Draw) -> Contrast | None:
    if first is None or other is None or first.measured is None or other.measured is None:
        return None
    if first.sample_unit != other.sample_unit:
        return Contrast(Finding.OTHER_UNIT)
    if not _has_noise(first, other):
        return _of_values(first.measured, other.measured)
    before, after = _middle(first), _middle(other)
    floor = SMALLEST_SECONDS / SECONDS[first.sample_unit] if first.sample_unit in SECONDS else 0.0
    if not _drawn(first, other):
        large = _large(before, after, floor) or _large(first.measured, other.measured, floor)
        return large or (Contrast(Finding.TOO_FEW) if first.samples and other.samples else None)
    drawn = bootstrap(
        (_blocks(other), _blocks(first)),
        _difference,
        n_resamples=draw.resamples,
        confidence_level=draw.level,
        method="percentile",
        rng=draw.generator(first.criterion),
    ).confidence_interval
    low, high = float(drawn.low), float(drawn.high)
    difference = after - before
    finding = _finding(abs(difference), abs(before), floor, certain=low > 0 or high < 0)
    contrast = Contrast(finding, difference, low, high, _relative(before, after))
    if finding in (Finding.DIFFERENCE, Finding.NOT_CERTAIN):
        return contrast
    # A p95 may differ where the median does not.
    return _large(first.measured, other.measured, floor) or contrast


def _large(before: float, after: float, floor: float) -> Contrast | None:
    """What is told of a difference without an interval; None where it is not large."""
    finding = _finding(abs(after - before), abs(before), floor, certain=False)
    if finding is not Finding.NOT_CERTAIN:
        return None
    return Contrast(finding, after - before, relative=_relative(before, after))


def _relative(before: float, after: float) -> float | None:
    return (after - before) / before if before else None


def _of_values(before: Any, after: Any) -> Contrast | None:
    """Of what is exact; None where it is the same."""
    if before == after:
        return None
    if any(isinstance(each, str | bool) for each in (before, after)):
        return Contrast(Finding.OTHER_VALUE)
    return Contrast(Finding.OTHER_VALUE, after - before, relative=_relative(before, after))


def _middle(row: Row) -> float:
    """The median of the samples; the figure itself where there are none."""
    return percentile(row.samples, 0.5) if row.samples else float(row.measured)


def _finding(difference: float, before: float, floor: float, *, certain: bool) -> Finding:
    """``floor``: the smallest difference that may matter, in the criterion's unit."""
    if certain:
        matters = difference >= max(floor, SMALLEST * before)
        return Finding.DIFFERENCE if matters else Finding.TOO_SMALL
    large = difference > 0 and difference >= max(floor, LARGE * before)
    return Finding.NOT_CERTAIN if large else Finding.WITHIN_NOISE


def _difference(other: NDArray[np.float64], first: NDArray[np.float64], axis: int = -1) -> Any:
    return _median(other, axis) - _median(first, axis)


def _median(samples: NDArray[np.float64], axis: int = -1) -> Any:
    """``percentile(samples, 0.5)`` of many at once."""
    middle = rank(samples.shape[axis], 0.5)
    return np.take(np.partition(samples, middle, axis=axis), middle, axis=axis)


def _blocks(row: Row) -> NDArray[np.float64]:
    """The medians of consecutive blocks of the samples; the samples themselves where each takes long enough."""
    samples = np.asarray(row.samples)
    count = _BLOCKS if len(samples) >= 10 * _BLOCKS else len(samples)
    seconds = _seconds(row)
    if seconds is not None:
        count = max(1, int(min(count, seconds / BURST_S)))
    size = ceil(len(samples) / max(1, count))
    size += 1 - size % 2  # a median of an odd number is as often above the reader's own as below it
    whole = samples[: len(samples) // size * size].reshape(-1, size)
    return np.asarray(_median(whole)) if len(whole) else whole.ravel()


def _seconds(row: Row) -> float | None:
    """How long was measured; None where neither a timeline of the samples nor their unit says so."""
    times = next((s for s in row.series.values() if len(s) == len(row.samples) > 1), None)
    if times is not None:
        first, last = times[0][0], times[-1][0]  # the moments at which samples began
        return (last - first) * len(times) / (len(times) - 1)
    return sum(row.samples) * SECONDS[row.sample_unit] if row.sample_unit in SECONDS else None


# ------------------------------------------------------------------ for scripts


def _model(record: Mapping[str, Any]) -> dict[str, Any]:
    reader = record.get("reader") or {}
    return {
        "name": reader.get("name"),
        "serial": reader.get("serial"),
        "firmware": reader.get("firmware"),
        "driver": reader.get("driver"),
        "verdict": record["verdict"],
        "digest": record.get("digest"),
    }


def _line_json(line: Line) -> dict[str, Any]:
    return {
        "criterion": line.criterion,
        "verdicts": list(line.verdicts),
        "verdict_changes": line.verdict_changes,
        "unit": next((cell.row.sample_unit for cell in line.cells if cell.row), ""),
        "values": [None if cell.row is None else cell.row.value.en for cell in line.cells],
        "medians": [_numbers(cell.estimate) for cell in line.cells],
        "contrasts": [_contrast_json(cell.contrast) for cell in line.cells[1:]],
    }


def _numbers(estimate: Estimate | None) -> dict[str, Any] | None:
    if estimate is None:
        return None
    return {
        "median": estimate.median,
        "low": estimate.low,
        "high": estimate.high,
        "samples": estimate.samples,
    }


def _contrast_json(contrast: Contrast | None) -> dict[str, Any] | None:
    if contrast is None:
        return None
    return {
        "finding": contrast.finding.value,
        "difference": contrast.difference,
        "low": contrast.low,
        "high": contrast.high,
        "relative": contrast.relative,
    }
