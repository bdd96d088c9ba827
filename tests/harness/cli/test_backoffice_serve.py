"""``thnid backoffice serve`` and ``migrate``, ``thnid run --backoffice``: a whole office as users start, stop and kill it."""

from __future__ import annotations

import json
import re
import signal
import smtplib
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from apdu_specs import keys, ucws
from apdu_specs.language import Language
from emulator.holders import holder_from_seed
from emulator.offices.citizens.population import citizen_number
from emulator.offices.offices import open_offices
from harness.cli.whole_office import TITLES
from tests.harness.cli.program import LIMIT_S, in_shell, kill_9, line_of, one_object, start, thnid

ANY_PORTS = tuple(
    word
    for name in ("port", "agent-port", "screen-port", "counter-port", "mail-port")
    for word in (f"--{name}", "0")
)
OFFICER, CARD = "1999900000013", bytes.fromhex("FFFF000000000001")
VARIABLES = {
    "THNID_REGISTRY_URL",
    "THNID_AUTHORITY_URL",
    "THNID_NHSO_URL",
    "THNID_UCWS_URL",
    "THNID_UCWS_WSDL",
    "THNID_SRM_URL",
    "THNID_AGENT_URL",
    "NHSO_AGENT_URL",
    "THNID_SCREEN_URL",
    "THNID_COUNTER_URL",
    "THNID_COUNTER_KEY",
    "THNID_HOSPITAL_TOKEN",
    "THNID_PAGES_URL",
    "THNID_PASSWORD_NHSO",
    "THNID_PASSWORD_REGISTRAR",
}


@contextmanager
def office(*options: str, end: signal.Signals = signal.SIGTERM) -> Iterator[dict[str, Any]]:
    """A whole office as its ``--json`` tells of it; ended by ``end``."""
    running = start("backoffice", "serve", "--json", *options)
    try:
        yield json.loads(line_of(running.stdout))
    finally:
        running.send_signal(end)
        _, told = running.communicate(timeout=LIMIT_S)
    assert running.returncode == (0 if end == signal.SIGTERM else -end)
    assert "Traceback" not in told


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, timeout=LIMIT_S) as client:
        yield client


def log_in(http: httpx.Client, services: dict[str, str]) -> str:
    """OFFICER's smctoken."""
    cid = CARD.hex().upper()
    xkey = http.post(f"{services['authority']}/9080", json={"pid": OFFICER, "cid": cid}).json()["xkey"]
    cryptogram = keys.match_cryptogram(
        keys.card_key(keys.SPECIMEN_MASTER_KEY, OFFICER, CARD),
        challenge=bytes.fromhex(xkey),
        citizen_id=OFFICER,
        serial=CARD,
        key_id=1,
        match_status=1,
    )
    body = {"pid": OFFICER, "cid": cid, "xkey": xkey, "key_id": 1, "match_status": 1}
    confirmed = http.post(f"{services['authority']}/9081", json={**body, "envelope": cryptogram.hex()})
    login = {"pid": OFFICER, "tkey": confirmed.json()["tkey"]}
    return str(http.post(f"{services['nhso']}/login", json=login).json()["smctoken"])


def make_officer(database: Path) -> None:
    offices = open_offices(database=database)
    offices.registry.know_card(OFFICER, CARD)
    offices.nhso.grant(OFFICER, name="เจ้าหน้าที่ ทดสอบ", organisation="99999", level="register")
    offices.close()


def name_found(http: httpx.Client, services: dict[str, str], smctoken: str, person: str) -> bool:
    """Whether UCWS finds somebody for this token."""
    envelope = (
        '<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/"><S:Body><ns2:searchCurrentByPID'
        ' xmlns:ns2="http://tokenws.ucws.nhso.go.th/">'
        f"<user_person_id>{OFFICER}</user_person_id><smctoken>{smctoken}</smctoken>"
        f"<person_id>{person}</person_id></ns2:searchCurrentByPID></S:Body></S:Envelope>"
    )
    answer = http.post(services["ucws"], content=envelope, headers={"Content-Type": "text/xml"})
    return "<fname>" in answer.text


