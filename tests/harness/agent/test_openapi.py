"""What the agent's OpenAPI document promises, asked for with whatever fits and does not fit it (Schemathesis)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, settings

from tests.harness.agent.scene import scene

_running = ExitStack()
_agent = _running.enter_context(scene())
schema = schemathesis.openapi.from_url(f"{_agent.http.base_url}/v3/api-docs")


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    _running.close()


@schema.parametrize()
@settings(max_examples=25, suppress_health_check=list(HealthCheck))
def test_whatever_is_asked(case: schemathesis.Case[Any]) -> None:
    answer = case.call()
    # 500 is the published answer to a reading without a card; there is one here.
    assert answer.status_code < 500, answer.text
    assert "Traceback" not in answer.text
    if answer.status_code >= 400:
        assert {"timestamp", "status", "error", "message", "path"} <= set(answer.json())
    case.validate_response(answer, checks=[schemathesis.checks.response_schema_conformance])
