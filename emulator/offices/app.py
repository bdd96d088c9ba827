"""The offices as one ASGI application: ``/registry``, ``/authority`` and ``/nhso``.

Citizen ids travel in bodies, never in addresses, so that no access log of anybody's can collect them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fastapi import FastAPI, Response

from apdu_specs import browsers
from emulator.offices.agent_desk import agent_routes
from emulator.offices.answers import REFUSALS, refuse_in_two_languages
from emulator.offices.authority_routes import authority_routes
from emulator.offices.body_limit import LimitedBody
from emulator.offices.clock import MovableClock
from emulator.offices.clock_routes import clock_routes
from emulator.offices.entitlement import EntitlementDesk, entitlement_routes
from emulator.offices.head import HeadAsGet
from emulator.offices.hosts import InsistOnHost, KnownHosts
from emulator.offices.nhso_routes import nhso_routes
from emulator.offices.offices import Offices
from emulator.offices.registry_routes import registry_routes
from emulator.offices.rights.routes import request_routes
from emulator.offices.srm.routes import srm_routes
from emulator.offices.ucws.routes import ucws_routes
from emulator.offices.ucws.service import Ucws

if TYPE_CHECKING:
    from emulator.offices.mail.catcher import MailCatcher
    from emulator.offices.web.kit import Kit


def build_app(
    offices: Offices,
    *,
    ucws_address: str | None = None,
    pages: bool = True,
    catcher: MailCatcher | None = None,
    open_mail: bool = False,
    hosts: KnownHosts | None = None,
    neighbours: Mapping[str, str] | None = None,
) -> FastAPI:
    """The application with its offices. ``ucws_address``: what UCWS's WSDL names; else where the WSDL was asked for.

    ``pages``: those for people too. ``catcher``: its mail can be seen at ``/mail``, on this machine or (``open_mail``) by
    anybody. ``hosts``: what the offices are called; None: whatever they are called. ``neighbours``: name -> URL of what else
    is served on this machine, for the first page; looked at whenever it is shown.
    """
    app = FastAPI(title="thnid offices", docs_url=None, redoc_url=None, responses=REFUSALS)
    app.include_router(registry_routes(offices), prefix="/registry")
    app.include_router(authority_routes(offices), prefix="/authority")
    app.include_router(nhso_routes(offices), prefix="/nhso")
    desk = EntitlementDesk(offices.nhso, offices.citizens, offices.authen_codes, offices.clock)
    app.include_router(entitlement_routes(desk))
    app.include_router(agent_routes(offices.agent_desk, offices.counter_key))
    kit = None
    if pages:
        kit = _add_pages(app, offices, catcher, open_mail, {} if neighbours is None else neighbours)
    ucws = Ucws(offices.nhso, offices.citizens, offices.audit, offices.clock)
    app.include_router(ucws_routes(ucws, ucws_address, None if kit is None else kit.contract))
    app.include_router(srm_routes(offices.srm, offices.citizens, offices.clock))
    app.include_router(request_routes(offices.rights, offices.attempts, offices.counter_key))
    if offices.test_mode and isinstance(offices.clock, MovableClock):
        app.include_router(clock_routes(offices.clock))
    app.add_api_route(browsers.ICON_PATH, _icon, include_in_schema=False)
    refuse_in_two_languages(app, kit)
    app.add_middleware(LimitedBody)
    app.add_middleware(HeadAsGet)
    if hosts is not None:
        app.add_middleware(InsistOnHost, known=hosts)
    return app


def _add_pages(
    app: FastAPI,
    offices: Offices,
    catcher: MailCatcher | None,
    open_mail: bool,
    neighbours: Mapping[str, str],
) -> Kit:
    # Only who serves people loads what pages are made with.
    from emulator.offices.mail.door import MailDoor
    from emulator.offices.registry_desk.pages import registry_pages
    from emulator.offices.rights.desk_pages import desk_pages
    from emulator.offices.rights.request_pages import request_pages
    from emulator.offices.web.kit import Kit
    from emulator.offices.web.neighbours import Neighbours
    from emulator.offices.web.pages import site_pages

    kit = Kit(offices.staff, offices.form_key)
    near = Neighbours(neighbours)
    mail = None if catcher is None else MailDoor(open_to_all=open_mail)
    app.include_router(site_pages(kit, offices.staff, offices.attempts, mail=mail, neighbours=near))
    app.include_router(request_pages(kit, offices.rights, offices.attempts))
    app.include_router(desk_pages(kit, offices.rights))
    app.include_router(registry_pages(kit, offices.registry_desk, near))
    if catcher is not None and mail is not None:
        from emulator.offices.mail.pages import mail_pages

        app.include_router(mail_pages(kit, catcher, mail))
    return kit


async def _icon() -> Response:
    return Response(browsers.ICON, media_type=browsers.ICON_TYPE, headers={"Cache-Control": "max-age=3600"})
