"""``compose.yaml`` and ``ci/Containerfile``: what they start is started here by hand, on a PostgreSQL of this session's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import yaml

from apdu_specs import ucws
from tests.emulator.offices.postgres import private_postgres
from tests.harness.cli.program import LIMIT_S, environment, line_of

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    found = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))["services"]
    assert isinstance(found, dict)
    return found


@pytest.mark.pcsc
def test_the_office_of_the_compose_file(services: dict[str, Any]) -> None:
    """Its command serves on PostgreSQL with an officer's card in a reader; its health check answers."""
    office = services["backoffice"]
    command = [re.sub("^80$", "0", word) for word in office["command"]]
    ports = ["--agent-port", "0", "--screen-port", "0", "--counter-port", "0", "--mail-port", "0"]
    with private_postgres() as postgres:
        running = subprocess.Popen(
            [*command, *ports, "--count", "10", "--json"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            start_new_session=True,
            env=environment(
                THNID_DATABASE=postgres.new_database(),
                THNID_HOST_NAMES=office["environment"]["THNID_HOST_NAMES"],
                THNID_OPEN_MAIL=office["environment"]["THNID_OPEN_MAIL"],
            ),
        )
        try:
            told = json.loads(line_of(running.stdout))
            assert told["officer"] is True
            checked = re.search(r'urlopen\("http://127\.0\.0\.1(/[^"]*)"', office["healthcheck"]["test"][-1])
            assert checked and checked[1] == f"{ucws.PATH}?wsdl"
            port = urlsplit(told["services"]["ucws"]).port
            asked = urllib.request.Request(f"http://127.0.0.1:{port}{checked[1]}")
            asked.add_header("Host", "ucws.nhso.go.th")
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
                asked, timeout=LIMIT_S
            ) as wsdl:
                assert f'location="http://ucws.nhso.go.th{ucws.PATH}"'.encode() in wsdl.read()
        finally:
            running.send_signal(signal.SIGTERM)
            _, said = running.communicate(timeout=LIMIT_S)
    assert running.returncode == 0, said
    assert "Listening on 0.0.0.0" in said


def test_what_programs_have_in_their_code(services: dict[str, Any]) -> None:
    """UCWS under its public name on port 80, the agent on 8189; nothing is let in from other machines."""
    office = services["backoffice"]
    assert "ucws.nhso.go.th" in office["networks"]["default"]["aliases"]
    assert office["command"][office["command"].index("--port") + 1] == "80"
    assert {each.rsplit(":", 1)[1] for each in office["ports"]} == {"80", "8189"}
    assert all(each.startswith("127.0.0.1:") for each in office["ports"])
    assert "ports" not in services["database"]


def test_the_image_is_made_of_what_is_here(services: dict[str, Any]) -> None:
    build = services["backoffice"]["build"]
    text = (ROOT / build["context"] / build["dockerfile"]).read_text("utf-8")
    sources = [
        word for line in re.findall(r"^COPY (?!--from)(.+) \S+$", text, re.MULTILINE) for word in line.split()
    ]
    assert sources and all((ROOT / each).exists() for each in sources)
    let_through = {
        line.removeprefix("!")
        for line in (ROOT / ".dockerignore").read_text("utf-8").split()
        if line[0] == "!"
    }
    assert let_through == set(sources)
    assert os.access(ROOT / "ci/Containerfile", os.R_OK)
