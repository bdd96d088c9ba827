"""``/mail``: what the catcher caught. Only where a catcher runs, on a machine of one's own."""

from __future__ import annotations

import re

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response

from apdu_specs import replies
from emulator.offices.errors import Refused
from emulator.offices.mail.catcher import MailCatcher
from emulator.offices.mail.door import MailDoor
from emulator.offices.web.kit import Kit, Visit

_ON_A_PAGE = 100
_NUMBER = re.compile(r"[0-9]{1,18}")


def mail_pages(kit: Kit, catcher: MailCatcher, door: MailDoor) -> APIRouter:
    """``/mail``, for whom the door lets in."""
    pages = APIRouter(route_class=kit.route_class(), include_in_schema=False)
    visiting = Depends(kit.visit)

    @pages.get("/mail")
    def caught(request: Request, before: str = "", visit: Visit = visiting) -> Response:
        if not door.lets_in(request):
            raise Refused(replies.MAIL_NOT_SHOWN)
        below = int(before) if _NUMBER.fullmatch(before) else None
        found = catcher.newest(_ON_A_PAGE + 1, before=below)
        mail = found[:_ON_A_PAGE]
        older = mail[-1].number if len(found) > _ON_A_PAGE else None
        return kit.page(visit, "caught_mail.html", mail=mail, older=older, first=below is None)

    return pages
