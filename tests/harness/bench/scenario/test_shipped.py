"""Every scenario that comes with thnid passes, in process and through PC/SC, and the reference page tells of it."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from harness.bench.scenario import in_process_readers, load, play, shipped
from harness.bench.scenario.declared import PROGRAM_STEPS, STEPS
from harness.bench.scenario.doing import DOES
from harness.bench.scenario.loading import load_bytes
from harness.bench.scenario.reference import reference
from harness.bench.scenario.schema import scenario_schema
from tests.harness.bench.scenario.reading import as_plain_yaml

ROOT = Path(__file__).parents[4]
SHIPPED = shipped()


def test_there_are_enough() -> None:
    assert len(SHIPPED) >= 16


@pytest.mark.parametrize("name", SHIPPED)
def test_in_process(name: str) -> None:
    scenario = load(SHIPPED[name])
    with in_process_readers() as readers:
        result = play(scenario, readers[0])
    assert result.failure is None
    assert result.steps == len(scenario.steps)


def test_in_process_takes_milliseconds() -> None:
    scenario = load(SHIPPED["wrong-over-days"])
    with in_process_readers() as readers:
        play(scenario, readers[0])
        began = time.perf_counter()
        play(scenario, readers[0])
    assert time.perf_counter() - began < 0.5


@pytest.mark.pcsc
def test_through_pcsc(tmp_path: Path) -> None:
    """In a process of its own, which is how they are run, and which leaves this one free to have other stacks."""
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "scenario", "run", "--shipped", "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    document = json.loads(done.stdout)
    assert (document["passed"], document["failed"], document["in_process"]) == (len(SHIPPED), 0, False)
    assert time.monotonic() - began < 40


@pytest.mark.parametrize("name", SHIPPED)
def test_told_in_both_languages(name: str) -> None:
    about = load(SHIPPED[name]).about
    assert about is not None
    assert about.en != about.th


@pytest.mark.parametrize("name", SHIPPED)
def test_valid_by_the_schema(name: str) -> None:
    Draft202012Validator(scenario_schema()).validate(as_plain_yaml(SHIPPED[name].read_text("utf-8")))


def test_schema_is_a_schema() -> None:
    Draft202012Validator.check_schema(scenario_schema())


def test_every_step_is_played_and_its_example_loads() -> None:
    assert set(DOES) == set(STEPS) - {"other program"}
    for kind in STEPS.values():
        text = f"scenario: s\nsteps:\n  - insert\n  - office replaces card: '5678'\n  - {kind.example}\n"
        assert load_bytes(text.encode(), Path("x.yaml")).steps[-1].kind is kind
        Draft202012Validator(scenario_schema()).validate(as_plain_yaml(text))


def test_every_step_is_in_a_shipped_scenario() -> None:
    played = set()
    for path in SHIPPED.values():
        for step in load(path).steps:
            played |= {step.kind.name} | ({step.inner.kind.name} if step.inner else set())
    assert played == set(STEPS)
    assert set(PROGRAM_STEPS) < set(STEPS)


def test_reference_page_is_up_to_date() -> None:
    page = ROOT / "docs" / "scenarios.md"
    assert page.read_text("utf-8") == reference(), (
        "python -m harness.bench.scenario.reference > docs/scenarios.md"
    )
