"""What the OpenAPI document promises, asked for with whatever fits and does not fit it (Schemathesis).

Whatever is asked: no fault (5xx), no stack trace, refusals in both languages, and a refused request stores nothing but
the entry that says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from sqlalchemy import func, select

from emulator.offices.app import build_app
from emulator.offices.attempts import Limits
from emulator.offices.clock import SetClock
from emulator.offices.offices import Offices, open_offices
from emulator.offices.tables import METADATA
from tests.emulator.offices.rooms import CARD, CITIZEN, NOON_IN_BANGKOK

COUNTER_KEY = "counter"
OURS = ("/registry/", "/authority/", "/nhso/", "/test/")
"""Paths whose form is our own; others answer as the published services do."""
NOTES = {"audit_entry", "audit_head", "refused_attempt", "srm_key"}
"""Tables in which a refusal may leave a trace: the log, the attempts, a key that is made when it is first needed."""

offices: Offices = open_offices(
    clock=SetClock(NOON_IN_BANGKOK),
    counter_key=COUNTER_KEY,
    limits=Limits(per_person=10**6, per_address=10**6),
    test_mode=True,
)
offices.registry.know_card(CITIZEN, CARD)
app = build_app(offices)
schema = schemathesis.openapi.from_asgi("/openapi.json", app)


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    offices.close()


def stored() -> dict[str, int]:
    """How many rows each table has."""
    with offices.storage.reading() as session:
        return {
            table.name: session.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
            if table.name not in NOTES
        }


@schema.parametrize()
@settings(max_examples=10, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked(case: schemathesis.Case[Any]) -> None:
    before = stored()
    answer = case.call(headers={"X-Counter-Key": COUNTER_KEY})
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        assert stored() == before
        if case.path.startswith(OURS) and not case.path.endswith("/ami"):
            refusal = answer.json()
            assert set(refusal["message"]) == {"en", "th"} == set(refusal["what_to_do"])


def test_what_is_stored_is_seen() -> None:
    """The check above can fail."""
    before = stored()
    offices.registry.know_card(CITIZEN, bytes.fromhex("FFFF0000000000AB"))
    assert stored()["issued_card"] == before["issued_card"] + 1
