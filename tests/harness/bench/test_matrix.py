"""Faults x criteria: every fault is caught by what its declaration names, really run; the measured page is whole and fresh."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from emulator.zoo import FAULTS
from harness.bench.matrix import MEASURABLE, NO_FAULT, ROWS, load, page, row, save, uncaught, verdicts, wanted
from harness.bench.matrix.campaign import Outcome, measured
from harness.qualify.criteria import CRITERIA
from harness.qualify.verdict import Verdict

DOCS = Path(__file__).resolve().parents[3] / "docs"
_AT_ONCE = 4  # most of the time is waiting: for a late reader, a silent card
ROW = load(DOCS / "matrix.json")


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Future[Outcome]]]:
    """Every fault against its own criteria, each in a stack of its own; those that take long are begun first."""
    last = {name: each["seconds"] for name, each in ROW.items()}
    names = sorted(FAULTS, key=lambda name: -last.get(name, 0))
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield {name: pool.submit(measured, FAULTS[name], FAULTS[name].caught_by) for name in names}


@pytest.mark.pcsc
@pytest.mark.parametrize("name", FAULTS)
def test_is_caught(name: str, runs: dict[str, Future[Outcome]]) -> None:
    fault = FAULTS[name]
    assert runs[name].result().verdicts == dict.fromkeys(fault.caught_by, wanted(fault))


@pytest.mark.parametrize("name", FAULTS)
def test_declares_criteria_that_exist(name: str) -> None:
    assert FAULTS[name].caught_by and set(FAULTS[name].caught_by) <= set(MEASURABLE)


def test_the_matrix_has_every_fault_and_every_criterion() -> None:
    assert list(ROW) == list(ROWS), "'ci/matrix --missing' measures what is new"
    for name, each in ROW.items():
        assert each["written"] == (FAULTS[name].written if name in FAULTS else NO_FAULT)
        lacking = set(MEASURABLE) - set(verdicts(each))
        assert not lacking, f"{name}: 'ci/matrix --missing' measures {sorted(lacking)}"


def test_the_matrix_shows_every_fault_caught_and_the_good_reader_good() -> None:
    assert list(uncaught(ROW)) == []
    assert set(verdicts(ROW[NO_FAULT]).values()) == {Verdict.PASS, Verdict.NOT_APPLICABLE}


def test_the_page_in_docs_is_fresh() -> None:
    told = page(ROW)
    assert told == (DOCS / "matrix.md").read_text("utf-8"), (
        "stale: python -m harness.bench.matrix > docs/matrix.md"
    )
    assert all(f"| `{FAULTS[name].written}` |" in told for name in FAULTS)
    assert set(MEASURABLE) <= {line.partition(" ")[0] for line in told.splitlines()}
    assert all(f"{name} ({CRITERIA[name].title.en})" in told for name in set(CRITERIA) - set(MEASURABLE))


def test_rows_are_kept_as_they_were(tmp_path: Path) -> None:
    kinds = list(Verdict)
    found = {name: kinds[number % len(kinds)] for number, name in enumerate(MEASURABLE)}
    kept = {name: row(found, name, 1.4) for name in ("slow", NO_FAULT)}
    save({**kept, "declared no more": row({}, "", 0)}, tmp_path / "m.json")
    loaded = load(tmp_path / "m.json")
    assert list(loaded) == [NO_FAULT, "slow"] and loaded == kept
    assert verdicts(loaded["slow"]) == found
    assert load(tmp_path / "none.json") == {}


def test_only_the_declared_verdict_is_a_catch() -> None:
    def with_verdict(verdict: Verdict) -> dict[str, dict[str, object]]:
        return {
            name: row(dict.fromkeys(fault.caught_by, verdict), fault.written, 0)
            for name, fault in FAULTS.items()
        }

    marginal = {name for name, fault in FAULTS.items() if fault.only_marginal}
    assert marginal == {"fetches", "repeats"}
    assert {name for name, _, _ in uncaught(with_verdict(Verdict.FAIL))} == marginal
    assert {name for name, _, _ in uncaught(with_verdict(Verdict.MARGINAL))} == set(FAULTS) - marginal
    for verdict in (Verdict.PASS, Verdict.INCOMPLETE, Verdict.NOT_APPLICABLE):
        assert {name for name, _, _ in uncaught(with_verdict(verdict))} == set(FAULTS)
    assert {name for name, _, _ in uncaught({})} == set(FAULTS)
