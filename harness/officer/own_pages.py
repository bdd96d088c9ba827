"""What the officer's screen and the PIN counter have in common as pages of this machine's own: who asks, forms, language.

Cookies know no ports: a browser that chose a language at one of them, or at the offices' pages, has chosen it for all.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from apdu_specs import browsers
from apdu_specs.language import Language
from harness.officer.screen.guard import HEADERS

LANGUAGE_COOKIE = "lang"
LANGUAGE_FIELD = "language"
_YEAR_S = 365 * 24 * 3600
_LARGEST_FORM = 4096


def port_of(request: Request) -> int:
    """Where the connection came in, whatever the request says of it."""
    server = request.scope.get("server")
    return int(server[1]) if server and server[1] else 0


async def form_of(request: Request) -> dict[str, str] | None:
    """The posted form; None when it is too long. What is no form, or was left half-way, has no fields."""
    body = bytearray()
    try:
        async for piece in request.stream():
            body += piece
            if len(body) > _LARGEST_FORM:
                return None
        found = parse_qs(body.decode(), max_num_fields=16, keep_blank_values=True)
    except (ValueError, ClientDisconnect):
        return {}
    return {name: values[-1] for name, values in found.items()}


def language_of(request: Request, otherwise: Language) -> Language:
    """What the browser chose, or ``otherwise``."""
    chosen = request.cookies.get(LANGUAGE_COOKIE)
    return "en" if chosen == "en" else "th" if chosen == "th" else otherwise


def remember_language(answer: Response, form: Mapping[str, str]) -> None:
    """Let the browser keep what its form chose."""
    chosen = "en" if form.get(LANGUAGE_FIELD) == "en" else "th"
    answer.set_cookie(LANGUAGE_COOKIE, chosen, max_age=_YEAR_S, httponly=True, samesite="strict", path="/")


async def icon(_request: Request) -> Response:
    """The tab's icon."""
    return Response(browsers.ICON, headers=dict(HEADERS), media_type=browsers.ICON_TYPE)