TOKEN, COUNTER_KEY = "665b5095-c75a-4209-bacc-63db2dcf436b", 20 * "k"


def pages_speak(http: httpx.Client, services: dict[str, str], language: str) -> None:
    """Who says nothing of their own language gets the one that the office was started with."""
    for name in ("screen", "counter"):
        assert f'<html lang="{language}">' in http.get(services[name]).text
    refused = http.get(f"{services['agent']}/nowhere").json()["message"]
    assert refused.isascii() == (language == "en")


def test_every_service_answers(http: httpx.Client) -> None:
    """Under the names that others call this machine, in Thai, with the hospital's token and the counter key that were chosen."""
    chosen = ("--hospital-token", TOKEN, "--counter-key", COUNTER_KEY)
    names = ("--host-name", "devbox", "--host-name", "his.lan")
    with office(*ANY_PORTS, "--count", "20", *chosen, *names) as told:
        services = told["services"]
        assert (told["hospital"]["token"], told["counter_key"]) == (TOKEN, COUNTER_KEY)
        assert told["environment"]["THNID_HOSPITAL_TOKEN"] == TOKEN
        assert told["people_added"] == 20
        assert set(told["environment"]) == VARIABLES
        assert told["environment"]["THNID_UCWS_WSDL"] == f"{services['ucws']}?wsdl"
        assert services["ucws"].endswith(ucws.PATH)
        assert http.get(f"{services['ucws']}?wsdl").status_code == 200
        assert http.get(f"{services['nhso']}/menu").status_code == 401
        assert isinstance(http.get(f"{services['agent']}/api/smartcard/terminals").json(), list)
        assert http.get(services["screen"]).status_code == 200
        assert http.get(services["counter"]).status_code == 200
        first_page = http.get(services["pages"]).text
        assert all(f'href="{services[name]}"' in first_page for name in ("screen", "counter", "agent"))
        person = {"pid": citizen_number(1, 3)}
        hospital = {"Authorization": f"Bearer {told['hospital']['token']}"}
        assert http.post(f"{services['nhso']}/agent/rights", json=person, headers=hospital).status_code == 200
        counter = {"X-Counter-Key": told["counter_key"]}
        card = {"pid": OFFICER, "serial": CARD.hex().upper()}
        assert http.post(f"{services['registry']}/cards", json=card, headers=counter).status_code == 200
        assert http.post(f"{services['registry']}/cards", json=card).status_code == 401
        known = {"devbox": 401, "his.lan:80": 401, "ucws.nhso.go.th": 401, "evil.example": 421}
        for name, status in known.items():
            assert http.get(f"{services['nhso']}/menu", headers={"Host": name}).status_code == status
        pages_speak(http, services, "th")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_loses_nothing(http: httpx.Client, tmp_path: Path, end: signal.Signals) -> None:
    database = tmp_path / "office.db"
    make_officer(database)
    options = (*ANY_PORTS, "--database", str(database), "--count", "20")
    with office(*options, end=end) as told:
        first, smctoken = told, log_in(http, told["services"])
        services, hospital = told["services"], {"Authorization": f"Bearer {told['hospital']['token']}"}
        asked = {
            "pid": citizen_number(1, 3),
            "claimType": "PG0060001",
            "mobile": "0812345678",
            "correlationId": "40f9891f-df95-4d2b-b984-a627257e872a",
            "hn": "1",
        }
        given = http.post(f"{services['nhso']}/agent/confirmations", json=asked, headers=hospital)
        where = urlsplit(services["smtp"])
        with smtplib.SMTP(where.hostname or "", where.port or 0) as smtp:
            smtp.sendmail("a@example.org", "b@example.org", "Subject: caught before\r\n\r\nx\r\n")
    ports = {name: url.rsplit(":", 1)[1].split("/")[0] for name, url in services.items()}
    servers = {"--port": "nhso", "--agent-port": "agent", "--screen-port": "screen", "--mail-port": "smtp"}
    servers |= {"--counter-port": "counter"}
    same_ports = [word for option, name in servers.items() for word in (option, ports[name])]
    with office(*options, *same_ports) as told:
        assert told["services"] == services
        assert told["people_added"] == 0
        assert "caught before" in http.get(services["mail"]).text
        assert (first["accounts"] != [], told["accounts"]) == (True, [])
        assert name_found(http, services, smctoken, citizen_number(1, 3))
        history = http.post(
            f"{services['nhso']}/agent/history",
            json={"pid": citizen_number(1, 3), "limit": 5, "all_hospitals": False},
            headers=hospital,
        ).json()
        codes = [each["claimCode"] for each in history]
        assert codes == ([given.json()["claimCode"]] if given.status_code == 200 else [])
    assert given.status_code == 200, given.text
    verified = thnid("backoffice", "audit", "--database", str(database), "--verify")
    assert verified.returncode == 0, verified.stderr


