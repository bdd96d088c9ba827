"""A locked virtual card at the commands: what they say to do is done as it stands, and the new card logs in."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest

from tests.harness.cli.program import in_shell, one_object, thnid

COMMAND = re.compile(r"thnid office replace-card .*|thnid card set .*")
PIN = "7302"
RENEW = f"thnid office renew-pin --pin {PIN} --json 2>/dev/null"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    assert thnid("card", "create", "l.card", "--failures", "5", cwd=tmp_path).returncode == 0
    return tmp_path


def with_pin(command: str) -> str:
    """As the owner would who types the PIN when asked."""
    return command.replace(" --out ", f" --pin {PIN} --out ")


@pytest.mark.parametrize("language", ["en", "th"])
def test_a_card_file(folder: Path, language: str) -> None:
    renewal = ("office", "renew-pin", "--card", "l.card", "--pin", PIN, "--json", "--lang", language)
    refused = thnid(*renewal, cwd=folder)
    document = one_object(refused.stdout)
    assert (refused.returncode, document["error"]) == (1, "PinLocked")
    assert ("registry office" if language == "en" else "สำนักทะเบียน") in document["what_to_do"]
    found = COMMAND.search(document["what_to_do"])
    assert found is not None, document
    words = shlex.split(with_pin(found[0]))
    assert thnid(*words[1:], cwd=folder).returncode == 0
    new = one_object(thnid("card", "show", "l-new.card", "--json", cwd=folder).stdout)
    assert new["state"] == "ready"


def test_the_offices_tries_are_used_up(folder: Path) -> None:
    from emulator.card import Counters
    from emulator.card.card_file import open_card

    card = open_card(folder / "l.card")
    card.restore(Counters(3, 10, b"1234"))
    card.close()
    told = one_object(
        thnid("office", "renew-pin", "--card", "l.card", "--pin", PIN, "--json", cwd=folder).stdout
    )
    assert told["error"] == "OfficeBarred" and "--card l.card --out l-new.card" in told["what_to_do"]


@pytest.mark.pcsc
def test_a_card_in_the_reader(folder: Path) -> None:
    refused = in_shell(RENEW, "--card", "l.card", cwd=folder)
    found = COMMAND.search(one_object(refused.stdout)["what_to_do"])
    assert found is not None, refused.stdout
    assert f"--card {folder}/l.card" in found[0]
    followed = f"{{ {with_pin(found[0])}; }} >/dev/null; THNID_PIN={PIN} thnid login --json"
    login = in_shell(followed, "--card", "l.card", cwd=folder)
    assert one_object(login.stdout)["logged_in"], login.stderr


@pytest.mark.pcsc
def test_a_card_of_no_file(folder: Path) -> None:
    refused = in_shell(RENEW, "--failures", "5", cwd=folder)
    found = COMMAND.search(one_object(refused.stdout)["what_to_do"])
    assert found is not None, refused.stdout
    again = in_shell(f"{found[0]} >/dev/null; {RENEW}", "--failures", "5", cwd=folder)
    assert one_object(again.stdout)["renewed"] is True


AT_A_WHOLE_OFFICE = """
import json, os, re, subprocess, httpx
http = httpx.Client(trust_env=False, timeout=30, follow_redirects=True)

def screen():
    url = os.environ["THNID_SCREEN_URL"]
    for path in ("agent/start", "login"):
        token = re.search(r'name="form-token" content="(\\w+)"', http.get(url).text)[1]
        shown = http.post(f"{url}/{path}", data={"csrf": token})
    return shown.text

counter = http.get(os.environ["THNID_COUNTER_URL"]).text
renewed = subprocess.run(
    ["thnid", "office", "renew-pin", "--pin", "7302", "--json"], stdout=subprocess.PIPE, text=True
)
desk = os.environ["THNID_PAGES_URL"] + "/registry/desk"
print(json.dumps({
    "led": [f'href="{desk}"' in each for each in (counter, screen())],
    "told": json.loads(renewed.stdout)["what_to_do"].endswith(desk),
    "files": [os.path.abspath("l.card") in each for each in (counter, renewed.stdout)],
    "desk": http.get(desk).status_code,
}))
"""


@pytest.mark.pcsc
def test_a_whole_office_leads_to_its_registry_desk(folder: Path) -> None:
    done = thnid(
        "run", "--card", "l.card", "--backoffice", "--", sys.executable, "-c", AT_A_WHOLE_OFFICE, cwd=folder
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told == {"led": [True, True], "told": True, "files": [True, True], "desk": 200}
