"""Who proposes another protocol with a request is answered in HTTP/1.1, and what was sent arrives."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request, Response
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.offices.server import OfficeServer
from harness.web_server import WebServer

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\nUpgrade: h2c\r\n"
WEBSOCKET = b"Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
END = b"--end--"

echo = FastAPI()


@echo.api_route("/{path:path}", methods=["GET", "POST"])
async def answer(path: str, request: Request) -> Response:
    """What arrived, and an end by which it is known."""
    told = f"{request.method} {path}?{request.url.query} {request.headers.get('x-mine')} ".encode()
    return Response(told + await request.body() + END)


@pytest.fixture(scope="module", params=[OfficeServer, WebServer])
def server(request: pytest.FixtureRequest) -> Iterator[Any]:
    with request.param(echo) as running:
        yield running


def told(server: Any, pieces: list[bytes], answers: int) -> bytes:
    """All that comes back on one connection for what is sent in these pieces."""
    url = httpx.URL(server.url)
    collected = b""
    with socket.create_connection((url.host, url.port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        while collected.count(END) < answers:
            more = connection.recv(65536)
            assert more, collected
            collected += more
    return collected


def request(method: bytes, proposal: bytes, body: bytes, *, chunked: bool) -> bytes:
    head = method + b" /a/b?c=d HTTP/1.1\r\nHost: localhost\r\n" + proposal + b"X-Mine: yes\r\n"
    if chunked:
        size = f"{len(body):x}".encode()
        sent = (size + b"\r\n" + body + b"\r\n" if body else b"") + b"0\r\n\r\n"
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + sent
    return head + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


BODIES = st.binary(max_size=300).filter(lambda body: END not in body)
REQUESTS = st.lists(
    st.tuples(
        st.sampled_from([b"GET", b"POST"]), st.sampled_from([b"", H2C, WEBSOCKET]), BODIES, st.booleans()
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=60)
@given(REQUESTS, st.data())
def test_a_proposal_changes_nothing(server: Any, asked: list[Any], data: st.DataObject) -> None:
    sent = b"".join(
        request(method, proposal, body, chunked=chunked) for method, proposal, body, chunked in asked
    )
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=5)))
    pieces = [sent[start:end] for start, end in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    got = told(server, pieces, len(asked))
    assert [each.rpartition(b"\r\n\r\n")[0].split(b"\r\n")[0] for each in got.split(END)[:-1]] == [
        b"HTTP/1.1 200 OK"
    ] * len(asked)
    plain = b"".join(request(method, b"", body, chunked=chunked) for method, _, body, chunked in asked)
    assert got == told(server, [plain], len(asked))
    for method, _, body, _ in asked:
        assert method + b" a/b?c=d yes " + body + END in got


@pytest.mark.parametrize("target", [b"localhost:80", b"/a"])
def test_a_tunnel_is_refused(server: Any, target: bytes) -> None:
    url = httpx.URL(server.url)
    with socket.create_connection((url.host, url.port), timeout=60) as connection:
        connection.sendall(b"CONNECT " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 400 ")