def test_a_taken_port_loses_no_password(tmp_path: Path) -> None:
    database = str(tmp_path / "office.db")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        options = (*ANY_PORTS, "--count", "0", "--database", database)
        assert thnid("backoffice", "serve", *options, "--screen-port", port).returncode == 2
    with office(*options) as told:
        assert {each["user"] for each in told["accounts"]} == {"nhso", "registrar"}


def test_no_token_of_a_hospital_is_one_sentence() -> None:
    refused = thnid("backoffice", "serve", *ANY_PORTS, "--hospital-token", "{not-a-token}")
    assert refused.returncode == 2
    assert refused.stderr.splitlines()[-1].startswith("thnid: A hospital's token is a UUID of 36 characters.")
    assert "{not-a-token}" not in refused.stderr


@pytest.mark.parametrize(
    "option", ["--port", "--agent-port", "--screen-port", "--counter-port", "--mail-port"]
)
def test_a_taken_port_is_one_sentence(option: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = thnid("backoffice", "serve", *ANY_PORTS, "--count", "0", option, port)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.count("\n") == 1 and port in refused.stderr, refused.stderr


def test_other_machines_are_let_in_with_a_warning(http: httpx.Client) -> None:
    running = start("backoffice", "serve", *ANY_PORTS, "--count", "0", "--bind", "0.0.0.0", "--json")
    told = json.loads(line_of(running.stdout))
    assert http.get(f"{told['services']['nhso']}/menu").status_code == 401
    assert all("://127.0.0.1:" in url for url in told["services"].values())
    running.send_signal(signal.SIGINT)
    _, warned = running.communicate(timeout=LIMIT_S)
    assert "thnid: Listening on 0.0.0.0: whoever reaches this machine reaches these offices." in warned


@pytest.mark.parametrize(("language", "head"), [("en", "service"), ("th", "บริการ")])
def test_people_get_a_table_of_ports(http: httpx.Client, language: Language, head: str) -> None:
    running = start("backoffice", "serve", *ANY_PORTS, "--count", "0", "--lang", language)
    lines = []
    while "Ctrl-C" not in (line := line_of(running.stdout)):
        lines.append(line)
    rows = [re.search(r"^ *(\S.*?) +(\d{4,5}) +(http://127\.0\.0\.1:\d+\S*)", line) for line in lines]
    urls = {row[1]: row[3] for row in rows if row is not None}
    titles = {name: title.say(language) for name, title in TITLES.items()}
    pages_speak(http, {name: urls[told] for name, told in titles.items() if told in urls}, language)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=LIMIT_S)
    assert lines[0].split()[0] == head
    assert len(urls) >= 7


@pytest.mark.pcsc
def test_the_card_in_the_reader_is_an_officers(tmp_path: Path) -> None:
    """The office reads its officer from the reader; a login through PC/SC then succeeds against it."""
    script = f"""
        thnid backoffice serve {" ".join(ANY_PORTS)} --count 0 --json > told &
        server=$!
        trap 'kill $server; wait $server' EXIT
        exec 3< <(tail -f -n +1 --pid=$server told); read -r line <&3
        authority=$(python -c 'import json, sys; print(json.loads(sys.argv[1])["services"]["authority"])' "$line")
        nhso=$(python -c 'import json, sys; print(json.loads(sys.argv[1])["services"]["nhso"])' "$line")
        thnid login --json --authority-url "$authority" --nhso-url "$nhso"
    """
    done = in_shell(script, cwd=tmp_path)
    assert one_object(done.stdout)["logged_in"], done.stderr
    assert json.loads((tmp_path / "told").read_text())["officer"] is True


