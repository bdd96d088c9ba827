"""The criteria that the made-up records are of, in place of those that campaigns measure."""

from __future__ import annotations

import pytest

import harness.qualify.criteria
from tests.harness.qualify.report import synthetic


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What records name is what is declared in ``synthetic``."""
    monkeypatch.setattr(harness.qualify.criteria, "CRITERIA", synthetic.CRITERIA)
