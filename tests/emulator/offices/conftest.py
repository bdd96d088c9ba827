"""Fresh offices for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.emulator.offices.rooms import Rooms, build_rooms


@pytest.fixture
def rooms() -> Iterator[Rooms]:
    """Offices without HTTP around an in-memory database."""
    built = build_rooms()
    yield built
    built.storage.close()
