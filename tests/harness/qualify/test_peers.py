"""Every semantics that others check is covered by a criterion or a test that exists; the page in docs is fresh."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from harness.qualify.criteria import CRITERIA
from harness.qualify.peers import ROWS, UNIT_TESTS, Row, page

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_what_covers_it_exists(row: Row) -> None:
    assert row.covered and row.what
    for name in row.covered:
        path, _, function = name.partition("::")
        if function:
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            assert function in {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef)}
        else:
            assert name in CRITERIA


def test_every_criterion_of_sharing_and_unplugging_is_somebodys() -> None:
    named = {name for row in ROWS for name in row.covered}
    assert {name for name in CRITERIA if name.startswith(("SH-", "HU-"))} <= named
    assert len([row for row in ROWS if row.suite == UNIT_TESTS]) >= 20


def test_the_page_in_docs_is_fresh() -> None:
    made = (ROOT / "docs" / "peers.md").read_text(encoding="utf-8")
    assert made == page(), "stale: 'python -m harness.qualify.peers > docs/peers.md' makes it"
