"""What qualification's tests stand on: one stack a module, a bench a test, a campaign with one cycle, and a disk without room."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator

import pytest

from harness.bench import Bench
from harness.qualify.criteria import presence
from harness.stack import Stack


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    with Stack() as running:
        yield running


@pytest.fixture
def bench(stack: Stack) -> Iterator[Bench]:
    with Bench(stack) as bench:
        yield bench


@pytest.fixture
def one_cycle(monkeypatch: pytest.MonkeyPatch) -> None:
    """A campaign removes and inserts its card once, and not until there are enough delays."""
    monkeypatch.setattr(presence, "_SAMPLES", 1)
    monkeypatch.setattr(presence, "_LEAST_CYCLES", 1)


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fails)
