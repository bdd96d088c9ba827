"""Which names the offices answer to.

A page elsewhere can give a name of its own the address of this machine (DNS rebinding) and then read what a browser here may
read. So the Host of a request must be one that the offices are known by; an address is no name and cannot be made to point
here.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from apdu_specs import replies
from emulator.offices.answers import refusal

PUBLISHED = ("ucws.nhso.go.th",)
"""Public: the name of UCWS that programs have in their code. Only NHSO can make it point anywhere."""

_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[0-9a-z._-]+)(?::[0-9]{1,5})?")
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class KnownHosts:
    """The names of offices that listen on ``bound``, with ``names`` that people gave them."""

    def __init__(self, bound: str = "127.0.0.1", names: Iterable[str] = ()) -> None:
        self._names = {each.strip().rstrip(".").lower() for each in (*_LOOPBACK, *PUBLISHED, bound, *names)}
        self._any_address = _is_everywhere(bound)

    def __contains__(self, host: str) -> bool:
        """Whether a Host header's value is meant for us; its port may be another's, who forwards it."""
        parsed = _HOST.fullmatch(host.strip().lower())
        if parsed is None:
            return False
        name = parsed[1].strip("[]")
        return name.rstrip(".") in self._names or (self._any_address and _is_address(name))


class InsistOnHost:
    """Refuses (421) requests for names that are not ours. What names none is no browser's and passes."""

    def __init__(self, app: ASGIApp, known: KnownHosts) -> None:
        self._app = app
        self._known = known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            hosts = [value.decode("latin-1") for name, value in scope["headers"] if name == b"host"]
            if not all(host in self._known for host in hosts):
                await refusal(Request(scope), replies.HOST_UNKNOWN)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def is_loopback(address: str | None) -> bool:
    """Whether an address is this machine's own."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return (mapped or parsed).is_loopback


def _is_everywhere(bound: str) -> bool:
    return _is_address(bound) and ipaddress.ip_address(bound).is_unspecified


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
