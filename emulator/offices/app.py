"""The offices as one ASGI application: ``/registry``, ``/authority`` and ``/nhso``.

Citizen ids travel in bodies, never in addresses, so that no access log of anybody's can collect them.
The counters (issuing cards, granting rights) ask for no login of their own: serve this on loopback only.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from apdu_specs import replies
from apdu_specs.language import Text
from apdu_specs.replies import Reason
from emulator.offices import messages as m
from emulator.offices.authority import Authority, Confirmation
from emulator.offices.erm import ERM, LEVEL_TITLES, Module
from emulator.offices.errors import Refused
from emulator.offices.nhso import Nhso
from emulator.offices.registry_office import RegistryOffice

_log = logging.getLogger(__name__)

_REFUSALS: dict[int | str, dict[str, object]] = {"4XX": {"model": m.RefusalReply, "description": "Refused"}}
_BEARER = "bearer "


def build_app(registry: RegistryOffice, authority: Authority, nhso: Nhso) -> FastAPI:
    """The application with its three offices."""
    app = FastAPI(title="thnid offices", docs_url=None, redoc_url=None)
    app.include_router(
        _registry_routes(registry), prefix="/registry", tags=["registry office"], responses=_REFUSALS
    )
    app.include_router(
        _authority_routes(authority), prefix="/authority", tags=["authority"], responses=_REFUSALS
    )
    app.include_router(_nhso_routes(nhso), prefix="/nhso", tags=["NHSO"], responses=_REFUSALS)
    _refuse_in_two_languages(app)
    return app


def _registry_routes(registry: RegistryOffice) -> APIRouter:
    routes = APIRouter()

    @routes.post("/cards")
    def know_card(body: m.CardRequest) -> m.CardReply:
        registry.know_card(body.pid, bytes.fromhex(body.serial))
        return m.CardReply(latest_serial=body.serial.upper())

    @routes.post("/replacements")
    def replace_card(body: m.ReplacementRequest) -> m.CardReply:
        registry.replace_card(body.pid, bytes.fromhex(body.old_serial), bytes.fromhex(body.new_serial))
        return m.CardReply(latest_serial=body.new_serial.upper())

    @routes.post("/proofs")
    def prove(body: m.ProofRequest) -> m.ProofReply:
        proof = registry.prove(body.pid, bytes.fromhex(body.serial), bytes.fromhex(body.challenge))
        return m.ProofReply(proof=proof.hex().upper())

    return routes


def _authority_routes(authority: Authority) -> APIRouter:
    routes = APIRouter()

    @routes.post("/9080")
    def challenge(body: m.ChallengeRequest) -> m.ChallengeReply:
        xkey = authority.challenge(body.pid, bytes.fromhex(body.cid), body.office)
        return m.ChallengeReply(status=replies.SUCCESS, xkey=xkey.hex().upper())

    @routes.post("/9081")
    def confirm(body: m.ConfirmRequest) -> m.ConfirmReply:
        confirmation = Confirmation(
            citizen_id=body.pid,
            serial=bytes.fromhex(body.cid),
            xkey=bytes.fromhex(body.xkey),
            key_id=body.key_id,
            match_status=body.match_status,
            cryptogram=bytes.fromhex(body.envelope),
            office=body.office,
        )
        return m.ConfirmReply(status=replies.SUCCESS, tkey=authority.confirm(confirmation))

    return routes


def _nhso_routes(nhso: Nhso) -> APIRouter:
    routes = APIRouter()

    @routes.post("/rights")
    def grant(body: m.RightRequest) -> m.RightReply:
        nhso.grant(body.pid, name=body.name.strip(), organisation=body.organisation, level=body.level)
        return m.RightReply(level=body.level)

    @routes.post("/revocations")
    def revoke(body: m.OfficerRequest) -> m.RightReply:
        nhso.revoke(body.pid)
        return m.RightReply(level=None)

    @routes.post("/login")
    def log_in(body: m.LoginRequest) -> m.LoginReply:
        login = nhso.log_in(body.pid, body.tkey)
        return m.LoginReply(
            smctoken=login.smctoken,
            expires_at=login.expires_at.isoformat(),
            level=m.Titled(id=login.level, title=_both(LEVEL_TITLES[login.level])),
            menu=_menu(login.modules),
        )

    @routes.get("/menu")
    def menu(authorization: Annotated[str, Header()] = "") -> m.MenuReply:
        return m.MenuReply(menu=_menu(nhso.modules(_bearer(authorization))))

    @routes.get("/modules/{module_id}")
    def module(module_id: str, authorization: Annotated[str, Header()] = "") -> m.ModuleReply:
        opened, actions = nhso.module(_bearer(authorization), module_id)
        return m.ModuleReply(id=opened.id, title=_both(opened.title), actions=list(actions))

    return routes


def _bearer(authorization: str) -> str:
    if not authorization.lower().startswith(_BEARER):
        raise Refused(replies.TOKEN_NOT_VALID)
    return authorization[len(_BEARER) :].strip()


def _menu(modules: tuple[Module, ...]) -> list[m.MenuEntry]:
    titled = [m.Titled(id=module.id, title=_both(module.title)) for module in modules]
    return [m.MenuEntry(id=ERM.id, title=_both(ERM.title), modules=titled)]


def _both(text: Text) -> dict[str, str]:
    return {"en": text.en, "th": text.th}


def _refuse_in_two_languages(app: FastAPI) -> None:
    # Handlers are coroutines: a plain function would be sent to a worker thread to build one small answer.
    @app.exception_handler(Refused)
    async def refused(request: Request, error: Refused) -> JSONResponse:
        return _refusal(request, error.reason, days=error.days)

    @app.exception_handler(RequestValidationError)
    async def not_valid(request: Request, error: RequestValidationError) -> JSONResponse:
        reason = replies.INVALID_DATA if _action(request) else replies.REQUEST_NOT_VALID
        return _refusal(request, reason, fields=[_field_fault(fault) for fault in error.errors()])

    @app.exception_handler(HTTPException)
    async def not_served(request: Request, error: HTTPException) -> JSONResponse:
        return _refusal(request, replies.NO_SUCH_SERVICE, http=error.status_code, headers=error.headers)

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
                await _refusal(Request(scope), replies.OFFICE_FAULT)(scope, receive, send)


def _refusal(
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
        message=_both(reason.message),
        what_to_do=_both(reason.what_to_do),
        action=_action(request),
        days=days,
        fields=fields,
    )
    content = reply.model_dump(exclude_none=True)
    return JSONResponse(content, http or reason.http, headers=dict(headers or {}))


def _action(request: Request) -> str | None:
    """The authority's action number, which its answers repeat; None elsewhere."""
    prefix, _, action = request.url.path.rpartition("/")
    return action if prefix == "/authority" and action in ("9080", "9081") else None


def _field_fault(fault: Mapping[str, Any]) -> m.FieldFault:
    kind = str(fault["type"])
    # Invalid JSON is located by its offset, not by a field.
    path = [] if kind == "json_invalid" else [str(part) for part in fault["loc"][1:]]
    return m.FieldFault(field=".".join(path) or "body", reason=_both(m.FIELD_REASONS.get(kind, m.UNFITTING)))
