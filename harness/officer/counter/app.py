"""The counter as a small web application on loopback: the clerk's page, and the owner's page with two PIN fields.

Whoever may use it is judged by the officer's screen's guard: pages of its own, in a browser of this machine. A PIN that
was entered is never in a page, an address or a log.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from apdu_specs import browsers
from apdu_specs.digits import plain_digits
from apdu_specs.language import Language, Text
from apdu_specs.pin_policy import PinState
from harness.errors import HarnessError
from harness.officer.counter.renewal import CardAtCounter, PinEasilyGuessed, PinRenewal
from harness.officer.new_card import NewCard, WayToNewCard, nowhere
from harness.officer.own_pages import form_of, icon, language_of, port_of, remember_language
from harness.officer.screen.guard import HEADERS, TOKEN_FIELD, Guard

SESSION_COOKIE = "thnid_counter"
_FOREIGN = Text(
    "Open this page on this machine, by its own address.", "โปรดเปิดหน้านี้บนเครื่องนี้ด้วยที่อยู่ของระบบเท่านั้น"
)
_STALE = Text(
    "This page is too old; nothing was changed. Open it again.",
    "หน้านี้หมดอายุ ยังไม่มีการเปลี่ยนแปลงใด โปรดเปิดใหม่อีกครั้ง",
)
_FAULT = Text(
    "The counter's program failed; nothing is known of what was changed. Look at the card.",
    "โปรแกรมขัดข้อง ไม่ทราบว่ามีการเปลี่ยนแปลงใดแล้วหรือไม่ โปรดตรวจสอบบัตรอีกครั้ง",
)

_log = logging.getLogger(__name__)


def build_counter(
    renewal: PinRenewal, *, way_to_new_card: WayToNewCard = nowhere, language: Language = "th"
) -> ASGIApp:
    """The application. ``way_to_new_card`` is asked of a locked card; ``language`` is what a new window speaks."""
    return _Counter(renewal, way_to_new_card, language).application()


class _Counter:
    def __init__(self, renewal: PinRenewal, way_to_new_card: WayToNewCard, language: Language) -> None:
        self._renewal = renewal
        self._way_to_new_card = way_to_new_card
        self._language = language
        self._guard = Guard()

    def application(self) -> ASGIApp:
        routes = [
            Route("/", self._clerk, methods=["GET"]),
            Route("/owner", self._owner, methods=["GET"]),
            Route("/owner", self._choose, methods=["POST"]),
            Route("/language", self._speak, methods=["POST"]),
            Route("/static/counter.css", _css, methods=["GET"]),
            Route(browsers.ICON_PATH, icon, methods=["GET"]),
        ]
        handlers: dict[Any, Any] = {HTTPException: self._not_served, Exception: self._fault}
        return Starlette(routes=routes, exception_handlers=handlers)

    # --- pages ------------------------------------------------------------------------------------------------------

    async def _clerk(self, request: Request) -> Response:
        return await self._card_page(request, "clerk.html.j2")

    async def _owner(self, request: Request) -> Response:
        return await self._card_page(request, "owner.html.j2")

    async def _card_page(self, request: Request, template: str, **told: Any) -> Response:
        if not self._meant_for_us(request):
            return self._sentence(request, _FOREIGN, 421)
        card: CardAtCounter | None = None
        trouble: HarnessError | None = None
        way: NewCard | None = None
        try:
            card = await run_in_threadpool(self._renewal.look)
            if card.state is PinState.LOCKED and not card.is_disowned:
                way = await run_in_threadpool(self._way_to_new_card, card.serial)
        except HarnessError as error:
            trouble = error
        return self._page(request, template, card=card, trouble=trouble, way=way, **{"refused": None, **told})

    async def _choose(self, request: Request) -> Response:
        form = await self._own_form(request)
        if form is None:
            return self._sentence(request, _STALE, 403)
        try:
            card = await run_in_threadpool(
                self._renewal.renew,
                plain_digits(form.get("pin", "")),
                plain_digits(form.get("again", "")),
                insist=form.get("insist") == "yes",
                serial=_serial(form.get("serial", "")),
            )
        except HarnessError as error:
            return await self._card_page(request, "owner.html.j2", refused=error, status=422)
        return self._page(request, "done.html.j2", card=card)

    async def _speak(self, request: Request) -> Response:
        form = await self._own_form(request)
        if form is None:
            return self._sentence(request, _STALE, 403)
        answer = RedirectResponse(
            "/owner" if form.get("back") == "/owner" else "/", 303, headers=dict(HEADERS)
        )
        remember_language(answer, form)
        return answer

    # --- who asks ---------------------------------------------------------------------------------------------------

    def _meant_for_us(self, request: Request) -> bool:
        return self._guard.knows_host(request.headers.get("host", ""), port_of(request))

    async def _own_form(self, request: Request) -> Mapping[str, str] | None:
        """The form's fields, if a page of ours sent it."""
        session = request.cookies.get(SESSION_COOKIE, "")
        headers = request.headers
        own = self._guard.is_own_form(headers.get("origin"), headers.get("sec-fetch-site"), port_of(request))
        form = await form_of(request)
        if form is None or not (self._meant_for_us(request) and own and self._guard.is_session(session)):
            return None
        return form if self._guard.is_form_token(session, form.pop(TOKEN_FIELD, "")) else None

    # --- what is answered -------------------------------------------------------------------------------------------

    def _page(self, request: Request, template: str, *, status: int = 200, **told: Any) -> Response:
        language = language_of(request, self._language)
        session = request.cookies.get(SESSION_COOKIE, "")
        known = self._guard.is_session(session)
        if not known:
            session = self._guard.new_session()
        html = (
            _templates()
            .get_template(template)
            .render(
                language=language,
                say=lambda text, thai=None: (text if thai is None else Text(text, thai)).say(language),
                token=self._guard.form_token(session),
                here=request.url.path,
                home=browsers.TO_FIRST_PAGE,
                states=PinState,
                weak=isinstance(told.get("refused"), PinEasilyGuessed),
                **told,
            )
        )
        answer = Response(html, status, headers=dict(HEADERS), media_type="text/html; charset=utf-8")
        if not known:
            answer.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="strict", path="/")
        return answer

    def _sentence(self, request: Request, text: Text, status: int) -> Response:
        return Response(
            text.say(language_of(request, self._language)),
            status,
            headers=dict(HEADERS),
            media_type="text/plain",
        )

    async def _not_served(self, request: Request, error: HTTPException) -> Response:
        told = browsers.not_served(error.status_code)
        # Under a name that was made to point here nothing of ours is opened.
        if browsers.wants_page(request.headers.get("accept")) and self._meant_for_us(request):
            answer = self._page(request, "not_served.html.j2", status=error.status_code, told=told)
        else:
            answer = self._sentence(request, told, error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    async def _fault(self, request: Request, error: Exception) -> Response:
        _log.error("the counter failed: %s", type(error).__name__)  # its text may carry what was entered
        return self._sentence(request, _FAULT, 500)


def _serial(told: str) -> bytes | None:
    try:
        return bytes.fromhex(told)
    except ValueError:
        return b""


@cache
def _templates() -> Environment:
    folder = resources.files("harness.officer.counter").joinpath("templates")
    return Environment(
        loader=FunctionLoader(lambda name: folder.joinpath(name).read_text("utf-8")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


async def _css(_request: Request) -> Response:
    css = resources.files("harness.officer.counter").joinpath("static", "counter.css").read_bytes()
    return Response(css, headers=dict(HEADERS), media_type="text/css; charset=utf-8")
