"""The HTTP server of this machine's own programs."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from harness.web_server import AddressNotAllowed, AddressTaken, WebServer


async def who_asks(scope: Scope, _receive: Receive, send: Send) -> None:
    """Answers with what the server says of whoever asks."""
    body = json.dumps([scope["client"][0], scope["scheme"]]).encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Forwarded-For": "203.0.113.7"},
        {"X-Forwarded-Proto": "https"},
        {"X-Forwarded-For": "203.0.113.7, 127.0.0.1", "X-Forwarded-Proto": "https"},
        {"Forwarded": "for=203.0.113.7;proto=https"},
    ],
)
def test_nobody_says_where_they_come_from(headers: dict[str, str]) -> None:
    with WebServer(who_asks) as server:
        assert httpx.get(server.url, headers=headers, trust_env=False).json() == ["127.0.0.1", "http"]


def test_a_port_is_had_once_and_free_again_afterwards() -> None:
    with WebServer(who_asks) as server:
        with pytest.raises(AddressTaken) as taken:
            WebServer(who_asks, port=server.port)
        assert (taken.value.port, taken.value.exit_status) == (server.port, 2)
    with WebServer(who_asks, port=server.port) as again:
        assert httpx.get(again.url, trust_env=False).status_code == 200
    again.stop()


def open_files() -> set[Path]:
    return set(Path("/proc/self/fd").iterdir())


def test_a_host_that_is_refused_leaves_no_port_behind() -> None:
    """The last of three hosts is another machine's address: what the first two had is free again at once."""
    with WebServer(who_asks) as server:
        port = server.port
    before = open_files()
    with pytest.raises(AddressNotAllowed) as refused:
        WebServer(who_asks, hosts=("127.0.0.1", "127.0.0.2", "192.0.2.1"), port=port)
    assert "192.0.2.1" in refused.value.message.en
    assert open_files() == before  # although the error, with all its frames, is still at hand
    with WebServer(who_asks, port=port):
        pass


def test_a_port_that_a_later_host_has_not_leaves_none_behind() -> None:
    with WebServer(who_asks, hosts=("127.0.0.3",)) as other:
        before = open_files()
        with pytest.raises(AddressTaken) as taken:
            WebServer(who_asks, hosts=("127.0.0.1", "127.0.0.2", "127.0.0.3"), port=other.port)
        assert taken.value.port == other.port
        assert open_files() == before
