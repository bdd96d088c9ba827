"""What every page of the offices shares.

A browser has one cookie (HttpOnly, SameSite=Strict): a random token, which is a session once a member of staff logged in
and gets a new value then. Every form carries a token made of it, and a form without the right one is refused before it is
looked at. Pages are in Thai unless the cookie ``lang`` says English.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from fastapi.routing import APIRoute
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.exceptions import HTTPException

from apdu_specs import browsers, replies, ucws
from apdu_specs.language import Language, Text
from apdu_specs.replies import Reason
from emulator.offices.errors import Fault, Refused
from emulator.offices.staff.accounts import Desk, Member, Staff
from emulator.offices.web.shown import buddhist_day, buddhist_time, grouped_id, grouped_phone, waiting_time
from emulator.offices.web.upload import parts_of

SESSION_COOKIE = "thnid_session"
LANGUAGE_COOKIE = "lang"
CSRF_FIELD = "csrf"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_OFFICES = Path(__file__).parent.parent
_TEMPLATES = [_OFFICES / room / "templates" for room in ("web", "rights", "registry_desk", "mail", "ucws")]
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_LOCAL_PATH = re.compile(r"/[A-Za-z0-9_-][A-Za-z0-9/_-]*")
_MOST_FIELDS = 2500
_YEAR_S = 365 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a browser: language, the cookie's token (new when the browser brought none), and who it is."""

    language: Language
    path: str
    secure: bool
    token: str = field(repr=False)
    token_is_new: bool
    csrf: str = field(repr=False)
    member: Member | None

    def say(self, english: str | Text, thai: str = "") -> str:
        """A sentence in the visitor's language."""
        text = english if isinstance(english, Text) else Text(english, thai)
        return text.say(self.language)


Form = dict[str, str]
"""The fields of a form that was sent from a page of ours."""

Upload = dict[str, bytes]
"""The same of a form with files in it."""


