"""The back office: what it is seeded with, that seeding again changes nothing, and two of them on one database."""

from __future__ import annotations

import re
import smtplib
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from apdu_specs import replies
from emulator.holders import holder_from_seed
from emulator.offices.backoffice import Backoffice, reachable
from emulator.offices.citizens.population import citizen_number
from emulator.offices.errors import PortTaken, Refused
from emulator.offices.offices import Offices, open_offices
from tests.emulator.offices.at_once import at_once
from tests.emulator.offices.letters import LETTER

CARD = bytes.fromhex("FFFF000000000007")
NEW_CARD = bytes.fromhex("FFFF000000000008")
LIMIT_S = 60.0


def backoffice(database: str | None = None) -> Backoffice:
    return Backoffice(database=database, port=0)


def test_what_it_is_seeded_with_is_there_after_a_restart(database: str) -> None:
    holder = holder_from_seed(7)
    first = backoffice(database)
    seeded = first.seed(40)
    first.employ(holder, CARD)
    first.offices.nhso.revoke(holder.citizen_id)
    first.stop()
    again = backoffice(database)
    try:
        assert (seeded.people, again.seed(40, hospital_token=seeded.hospital_token).people) == (40, 0)
        again.employ(holder, CARD)
        assert again.offices.agent_desk.hospital_of(seeded.hospital_token) == seeded.hospital == "99000"
        assert again.offices.citizens.search(citizen_number(1, 39)) is not None
        with pytest.raises(Refused) as refused:  # whom an office revoked is not let in by the next start
            again.offices.nhso.log_in(holder.citizen_id, "0" * 32)
        assert refused.value.reason == replies.IDENTITY_NOT_CONFIRMED
        assert [entry.event for entry in again.offices.audit.entries()].count("right-granted") == 1
        assert again.offices.audit.verify() is None
    finally:
        again.stop()


def mailed(office: Backoffice, subject: str) -> None:
    """Some program sends e-mail to the catcher."""
    with smtplib.SMTP(office.catcher.host, office.catcher.port) as smtp:
        smtp.sendmail("a@example.org", ["b@example.org"], f"Subject: {subject}\r\n\r\nx\r\n")


def mail_shown(office: Backoffice) -> list[str]:
    """The subjects at /mail, in their order."""
    shown = httpx.get(f"{office.url}/mail", trust_env=False, timeout=LIMIT_S)
    assert shown.status_code == 200
    return re.findall(r'<h2 id="mail-\d+">([^<]*)</h2>', shown.text)


def test_caught_mail_is_there_after_a_restart_and_at_every_server(database: str) -> None:
    with Backoffice(database=database, port=0, mail_port=0) as first:
        reference = first.offices.rights.receive(LETTER).reference
        first.offices.rights.approve(reference, 1, by="nhso")
        first.offices.rights.refuse(reference, 2, "ข้อมูลไม่ครบ", by="nhso")
        first.catcher.wait_for(2)
        before = mail_shown(first)
        assert len(before) == 2 and any("อนุมัติสิทธิการเข้าใช้งาน" in each for each in before)
    with ExitStack() as stack:
        again, other = (
            stack.enter_context(Backoffice(database=database, port=0, mail_port=0)) for _ in range(2)
        )
        assert mail_shown(again) == mail_shown(other) == before
        mailed(other, "three")
        mailed(again, "four")
        assert mail_shown(again) == mail_shown(other) == ["four", "three", *before]


def test_an_office_in_memory_forgets_its_mail() -> None:
    for _ in range(2):
        with Backoffice(port=0, mail_port=0) as office:
            assert mail_shown(office) == []
            mailed(office, "one")
            assert mail_shown(office) == ["one"]


