"""The SmartCard Agent from pages of other origins, in a real browser; and its own page."""

from __future__ import annotations

import re

from tests.browser.conftest import Look, OpenWindow
from tests.emulator.offices.people import ENTITLED
from tests.harness.agent.scene import ASKED, scene
from tests.harness.officer.answering_server import answering

READ = """async (agent) => {
    const read = await (await fetch(agent + "/api/smartcard/read?readImageFlag=true")).json();
    const picture = new Image();
    picture.src = "data:image/jpg;base64," + read.image;
    await picture.decode();
    return [read.pid, read.mainInscl.substring(1, 4), typeof read.expireDateTime, picture.naturalWidth > 0];
}"""
CONFIRM = """async ([agent, asked]) => {
    const answer = await fetch(agent + "/api/nhso-service/confirm-save", {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify(asked)});
    const told = await answer.json();
    return [answer.status, told.claimCode || told.errors[1].defaultMessage];
}"""


def test_a_hospitals_page_reads_the_card_and_confirms(window: OpenWindow) -> None:
    html = {"Content-Type": "text/html; charset=utf-8"}
    icon = b"<!doctype html><title>HIS</title><link rel=icon href=data:,>"
    with scene() as agent, answering(200, icon, html) as his:
        page = window(his, expected="400")
        url = str(agent.http.base_url).rstrip("/")
        assert page.evaluate(READ, url) == [ENTITLED, "UCS", "undefined", True]
        status, code = page.evaluate(CONFIRM, [url, ASKED])
        assert status == 200 and re.fullmatch(r"PP\d{10}", code)
        status, refused = page.evaluate(CONFIRM, [url, ASKED])
        assert (status, refused[:6]) == (400, "วันนี้")


def test_its_own_page(window: OpenWindow, look: Look) -> None:
    with scene() as agent:
        page = window(str(agent.http.base_url))
        assert page.get_by_role("heading", level=1).inner_text() == "Secure SmartCard Agent"
        look(page, "smartcard-agent")
