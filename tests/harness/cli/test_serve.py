"""``thnid serve`` and ``thnid office serve``: for other shells, other vpcds, and logins with URLs."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from emulator.zoo.service import SOCKET_NAME
from harness.stack import Stack
from tests.harness.cli.program import LIMIT_S, environment, in_shell, line_of, one_object, start, thnid


@contextmanager
def served(*arguments: str, cwd: Path) -> Iterator[subprocess.Popen[str]]:
    """A command that serves; at the end it gets Ctrl-C and must end well."""
    server = start(*arguments, cwd=cwd)
    try:
        yield server
    finally:
        server.send_signal(signal.SIGINT)
        server.communicate(timeout=LIMIT_S)
    assert server.returncode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, seed in (("a.card", "7"), ("b.card", "8")):
        assert thnid("card", "create", name, "--seed", seed, cwd=tmp_path).returncode == 0
    return tmp_path


def test_a_card_for_other_shells(folder: Path) -> None:
    with served("serve", "--card", "a.card", cwd=folder) as server:
        line = line_of(server.stdout)
        found = re.fullmatch(r"export PCSCLITE_CSOCK_NAME=(\S+) THNID_CONTROL=\S+", line)
        assert found
        script = f"""{line}
        thnid read --json | grep -o 19999[0-9]* | head -1
        thnid card insert b.card; thnid card remove; thnid readers --json"""
        done = subprocess.run(
            ["sh", "-c", script],
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            env=environment(),
            check=True,
        )
        who, inserted, removed, readers = done.stdout.splitlines()
        assert (who, inserted) == ("1999928160767", "The card is in the reader.")
        assert removed == "The reader is empty." and not json.loads(readers)["readers"][0]["card"]
    assert not Path(found[1]).parent.exists()


def test_faults_and_speed_of_a_served_reader_are_there_for_every_card(folder: Path) -> None:
    """As 'thnid run': those of the reader stay for a card that is put in later, and what is recorded is both cards."""
    options = ("--fault", "drops=5", "--timing", "usb-ccid-fast", "--trace", "t.jsonl")
    with served("serve", "--card", "a.card", *options, cwd=folder) as server:
        line = line_of(server.stdout)
        script = f"""{line}
        thnid read --json >/dev/null; echo $?
        thnid card insert b.card >/dev/null; thnid read --json >/dev/null; echo $?"""
        shell = ["sh", "-c", script]
        done = subprocess.run(
            shell, capture_output=True, encoding="utf-8", cwd=folder, env=environment(), check=True
        )
    assert done.stdout.split() == ["1", "1"]
    events = [json.loads(each) for each in (folder / "t.jsonl").read_text().splitlines()]
    assert any(each.get("direction") == "command" for each in events)


def test_a_served_service_misbehaves_too(folder: Path) -> None:
    with served("serve", "--card", "a.card", "--fault", "mixed-answers", cwd=folder) as server:
        line = line_of(server.stdout)
    socket_path = line.split("PCSCLITE_CSOCK_NAME=")[1].split()[0]
    assert Path(socket_path).name == SOCKET_NAME  # what stands between programs and pcscd


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--fault", "bogus"), "There is no fault 'bogus'."),
        (("--timing", "bogus"), "bogus"),
        (("--connect", "127.0.0.1:9", "--fault", "mixed-answers"), "is for the private stack"),
        (("--show-personal-data",), "give --trace FILE too"),
    ],
)
def test_habits_that_cannot_be_are_refused(folder: Path, options: tuple[str, ...], sentence: str) -> None:
    done = thnid("serve", "--card", "a.card", *options, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "") and sentence in done.stderr


def test_a_slow_card_in_a_vpcd_elsewhere(folder: Path) -> None:
    """The habits are between that vpcd and the card: an answer to reset that is spoilt comes spoilt."""
    with socket.create_server(("127.0.0.1", 0)) as vpcd:
        vpcd.settimeout(LIMIT_S)
        address = f"127.0.0.1:{vpcd.getsockname()[1]}"
        with served("serve", "--card", "a.card", "--connect", address, "--fault", "silent=0", cwd=folder):
            reader, _ = vpcd.accept()
            with reader:
                reader.sendall(b"\x00\x01\x04")
                assert reader.recv(64) == bytes.fromhex("000E 3B79960000544820 4E4944203138")
                reader.sendall(bytes.fromhex("000D 00A4040008A000000054480001"))
                reader.settimeout(0.3)
                with pytest.raises(TimeoutError):
                    reader.recv(64)


def test_into_a_vpcd_elsewhere_which_restarts(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1] - 12000  # under the range that connections get their own ports from
    waiting = f"Waiting for the vpcd at 127.0.0.1 port {port}"
    with served(
        "serve", "--json", "--card", "a.card", "--connect", f"127.0.0.1:{port}", cwd=folder
    ) as server:
        assert line_of(server.stderr) == f"{waiting} (Connection refused)."
        for turn in range(2):
            with Stack(ports=[port]) as stack:
                told = line_of(server.stderr)
                while told.startswith(waiting):  # once as the vpcd went, and once when it was not there
                    told = line_of(server.stderr)
                assert told == f"In the reader at 127.0.0.1 port {port}."
                if turn == 0:
                    assert one_object(line_of(server.stdout) + "\n") == {
                        "connected": {"host": "127.0.0.1", "port": port}
                    }
                read = thnid("read", "--json", env=stack.environment)
                while read.returncode == 3:  # pcscd looks for cards every 0.4 s
                    read = thnid("read", "--json", env=stack.environment)
                assert one_object(read.stdout)["person"]["citizen_id"] == "1999928160767"
            assert line_of(server.stderr).startswith(waiting)


def test_into_an_ipv6_vpcd(folder: Path) -> None:
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as vpcd:
        vpcd.settimeout(LIMIT_S)
        port = vpcd.getsockname()[1]
        with served("serve", "--card", "a.card", "--connect", f"[::1]:{port}", cwd=folder):
            reader, _ = vpcd.accept()
            with reader:
                reader.sendall(b"\x00\x01\x04")
                assert reader.recv(64) == bytes.fromhex("000E 3B79960000544820 4E4944203138")


def test_offices_for_logins_with_urls(folder: Path) -> None:
    """A locked card is replaced: from then on the old one is refused and the new one is let in."""
    with served("office", "serve", "--card", "a.card", "--json", cwd=folder) as server:
        offices = one_object(line_of(server.stdout) + "\n")
        urls = f"--authority-url {offices['authority_url']} --nhso-url {offices['nhso_url']}"
        replace = (
            f"thnid office replace-card --card a.card --pin 4321 --registry-url {offices['registry_url']}"
            f" --counter-key {offices['counter_key']}"
        )
        script = f"""
        thnid login --json {urls}
        thnid card remove >/dev/null
        {replace} --out new.card --json
        thnid card insert >/dev/null; thnid login --json {urls}
        thnid card insert new.card >/dev/null; THNID_PIN=4321 thnid login --json {urls}
        {replace} --out again.card --json 2>/dev/null; ls again.card 2>/dev/null
        thnid card insert b.card >/dev/null; thnid login --json {urls}
        """
        lines = in_shell(script, "--card", "a.card", cwd=folder).stdout.splitlines()
    first, replaced, old, new, again, stranger = (json.loads(line) for line in lines)
    assert first["logged_in"] and first["module"]
    assert replaced["told_registry"] and replaced["serial"] != replaced["old_serial"]
    assert (old["error"], new["logged_in"]) == ("NotLatestCard", True)
    assert "error" in again and not (folder / "again.card").exists()
    assert not stranger["logged_in"] and stranger["error"] == "AuthorityRefused"


def test_a_token_file_tells_the_day_that_the_offices_have(folder: Path) -> None:
    """Whose clock was moved: a screen that starts then takes a file of another day for yesterday's."""
    with served("office", "serve", "--card", "a.card", "--test-mode", "--json", cwd=folder) as server:
        offices = one_object(line_of(server.stdout) + "\n")
        moved = offices["nhso_url"].removesuffix("/nhso") + "/test/clock"
        now = httpx.post(moved, json={"advance_days": 3}, trust_env=False).raise_for_status().json()["now"]
        login = ("login", "--authority-url", offices["authority_url"], "--nhso-url", offices["nhso_url"])
        done = thnid("run", "--card", "a.card", "--", "thnid", *login, "--token-dir", ".", cwd=folder)
    assert done.returncode == 0, done.stderr
    written = datetime.fromtimestamp((folder / "nhso_token.txt").stat().st_mtime, UTC)
    assert timedelta(0) <= written - datetime.fromisoformat(now) < timedelta(hours=1)


def test_renewed_pin(folder: Path) -> None:
    thnid("card", "create", "s.card", "--failures", "3", cwd=folder)
    done = thnid(
        "office", "renew-pin", "--card", "s.card", "--pin-stdin", "--json", stdin="4321\r\n", cwd=folder
    )
    assert one_object(done.stdout)["tries_left"] == 3
    login = thnid("run", "--card", "s.card", "--", "thnid", "login", "--json", cwd=folder)
    assert one_object(login.stdout)["logged_in"]
    thnid("card", "create", "l.card", "--failures", "5", cwd=folder)
    refused = thnid("office", "renew-pin", "--card", "l.card", "--pin", "4321", "--json", cwd=folder)
    assert (refused.returncode, one_object(refused.stdout)["error"]) == (1, "PinLocked")


def test_port_taken(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = thnid("office", "serve", "--port", str(port), "--json", cwd=folder)
        assert done.returncode in (2, 3) and one_object(done.stdout)["error"] == "PortTaken"
