"""What the routes of all offices share: sentences in both languages, and how a refusal is answered."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Protocol

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
from emulator.offices.storage import AWAY

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


class Pages(Protocol):
    """What a browser gets in place of JSON."""

    def not_served(self, request: Request, status: int, headers: Mapping[str, str]) -> Response:
        """Where there is nothing at an address."""

    def failed(self, request: Request, reason: Reason) -> Response:
        """Where an office cannot answer; made without its database."""


def refuse_in_two_languages(app: FastAPI, pages: Pages | None = None) -> None:
    """Answer every refusal and every fault with a code, a sentence and the way out; never with a stack trace."""

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
        if pages is not None and browsers.wants_page(request.headers.get("Accept")):
            return await run_in_threadpool(pages.not_served, request, error.status_code, error.headers or {})
        return refusal(request, replies.NO_SUCH_SERVICE, http=error.status_code, headers=error.headers)

    app.add_middleware(_FaultBecomesRefusal, pages=pages)


def reason_of(fault: Exception, scope: Scope) -> Reason:
    """What is answered to an exception that nobody foresaw. Only its kind is logged: its text may carry what was asked."""
    _log.error("%s %s failed: %s", scope.get("method"), scope.get("path"), type(fault).__name__)
    return replies.OFFICE_DATABASE_AWAY if isinstance(fault, AWAY) else replies.OFFICE_FAULT


class _FaultBecomesRefusal:
    """Answers an unforeseen exception with a refusal."""

    def __init__(self, app: ASGIApp, pages: Pages | None) -> None:
        self._app = app
        self._pages = pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception as error:
            # Answers are built whole before they are sent, so nothing of another answer is under way here.
            reason = reason_of(error, scope)
            if scope["type"] == "http":
                await self._told(Request(scope), reason)(scope, receive, send)

    def _told(self, request: Request, reason: Reason) -> Response:
        if self._pages is not None and browsers.wants_page(request.headers.get("Accept")):
            return self._pages.failed(request, reason)
        return refusal(request, reason)


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
