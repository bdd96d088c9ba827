"""A suspended virtual card at the officer's screen: where a whole office runs, it leads to the PIN counter that helps."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.harness.cli.program import thnid

pytestmark = pytest.mark.pcsc

AT_A_WHOLE_OFFICE = """
import json, os, re, httpx
http = httpx.Client(trust_env=False, timeout=30, follow_redirects=True)
counter, screen = os.environ["THNID_COUNTER_URL"], os.environ["THNID_SCREEN_URL"]

def press(url, path, shown, **fields):
    token = re.search(r'name="(?:form-token" content|csrf" value)="(\\w+)"', shown)[1]
    return http.post(f"{url}/{path}", data={"csrf": token, **fields}).text

shown = press(screen, "agent/start", http.get(screen).text)
shown = press(screen, "login", shown)
led = f'href="{counter}"' in shown
owner = http.get(f"{counter}/owner").text
serial = re.search(r'name="serial" value="(\\w+)"', owner)[1]
done = press(counter, "owner", owner, serial=serial, pin="7302", again="7302")
shown = press(screen, "cancel", http.get(screen).text)
shown = press(screen, "login", shown)
shown = press(screen, "pin", shown, pin="๗๓๐๒")
print(json.dumps({"led": led, "view": re.search(r'data-view="([a-z]+)', shown)[1]}))
"""


def test_a_whole_office_leads_to_its_pin_counter(tmp_path: Path) -> None:
    assert thnid("card", "create", "s.card", "--failures", "3", cwd=tmp_path).returncode == 0
    done = thnid(
        "run", "--card", "s.card", "--backoffice", "--", sys.executable, "-c", AT_A_WHOLE_OFFICE, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"led": True, "view": "confirmed"}
