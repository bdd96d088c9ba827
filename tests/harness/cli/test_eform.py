"""``thnid agent eform``: the officer's screen as a command."""

from __future__ import annotations

import json
import re
import signal
import socket
from pathlib import Path

import httpx
import pytest

from harness.cli.eform import token_places
from harness.officer.token_file import Place
from tests.harness.cli.program import LIMIT_S, PROGRAM, start, thnid

pytestmark = pytest.mark.pcsc


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(ending: signal.Signals) -> None:
    served = start("run", "--", str(PROGRAM), "agent", "eform", "--port", "0", "--json", "--start-service")
    try:
        assert served.stdout is not None
        url = json.loads(served.stdout.readline())["screen_url"]
        with httpx.Client(base_url=url, trust_env=False) as window:
            page = window.get("/").text
            assert 'lang="th"' in page and "start-green-card" in page
            token = re.search(r'name="form-token" content="([0-9a-f]+)"', page)
            assert token is not None
            form = {"csrf": token[1]}
            assert window.post("/login", data=form).status_code == 303
            assert window.post("/pin", data={**form, "pin": "1234"}).status_code == 303
            assert 'data-view="confirmed' in window.get("/").text
        served.send_signal(ending)
        assert served.wait(LIMIT_S) == 0
    finally:
        if served.poll() is None:
            served.kill()
        told = served.communicate()
    assert "Traceback" not in told[1]


def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        done = thnid("agent", "eform", "--port", str(other.getsockname()[1]))
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"thnid: Port \d+ on 127\.0\.0\.1 is already in use\. .+\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--nhso-url", "http://127.0.0.1:9"], "Give both --authority-url and --nhso-url, or neither."),
        (["--token-bom"], "--token-folder and --token-bom need --token-dir."),
        (["--token-folder", "UCAuthenticationMX"], "--token-folder and --token-bom need --token-dir."),
    ],
)
def test_what_cannot_be_meant(arguments: list[str], sentence: str) -> None:
    done = thnid("agent", "eform", "--port", "0", *arguments)
    assert done.returncode == 2
    assert sentence in done.stderr


def test_where_tokens_go(tmp_path: Path) -> None:
    assert token_places(None, (), None) == ()
    assert token_places(tmp_path, (), None) == (Place(tmp_path),)
    assert token_places(tmp_path, (), True) == (Place(tmp_path, bom=True),)
    both = ("UCAuthentication4.x", "UCAuthenticationMX", "UCAuthentication4.x")
    assert token_places(tmp_path, both, None) == (
        Place(tmp_path / "UCAuthentication4.x"),
        Place(tmp_path / "UCAuthenticationMX", bom=True),
    )
    assert not any(place.bom for place in token_places(tmp_path, both, False))