class LoginNeeded(Exception):
    """A page is for staff, and nobody is logged in; ``desk`` says where to log in."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk.value)
        self.desk = desk


LOGIN_PATHS = {Desk.NHSO_REGION: "/nhso/desk/login", Desk.REGISTRY: "/registry/desk/login"}
HOME_PATHS = {Desk.NHSO_REGION: "/nhso/desk", Desk.REGISTRY: "/registry/desk"}


class Kit:
    """Renders pages and knows who visits."""

    def __init__(self, staff: Staff, key: bytes) -> None:
        """``key``: at least 16 secret bytes, the same for all servers of a database."""
        self._staff = staff
        self._key = hmac.digest(key, b"thnid forms", "sha256")
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._templates.globals.update(homes=HOME_PATHS, desks=Desk, home=browsers.TO_FIRST_PAGE)

    # --- who visits ---------------------------------------------------------------------------------------------------

    def visit(self, request: Request) -> Visit:
        """Who asks. For ``Depends``."""
        brought = request.cookies.get(SESSION_COOKIE, "")
        known = _TOKEN.fullmatch(brought) is not None
        token = brought if known else secrets.token_urlsafe(32)
        return self._visit(request, token, self._staff.member(token) if known else None)

    def _visit(self, request: Request, token: str, member: Member | None) -> Visit:
        return Visit(
            language="en" if request.cookies.get(LANGUAGE_COOKIE) == "en" else "th",
            path=request.url.path,
            secure=request.url.scheme == "https",
            token=token,
            token_is_new=token != request.cookies.get(SESSION_COOKIE),
            csrf=self._csrf(token),
            member=member,
        )

    def staff_only(self, desk: Desk) -> Callable[[Request], Visit]:
        """For ``Depends``: the visit of a member of staff of that desk, else LoginNeeded."""

        def visit(request: Request) -> Visit:
            found = self.visit(request)
            if found.member is None or found.member.desk is not desk:
                raise LoginNeeded(desk)
            return found

        return visit

    async def form(self, request: Request) -> Form:
        """The fields of a form, for ``Depends``. Raises Refused (page-expired) unless it is one of our own."""
        if not _own_origin(request):
            raise Refused(replies.PAGE_EXPIRED)
        body = await request.body()
        try:
            fields = dict(
                parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
            )
        except ValueError:
            raise Refused(replies.REQUEST_NOT_VALID) from None
        self._insist_on_token(request, fields.pop(CSRF_FIELD, "").encode())
        return fields

    async def upload(self, request: Request) -> Upload:
        """As ``form``, for a form with files in it: all fields as they came."""
        if not _own_origin(request):
            raise Refused(replies.PAGE_EXPIRED)
        body = await request.body()
        try:
            fields = parts_of(request.headers.get("Content-Type", ""), body)
        except ValueError:
            raise Refused(replies.REQUEST_NOT_VALID) from None
        self._insist_on_token(request, fields.pop(CSRF_FIELD, b""))
        return fields

    def _insist_on_token(self, request: Request, told: bytes) -> None:
        token = request.cookies.get(SESSION_COOKIE, "")
        right = _TOKEN.fullmatch(token) is not None
        if not hmac.compare_digest(told, self._csrf(token).encode()) or not right:
            raise Refused(replies.PAGE_EXPIRED)

    def _csrf(self, token: str) -> str:
        return hmac.new(self._key, token.encode(), sha256).hexdigest()

    # --- what is answered ---------------------------------------------------------------------------------------------

    def page(
        self,
        visit: Visit,
        template: str,
        *,
        status: int = 200,
        faults: tuple[Fault, ...] = (),
        retry_after: int | None = None,
        **told: Any,
    ) -> Response:
        """A page. ``faults`` are shown together at its top and each at its field; ``retry_after`` (seconds) with the refusal."""

        def when(instant: Any) -> str:
            return buddhist_time(instant, visit.language)

        def day(instant: Any) -> str:
            return buddhist_day(instant, visit.language)

        html = self._templates.get_template(template).render(
            visit=visit,
            say=visit.say,
            when=when,
            day=day,
            pid=grouped_id,
            phone=grouped_phone,
            faults=faults,
            fault_of={each.field: each.reason for each in reversed(faults)},
            wait=None if retry_after is None else waiting_time(retry_after),
            **told,
        )
        answer = HTMLResponse(html, status, headers=HEADERS)
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        if visit.token_is_new:
            self.remember(answer, visit, visit.token)
        return answer

    def refused(self, visit: Visit, reason: Reason, *, retry_after: int | None = None) -> Response:
        """The page that says why something was refused, and what to do."""
        return self.page(visit, "refused.html", status=reason.http, retry_after=retry_after, reason=reason)

    def not_served(self, request: Request, status: int, headers: Mapping[str, str]) -> Response:
        """The page for an address where there is none, or none for this method."""
        told = browsers.not_served(status)
        answer = self.page(self.visit(request), "not_served.html", status=status, told=told)
        answer.headers.update(headers)
        return answer

    def failed(self, request: Request, reason: Reason) -> Response:
        """The page for when nothing can be answered; who is logged in is not looked up, as that may be what failed."""
        visit = self._visit(request, request.cookies.get(SESSION_COOKIE, ""), None)
        return self.refused(visit, reason)

    def contract(self, request: Request) -> Response:
        """The page that says what UCWS is, for who opens its address."""
        return self.page(self.visit(request), "ucws.html", ucws=ucws)

    def remember(self, answer: Response, visit: Visit, token: str) -> None:
        """Give the browser its session cookie."""
        answer.set_cookie(
            SESSION_COOKIE, token, path="/", httponly=True, samesite="strict", secure=visit.secure
        )

    def speak(self, answer: Response, visit: Visit, language: str) -> None:
        """Remember the language of a browser."""
        answer.set_cookie(
            LANGUAGE_COOKIE,
            "en" if language == "en" else "th",
            path="/",
            max_age=_YEAR_S,
            httponly=True,
            samesite="strict",
            secure=visit.secure,
        )

    def route_class(self) -> type[APIRoute]:
        """For ``route_class=`` of a router of pages: what is refused there is answered by a page."""
        kit = self

        class Page(APIRoute):
            def get_route_handler(self) -> Callable[[Request], Any]:
                handle = super().get_route_handler()

                async def handle_or_explain(request: Request) -> Response:
                    try:
                        return await handle(request)
                    except LoginNeeded as needed:
                        back = request.url.path if request.method == "GET" else HOME_PATHS[needed.desk]
                        return see_other(f"{LOGIN_PATHS[needed.desk]}?next={back}")
                    except Refused as refused:
                        return kit.refused(
                            kit.visit(request), refused.reason, retry_after=refused.retry_after
                        )
                    except (RequestValidationError, HTTPException):
                        return kit.refused(kit.visit(request), replies.NO_SUCH_SERVICE)

                return handle_or_explain

        return Page


def see_other(path: str) -> RedirectResponse:
    """Go on to another page, by GET."""
    return RedirectResponse(path, 303, headers=HEADERS)


def local_path(wanted: str | None, otherwise: str) -> str:
    """A path of ours that a visitor may be sent to; ``otherwise`` for whatever could lead elsewhere."""
    return wanted if wanted is not None and _LOCAL_PATH.fullmatch(wanted) else otherwise


def _own_origin(request: Request) -> bool:
    """Browsers say where a form came from; who says nothing is no browser that could be misled."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    # With Referrer-Policy no-referrer some browsers say "null" of their own pages; SameSite and token still hold.
    return origin in (None, "null") or urlsplit(origin).netloc == request.headers.get("Host")
