"""``thnid agent serve`` and ``thnid run --agent``: as programs, shells and service managers meet them."""

from __future__ import annotations

import json
import signal
import socket
from pathlib import Path

import pytest

from tests.harness.cli.program import LIMIT_S, in_shell, line_of, one_object, start, thnid

FREE = ("--agent-port", "0")
READ_ALL = """
import json, os, sys, urllib.request as web
def get(path):
    try:
        answer = web.urlopen(os.environ["NHSO_AGENT_URL"] + path, timeout=30)
    except web.HTTPError as refused:
        answer = refused
    return answer.status, json.load(answer)
"""


def program(folder: Path, text: str) -> str:
    """A Python program that asks the agent; the command to run it."""
    path = folder / "program.py"
    path.write_text(READ_ALL + text)
    return f"python3 {path}"


def test_any_program_reads_the_card_of_the_run(tmp_path: Path) -> None:
    asking = program(
        tmp_path,
        """
pid = json.loads(os.popen("thnid read --json").read())["person"]["citizen_id"]
print(json.dumps([get("/api/smartcard/terminals")[1], get("/api/smartcard/read")[1], pid,
                  get("/api/smartcard/probe/" + pid)[0]]))
body = {"pid": pid, "claimType": "PG0060001", "mobile": "", "correlationId": "123e4567-e89b-42d3-a456-426614174000"}
asking = web.Request(os.environ["THNID_AGENT_URL"] + "/api/nhso-service/confirm-save", json.dumps(body).encode(),
                     {"Content-Type": "application/json"})
print(json.load(web.urlopen(asking))["claimCode"] == get("/api/nhso-service/latest-authen-code/" + pid)[1]["claimCode"])
""",
    )
    done = in_shell(asking, "--agent", *FREE, "--seed", "7", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    first, same_code = done.stdout.splitlines()
    terminals, read, pid, probed = json.loads(first)
    # One: programs look at the last of them.
    assert terminals == [{"terminalName": "Virtual PCD 00 00", "isPresent": True}]
    assert (read["pid"], probed, same_code) == (pid, 200, "True")
    assert read["mainInscl"].startswith("(") and read["correlationId"]


def test_the_card_goes_and_another_comes(tmp_path: Path) -> None:
    asking = program(tmp_path, 'print(get("/api/smartcard/read")[0]); sys.stdout.flush()')
    script = f"""thnid card create other.card --seed 11 >/dev/null; thnid card remove >/dev/null; {asking}
    thnid card insert other.card >/dev/null; {asking}; thnid card show --json | grep -c citizen_id"""
    done = in_shell(script, "--agent", *FREE, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("500\n200\n1\n", "")


def test_a_card_pulled_while_it_is_read(tmp_path: Path) -> None:
    asking = program(tmp_path, 'print(get("/api/smartcard/read")[0])')
    script = f"{asking}; thnid card insert >/dev/null; {asking}"
    done = in_shell(script, "--agent", *FREE, "--fault", "removed=6", cwd=tmp_path)
    assert done.stdout.splitlines()[0] == "500"


def test_the_port_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        serve = thnid("agent", "serve", "--port", port, "--json")
        run = thnid("run", "--agent", "--agent-port", port, "--", "true")
        thai = thnid("agent", "serve", "--port", port, "--lang", "th")
    assert one_object(serve.stdout)["error"] == "AddressTaken"
    told = f"thnid: Port {port} on 127.0.0.1 is already in use. Stop the program that uses it, or choose another port.\n"
    assert (serve.returncode, serve.stderr) == (run.returncode, run.stderr) == (2, told)
    assert thai.stderr.startswith(f"thnid: พอร์ต {port} ที่ 127.0.0.1 ถูกใช้งานอยู่แล้ว")


def test_the_default_port_is_the_published_one() -> None:
    assert "8189" in thnid("agent", "serve", "--help").stdout
    assert "8189" in thnid("run", "--help").stdout


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


LOCALHOST = ("127.0.0.1", "::1") if has_ipv6() else ("127.0.0.1",)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_until_it_is_told_to_end(number: signal.Signals) -> None:
    served = start("run", "--", "thnid", "agent", "serve", "--port", "0", "--json")
    url = json.loads(line_of(served.stdout))["agent_url"]
    host, port = url.removeprefix("http://").split(":")
    for address in LOCALHOST:
        socket.create_connection((address, int(port))).close()
    asked = "GET /api/smartcard/probe/1999900009002 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(asked.encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 500 ")  # the stand-in does not know them
    served.send_signal(number)
    out, told = served.communicate(timeout=LIMIT_S)
    assert (served.returncode, out, told) == (0, "", "")  # nor was anything said of them


def test_an_open_address_is_warned_of() -> None:
    served = start("agent", "serve", "--port", "0", "--bind", "0.0.0.0", "--json")
    line_of(served.stdout)
    served.terminate()
    _, told = served.communicate(timeout=LIMIT_S)
    warning = "thnid: Anyone who reaches this address over the network can read the card in the reader."
    assert told.splitlines()[0] == warning


def test_addresses_that_are_none() -> None:
    for bind in ("192.0.2.1", "no such host"):
        done = thnid("agent", "serve", "--port", "0", "--bind", bind)
        assert done.returncode == 2
        assert done.stderr.startswith(f"thnid: Listening on {bind} port 0 failed: ")
        assert done.stderr.count("\n") == 1


def test_the_hospitals_token(tmp_path: Path) -> None:
    url = ("agent", "serve", "--port", "0", "--offices", "http://127.0.0.1:9")
    none = thnid(*url, cwd=tmp_path)
    assert (none.returncode, none.stderr.count("\n")) == (2, 1)
    assert none.stderr.startswith("thnid: NHSO wants to see a hospital's token. Give --token, ")
    bad = thnid(*url, cwd=tmp_path, env={"THNID_HOSPITAL_TOKEN": "tell-nobody"})
    assert (bad.returncode, "tell-nobody" in bad.stderr) == (2, False)
    (tmp_path / "userconfig.properties").write_text("nhso.service.token=x\n")
    assert "36 characters" in thnid(*url, cwd=tmp_path).stderr
    missing = thnid(*url, "--config", "nothing.properties", cwd=tmp_path)
    assert (missing.returncode, missing.stderr.startswith("thnid: nothing.properties: ")) == (2, True)
    address = thnid("agent", "serve", "--offices", "nhso", "--token", "123e4567-e89b-42d3-a456-426614174000")
    assert (address.returncode, address.stderr.partition(".")[0]) == (
        2,
        "thnid: The address of NHSO is not valid",
    )


def test_without_the_packages_it_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "fastapi.py").write_text("raise ModuleNotFoundError(name='fastapi')\n")
    done = thnid("agent", "serve", env={"PYTHONPATH": str(tmp_path)})
    assert (done.returncode, done.stderr) == (
        2,
        "thnid: The SmartCard Agent needs the Python package fastapi. pip install 'thnid[offices]'.\n",
    )


def test_no_pcsc_service_yet() -> None:
    served = start(
        "run", "--", "env", "PCSCLITE_CSOCK_NAME=/nonexistent", "thnid", "agent", "serve", "--port", "0"
    )
    assert line_of(served.stdout).startswith("agent_url: http://127.0.0.1:")
    served.terminate()
    _, told = served.communicate(timeout=LIMIT_S)
    waiting = "thnid: No PC/SC service (pcscd) answers yet; the agent shows readers once it does.\n"
    assert (served.returncode, told) == (0, waiting)
