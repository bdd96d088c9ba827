"""The page's plots, as inline SVG. What stands in them is numbers, units and ids: the same in every language.

Needs matplotlib (extra ``qualify``).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullFormatter

from apdu_specs import atr
from apdu_specs.errors import SpecError
from apdu_specs.language import Text
from harness.qualify import thai as thai_words
from harness.qualify.criterion import Family
from harness.qualify.report.safe_text import harmless
from harness.qualify.report.svg import inline_svg
from harness.qualify.report.view import Row
from harness.qualify.report.words import SECONDS, number
from harness.qualify.samples import percentile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

INK, MUTED, GRID = "#1b2733", "#5b6b7a", "#dfe5ea"
BLUE, PALE, ORANGE = "#1f5fa8", "#c3d7ee", "#b3470c"
_SIZE_INCHES = (4.7, 2.25)
# Left, bottom, width, height in parts of the figure. A layout engine draws everything twice, which takes as long again.
_PLACE = (0.13, 0.18, 0.85, 0.72)
_ENOUGH_FOR_A_DISTRIBUTION = 20
_ENOUGH_FOR_A_LINE = 30
_MOST_OF_A_KIND = 4
_WIDE = 8  # a ratio of largest to smallest from which on a logarithmic axis shows more
_TIMELINE_BINS = 240
_SHORTEST_TREND_S = 20.0
"""A straight line through less tells of the first moments, not of a drift."""
_ETU_PER_BYTE = 12  # ISO/IEC 7816-3 7.2: start bit, 8 bits, parity, guard time of 2
_STYLE: dict[Any, Any] = {
    "font.size": 9,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "text.color": INK,
    "text.parse_math": False,  # a name may hold a dollar sign
    "xtick.color": MUTED,
    "ytick.color": MUTED,
}


@dataclass(frozen=True, slots=True)
class Plot:
    """One figure: an ``<svg>`` element, and in words what it shows with its numbers."""

    svg: str
    title: Text
    caption: Text


def plots(rows: Sequence[Row], card_atr: str | None) -> list[Plot]:
    """Every plot that the record has samples for, in the order of the page."""
    return [
        *_latencies(rows),
        *_throughputs(rows, allowed_rate(card_atr)),
        *_presence(rows),
        *_timelines(rows),
    ]


def allowed_rate(card_atr: str | None) -> float | None:
    """Bytes a second that TA1 of the ATR (hexadecimal) allows in T=0 at the usual clock; None without a usable ATR."""
    try:
        return atr.parse(bytes.fromhex(card_atr or "")).baud / _ETU_PER_BYTE
    except (SpecError, ValueError):
        return None


# ------------------------------------------------------------------ distributions


def _latencies(rows: Sequence[Row]) -> Iterator[Plot]:
    chosen = [
        row
        for row in rows
        if row.family not in (Family.PRESENCE, Family.SOAK)
        and row.sample_unit in SECONDS
        and len(row.samples) >= _ENOUGH_FOR_A_DISTRIBUTION
    ]
    # Timing first: it is what the family is for; then whoever has most to tell.
    chosen.sort(key=lambda row: (row.family is not Family.TIMING, -len(row.samples)))
    for row in chosen[:_MOST_OF_A_KIND]:
        yield _histogram(row)


def _histogram(row: Row) -> Plot:
    samples = np.asarray(row.samples)
    marks = {f"p{each}": percentile(row.samples, each / 100) for each in (50, 95, 99)}
    low, high = float(samples.min()), float(samples.max())
    logarithmic = low > 0 and high / low > _WIDE
    bins: Any = min(60, max(12, int(len(samples) ** 0.5) * 2))
    if logarithmic:
        bins = np.geomspace(low, high, bins + 1)
    heights, edges = np.histogram(samples, bins)
    with _figure() as figure:
        axes = figure.add_axes(_PLACE)
        axes.stairs(heights, edges, fill=True, color=PALE, edgecolor=BLUE, linewidth=0.8)
        if logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_minor_formatter(NullFormatter())
        top = float(heights.max())
        for place, (name, at) in enumerate(marks.items()):
            height = top * (1.30 - 0.13 * place)  # one under the other: they are often close
            axes.plot([at, at], [0, height], color=ORANGE, linewidth=1.1)
            _mark(axes, f"{name} {number(at)}", (at, height))
        axes.set_ylim(0, top * 1.38)
        _label(axes, row.sample_unit, "n")
        svg = inline_svg(figure, f"p-{_slug(row.criterion)}")
    shown = " · ".join(f"{name} {number(at)}" for name, at in {**marks, "max": high}.items())
    numbers = f"{shown} {row.sample_unit}, n = {number(len(samples))}"
    scale = Text(" Logarithmic axis.", " แกนลอการิทึม") if logarithmic else Text("", "")
    return Plot(
        svg,
        _titled(row, Text("distribution", "การกระจาย")),
        Text(f"{numbers}.{scale.en}", f"{numbers}{scale.th}"),
    )


def _mark(axes: Axes, text: str, at: tuple[float, float]) -> None:
    axes.annotate(text, at, (3, 0), textcoords="offset points", va="center", color=ORANGE)


# ------------------------------------------------------------------ throughput


def _throughputs(rows: Sequence[Row], allowed: float | None) -> Iterator[Plot]:
    chosen = [row for row in rows if row.sample_unit.endswith("/s") and row.samples]
    for row in chosen[:_MOST_OF_A_KIND]:
        yield _throughput(row, allowed)


def _throughput(row: Row, allowed: float | None) -> Plot:
    samples = np.asarray(row.samples)
    kilo = 1000.0 if row.sample_unit.lower().startswith(("kb", "kib")) else 1.0
    allowed = allowed / kilo if allowed and "b" in row.sample_unit.lower() else None
    lines = [("TA1", allowed, ORANGE, "--"), ("≥", row.lower, MUTED, ":")]
    with _figure() as figure:
        axes = figure.add_axes(_PLACE)
        runs = np.arange(1, len(samples) + 1)
        axes.plot(runs, samples, "o", color=BLUE, markersize=3.5, markeredgewidth=0)
        for name, at, colour, dashes in lines:
            if at is not None:
                axes.axhline(at, color=colour, linestyle=dashes, linewidth=1.2)
                axes.text(
                    1.0,
                    at,
                    f"{name} {number(at)}",
                    color=colour,
                    va="bottom",
                    ha="right",
                    transform=_x_of(axes),
                )
        values = [*samples.tolist(), *(at for _, at, _, _ in lines if at)]
        if min(values) > 0 and max(values) / min(values) > _WIDE:
            axes.set_yscale("log")
            axes.yaxis.set_minor_formatter(NullFormatter())
        else:
            axes.set_ylim(0, max(values) * 1.18)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        _label(axes, "#", row.sample_unit, grid="y")
        svg = inline_svg(figure, f"t-{_slug(row.criterion)}")
    median = percentile(row.samples, 0.5)
    english = (
        f"Each point is one transfer; median {number(median)} {row.sample_unit}, n = {number(len(samples))}."
    )
    unit = thai_words.unit(row.sample_unit).th
    thai = f"แต่ละจุดคือการอ่านหนึ่งครั้ง มัธยฐาน {number(median)} {unit}, n = {number(len(samples))}"
    if allowed:
        times = median / allowed
        share = f"{times:.0%}" if times < 2 else f"{number(times)}\N{MULTIPLICATION SIGN}"
        english += (
            f" Dashed: {number(allowed)} {row.sample_unit}, which the card's TA1 allows at a clock of 3.58 MHz; "
            f"the median is {share} of it."
        )
        thai += f" เส้นประคืออัตรา {number(allowed)} {unit} ที่ TA1 ของบัตรยอมให้ที่สัญญาณนาฬิกา 3.58 MHz มัธยฐานเท่ากับ {share} ของอัตรานี้"
    return Plot(svg, _titled(row, Text("throughput", "อัตรารับส่งข้อมูล")), Text(english, thai))


# ------------------------------------------------------------------ presence


def _presence(rows: Sequence[Row]) -> Iterator[Plot]:
    chosen = [
        row for row in rows if row.family is Family.PRESENCE and row.sample_unit in SECONDS and row.samples
    ]
    if not chosen:
        return
    with _figure() as figure:
        axes = figure.add_axes(_PLACE)
        for place, row in enumerate(chosen):
            _strip_of(axes, row, place)
        axes.set_yticks(range(len(chosen)), [harmless(row.criterion)[:9] for row in chosen])
        axes.set_ylim(len(chosen) - 0.4, -0.6)
        axes.set_xlim(left=0)
        _label(axes, "ms", "", grid="x")
        svg = inline_svg(figure, "presence")
    english, thai = (
        "; ".join(f"{row.criterion} {row.title.say(language)}: {_delays(row)}" for row in chosen)
        for language in ("en", "th")
    )
    legend = Text(
        "Each point is one event, the bar is p95, the dotted bar the limit.",
        "แต่ละจุดคือหนึ่งเหตุการณ์ ขีดทึบคือ p95 ขีดประคือขีดจำกัด",
    )
    yield Plot(
        svg,
        Text("Presence delays", "เวลาหน่วงในการตรวจพบบัตร"),
        Text(f"{legend.en} {english}.", f"{legend.th} {thai}"),
    )


def _in_ms(row: Row) -> NDArray[np.float64]:
    return np.asarray(row.samples) * (SECONDS[row.sample_unit] * 1000)


def _delays(row: Row) -> str:
    p50, p95 = (percentile(_in_ms(row).tolist(), each) for each in (0.5, 0.95))
    return f"p50 {number(p50)}, p95 {number(p95)} ms, n = {len(row.samples)}"


def _strip_of(axes: Axes, row: Row, place: int) -> None:
    samples = _in_ms(row)
    # A fixed pattern of heights keeps points apart; the same record always gives the same picture.
    heights = place + ((np.arange(len(samples)) * 0.618) % 1 - 0.5) * 0.36
    axes.plot(samples, heights, "o", color=BLUE, alpha=0.55, markersize=3.2, markeredgewidth=0)
    p95 = percentile(samples.tolist(), 0.95)
    axes.plot([p95, p95], [place - 0.34, place + 0.34], color=ORANGE, linewidth=1.6)
    if row.upper is not None:
        limit = row.upper * SECONDS[row.sample_unit] * 1000
        axes.plot([limit, limit], [place - 0.34, place + 0.34], color=MUTED, linewidth=1.4, linestyle=":")


# ------------------------------------------------------------------ soak


def _timelines(rows: Sequence[Row]) -> Iterator[Plot]:
    chosen = [
        (row, name, points)
        for row in rows
        for name, points in row.series.items()
        if len(points) >= _ENOUGH_FOR_A_LINE
    ]
    chosen.sort(key=lambda each: each[0].family is not Family.SOAK)
    for place, (row, name, points) in enumerate(chosen[: _MOST_OF_A_KIND + 2]):
        yield _timeline(row, name, points, place)


def _timeline(row: Row, name: str, points: Sequence[tuple[float, float]], place: int) -> Plot:
    seconds, values = (np.asarray(each) for each in zip(*sorted(points), strict=True))
    seconds = seconds - seconds[0]
    at, middle, low, high = _binned(seconds, values)
    trend = _trend(at, middle) if row.family is Family.SOAK and seconds[-1] >= _SHORTEST_TREND_S else None
    scale, unit = _time_scale(float(seconds[-1]))
    with _figure() as figure:
        axes = figure.add_axes(_PLACE)
        axes.fill_between(at / scale, low, high, color=PALE, linewidth=0)
        axes.plot(at / scale, middle, color=BLUE, linewidth=1.1)
        if trend is not None:
            axes.plot(at[[0, -1]] / scale, trend, color=ORANGE, linewidth=1.4, linestyle="--")
        if float(high.max()) > 0 <= float(low.min()):
            axes.set_ylim(0, float(high.max()) * 1.12)
        _label(axes, unit, _unit_of(name, row), grid="y")
        svg = inline_svg(figure, f"s{place}-{_slug(row.criterion)}")
    dashed = _trend_told(trend)
    return Plot(
        svg,
        _titled(row, Text(f"{name} over time", f"{thai_words.series(name).th} ตามเวลา")),
        Text(
            f"Line: median; band: smallest to largest;{dashed.en} n = {number(len(points))}.",
            f"เส้นทึบคือมัธยฐาน แถบสีคือค่าต่ำสุดถึงสูงสุด{dashed.th} n = {number(len(points))}",
        ),
    )


def _trend(at: NDArray[np.float64], middle: NDArray[np.float64]) -> tuple[float, float]:
    """Where a straight line through the medians begins and ends."""
    slope, start = np.polyfit(at, middle, 1)
    return float(start + slope * at[0]), float(start + slope * at[-1])


def _trend_told(trend: tuple[float, float] | None) -> Text:
    if trend is None:
        return Text("", "")
    start, end = trend
    drift = _signed_part((end - start) / start) if start > 0 else "–"
    ends = f"{number(start)} → {number(end)} ({drift})"
    return Text(f" dashed: straight line through it, {ends};", f" เส้นประคือแนวโน้มเชิงเส้น {ends}")


def _unit_of(name: str, row: Row) -> str:
    """The unit that a timeline's name ends with in brackets, else the criterion's; the same in every language."""
    named = name.rpartition("(")[2].removesuffix(")") if name.endswith(")") else row.sample_unit
    return harmless(named)


def _signed_part(part: float) -> str:
    shown = round(part, 3) + 0.0  # no "−0.0%"
    return f"{shown:+.1%}".replace("-", "\N{MINUS SIGN}")


def _binned(seconds: NDArray[np.float64], values: NDArray[np.float64]) -> tuple[NDArray[np.float64], ...]:
    """Time, median, smallest and largest of at most so many slices: hours of samples stay a small page, peaks stay seen."""
    slices = np.array_split(np.arange(len(seconds)), min(_TIMELINE_BINS, len(seconds)))
    found = [
        (seconds[each].mean(), percentile(values[each].tolist(), 0.5), values[each].min(), values[each].max())
        for each in slices
    ]
    return tuple(np.asarray(each) for each in zip(*found, strict=True))


def _time_scale(seconds: float) -> tuple[float, str]:
    if seconds > 3 * 3600:
        return 3600.0, "h"
    return (60.0, "min") if seconds > 300 else (1.0, "s")


# ------------------------------------------------------------------ every figure


@contextmanager
def _figure() -> Iterator[Figure]:
    with rc_context(_STYLE):
        yield Figure(figsize=_SIZE_INCHES)


def _label(axes: Axes, x: str, y: str, grid: str = "y") -> None:
    axes.set_xlabel(x, loc="right")
    axes.set_title(y, loc="left", fontsize=9, color=MUTED, pad=3)  # upright, and clear of long numbers
    axes.grid(axis="x" if grid == "x" else "y")
    axes.tick_params(length=3)
    for axis in (axes.xaxis, axes.yaxis):
        if not (grid == "x" and axis is axes.yaxis):
            axis.set_major_formatter(FuncFormatter(_tick))


def _tick(value: float, _place: int | None = None) -> str:
    return number(value) if abs(value) < 1e6 else f"{number(value / 1e6)} M"


def _x_of(axes: Axes) -> Any:
    """Coordinates with x in parts of the plot's width and y as the data's."""
    return axes.get_yaxis_transform()


def _titled(row: Row, what: Text) -> Text:
    return Text(f"{row.criterion} {row.title.en}: {what.en}", f"{row.criterion} {row.title.th}: {what.th}")


def _slug(criterion: str) -> str:
    return "".join(each if each.isascii() and each.isalnum() else f"{ord(each):x}" for each in criterion)
