"""The agent as an ASGI application: the published paths under ``/api``, its OpenAPI document, and a page.

One card is read at a time; ``terminals`` is answered from what is known and waits for nothing.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from apdu_specs import browsers
from apdu_specs.bangkok import BANGKOK, local_time
from apdu_specs.language import Language, Text
from harness.agent import messages as m
from harness.agent import shapes
from harness.agent.confirmation import LONGEST_BODY, TOO_LONG, citizen_id, parsed
from harness.agent.cors import OpenToAll
from harness.agent.head import HeadAsGet
from harness.agent.limits import Limits
from harness.agent.nhso import LATEST, NhsoDesk
from harness.agent.page import HEADERS, not_served, page
from harness.agent.patient import PatientCard, PatientReader
from harness.agent.refusals import ENDING, FAULT, FieldError, Refusal, confirming_refused, reading_refused
from harness.errors import HarnessError

API_DOCS = "/v3/api-docs"
_log = logging.getLogger(__name__)
_NO_SUCH_PATH = Text("There is nothing at this address.", "ไม่พบบริการตามที่อยู่นี้")
_OTHER_METHOD = Text("This address is asked in another way.", "ที่อยู่นี้ต้องเรียกด้วยวิธี (HTTP method) อื่น")
_BAD_FLAG = Text("readImageFlag is true or false.", "readImageFlag ต้องเป็น true หรือ false")
_FLAG_ERROR = FieldError("readImageFlag", "typeMismatch", _BAD_FLAG, owner="readRequest")
_ERRORS: dict[int | str, dict[str, Any]] = {
    "4XX": {"model": m.ErrorReply, "description": "Refused"},
    "5XX": {"model": m.ErrorReply, "description": "No card, or NHSO not reached"},
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": m.Confirmation.model_json_schema()}},
    }
}

Result = TypeVar("Result")
Flag = Annotated[
    str | None, Query(alias="readImageFlag", description="Whether to read the photo: true or false.")
]


def _machines_clock() -> datetime:
    return datetime.now(BANGKOK)


def build_app(
    reader: PatientReader,
    nhso: NhsoDesk,
    *,
    language: Language = "th",
    limits: Limits | None = None,
    clock: Callable[[], datetime] = _machines_clock,
) -> FastAPI:
    """The application. ``language``: of the messages; ``limits``: on asking for codes given before; ``clock`` gives the instant
    that answers tell.
    """
    app = FastAPI(
        title="Secure SmartCard Agent (thnid)",
        openapi_url=API_DOCS,
        docs_url=None,
        redoc_url=None,
        responses=_ERRORS,
    )
    app.include_router(_smartcard(reader, nhso))
    app.include_router(_nhso_service(nhso, limits, clock))
    app.include_router(_front(app))
    _refuse_as_spring(app, language)
    app.add_middleware(HeadAsGet)
    app.add_middleware(OpenToAll)
    return app


def _smartcard(reader: PatientReader, nhso: NhsoDesk) -> APIRouter:
    routes = APIRouter(prefix="/api/smartcard", tags=["secure-smart-card-agent-resource"])
    one_at_a_time = asyncio.Lock()

    async def card_of(request: Request, flag: str | None) -> PatientCard:
        photo = shapes.flag(flag)
        if photo is None:
            raise Refusal(HTTPStatus.BAD_REQUEST, _BAD_FLAG, [_FLAG_ERROR])
        async with one_at_a_time:
            if await request.is_disconnected():  # whoever gave up waiting needs no reading
                raise Refusal(HTTPStatus.BAD_REQUEST, FAULT)
            return await _asked(lambda: reader.read(photo=photo), reading_refused)

    @routes.get("/terminals/", include_in_schema=False)
    @routes.get("/terminals", response_model=list[m.Terminal])
    async def terminals() -> Response:
        return JSONResponse(reader.terminals())

    @routes.get("/read/", include_in_schema=False)
    @routes.get("/read", response_model=m.ReadReply)
    async def read(request: Request, flag: Flag = None) -> Response:
        card = await card_of(request, flag)
        rights = await _asked(lambda: nhso.rights(card.citizen_id), reading_refused)
        return JSONResponse(shapes.read_reply(rights, card))

    @routes.get("/read-card-only/", include_in_schema=False)
    @routes.get("/read-card-only", response_model=m.CardReply)
    async def read_card_only(request: Request, flag: Flag = None) -> Response:
        card = await card_of(request, flag)
        return JSONResponse({**shapes.of_card(card), "correlationId": str(uuid.uuid4())})

    @routes.get("/probe/{pid}/", include_in_schema=False)
    @routes.get("/probe/{pid}", response_model=m.ReadReply)
    async def probe(pid: str) -> Response:
        known = citizen_id(pid)
        return JSONResponse(shapes.read_reply(await _asked(lambda: nhso.rights(known), reading_refused)))

    return routes


def _nhso_service(nhso: NhsoDesk, limits: Limits | None, clock: Callable[[], datetime]) -> APIRouter:
    routes = APIRouter(prefix="/api/nhso-service", tags=["nhso-service-resource"])

    async def confirm_save(request: Request) -> Response:
        asked = await _confirmation(request)
        return JSONResponse(await _asked(lambda: nhso.confirm(asked), confirming_refused))

    async def save_as_draft(request: Request) -> Response:
        asked = await _confirmation(request)
        return JSONResponse(await _asked(lambda: nhso.draft(asked), confirming_refused))

    for name, handler, reply in (
        ("/confirm-save", confirm_save, m.ConfirmationReply),
        ("/save-as-draft", save_as_draft, m.DraftReply),
    ):
        routes.post(name, response_model=reply, openapi_extra=_BODY)(handler)
        routes.post(f"{name}/", include_in_schema=False)(handler)  # both are called

    async def codes(pid: str, limit: int, *, all_hospitals: bool) -> list[dict[str, str]]:
        known = citizen_id(pid)
        if limits is not None:
            limits.count()
        return await _asked(
            lambda: nhso.history(known, limit=limit, all_hospitals=all_hospitals), reading_refused
        )

    @routes.get("/latest-authen-code/{pid}/", include_in_schema=False)
    @routes.get("/latest-authen-code/{pid}", response_model=m.LatestCode)
    async def latest(pid: str) -> Response:
        found = await codes(pid, 1, all_hospitals=False)
        return JSONResponse(found[0] if found else {"checkDate": local_time(clock())})

    @routes.get("/latest-5-authen-code-all-hospital/{pid}/", include_in_schema=False)
    @routes.get("/latest-5-authen-code-all-hospital/{pid}", response_model=list[m.GivenCode])
    async def latest_of_all(pid: str) -> Response:
        return JSONResponse(await codes(pid, LATEST, all_hospitals=True))

    return routes


def _front(app: FastAPI) -> APIRouter:
    routes = APIRouter()

    @routes.get("/api/api/preference/", include_in_schema=False)
    @routes.get("/api/api/preference", response_model=m.Preference)  # the doubled "api" is the original's
    async def preference() -> Response:
        return JSONResponse({"status": "UP"})

    @routes.get("/", include_in_schema=False)
    async def front() -> Response:
        return HTMLResponse(page(app.openapi(), API_DOCS), headers=HEADERS)

    @routes.get(browsers.ICON_PATH, include_in_schema=False)
    async def icon() -> Response:
        return Response(browsers.ICON, media_type=browsers.ICON_TYPE)

    @routes.get("/swagger-ui.html", include_in_schema=False)
    @routes.get("/swagger-ui/index.html", include_in_schema=False)
    async def swagger() -> Response:
        return RedirectResponse("/")

    return routes


async def _asked(ask: Callable[[], Result], refused: Callable[[HarnessError], Refusal]) -> Result:
    """What ``ask`` gives, in a thread of its own; its errors as refusals."""
    try:
        return await run_in_threadpool(ask)
    except HarnessError as error:
        raise refused(error) from error


async def _confirmation(request: Request) -> dict[str, str]:
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LONGEST_BODY:
            raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)
    return parsed(request.headers.get("content-type", ""), body)


def _refuse_as_spring(app: FastAPI, language: Language) -> None:
    """Answer every refusal and every fault in one shape; never with a stack trace."""

    def answer(request: Request, refusal: Refusal, headers: Any = None) -> JSONResponse:
        return JSONResponse(refusal.body(request.url.path, language), refusal.status, headers)

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> JSONResponse:
        return answer(request, error)

    @app.exception_handler(HTTPException)
    async def nothing_here(request: Request, error: HTTPException) -> Response:
        if browsers.wants_page(request.headers.get("accept")):
            headers = {**HEADERS, **(error.headers or {})}
            return HTMLResponse(not_served(error.status_code), error.status_code, headers)
        status = HTTPStatus(error.status_code)
        why = _OTHER_METHOD if status is HTTPStatus.METHOD_NOT_ALLOWED else _NO_SUCH_PATH
        return answer(request, Refusal(status, why), error.headers)

    class FaultBecomesRefusal:
        def __init__(self, inner: ASGIApp) -> None:
            self._inner = inner

        async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await self._inner(scope, receive, send)
            except asyncio.CancelledError:  # the agent ends, and somebody still waits for a card
                await answer(Request(scope), Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, ENDING))(
                    scope, receive, send
                )
            except Exception as error:
                # Neither the path nor the error's text: both may carry a citizen id.
                _log.error("a request failed: %s", type(error).__name__)
                if scope["type"] == "http":
                    refusal = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, FAULT)
                    await answer(Request(scope), refusal)(scope, receive, send)

    app.add_middleware(FaultBecomesRefusal)
