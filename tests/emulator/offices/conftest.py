"""Fresh offices for each test, on every kind of database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.emulator.offices.postgres import Postgres, private_postgres
from tests.emulator.offices.rooms import Rooms, build_rooms


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this session's own."""
    with private_postgres() as running:
        yield running


@pytest.fixture(params=["memory", "postgresql"])
def rooms(request: pytest.FixtureRequest) -> Iterator[Rooms]:
    """Offices without HTTP around an empty database."""
    built = build_rooms(None if request.param == "memory" else _new_postgres_database(request))
    yield built
    built.storage.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database that several processes can use."""
    return str(tmp_path / "offices.db") if request.param == "sqlite" else _new_postgres_database(request)


def _new_postgres_database(request: pytest.FixtureRequest) -> str:
    make: Callable[[], str] = request.getfixturevalue("postgres").new_database
    return make()
