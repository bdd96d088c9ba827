"""NHSO over HTTP: officers' rights (the counter), their login, menu, modules and logout."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from emulator.offices import messages as m
from emulator.offices.answers import both, ready
from emulator.offices.doors import Bearer, address_of, counter_only
from emulator.offices.erm import ERM, Module
from emulator.offices.offices import Offices


def nhso_routes(offices: Offices) -> APIRouter:
    """Rights and revocations are for the counter only."""
    nhso, attempts = offices.nhso, offices.attempts
    routes = APIRouter(tags=["NHSO"])
    counter = [counter_only(offices.counter_key)]

    @routes.post("/rights", dependencies=counter)
    def grant(body: m.RightRequest) -> m.RightReply:
        nhso.grant(body.pid, name=body.name.strip(), organisation=body.organisation, level=body.level)
        return m.RightReply(level=body.level)

    @routes.post("/revocations", dependencies=counter)
    def revoke(body: m.OfficerRequest) -> m.RightReply:
        nhso.revoke(body.pid)
        return m.RightReply(level=None)

    @routes.post("/login", response_model=m.LoginReply)
    def log_in(body: m.LoginRequest, request: Request) -> Response:
        with attempts.counted(body.pid, address_of(request)):
            login = nhso.log_in(body.pid, body.tkey)
        reply = m.LoginReply(
            smctoken=login.smctoken,
            expires_at=login.expires_at.isoformat(),
            level=m.Titled(id=login.level.id, title=both(login.level.title)),
            menu=_menu(login.modules),
        )
        return ready(reply)

    @routes.post("/logout")
    def log_out(smctoken: Bearer) -> m.LogoutReply:
        nhso.log_out(smctoken)
        return m.LogoutReply()

    @routes.get("/menu")
    def menu(smctoken: Bearer) -> m.MenuReply:
        return m.MenuReply(menu=_menu(nhso.modules(smctoken)))

    @routes.get("/modules/{module_id}")
    def module(module_id: str, smctoken: Bearer) -> m.ModuleReply:
        opened, actions = nhso.module(smctoken, module_id)
        return m.ModuleReply(id=opened.id, title=both(opened.title), actions=list(actions))

    return routes


def _menu(modules: tuple[Module, ...]) -> list[m.MenuEntry]:
    titled = [m.Titled(id=module.id, title=both(module.title)) for module in modules]
    return [m.MenuEntry(id=ERM.id, title=both(ERM.title), modules=titled)]
