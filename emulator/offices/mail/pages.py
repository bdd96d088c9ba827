"""``/mail``: what the catcher caught. Only where a catcher runs, on a machine of one's own."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from fastapi.responses import Response

from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.web.kit import Kit, Visit


def mail_pages(kit: Kit, catcher: MailCatcher) -> APIRouter:
    """``/mail``."""
    pages = APIRouter(route_class=kit.route_class(), include_in_schema=False)
    visiting = Depends(kit.visit)

    @pages.get("/mail")
    def caught(visit: Visit = visiting) -> Response:
        return kit.page(visit, "caught_mail.html", mail=catcher.mail)

    return pages
