"""The screen as one small web application: a page, its buttons, and a stream that says when to look again.

Every button is a form that is answered by a redirect to the page. The PIN alone is sent by the page's script, so that no
field of the page ever holds it. Nothing is logged.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apdu_specs import browsers
from apdu_specs.language import Language, Text
from harness.officer.own_pages import form_of, icon, language_of, port_of, remember_language
from harness.officer.screen import pages, words
from harness.officer.screen.desk import Desk, Rename
from harness.officer.screen.guard import HEADERS, SESSION_COOKIE, TOKEN_FIELD, Guard

_QUIET_S = 15.0
_LOOK = "event: look\ndata: {}\n\n"
_STATIC = {"screen.css": "text/css", "screen.js": "text/javascript", "card.svg": "image/svg+xml"}

_log = logging.getLogger(__name__)

Button = Callable[[Desk, str, Mapping[str, str], Rename], None]

BUTTONS: Mapping[str, Button] = {
    "agent/start": lambda desk, _owner, _form, _rename: desk.start_agent(),
    "agent/stop": lambda desk, _owner, _form, _rename: desk.stop_agent(),
    "login": lambda desk, owner, _form, _rename: desk.press_login(owner),
    "pin": lambda desk, owner, form, rename: desk.enter_pin(owner, form.get("pin", ""), rename),
    "enter": lambda desk, owner, _form, _rename: desk.enter_program(owner),
    "menu/erm": lambda desk, owner, _form, _rename: desk.open_erm(owner),
    "modules/entitlement": lambda desk, owner, _form, _rename: desk.open_module(owner),
    "back/modules": lambda desk, owner, _form, _rename: desk.back_to_modules(owner),
    "back/menu": lambda desk, owner, _form, _rename: desk.back_to_menu(owner),
    "entitlement/search": lambda desk, owner, form, _rename: desk.search(owner, form.get("pid", "")),
    "entitlement/register": lambda desk, owner, form, _rename: desk.register(owner, form.get("hcode", "")),
    "entitlement/code": lambda desk, owner, form, _rename: desk.request_code(
        owner, form.get("claim_type", ""), form.get("mobile", "")
    ),
    "cancel": lambda desk, owner, _form, rename: desk.cancel(owner, rename),
    "take-over": lambda desk, owner, _form, _rename: desk.take_over(owner),
}


def build_screen(desk: Desk, *, language: Language = "th") -> ASGIApp:
    """The application for a desk. ``language`` is what a new window speaks."""
    return _Screen(desk, language).application()


class _Screen:
    def __init__(self, desk: Desk, language: Language) -> None:
        self._desk = desk
        self._guard = Guard()
        self._language = language

    def application(self) -> ASGIApp:
        routes = [
            Route("/", self._page, methods=["GET"]),
            Route("/events", self._events, methods=["GET"]),
            Route("/static/{name}", _static, methods=["GET"]),
            Route(browsers.ICON_PATH, icon, methods=["GET"]),
            Route("/language", self._form(self._choose_language), methods=["POST"]),
            *(
                Route(f"/{path}", self._form(self._pressing(button)), methods=["POST"])
                for path, button in BUTTONS.items()
            ),
        ]
        handlers: dict[Any, Any] = {HTTPException: self._not_served, Exception: self._fault}
        return _Guarded(Starlette(routes=routes, exception_handlers=handlers), self._guard, self._sentence)

    # --- what is asked ----------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        if self._guard.is_navigation_from_abroad(request.headers.get("sec-fetch-site")):
            return self._sentence(request, words.FOREIGN, 403)
        if _is_script(request) and self._guard.is_retired(request.cookies.get(SESSION_COOKIE)):
            # Its new value is on its way to this browser: the answer to who looks too early must not put another there.
            return Response(status_code=204)
        session, new = self._session(request)
        language = language_of(request, self._language)
        view = self._desk.view(session)
        response = Response(
            pages.page(view, language, self._guard.form_token(session)), media_type="text/html; charset=utf-8"
        )
        if new:
            _give(response, session)
        return response

    async def _events(self, request: Request) -> Response:
        if not self._is_own(request):
            return self._sentence(request, words.FOREIGN, 403)

        async def stream() -> AsyncIterator[str]:
            yield _LOOK  # whatever changed since the page was made
            async for rang in self._desk.bell.rings(_QUIET_S):
                yield _LOOK if rang else ": still here\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    def _pressing(self, button: Button) -> Callable[[Request, str, Mapping[str, str]], Awaitable[Response]]:
        async def press(request: Request, session: str, form: Mapping[str, str]) -> Response:
            names = [session]

            def rename(owner: str) -> str:
                names.append(self._guard.renewed(owner))
                return names[-1]

            await run_in_threadpool(button, self._desk, session, form, rename)
            response = Response(status_code=204) if _is_script(request) else RedirectResponse("/", 303)
            if names[-1] != session:
                _give(response, names[-1])
            return response

        return press

    async def _choose_language(self, _request: Request, _session: str, form: Mapping[str, str]) -> Response:
        response = RedirectResponse("/", 303)
        remember_language(response, form)
        return response

    # --- who asks ---------------------------------------------------------------------------------------------------

    def _form(
        self, serve: Callable[[Request, str, Mapping[str, str]], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def checked(request: Request) -> Response:
            if not self._is_own(request):
                return self._sentence(request, words.FOREIGN, 403)
            form = await form_of(request)
            if form is None:
                return self._sentence(request, words.TOO_LONG, 413)
            session = request.cookies.get(SESSION_COOKIE)
            if not self._guard.is_session(session) or session is None:
                return self._sentence(request, words.STALE_FORM, 403)
            if not self._guard.is_form_token(session, form.pop(TOKEN_FIELD, "")):
                return self._sentence(request, words.STALE_FORM, 403)
            return await serve(request, session, form)

        return checked

    def _is_own(self, request: Request) -> bool:
        headers = request.headers
        return self._guard.is_own_form(headers.get("origin"), headers.get("sec-fetch-site"), port_of(request))

    def _session(self, request: Request) -> tuple[str, bool]:
        session = request.cookies.get(SESSION_COOKIE)
        if session is not None and self._guard.is_session(session):
            return session, False
        return self._guard.new_session(), True

    # --- what is refused --------------------------------------------------------------------------------------------

    def _sentence(self, request: Request, text: Text, status: int) -> Response:
        return Response(
            pages.refusal(text, language_of(request, self._language)),
            status,
            media_type="text/html; charset=utf-8",
        )

    async def _not_served(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        answer = self._sentence(request, browsers.not_served(error.status_code), error.status_code)
        answer.headers.update(error.headers or {})
        return answer

    async def _fault(self, request: Request, _error: Exception) -> Response:
        return self._sentence(request, words.FAULT, 500)


class _Guarded:
    """Turns requests for other hosts away and puts the security headers on every answer."""

    def __init__(
        self, app: ASGIApp, guard: Guard, sentence: Callable[[Request, Text, int], Response]
    ) -> None:
        self._app = app
        self._guard = guard
        self._sentence = sentence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = [(name.lower().encode(), value.encode()) for name, value in HEADERS.items()]
                message = {**message, "headers": [*message["headers"], *own]}
            await send(message)

        request = Request(scope)
        if not self._guard.knows_host(request.headers.get("host", ""), port_of(request)):
            await self._sentence(request, words.FOREIGN, 421)(scope, receive, send_guarded)
            return
        try:
            await self._app(scope, receive, send_guarded)
        except Exception as error:  # it has been answered; its text may carry what was entered
            _log.error("the screen failed: %s", type(error).__name__)


def _is_script(request: Request) -> bool:
    """Whether the page's script asks, not somebody who opens the page."""
    return request.headers.get("x-requested-with") == "screen"


def _give(response: Response, session: str) -> None:
    """Put the session's value into the browser."""
    response.set_cookie(SESSION_COOKIE, session, httponly=True, samesite="strict", path="/")


async def _static(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404)
    return Response(_static_file(name), media_type=f"{_STATIC[name]}; charset=utf-8")


@cache
def _static_file(name: str) -> bytes:
    return resources.files("harness.officer.screen").joinpath("static", name).read_bytes()
