"""Who may talk to the screen: pages of its own, in a browser on this machine.

A web page elsewhere can make a browser send requests to loopback, and can give a name of its own the address 127.0.0.1
(DNS rebinding). So the Host must be one of ours, a form's Origin too, every form carries a token that only our pages know,
and the session's cookie is not sent along from other sites.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping

SESSION_COOKIE = "thnid_screen"
TOKEN_FIELD = "csrf"
_SESSION_BYTES = 32
_HTTP_PORT = 80  # which browsers leave away

HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: with it browsers send "Origin: null" along with our own forms.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), usb=()",
    "Cache-Control": "no-store",
}


class Guard:
    """Judges requests to a port of this machine. Its key lives as long as the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._retired: set[str] = set()  # a few per login, and no request can add to them by itself

    @staticmethod
    def knows_host(host: str, port: int) -> bool:
        """Whether a request was meant for us, and not for a name that was made to point here."""
        return host.lower() in _hosts(port)

    @staticmethod
    def is_own_form(origin: str | None, fetch_site: str | None, port: int) -> bool:
        """Whether a form comes from a page of ours, as far as the browser says."""
        own = origin is None or origin in {f"http://{host}" for host in _hosts(port)}
        return own and fetch_site in (None, "same-origin", "none")

    @staticmethod
    def is_navigation_from_abroad(fetch_site: str | None) -> bool:
        """Whether a page of another site led here: the browser then keeps our cookie back."""
        return fetch_site == "cross-site"

    def new_session(self) -> str:
        """A session for a new window: nobody else can make one up, so none can be planted."""
        name = secrets.token_urlsafe(_SESSION_BYTES)
        return f"{name}.{self._sealed('session', name)}"

    def renewed(self, session: str) -> str:
        """Another value for this session. The one it had is worthless from now on, whoever knows it."""
        self._retired.add(session)
        return self.new_session()

    def is_session(self, value: str | None) -> bool:
        """Whether a cookie is one of ours, and no other took its place."""
        return self._is_ours(value) and value not in self._retired

    def is_retired(self, value: str | None) -> bool:
        """Whether a cookie was one of ours, and another took its place."""
        return value in self._retired

    def _is_ours(self, value: str | None) -> bool:
        name, _, seal = (value or "").partition(".")
        return hmac.compare_digest(self._sealed("session", name).encode(), seal.encode())

    def form_token(self, session: str) -> str:
        """What every form of this session carries."""
        return self._sealed("form", session)

    def is_form_token(self, session: str, given: str) -> bool:
        """Whether a form carries its session's token."""
        return hmac.compare_digest(self.form_token(session).encode(), given.encode())

    def _sealed(self, use: str, value: str) -> str:
        return hmac.new(self._key, f"{use} {value}".encode(), hashlib.sha256).hexdigest()


def _hosts(port: int) -> set[str]:
    names = ("127.0.0.1", "localhost", "[::1]")
    return {f"{name}:{port}" for name in names} | (set(names) if port == _HTTP_PORT else set())
