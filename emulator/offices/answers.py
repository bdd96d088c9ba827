"""What the routes of all offices share: sentences in both languages, and how a refusal is answered."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from apdu_specs import browsers, replies
from apdu_specs.language import Text
from apdu_specs.replies import Reason
from emulator.offices import messages as m
from emulator.offices.errors import Refused

REFUSALS: dict[int | str, dict[str, object]] = {"4XX": {"model": m.RefusalReply, "description": "Refused"}}
"""For ``responses=`` of a router."""

_log = logging.getLogger(__name__)
_ACTIONS = ("9080", "9081", "5000", "5090")


def both(text: Text) -> dict[str, str]:
    """A sentence as JSON carries it."""
    return {"en": text.en, "th": text.th}


def ready(reply: BaseModel) -> Response:
    """A reply as it is sent. For what is asked most: FastAPI would send it through another thread to serialise it."""
    return Response(reply.model_dump_json(), media_type="application/json")


PageNotServed = Callable[[Request, int, Mapping[str, str]], Response]
"""The page for a browser that asked for what is not there, with a status and headers."""


def refuse_in_two_languages(app: FastAPI, page: PageNotServed | None = None) -> None:
    """Answer every refusal and every fault with a code, a sentence and the way out; never with a stack trace.

    ``page``: what a browser gets in place of JSON where there is nothing at an address.
    """

    # Handlers are coroutines: a plain function would be sent to a worker thread to build one small answer.
    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        wait = None if error.retry_after is None else {"Retry-After": str(error.retry_after)}
        faults = [m.FieldFault(field=each.field, reason=both(each.reason)) for each in error.faults]
        return refusal(request, error.reason, days=error.days, headers=wait, fields=faults or None)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
        return refusal(request, _not_valid(request), fields=[_field_fault(fault) for fault in error.errors()])

    @app.exception_handler(HTTPException)
    async def not_served(request: Request, error: HTTPException) -> Response:
        if error.status_code == HTTPStatus.BAD_REQUEST:
            # FastAPI's word for a body that it cannot read at all: nested without end, no UTF-8. Nothing else here is a 400.
            unreadable = m.FieldFault(field="body", reason=both(m.UNREADABLE))
            return refusal(request, _not_valid(request), fields=[unreadable])
        if page is not None and browsers.wants_page(request.headers.get("Accept")):
            return await run_in_threadpool(page, request, error.status_code, error.headers or {})
        return refusal(request, replies.NO_SUCH_SERVICE, http=error.status_code, headers=error.headers)

    app.add_middleware(_FaultBecomesRefusal)


class _FaultBecomesRefusal:
    """Answers an unforeseen exception with a refusal.

    Only the exception's kind is logged: its text may carry what was asked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            # Answers are built whole before they are sent, so nothing of another answer is under way here.
            _log.error("%s %s failed: %s", scope.get("method"), scope.get("path"), type(error).__name__)
            if scope["type"] == "http":
                await refusal(Request(scope), replies.OFFICE_FAULT)(scope, receive, send)


def refusal(
    request: Request,
    reason: Reason,
    *,
    http: int | None = None,
    headers: Mapping[str, str] | None = None,
    days: int | None = None,
    fields: list[m.FieldFault] | None = None,
) -> JSONResponse:
    reply = m.RefusalReply(
        status=reason.status,
        message=both(reason.message),
        what_to_do=both(reason.what_to_do),
        action=_action(request),
        days=days,
        fields=fields,
    )
    content = reply.model_dump(exclude_none=True)
    return JSONResponse(content, http or reason.http, headers=dict(headers or {}))


def _action(request: Request) -> str | None:
    """The authority's action number, which its answers repeat; None elsewhere."""
    prefix, _, action = request.url.path.rpartition("/")
    return action if prefix == "/authority" and action in _ACTIONS else None


def _not_valid(request: Request) -> Reason:
    return replies.INVALID_DATA if _action(request) else replies.REQUEST_NOT_VALID


def _field_fault(fault: Mapping[str, Any]) -> m.FieldFault:
    kind = str(fault["type"])
    # Invalid JSON is located by its offset, not by a field.
    path = [] if kind == "json_invalid" else [str(part) for part in fault["loc"][1:]]
    return m.FieldFault(field=".".join(path) or "body", reason=both(m.FIELD_REASONS.get(kind, m.UNFITTING)))
