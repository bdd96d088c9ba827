"""Requests that propose another protocol on the way: they are answered in HTTP/1.1, body and all.

The JDK's HTTP client, left as it is, proposes HTTP/2 with each request (RFC 7540, 3.2), ``curl --http2`` likewise. A server may
ignore that (RFC 9110, 7.8), but the parser that uvicorn prefers takes all that follows such a request's head for the other
protocol, and the body is lost.
"""

from __future__ import annotations

from typing import Any

_PROPOSING = (b"upgrade", b"http2-settings")


def protocol() -> Any:
    """What ``uvicorn.Config`` is given as ``http``; uvicorn's other parser, where it is the only one, needs no help."""
    try:
        import httptools
        from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
    except ModuleNotFoundError:
        return "h11"

    class IgnoringUpgrades(HttpToolsProtocol):
        def data_received(self, data: bytes) -> None:
            self._unset_keepalive_if_required()
            try:
                while True:
                    try:
                        return self.parser.feed_data(data)
                    except httptools.HttpParserUpgrade as proposal:
                        # Once more from the start, as if nothing had been proposed.
                        data = self._head() + data[proposal.args[0] :]
                        self.parser = httptools.HttpRequestParser(self)
            except httptools.HttpParserError:
                self.send_400_response("Invalid HTTP request received.")

        def on_headers_complete(self) -> None:
            if not self.parser.should_upgrade():
                super().on_headers_complete()

        def on_message_complete(self) -> None:
            if not self.parser.should_upgrade():
                super().on_message_complete()

        def _head(self) -> bytes:
            """The request's head without the proposal. Raises HttpParserError where the method itself is one."""
            method = self.parser.get_method()
            if method == b"CONNECT":
                raise httptools.HttpParserError
            version = self.parser.get_http_version().encode()
            lines = [method + b" " + self.url + b" HTTP/" + version]
            lines += [name + b": " + value for name, value in self.headers if name not in _PROPOSING]
            return b"\r\n".join(lines) + b"\r\n\r\n"

    return IgnoringUpgrades
