"""Any page may ask the agent and read its answers, as with the original; also where a browser asks before it does.

Public: pages of other origins read the answers. The headers' values are ``assumed``: Spring's defaults, and the consent to
requests from public pages to this machine that newer browsers ask for.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS = b"GET,HEAD,POST,OPTIONS"
_MAX_AGE_S = b"1800"
_VARY = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
_LONGEST = 2000

Headers = list[tuple[bytes, bytes]]


class OpenToAll:
    """Answers preflight requests, and adds what lets a page read every other answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        asked = dict(scope["headers"])
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in asked:
            await send({"type": "http.response.start", "status": 200, "headers": _consent(asked)})
            await send({"type": "http.response.body", "body": b""})
            return

        async def readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = [*message.get("headers", []), _VARY]
                if b"origin" in asked:
                    headers.append((b"access-control-allow-origin", b"*"))
                message = {**message, "headers": headers}
            await send(message)

        await self._app(scope, receive, readable)


def _consent(asked: dict[bytes, bytes]) -> Headers:
    headers: Headers = [
        (b"access-control-allow-origin", b"*"),
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-max-age", _MAX_AGE_S),
        (b"content-length", b"0"),
        _VARY,
    ]
    wanted = asked.get(b"access-control-request-headers", b"")
    if wanted and len(wanted) <= _LONGEST:
        headers.append((b"access-control-allow-headers", wanted))
    for kind in (b"private", b"local"):  # the second is the newer name of the same question
        if asked.get(b"access-control-request-" + kind + b"-network") == b"true":
            headers.append((b"access-control-allow-" + kind + b"-network", b"true"))
    return headers
