"""The regional office: letters received, decided on, told by e-mail; who is replaced, revoked, or never came."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from apdu_specs import citizen_id
from emulator.offices.errors import Refused
from emulator.offices.levels import Level, Levels
from emulator.offices.rights.letter import Letter
from emulator.offices.rights.office import Decision, RightsOffice
from emulator.offices.tables.mail import OutgoingMail
from tests.emulator.offices.letters import ENTRY, LETTER, OTHER_ENTRY
from tests.emulator.offices.rooms import CITIZEN, OTHER_CARD, OTHER_CITIZEN, Rooms, entries_about

BY = "nhso"

NOBODY = citizen_id.synthetic(11)


@pytest.fixture
def office(rooms: Rooms) -> RightsOffice:
    return rooms.offices.rights


def mail(rooms: Rooms) -> list[tuple[str, str]]:
    """Recipient and body of everything in the outbox."""
    with rooms.storage.reading() as session:
        rows = session.scalars(select(OutgoingMail).order_by(OutgoingMail.number)).all()
    return [(row.recipient, row.subject + "\n" + row.body) for row in rows]


def refusal(call: object, *args: object, **named: object) -> Refused:
    assert callable(call)
    with pytest.raises(Refused) as caught:
        call(*args, **named)
    return caught.value


def approved(office: RightsOffice, letter: Letter = LETTER) -> str:
    reference = office.receive(letter).reference
    for asked in office.letter(reference).asked:
        office.approve(reference, asked.position, by=BY)
    return reference


def test_from_letter_to_login(rooms: Rooms, office: RightsOffice) -> None:
    receipt = office.receive(LETTER)
    assert receipt.reference == "R2569-000001"
    assert refusal(rooms.nhso.log_in, CITIZEN, rooms.tkey()).reason.status == "officer-unknown"
    [waiting] = office.letters()
    assert (waiting.waiting, waiting.letter.officers) == (2, (ENTRY, OTHER_ENTRY))
    office.approve(receipt.reference, 1, by=BY)
    office.refuse(receipt.reference, 2, " ยังไม่มีหนังสือ   แนบ ", by=BY)
    assert office.letters() == ()
    assert rooms.nhso.log_in(CITIZEN, rooms.tkey()).level.id == "register"
    other = rooms.tkey(OTHER_CITIZEN, OTHER_CARD)
    assert refusal(rooms.nhso.log_in, OTHER_CITIZEN, other).reason.status == "officer-unknown"
    (one, granted), (two, not_granted) = mail(rooms)
    assert (one, two) == ("one@example.org", "two@example.org")
    assert "ตรวจสอบสิทธิและลงทะเบียน" in granted and "search and register" in granted
    assert "ยังไม่มีหนังสือ แนบ" in not_granted
    assert not any(CITIZEN in text or OTHER_CITIZEN in text for _, text in mail(rooms))
    shown = office.status(receipt.reference, receipt.code.upper())
    assert [each.decision for each in shown.asked] == [Decision.APPROVED, Decision.REFUSED]


def test_a_letter_at_fault_stores_nothing(rooms: Rooms, office: RightsOffice) -> None:
    refused = refusal(
        office.receive, replace(LETTER, organisation="1", officers=(replace(ENTRY, email="x"),))
    )
    assert [fault.field for fault in refused.faults] == ["organisation", "officers.0.email"]
    assert office.letters(waiting=False) == ()


@pytest.mark.parametrize("code", ["", "x", "abcdefghjkmn"])
def test_only_the_receipt_shows_how_it_stands(office: RightsOffice, code: str) -> None:
    reference = office.receive(LETTER).reference
    assert refusal(office.status, reference, code).reason.status == "request-unknown"
    assert refusal(office.status, "R2569-999999", code).reason.status == "request-unknown"


def test_a_decision_is_made_once(rooms: Rooms, office: RightsOffice) -> None:
    reference = approved(office)
    for decide in (
        lambda: office.approve(reference, 1, by=BY),
        lambda: office.refuse(reference, 1, "x", by=BY),
    ):
        assert refusal(decide).reason.status == "request-decided"
    assert len(mail(rooms)) == 2


@pytest.mark.parametrize("why", ["", "  ", "x" * 301, "a\x07b"])
def test_a_refusal_needs_a_reason(rooms: Rooms, office: RightsOffice, why: str) -> None:
    reference = office.receive(LETTER).reference
    assert [fault.field for fault in refusal(office.refuse, reference, 1, why, by=BY).faults] == ["reason"]
    assert office.letter(reference).waiting == 2


def test_a_region_sees_and_decides_its_own_letters(office: RightsOffice) -> None:
    reference = office.receive(LETTER).reference
    assert (len(office.letters(7)), len(office.letters(8))) == (1, 0)
    assert refusal(office.letter, reference, 8).reason.status == "request-unknown"
    assert refusal(office.approve, reference, 1, by=BY, region=8).reason.status == "request-unknown"
    office.approve(reference, 1, by=BY, region=7)


def test_a_region_sees_and_ends_its_own_rights(rooms: Rooms, office: RightsOffice) -> None:
    approved(office, replace(LETTER, officers=(ENTRY,)))
    approved(office, replace(LETTER, region="8", organisation="88888", officers=(OTHER_ENTRY,)))
    rooms.nhso.grant(NOBODY, name="ไม่มีหนังสือ", organisation="99999", level="search")
    shown = {region: {each.citizen_id for each in office.holders(region)} for region in (7, 8, 9, None)}
    assert shown == {7: {CITIZEN}, 8: {OTHER_CITIZEN}, 9: set(), None: {CITIZEN, OTHER_CITIZEN, NOBODY}}
    for pid in (OTHER_CITIZEN, NOBODY):
        assert refusal(office.revoke, pid, "x", by=BY, region=7).reason.status == "officer-unknown"
    office.revoke(CITIZEN, "x", by=BY, region=7)
    rooms.clock.advance(timedelta(days=61))
    assert (office.sweep(7), office.sweep(9), office.sweep(8)) == (0, 0, 1)
    ended = {each.citizen_id: each.because for each in office.holders()}
    assert ended == {CITIZEN: "organisation", OTHER_CITIZEN: "sixty-days", NOBODY: None}
    office.sweep()
    assert all(each.ended_at for each in office.holders())


def test_nobody_is_replaced_by_another_regions_letter(rooms: Rooms, office: RightsOffice) -> None:
    """Anybody can write another organisation's code into a letter."""
    approved(office, replace(LETTER, officers=(ENTRY,)))
    elsewhere = replace(LETTER, region="8", officers=(replace(OTHER_ENTRY, replaces=CITIZEN),))
    reference = office.receive(elsewhere).reference
    assert refusal(office.approve, reference, 1, by=BY).reason.status == "replaced-officer-elsewhere"
    assert rooms.nhso.level_of(CITIZEN).id == "register"


