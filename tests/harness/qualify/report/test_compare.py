"""A difference is told from noise, also where much is compared."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.qualify.compare import Comparison, Finding, _finding, compare
from harness.qualify.report.compare_html import comparison_page
from tests.harness.qualify.report.page import Page
from tests.harness.qualify.report.synthetic import record, sealed

TIMED = {"PR-3", "PR-4", "LT-1", "LT-2", "LT-3", "PT-5"}


def findings(comparison: Comparison) -> dict[str, Finding]:
    """Of the second record, by criterion."""
    contrasts = {line.criterion: line.cells[1].contrast for line in comparison.lines}
    return {name: contrast.finding for name, contrast in contrasts.items() if contrast}


def of_samples(*columns: dict[str, list[float]], unit: str = "ms") -> list[dict[str, Any]]:
    """One record for each column of criterion -> samples."""
    results = [
        [
            {"criterion": name, "verdict": "pass", "value": 1.0, "unit": unit, "samples": each}
            for name, each in column.items()
        ]
        for column in columns
    ]
    return [sealed({**record(), "results": each}) for each in results]


def of_values(*columns: dict[str, Any], unit: str = "", **more: Any) -> list[dict[str, Any]]:
    """One record for each column of criterion -> measured value."""
    results = [
        [
            {"criterion": name, "verdict": "pass", "value": each, "unit": unit, **more}
            for name, each in column.items()
        ]
        for column in columns
    ]
    return [sealed({**record(), "results": each}) for each in results]


def test_two_runs_of_the_same_reader_are_within_noise() -> None:
    comparison = compare([record(1), record(2)])
    assert findings(comparison) == dict.fromkeys(TIMED, Finding.WITHIN_NOISE)
    assert comparison.comparisons == len(TIMED)
    assert comparison.to_json()["differences"] == comparison.to_json()["verdict_changes"] == []


def test_a_slower_reader_differs() -> None:
    comparison = compare([record(1), record(2, slower=2.0)])
    assert findings(comparison) == dict.fromkeys(TIMED, Finding.DIFFERENCE)
    (latency,) = [line for line in comparison.lines if line.criterion == "LT-1"]
    contrast = latency.cells[1].contrast
    assert contrast and contrast.low and contrast.high and contrast.relative
    assert 0 < contrast.low < 30 < contrast.high or abs(contrast.relative - 1) < 0.15


def test_twenty_equal_criteria_make_no_false_difference() -> None:
    chance = random.Random(5)
    columns = [
        {f"X{place}": [chance.lognormvariate(1, 0.5) for _ in range(12)] for place in range(20)} for _ in "AB"
    ]
    comparison = compare(of_samples(*columns, unit="s"))
    found = list(findings(comparison).values())
    assert Finding.DIFFERENCE not in found and found.count(Finding.WITHIN_NOISE) >= 15
    assert comparison.level == 1 - 0.05 / 20


def test_a_busy_minute_is_not_a_difference_of_readers() -> None:
    chance = random.Random(6)
    calm = [chance.gauss(100, 5) for _ in range(1000)]
    # Nearly half of the other run was twice as slow, in one go: alone, samples would be certain of a difference.
    busy = [chance.gauss(200 if place < 450 else 100, 5) for place in range(1000)]
    assert findings(compare(of_samples({"X": calm}, {"X": busy}))) == {"X": Finding.WITHIN_NOISE}


@pytest.mark.parametrize("series", [False, True])
def test_a_burst_is_one_observation_however_many_samples_it_has(series: bool) -> None:
    chance = random.Random(9)
    # A computer that did something else: 3000 commands within a second or two, all of them three times as slow.
    first, other = ([chance.gauss(middle, 0.02) for _ in range(3000)] for middle in (0.3, 0.9))
    records = of_samples({"X": first}, {"X": other}, unit="bytes/s" if series else "ms")
    for each in records if series else ():
        (line,) = each["results"]
        line["series"] = {"mine": [[place / 1000, value] for place, value in enumerate(line["samples"])]}
    (line,) = compare(records).lines
    contrast = line.cells[1].contrast
    assert contrast and (contrast.finding, contrast.low) == (Finding.NOT_CERTAIN, None)
    assert re.fullmatch(r"\+(19|20)\d\.\d %", line.cells[1].change.en)
    estimate = line.cells[0].estimate
    assert estimate and (estimate.low, estimate.high) == (min(first), max(first))


@settings(max_examples=40)
@given(st.floats(0.001, 40), st.integers(1, 700), st.floats(0.1, 1e6))
def test_nothing_is_certain_of_less_than_eight_seconds(seconds: float, count: int, times: float) -> None:
    first, other = ([each * seconds / count] * count for each in (1.0, times))
    (found,) = findings(compare(of_samples({"X": first}, {"X": other}, unit="s"))).values()
    if min(seconds, seconds * times) < 7.9 or count < 8:
        assert found in (Finding.NOT_CERTAIN, Finding.TOO_FEW)
    assert found is not Finding.DIFFERENCE or abs(times - 1) >= 0.1


def test_what_is_exact_is_compared_as_it_was_measured() -> None:
    comparison = compare(
        of_values(
            {"EXT-1": 65526, "TX-5": "passed", "RS-6": True, "TX-7": 256},
            {"EXT-1": 24832, "TX-5": "served", "RS-6": False, "TX-7": 256},
            samples=[256.0, 8448.0, 16640.0] * 4,  # the lengths that were tried
        )
    )
    other = dict.fromkeys(("EXT-1", "TX-5", "RS-6"), Finding.OTHER_VALUE)
    assert findings(comparison) == other
    assert comparison.to_json()["other_values"] == list(other)
    cell = comparison.lines[0].cells[1]
    assert (
        cell.estimate is None
        and cell.summary.en.replace("\xa0", " ") == "Pass, 24 832, another value, −62.1 %"
    )
    words = Page(comparison_page(comparison)).words
    assert "3 where an exact value differs" in words and "ค่าที่วัดได้ไม่เท่ากัน" in words


def test_a_single_figure_with_noise_is_told_where_the_difference_is_large() -> None:
    records = of_values({"LT-3": 10.0, "HU-2": 10.0, "X": 1.5}, {"LT-3": 40.0, "HU-2": 12.0}, unit="ms")
    assert findings(compare(records)) == {"LT-3": Finding.NOT_CERTAIN}
    assert findings(compare(of_values({"X": 0.1}, {"X": 0.4}, unit="ms"))) == {}  # a host's own microseconds
    nothing = of_values({"X": None, "Y": 1}, {"X": 3, "Y": None})
    assert findings(compare(nothing)) == {}


@pytest.mark.parametrize("count", [3, 100])
def test_a_p95_that_differs_is_told_where_the_median_does_not(count: int) -> None:
    # Every tenth insertion is three seconds late.
    records = of_samples({"PR-1": [400.0] * count}, {"PR-1": [400.0] * count})
    for each, measured in zip(records, (400.0, 3400.0), strict=True):
        each["results"][0]["value"] = measured
    (line,) = compare(records).lines
    assert line.cells[1].contrast and line.cells[1].contrast.finding is Finding.NOT_CERTAIN
    assert line.cells[1].summary.en.endswith("large, not certain: measure more, +750.0 %")


def test_the_figure_that_was_measured_is_shown_beside_the_median() -> None:
    samples = [float(each) for each in range(1000, 1020)]
    records = of_samples({"X": samples}, {"X": samples})
    for each in records:
        each["results"][0]["value"] = 1018.0
    shown = compare(records).lines[0].cells[0].summary.en.replace("\xa0", " ")
    assert shown.startswith("Pass, 1 018 ms, median 1 009 [")


def test_a_certain_difference_too_small_to_matter() -> None:
    chance = random.Random(7)
    first, other = ([chance.gauss(middle, 1) for _ in range(200)] for middle in (100, 103))
    comparison = compare(of_samples({"X": first}, {"X": other}))
    contrast = comparison.lines[0].cells[1].contrast
    assert contrast and contrast.low and contrast.low > 0
    assert contrast.finding is Finding.TOO_SMALL
    page = Page(comparison_page(comparison, "en")).words
    assert "too small to matter" in page and "ต่างกันน้อยจนไม่มีผล" in page


def test_a_host_s_own_microseconds_are_not_a_reader_s() -> None:
    chance = random.Random(8)
    first, other = ([chance.gauss(middle, 0.01) for _ in range(60_000)] for middle in (0.2, 0.3))
    assert findings(compare(of_samples({"X": first}, {"X": other}))) == {"X": Finding.TOO_SMALL}
    slow = [each * 1000 for each in first[:200]], [each * 1000 for each in other[:200]]
    assert findings(compare(of_samples({"X": slow[0]}, {"X": slow[1]}))) == {"X": Finding.DIFFERENCE}


def test_a_large_difference_that_is_not_certain_is_told_with_its_size() -> None:
    # A reader of two kinds: every other command takes twice as long.
    first, other = [100.0] * 9, [100.0, 200.0, 200.0, 100.0, 200.0, 100.0, 200.0, 100.0, 200.0]
    comparison = compare(of_samples({"X": first}, {"X": other}, unit="s"))
    assert findings(comparison) == {"X": Finding.NOT_CERTAIN}
    assert (comparison.to_json()["differences"], comparison.to_json()["not_certain"]) == ([], ["X"])
    words = Page(comparison_page(comparison)).words
    assert "large, not certain: measure more" in words and "+100.0 % [0, +100] s" in words


SIZE = st.floats(0, 1000)


@given(SIZE, SIZE, SIZE, st.booleans())
def test_what_is_said_follows_from_interval_and_size(
    difference: float, before: float, floor: float, certain: bool
) -> None:
    found = _finding(difference, before, floor, certain=certain)
    assert certain == (found in (Finding.DIFFERENCE, Finding.TOO_SMALL))
    matters = difference >= floor and difference >= before * (0.1 if certain else 0.5)
    assert found in (Finding.DIFFERENCE, Finding.NOT_CERTAIN) or not matters or difference == 0


def test_what_cannot_be_compared() -> None:
    few = of_samples({"X": [1.0] * 7}, {"X": [1.3] * 500}, unit="s")
    assert findings(compare(few)) == {"X": Finding.TOO_FEW}
    units = [*of_samples({"X": [1.0] * 20}), *of_samples({"X": [1.0] * 20}, unit="s")]
    assert findings(compare(units)) == {"X": Finding.OTHER_UNIT}
    missing = compare(of_samples({"X": [1.0] * 20}, {"Y": [1.0] * 20}))
    assert findings(missing) == {}
    assert [line.verdicts for line in missing.lines] == [("pass", None), (None, "pass")]


def test_the_same_seed_gives_the_same_numbers() -> None:
    records = of_samples({"X": [1.0, 2.0, 3.0] * 9}, {"X": [2.0, 3.0, 4.0] * 9})
    assert compare(records, 3).to_json() == compare(records, 3).to_json()


def test_a_criterion_more_leaves_the_others_medians_as_they_are() -> None:
    samples = [1.0, 2.0, 3.0, 5.0] * 9
    one, two = (compare(of_samples(each, each)) for each in ({"X": samples}, {"W": samples, "X": samples}))
    assert one.lines[0].cells[0].estimate == two.lines[1].cells[0].estimate


def test_changed_verdicts_are_marked() -> None:
    worse = record(1)
    worse["results"][0]["verdict"] = "fail"
    comparison = compare([record(1), sealed({**worse, "verdict": "fail"}), record(1)])
    name = worse["results"][0]["criterion"]
    assert comparison.to_json()["verdict_changes"] == [name]
    page = Page(comparison_page(comparison, "th"))
    assert [each["class"] for tag, each in page.elements if tag == "tr" and "class" in each] == ["changed"]
    assert f"criteria with different verdictsเกณฑ์ที่ผลต่างกัน ({name})" in page.words


def test_the_page_says_that_profiles_differ_and_that_a_card_was_virtual() -> None:
    plain = Page(comparison_page(compare([record(1), record(1)]))).words
    assert "The profiles differ" not in plain and "virtual card" not in plain
    other = record(1, profile="quick", card={"virtual": True})
    words = Page(comparison_page(compare([record(1), other]))).words
    for told in ("The profiles differ", "ชุดการทดสอบต่างกัน", "Measured with a virtual card", "quick", "full"):
        assert told in words


def test_names_are_escaped_on_the_page() -> None:
    odd = {**record(1), "reader": {"name": "<script>x</script>\u202e", "serial": '"><img src=x>'}}
    page = Page(comparison_page(compare([odd, odd]), "en"))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert "<script>x</script>\ufffd" in page.text


def test_too_few_samples_are_told_with_how_many_are_needed() -> None:
    comparison = compare(of_samples({"LT-1": [1.0] * 5}, {"LT-1": [1.1] * 5}))
    words = Page(comparison_page(comparison, "th")).words
    assert "too few samples" in words and "at least 8 of each, over 8 s or more, are compared" in words
    assert "ต้องมีอย่างน้อยฝ่ายละ 8 ตัวอย่าง และวัดนานรวม 8 วินาทีขึ้นไป" in words
