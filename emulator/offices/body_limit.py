"""No request may be longer than the offices need: what is longer is refused before it is kept."""

from __future__ import annotations

from contextlib import suppress

from fastapi import Request, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from apdu_specs import replies, ucws
from emulator.offices.answers import refusal
from emulator.offices.ucws.answer import fault

LONGEST_BODY = 1024 * 1024


class _TooLong(Exception):
    """More came than may."""


class LimitedBody:
    """Refuses (413) a body longer than ``LONGEST_BODY`` bytes, announced or not."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if _announced(scope) > LONGEST_BODY:
            await _refuse(scope, receive, send)
            return
        received = 0

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > LONGEST_BODY:
                raise _TooLong
            return message

        async def unless_too_long(message: Message) -> None:
            # Whatever the application makes of the interruption, it is not what is answered.
            if received <= LONGEST_BODY:
                await send(message)

        with suppress(_TooLong):
            await self._app(scope, counted, unless_too_long)
        if received > LONGEST_BODY:
            await _refuse(scope, receive, send)


def _announced(scope: Scope) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    closing = {"Connection": "close"}
    if scope["path"] == ucws.PATH:  # who speaks SOAP is answered in it
        told = replies.REQUEST_TOO_LONG
        answer: Response = Response(
            fault("Client", told.message), told.http, headers=closing, media_type="text/xml;charset=utf-8"
        )
    else:
        answer = refusal(Request(scope), replies.REQUEST_TOO_LONG, headers=closing)
    await answer(scope, receive, send)
