"""One agent for each test, or one for all tests that leave it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.harness.agent.scene import Scene, scene


@pytest.fixture
def agent() -> Iterator[Scene]:
    with scene() as running:
        yield running


@pytest.fixture(scope="session")
def unchanged() -> Iterator[Scene]:
    """For tests that change nothing on its desk and are given no code."""
    with scene() as running:
        yield running
