"""A difference is told from noise, also where much is compared."""

from __future__ import annotations

import random
from typing import Any

from hypothesis import given
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
            {"criterion": name, "verdict": "pass", "value": 1, "unit": unit, "samples": each}
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
    assert 0 < contrast.low < 0.6 < contrast.high or abs(contrast.relative - 1) < 0.15


def test_twenty_equal_criteria_make_no_false_difference() -> None:
    chance = random.Random(5)
    columns = [
        {f"X{place}": [chance.lognormvariate(0, 0.5) for _ in range(12)] for place in range(20)} for _ in "AB"
    ]
    comparison = compare(of_samples(*columns))
    found = list(findings(comparison).values())
    assert Finding.DIFFERENCE not in found and found.count(Finding.WITHIN_NOISE) >= 15
    assert comparison.level == 1 - 0.05 / 20


def test_a_busy_minute_is_not_a_difference_of_readers() -> None:
    chance = random.Random(6)
    calm = [chance.gauss(1, 0.05) for _ in range(1000)]
    # Half of the other run was twice as slow, in one go: alone, samples would be certain of a difference.
    busy = [chance.gauss(2 if place < 480 else 1, 0.05) for place in range(1000)]
    assert findings(compare(of_samples({"X": calm}, {"X": busy}))) == {"X": Finding.WITHIN_NOISE}


def test_a_certain_difference_too_small_to_matter() -> None:
    chance = random.Random(7)
    first, other = ([chance.gauss(middle, 0.01) for _ in range(200)] for middle in (1.0, 1.03))
    comparison = compare(of_samples({"X": first}, {"X": other}))
    contrast = comparison.lines[0].cells[1].contrast
    assert contrast and contrast.low and contrast.low > 0
    assert contrast.finding is Finding.TOO_SMALL
    page = Page(comparison_page(comparison, "en")).words
    assert "too small to matter" in page and "ต่างกันน้อยจนไม่มีผล" in page


def test_a_host_s_own_microseconds_are_not_a_reader_s() -> None:
    chance = random.Random(8)
    first, other = ([chance.gauss(middle, 0.01) for _ in range(200)] for middle in (0.2, 0.3))
    assert findings(compare(of_samples({"X": first}, {"X": other}))) == {"X": Finding.TOO_SMALL}
    slow = [each * 100 for each in first], [each * 100 for each in other]
    assert findings(compare(of_samples({"X": slow[0]}, {"X": slow[1]}))) == {"X": Finding.DIFFERENCE}


def test_a_large_difference_that_is_not_certain_is_told_with_its_size() -> None:
    # A reader of two kinds: every other command takes twice as long.
    first, other = [100.0] * 9, [100.0, 200.0, 200.0, 100.0, 200.0, 100.0, 200.0, 100.0, 200.0]
    comparison = compare(of_samples({"X": first}, {"X": other}))
    assert findings(comparison) == {"X": Finding.NOT_CERTAIN}
    assert (comparison.to_json()["differences"], comparison.to_json()["not_certain"]) == ([], ["X"])
    words = Page(comparison_page(comparison)).words
    assert "large, not certain: measure more" in words and "+100.0 % [0, +100] ms" in words


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
    few = of_samples({"X": [1.0] * 7}, {"X": [9.0] * 500})
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


def test_names_are_escaped_on_the_page() -> None:
    odd = {**record(1), "reader": {"name": "<script>x</script>\u202e", "serial": '"><img src=x>'}}
    page = Page(comparison_page(compare([odd, odd]), "en"))
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert "<script>x</script>\ufffd" in page.text


def test_too_few_samples_are_told_with_how_many_are_needed() -> None:
    comparison = compare(of_samples({"LT-1": [1.0] * 5}, {"LT-1": [2.0] * 5}))
    words = Page(comparison_page(comparison, "th")).words
    assert "too few samples" in words and "at least 8 of each are compared" in words
    assert "ต้องมีอย่างน้อยฝ่ายละ 8" in words