AT_THE_SCREEN = """
import json, os, re
from pathlib import Path
import httpx

with httpx.Client(base_url=os.environ["THNID_SCREEN_URL"], trust_env=False, timeout=30) as http:
    csrf = re.search(r'name="csrf" value="(\\w+)"', http.get("/").text)[1]
    for press, more in (("agent/start", {}), ("login", {}), ("pin", {"pin": os.environ["THNID_PIN"]})):
        http.post("/" + press, data={"csrf": csrf, **more})
    tokens, home = (Path(os.environ[name]) for name in ("THNID_TOKEN_DIR", "THNID_SRM_DIR"))
    written = sorted(str(each.relative_to(tokens)) for each in tokens.rglob("*.txt"))
    text = (tokens / "nhso_token.txt").read_text()
    print(json.dumps({"written": written, "token": text, "folder": str(home)}))
"""


@pytest.mark.pcsc
def test_run_with_a_whole_office(tmp_path: Path) -> None:
    """COMMAND finds everything in its environment, without an option; also where the screen's officer has the tokens."""
    (tmp_path / "screen.py").write_text(AT_THE_SCREEN.replace("\\\\", "\\"))
    script = """
        set -e
        env | grep -oE '^[A-Z_]+' | sort > names
        thnid login --json > login
        curl -sSf "$THNID_AGENT_URL/api/smartcard/read" > read
        curl -sSf "$THNID_UCWS_WSDL" > wsdl
        curl -sSf "$THNID_SCREEN_URL" > screen
        thnid lockout --to suspended > lockout
        thnid office renew-pin --pin 4321 > renewed
        thnid login --json --pin-stdin <<<4321 > again
        rm -r "$THNID_TOKEN_DIR"/*
        THNID_PIN=4321 python screen.py > tokens
    """
    done = in_shell(script, "--backoffice", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert {*(tmp_path / "names").read_text().split()} >= VARIABLES
    for name in ("login", "again"):
        assert json.loads((tmp_path / name).read_text())["logged_in"]
    assert re.fullmatch(r"\d{13}", json.loads((tmp_path / "read").read_text())["pid"])
    assert "searchCurrentByPID" in (tmp_path / "wsdl").read_text()
    told = one_object((tmp_path / "tokens").read_text())
    assert told["written"] == ["SRM Smart Card Single Sign-On/token.txt", "nhso_token.txt"], done.stderr
    assert re.fullmatch(r"\d{13}#\S{16}", told["token"].strip())
    assert not Path(told["folder"]).exists()  # nothing is left behind


def another_is_known(folder: Path, seed: int = 33) -> None:
    """The second card's holder is a citizen; the card passes the authority; there is no right to log in."""
    steps = json.loads((folder / "login").read_text())
    assert steps["logged_in"] is False
    assert steps["error"] == "NoRight", steps
    read = json.loads((folder / "read").read_text())
    assert read["pid"] == holder_from_seed(seed).citizen_id
    assert read["mainInscl"]


@pytest.mark.pcsc
def test_a_card_that_comes_later_is_known_to_the_whole_office(tmp_path: Path) -> None:
    """Whether it is read first or its holder tries to log in first."""
    reading, login = 'curl -sS "$NHSO_AGENT_URL/api/smartcard/read" > read', "thnid login --json > login"
    script = "\n".join(
        f"""
        mkdir {seed}; cd {seed}
        thnid card create pat.card --seed {seed} > /dev/null
        thnid card remove > /dev/null; thnid card insert pat.card > /dev/null
        {first}; {second}
        cd ..
        """
        for seed, first, second in ((33, reading, login), (34, login, reading))
    )
    done = in_shell(script, "--backoffice", cwd=tmp_path)
    assert done.stderr.count("Traceback") == 0
    for seed in (33, 34):
        another_is_known(tmp_path / str(seed), seed)


SERVED = f"""
import json, subprocess, sys
import httpx

def thnid(*words):
    return subprocess.run(["thnid", *words, "--json"], stdout=subprocess.PIPE, text=True)

thnid("card", "create", "pat.card", "--seed", "33")
office = subprocess.Popen(["thnid", "backoffice", "serve", "--json", "--count", "0", *{ANY_PORTS!r}],
                          stdout=subprocess.PIPE, text=True)
services = json.loads(office.stdout.readline())["services"]
thnid("card", "remove")
thnid("card", "insert", "pat.card")
with httpx.Client(trust_env=False, timeout=30) as http:
    open("read", "w").write(http.get(services["agent"] + "/api/smartcard/read").text)
urls = ("--authority-url", services["authority"], "--nhso-url", services["nhso"])
open("login", "w").write(thnid("login", *urls).stdout)
office.terminate()
sys.exit(office.wait(60))
"""


@pytest.mark.pcsc
def test_a_card_that_comes_later_is_known_to_an_office_that_serves(tmp_path: Path) -> None:
    (tmp_path / "served.py").write_text(SERVED)
    done = in_shell("python served.py", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    another_is_known(tmp_path)


TWO_READERS = """
    thnid card create pat.card --seed 33 > /dev/null
    thnid card create other.card --seed 34 > /dev/null
    thnid card insert --reader 1 pat.card > /dev/null
    curl -sS "$NHSO_AGENT_URL/api/smartcard/terminals" > terminals
    curl -sS "$NHSO_AGENT_URL/api/smartcard/read" > first
    thnid card insert --reader 1 other.card > /dev/null
    curl -sS "$NHSO_AGENT_URL/api/smartcard/read" > second
    thnid card remove --reader 1 > /dev/null
    curl -sS -o /dev/null -w '%{http_code}' "$NHSO_AGENT_URL/api/smartcard/read" > empty
    thnid card snapshot > /dev/null || echo refused
    thnid login --json --reader "$THNID_READER" > login
    thnid card insert --reader 1 2> nothing-inserted
    thnid card insert --reader 2 pat.card 2> no-reader
    echo "$THNID_PATIENT_READER" > name
"""


@pytest.mark.pcsc
def test_officer_and_patient_have_a_reader_each(tmp_path: Path) -> None:
    done = in_shell(TWO_READERS, "--backoffice", "--patient-reader", "Patient Side", cwd=tmp_path)
    told = {each.name: each.read_text() for each in tmp_path.iterdir() if not each.name.endswith(".card")}
    assert "Traceback" not in done.stderr
    assert told["name"].startswith("Patient Side")
    terminals = [{"terminalName": told["name"].strip(), "isPresent": True}]
    assert json.loads(told["terminals"]) == terminals
    read = [json.loads(told[name])["pid"] for name in ("first", "second")]
    assert read == [holder_from_seed(seed).citizen_id for seed in (33, 34)]
    assert told["empty"] == "500"
    assert json.loads(told["login"])["logged_in"], done.stderr
    assert told["nothing-inserted"].startswith("thnid: There is no card in")
    assert told["no-reader"].count("\n") == 1


@pytest.mark.pcsc
def test_no_token_outlives_a_killed_office() -> None:
    show = 'echo "$THNID_TOKEN_DIR"; echo secret >"$THNID_TOKEN_DIR/nhso_token.txt"; exec cat'
    run = start("run", "--backoffice", "--", "sh", "-c", show, stdin=subprocess.PIPE)
    folder = Path(line_of(run.stdout).strip())
    assert (folder.stat().st_mode & 0o777, folder.parent.name[:5]) == (0o700, "thnid")
    assert kill_9(run) >= 2, "keeper and pcscd"
    assert not folder.exists()


def test_an_office_that_serves_names_the_folders_of_its_tokens(tmp_path: Path) -> None:
    folders = (
        "--token-dir",
        str(tmp_path),
        "--token-folder",
        "UCAuthenticationMX",
        "--srm-dir",
        str(tmp_path),
    )
    with office(*ANY_PORTS, "--count", "0", *folders) as told:
        assert told["environment"]["THNID_TOKEN_DIR"] == str(tmp_path / "UCAuthenticationMX")
        assert told["environment"]["THNID_SRM_DIR"] == str(tmp_path)
    refused = thnid("backoffice", "serve", *ANY_PORTS, "--token-folder", "UCAuthenticationMX")
    assert (refused.returncode, "--token-dir" in refused.stderr) == (2, True)


def test_a_patients_reader_that_was_named_has_to_be_there() -> None:
    refused = thnid("backoffice", "serve", *ANY_PORTS, "--patient-reader", "No such reader")
    assert (refused.returncode, refused.stderr.count("\n")) == (3, 1)


@pytest.mark.pcsc
def test_run_hands_on_signals_with_a_whole_office(tmp_path: Path) -> None:
    running = start("run", "--backoffice", "--", "sh", "-c", "echo ready; exec sleep 60", cwd=tmp_path)
    assert line_of(running.stdout) == "ready"
    running.send_signal(signal.SIGTERM)
    _, told = running.communicate(timeout=LIMIT_S)
    assert running.returncode == -signal.SIGTERM
    assert told == ""


def test_the_offices_know_the_holders_of_their_cards(http: httpx.Client, tmp_path: Path) -> None:
    """``thnid office serve --card``: whoever has a card can be asked about."""
    card, database = tmp_path / "a.card", tmp_path / "office.db"
    thnid("card", "create", str(card), "--seed", "7")
    running = start("office", "serve", "--card", str(card), "--database", str(database), "--json")
    line_of(running.stdout)
    running.send_signal(signal.SIGINT)
    running.communicate(timeout=LIMIT_S)
    offices = open_offices(database=database)
    holder = holder_from_seed(7)
    found = offices.citizens.search(holder.citizen_id)
    offices.close()
    assert found is not None and found.first_name == holder.thai_name.first


def test_migrate(tmp_path: Path) -> None:
    database = tmp_path / "office.db"
    first = one_object(thnid("backoffice", "migrate", "--database", str(database), "--json").stdout)
    again = one_object(thnid("backoffice", "migrate", "--database", str(database), "--json").stdout)
    assert first["found"] is None
    assert again == {"found": first["now"], "now": first["now"]}
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    refused = thnid("backoffice", "migrate", "--database", str(database))
    assert refused.returncode == 2
    assert refused.stderr.startswith("thnid: The offices' database was written by a newer version")


@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_what_is_no_database_is_one_sentence(tmp_path: Path, command: str) -> None:
    (tmp_path / "text").write_text("not a database, and longer than a header of one would have to be\n" * 40)
    ports = ANY_PORTS if command == "serve" else ()
    refused = thnid("backoffice", command, *ports, "--database", str(tmp_path / "text"))
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert refused.stderr.startswith("thnid: The offices' database cannot be used")


@pytest.mark.parametrize("language", ["en", "th"])
def test_an_address_of_nobody_is_one_sentence(language: str) -> None:
    """And nothing is said of strangers whom nobody lets in."""
    refused = thnid("backoffice", "serve", *ANY_PORTS, "--bind", "name.invalid", "--lang", language)
    assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    assert "name.invalid" in refused.stderr


def test_a_reader_that_was_named_has_to_be_there() -> None:
    refused = thnid("backoffice", "serve", *ANY_PORTS, "--reader", "No such reader")
    assert refused.returncode == 3
    assert refused.stderr.count("\n") == 1


def test_the_office_of_a_killed_process_leaves_its_ports(tmp_path: Path) -> None:
    running = start("backoffice", "serve", "--json", *ANY_PORTS, "--count", "0")
    told = json.loads(line_of(running.stdout))
    running.kill()
    running.wait(timeout=LIMIT_S)
    port = told["services"]["nhso"].split(":")[2].split("/")[0]
    with office(*ANY_PORTS, "--port", port, "--count", "0") as again:
        assert again["services"]["nhso"] == told["services"]["nhso"]