@pytest.mark.parametrize("position", [0, 3, 200])
def test_nobody_there_is_decided_on(office: RightsOffice, position: int) -> None:
    reference = office.receive(LETTER).reference
    assert refusal(office.approve, reference, position, by=BY).reason.status == "request-unknown"


def test_one_officer_one_level(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    again = replace(LETTER, officers=(replace(ENTRY, level="authenticate"),))
    first = office.receive(again).reference
    office.receive(again)
    notes = " ".join(note.sentence.en for note in office.letter(first).asked[0].notes)
    assert "search and register. Approval replaces it." in notes and "R2569-000003" in notes
    office.approve(first, 1, by=BY)
    assert rooms.nhso.log_in(CITIZEN, rooms.tkey()).level.id == "authenticate"
    assert "It replaces the level that you had: search and register." in mail(rooms)[-1][1]


def test_another_organisation_is_told_at_both_addresses_and_takes_another_login(
    rooms: Rooms, office: RightsOffice
) -> None:
    approved(office, replace(LETTER, officers=(ENTRY,)))
    token = rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken
    there = replace(ENTRY, email="new@example.org")
    other = replace(LETTER, organisation="88888", organisation_name="โรงพยาบาลปลายทาง", officers=(there,))
    reference = office.receive(other).reference
    office.approve(reference, 1, by=BY)
    (old, told), (new, granted) = mail(rooms)[-2:]
    assert (old, new) == (ENTRY.email, "new@example.org")
    assert "โรงพยาบาลปลายทาง แล้ว สิทธิเดิมจึงสิ้นสุดลง" in told and CITIZEN not in told
    assert f"ระดับสิทธิเดิมของท่าน ของ {LETTER.organisation_name} คือ" in granted
    assert refusal(rooms.nhso.modules, token).reason.status == "token-not-valid"


def test_somebody_else_becomes_responsible(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    token = rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken
    new = replace(ENTRY, pid=citizen_id.synthetic(7), email="new@example.org", replaces=CITIZEN)
    approved(office, replace(LETTER, officers=(new,)))
    assert refusal(rooms.nhso.modules, token).reason.status == "right-revoked"
    assert refusal(rooms.nhso.log_in, CITIZEN, rooms.tkey()).reason.status == "right-revoked"
    assert rooms.nhso.level_of(citizen_id.synthetic(7)).id == "register"
    told = dict(mail(rooms)[-2:])
    assert "แจ้งเปลี่ยนแปลงผู้รับผิดชอบ" in told["one@example.org"]
    assert "อนุมัติ" in told["new@example.org"]


def test_names_stand_apart_from_the_thai_around_them(rooms: Rooms, office: RightsOffice) -> None:
    """Thai writes no spaces between words, so that a name needs them."""
    approved(office)
    refused = office.receive(replace(LETTER, officers=(OTHER_ENTRY,))).reference
    office.refuse(refused, 1, "เอกสารไม่ครบ", by=BY)
    new = replace(ENTRY, pid=citizen_id.synthetic(7), email="new@example.org", replaces=CITIZEN)
    approved(office, replace(LETTER, officers=(new,)))
    bodies = [body.partition("-" * 40)[0] for _, body in mail(rooms)]
    assert len({body.splitlines()[0] for body in bodies}) == 3  # granted, not granted, ended
    name = LETTER.organisation_name
    for body in bodies:
        assert name in body and all(f" {name} " in f" {line}" for line in body.splitlines() if name in line)


@pytest.mark.parametrize(("others", "english"), [(1, "1 other request;"), (12, "12 other requests;")])
def test_other_requests_of_an_officer_are_one_note(
    rooms: Rooms, office: RightsOffice, others: int, english: str
) -> None:
    asked = replace(LETTER, officers=(ENTRY,))
    first = office.receive(asked).reference
    sent = [office.receive(replace(asked, region="8" if n % 2 else "7")).reference for n in range(others)]
    [note] = office.letter(first, 7).asked[0].notes
    assert english in note.text.en and f"อีก {others} ฉบับ" in note.text.th
    assert note.requests == tuple(sent[::-1][:5])
    assert note.within_reach == {each for each in note.requests if sent.index(each) % 2 == 0}
    assert all(each in note.sentence.en and each in note.sentence.th for each in note.requests)
    [of_all] = office.letter(first).asked[0].notes
    assert of_all.within_reach == set(note.requests)


def test_nobody_is_replaced_by_another_organisation(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    new = replace(ENTRY, pid=citizen_id.synthetic(7), replaces=CITIZEN)
    reference = office.receive(replace(LETTER, organisation="88888", officers=(new,))).reference
    assert "no right from this organisation" in office.letter(reference).asked[0].notes[0].text.en
    refused = refusal(office.approve, reference, 1, by=BY)
    assert refused.reason.status == "replaced-officer-elsewhere"
    assert office.letter(reference).waiting == 1
    assert rooms.nhso.level_of(CITIZEN).id == "register"
    assert refusal(rooms.nhso.level_of, citizen_id.synthetic(7)).reason.status == "officer-unknown"


def test_a_right_is_revoked_with_a_reason(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    token = rooms.nhso.log_in(CITIZEN, rooms.tkey()).smctoken
    office.revoke(CITIZEN, "ลาออก", by=BY)
    assert refusal(rooms.nhso.modules, token).reason.status == "right-revoked"
    assert "ลาออก" in mail(rooms)[-1][1]
    assert refusal(office.revoke, citizen_id.synthetic(9), "x", by=BY).reason.status == "officer-unknown"


def test_sixty_days_end_a_right_and_the_officer_is_told_once(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    rooms.clock.advance(timedelta(days=60))
    assert office.sweep() == 0
    rooms.nhso.log_in(OTHER_CITIZEN, rooms.tkey(OTHER_CITIZEN, OTHER_CARD))
    rooms.clock.advance(timedelta(days=1))
    assert office.sweep() == 1
    assert office.sweep() == 0
    assert [recipient for recipient, text in mail(rooms) if "60 days, so your right has ended" in text] == [
        "one@example.org"
    ]
    assert refusal(rooms.nhso.log_in, CITIZEN, rooms.tkey()).reason.status == "right-lapsed"
    lapsed = [entry for entry in entries_about(rooms.audit, CITIZEN) if entry.event == "right-lapsed"]
    assert [entry.details for entry in lapsed] == [{"days": 61}]


def test_a_lapse_that_a_login_met_is_told_too(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    rooms.clock.advance(timedelta(days=61))
    assert refusal(rooms.nhso.log_in, CITIZEN, rooms.tkey()).reason.status == "right-lapsed"
    assert office.sweep() == 2


def test_asked_for_again_after_a_lapse(rooms: Rooms, office: RightsOffice) -> None:
    approved(office)
    rooms.clock.advance(timedelta(days=61))
    office.sweep()
    approved(office)
    assert rooms.nhso.log_in(CITIZEN, rooms.tkey()).level.id == "register"
    rooms.clock.advance(timedelta(days=61))
    assert office.sweep() == 2


def test_a_level_that_is_gone_is_not_granted(rooms: Rooms, office: RightsOffice) -> None:
    reference = office.receive(LETTER).reference
    search = rooms.nhso.levels.get("search")
    assert isinstance(search, Level)
    rooms.nhso.levels = Levels((search,))
    refused = refusal(office.approve, reference, 1, by=BY)
    assert [fault.field for fault in refused.faults] == ["level"]
    office.approve(reference, 2, by=BY)


def test_what_was_decided_is_audited_without_ids(rooms: Rooms, office: RightsOffice) -> None:
    reference = approved(office)
    refusal(office.approve, reference, 1, by=BY)
    entries = list(rooms.audit.entries())
    events = [(entry.event, entry.outcome) for entry in entries]
    assert events[-5:] == [
        ("right-granted", "00000"),
        ("request-approved", "00000"),
        ("right-granted", "00000"),
        ("request-approved", "00000"),
        ("request-approved", "request-decided"),
    ]
    assert rooms.audit.verify() is None
    assert CITIZEN not in str(entries)
