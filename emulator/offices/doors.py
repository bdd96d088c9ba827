"""Who may pass: the counters' key, the officer's token, and the address that a login comes from."""

from __future__ import annotations

import hmac
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.params import Depends as Dependency
from fastapi.security import APIKeyHeader, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from apdu_specs import replies
from apdu_specs.offices import COUNTER_KEY_HEADER
from emulator.offices.errors import Refused

_counter_key = APIKeyHeader(
    name=COUNTER_KEY_HEADER,
    auto_error=False,
    scheme_name="counter",
    description="The key of the offices' counters.",
)
_bearer = HTTPBearer(auto_error=False, scheme_name="smctoken", description="The officer's smctoken.")


def counter_only(counter_key: str) -> Dependency:
    """For ``dependencies=[...]`` of a route or router: refuses (401) whoever does not show the counter key."""

    async def insist(shown: Annotated[str | None, Security(_counter_key)]) -> None:
        if not hmac.compare_digest((shown or "").encode(), counter_key.encode()):
            raise Refused(replies.COUNTER_KEY_NOT_VALID)

    found = Depends(insist)
    assert isinstance(found, Dependency)
    return found


async def bearer(given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> str:
    """The token after ``Authorization: Bearer``. Raises Refused (token-not-valid) when there is none."""
    if given is None:
        raise Refused(replies.TOKEN_NOT_VALID)
    return given.credentials.strip()


Bearer = Annotated[str, Depends(bearer)]
"""A route's parameter: the officer's smctoken."""


def address_of(request: Request) -> str | None:
    """Where a request comes from. Headers that anyone can write are not believed."""
    return None if request.client is None else request.client.host