def test_a_chosen_hospital_token_opens_and_a_revoked_one_stays_closed(database: str) -> None:
    token = str(uuid.uuid4())
    with backoffice(database) as office:
        office.seed(0, hospital_token=token.upper())
        assert office.offices.agent_desk.hospital_of(token) == office.hospital
        office.offices.agent_desk.revoke_tokens(office.hospital)
        office.seed(0, hospital_token=token)
        with pytest.raises(Refused):
            office.offices.agent_desk.hospital_of(token)


def test_a_replaced_card_does_not_come_back(database: str) -> None:
    holder = holder_from_seed(7)
    with backoffice(database) as office:
        office.employ(holder, CARD)
        office.offices.registry.replace_card(holder.citizen_id, CARD, NEW_CARD)
        with pytest.raises(Refused) as refused:
            office.employ(holder, CARD)
    assert refused.value.reason == replies.REGISTRY_CARD_REPLACED


def test_who_is_met_is_a_citizen_and_no_officer(database: str) -> None:
    holder = holder_from_seed(7)
    with backoffice(database) as office:
        office.meet(holder, CARD)
        office.meet(holder, CARD)
        assert office.offices.citizens.search(holder.citizen_id) is not None
        assert not office.offices.nhso.knows(holder.citizen_id)
        assert [entry.event for entry in office.offices.audit.entries()].count("card-issued") == 1
        office.offices.registry.replace_card(holder.citizen_id, CARD, NEW_CARD)
        office.meet(holder, CARD)  # the old one is put in again: people are read, and it stays refused
        with pytest.raises(Refused) as refused:
            office.offices.registry.know_card(holder.citizen_id, CARD)
    assert refused.value.reason == replies.REGISTRY_CARD_REPLACED


def test_every_service_is_at_its_address() -> None:
    with backoffice() as office, httpx.Client(trust_env=False, timeout=LIMIT_S) as http:
        urls = {each.name: each.url for each in office.services}
        assert http.post(f"{urls['authority']}/9080", json={}).status_code == 422
        assert http.get(f"{urls['nhso']}/menu").status_code == 401
        assert http.post(f"{urls['registry']}/cards", json={}).status_code == 401
        assert b"UCWSTokenP1" in http.get(f"{urls['ucws']}?wsdl").content
        assert http.post(f"{urls['srm']}/api/scard/access-token").status_code in (400, 401)
        assert http.get(f"{urls['srm']}/api/ucws/v1/right-search").status_code == 401


def test_a_taken_port_is_told() -> None:
    with backoffice() as office:
        port = int(office.url.rsplit(":", 1)[1])
        with pytest.raises(PortTaken):
            Backoffice(port=port)


@pytest.mark.parametrize(
    ("listens", "reached"),
    [
        ("http://0.0.0.0:8180", "http://127.0.0.1:8180"),
        ("http://[::]:8180", "http://[::1]:8180"),
        ("http://192.0.2.7:80", "http://192.0.2.7:80"),
        ("http://[::1]:8180", "http://[::1]:8180"),
    ],
)
def test_where_it_is_reached_from_this_machine(listens: str, reached: str) -> None:
    assert reachable(listens) == reached


@contextmanager
def two_offices(database: str) -> Iterator[list[Offices]]:
    """Of two servers on one database."""
    with ExitStack() as closing:
        offices = [open_offices(database=database) for _ in range(2)]
        for each in offices:
            closing.callback(each.close)
        yield offices


def test_two_servers_admit_the_same_new_holder_at_once(database: str) -> None:
    holders = [holder_from_seed(seed) for seed in range(20, 28)]
    with two_offices(database) as offices:
        for holder in holders:
            at_once(lambda office, new=holder: offices[office].citizens.admit_holder(new), 2)  # type: ignore[misc]
        assert all(offices[0].citizens.search(holder.citizen_id) for holder in holders)


def test_two_servers_add_the_same_people_at_once(database: str) -> None:
    with two_offices(database) as offices:
        added = at_once(lambda office: offices[office].citizens.populate(1, 300), 2)
    assert sorted(added) == [0, 300]
