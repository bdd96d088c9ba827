"""``terminals``, ``read``, ``read-card-only``, ``probe``: literal shapes, and what is said when there is nothing to read."""

from __future__ import annotations

import re
import threading
from base64 import b64decode
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from apdu_specs import citizen_id
from apdu_specs.values import BuddhistDate, Name, Sex
from emulator.test_card import TestCard
from harness.agent.patient import PatientReader
from harness.errors import CardRemoved
from harness.terminals import Terminal
from harness.terminals.in_process import InProcessTerminal
from harness.terminals.presence import Readers
from harness.terminals.presence import Seen as SeenReader
from tests.emulator.offices.people import DECEASED, ENTITLED, INSURED, NOBODY, WITHOUT_RIGHT
from tests.harness.agent.scene import READER, UUID_4, Scene, card_of, holder, scene
from tests.harness.officer.answering_server import answering

NEWCOMER = citizen_id.synthetic(770_077)

CLAIM_TYPES = [
    {"claimType": "PG0060001", "claimTypeName": "เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)"},
    {"claimType": "PG0110001", "claimTypeName": "Self Isolation"},
    {"claimType": "PG0120001", "claimTypeName": "UCEP PLUS (ผู้ป่วยกลุ่มอาการสีเหลืองและสีแดง)"},
    {"claimType": "PG0130001", "claimTypeName": "บริการฟอกเลือดด้วยเครื่องไตเทียม (HD)"},
    {"claimType": "PG0140001", "claimTypeName": "Home ward"},
    {"claimType": "PG0150001", "claimTypeName": "บริการดูแลอาการเจ็บป่วยเบื้องต้น"},
]
OF_NHSO = {
    "nation": "099",
    "transDate": "2021-03-16T13:11:56",
    "mainInscl": "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ",
    "subInscl": "(89) ช่วงอายุ 12-59 ปี",
    "age": "33 ปี 11 เดือน 18 วัน",
    "checkDate": "2026-03-10T12:00:00",
    "claimTypes": CLAIM_TYPES,
    "hospSub": {"hcode": "99314", "hname": "โรงพยาบาลส่งเสริมสุขภาพตำบลตัวอย่างศิลา"},
    "hospMainOp": {"hcode": "99313", "hname": "โรงพยาบาลชุมชนตัวอย่างขอนแก่น"},
    "hospMain": {"hcode": "99312", "hname": "โรงพยาบาลตัวอย่างขอนแก่น"},
    "paidModel": "1",
    "startDateTime": "2021-03-16T00:00:00",
}
OF_THE_CARD = {
    "pid": ENTITLED,
    "titleName": "003",
    "fname": "ทดสอบ",
    "lname": "ระบบ",
    "birthDate": "25350320",
    "sex": "ชาย",
}


def test_terminals(agent: Scene) -> None:
    assert agent.get("/api/smartcard/terminals").json() == [{"terminalName": READER, "isPresent": True}]
    agent.desk.card = None
    assert agent.get("/api/smartcard/terminals").json() == [{"terminalName": READER, "isPresent": False}]
    agent.desk.readers = []
    none = agent.get("/api/smartcard/terminals")
    assert (none.status_code, none.text) == (200, "[]")


@pytest.mark.parametrize(
    ("seen", "shown"),
    [
        ([("Virtual PCD 00 00", True), ("Virtual PCD 00 01", False)], [True]),
        ([("Virtual PCD 00 00", False), ("Virtual PCD 00 01", False)], [False]),
        ([("Virtual PCD 00 00", False), ("Virtual PCD 00 01", True)], [False, True]),
        ([("Virtual PCD 00 01", False)], [False]),
        ([("A 00 00", True), ("A 01 00", False), ("B 02 01", False)], [True, False, False]),
    ],
)
def test_an_empty_further_slot_is_no_terminal(seen: list[tuple[str, bool]], shown: list[bool]) -> None:
    readers = Readers(True, tuple(SeenReader(name, card, False, 0) for name, card in seen))
    assert [each["isPresent"] for each in PatientReader(lambda: readers).terminals()] == shown


def test_read_is_the_published_object(unchanged: Scene) -> None:
    told = unchanged.get("/api/smartcard/read").json()
    assert re.fullmatch(UUID_4, told.pop("correlationId"))
    assert told == {**OF_THE_CARD, **OF_NHSO}
    assert list(told)[:6] == ["pid", "titleName", "fname", "lname", "nation", "birthDate"]


def test_every_reading_has_a_correlation_id_of_its_own(unchanged: Scene) -> None:
    paths = ("/api/smartcard/read", "/api/smartcard/read", "/api/smartcard/read-card-only")
    assert len({unchanged.get(path).json()["correlationId"] for path in paths}) == 3


def test_card_only_asks_nobody() -> None:
    with scene(nhso="http://127.0.0.1:9/nhso") as agent:
        told = agent.get("/api/smartcard/read-card-only").json()
        assert re.fullmatch(UUID_4, told.pop("correlationId"))
        assert told == OF_THE_CARD
        assert agent.get("/api/smartcard/read").status_code == 500


@pytest.mark.parametrize("path", ["read", "read-card-only"])
@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("", False),
        ("?readImageFlag=false", False),
        ("?readImageFlag=False", False),
        ("?readImageFlag=", False),
        ("?readImageFlag", False),
        ("?readimageflag=true&_=1773118800000", False),
        ("?readImageFlag=%20TRUE&_=1773118800000&&=", True),
        ("?readImageFlag=true", True),
        ("?readImageFlag=True", True),
    ],
)
def test_the_image_is_bare_base64_of_the_jpeg_when_it_is_asked_for(
    unchanged: Scene, path: str, query: str, shown: bool
) -> None:
    told = unchanged.get(f"/api/smartcard/{path}{query}").json()
    assert ("image" in told) is shown
    if shown:
        assert b64decode(told["image"], validate=True) == holder().photo
        assert told["image"].startswith("/9j/")


def test_a_flag_that_is_none(unchanged: Scene) -> None:
    assert unchanged.get("/api/smartcard/read-card-only?readImageFlag=%ff").status_code == 400
    told = unchanged.refused(unchanged.get("/api/smartcard/read?readImageFlag=maybe"))
    assert (
        told.pop("errors")
        == [
            {
                "field": "readImageFlag",
                "code": "typeMismatch",
                "objectName": "readRequest",
                "defaultMessage": "readImageFlag ต้องเป็น true หรือ false",
            }
        ]
        * 2
    )
    assert told == {
        "status": 400,
        "error": "Bad Request",
        "message": "readImageFlag ต้องเป็น true หรือ false",
        "path": "/api/smartcard/read",
    }


def test_what_the_card_does_not_tell_comes_from_nhso_or_is_absent(agent: Scene) -> None:
    agent.desk.card = card_of(
        holder(
            citizen_id=INSURED,
            thai_name=Name("พลตำรวจเอก", "ทดสอบ", "กลาง", "ระบบ"),
            birth_date=BuddhistDate(2535, None, None),
            sex=Sex.FEMALE,
        )
    )
    told = agent.get("/api/smartcard/read").json()
    assert (told["titleName"], told["fname"], told["birthDate"]) == ("004", "ทดสอบ กลาง", "25350000")
    assert told["sex"] == "หญิง"
    assert told["mainInscl"] == "(SSS) สิทธิประกันสังคม"
    assert not {"hospSub", "hospMainOp", "paidModel", "expireDateTime", "image"} & told.keys()
    assert agent.get("/api/smartcard/read-card-only").json()["titleName"] == "004"


@pytest.mark.parametrize(
    ("title", "sex", "code"),
    [("ว่าที่ ร.ต.", Sex.MALE, "003"), ("พระ", Sex.MALE, "003"), ("ว่าที่ ร.ต. หญิง", Sex.FEMALE, "004")],
)
def test_a_title_without_a_code_gets_one_all_the_same(agent: Scene, title: str, sex: Sex, code: str) -> None:
    agent.rooms.offices.citizens.admit_holder(
        holder(citizen_id=NEWCOMER, thai_name=Name(title, "ก", "", "ข"), sex=sex)
    )
    agent.desk.card = card_of(holder(citizen_id=NEWCOMER, thai_name=Name(title, "ก", "", "ข"), sex=sex))
    for path in ("read", "read-card-only"):
        assert agent.get(f"/api/smartcard/{path}").json()["titleName"] == code
    assert agent.get(f"/api/smartcard/probe/{NEWCOMER}").json()["titleName"] == code


@pytest.mark.parametrize("pid", [WITHOUT_RIGHT, DECEASED])
def test_somebody_without_a_right_is_answered_as_when_nhso_is_away(agent: Scene, pid: str) -> None:
    """Programs show the message; 500 is all that they are told of why."""
    agent.desk.card = card_of(holder(citizen_id=pid))
    for path in ("read", f"probe/{pid}"):
        answer = agent.get(f"/api/smartcard/{path}")
        told = agent.refused(answer)
        assert (answer.status_code, told["status"]) == (500, 500)
        assert told["message"] == "ไม่พบข้อมูลสิทธิการรักษาพยาบาลของบุคคลนี้"
    assert agent.get("/api/smartcard/read-card-only").json()["pid"] == pid
    assert "null" not in agent.get("/api/smartcard/read").text


def test_probe_needs_no_card(agent: Scene) -> None:
    agent.desk.card = None
    agent.desk.readers = []
    told = agent.get(f"/api/smartcard/probe/{ENTITLED}").json()
    assert re.fullmatch(UUID_4, told.pop("correlationId"))
    assert told == {**OF_THE_CARD, **OF_NHSO}


@pytest.mark.parametrize("pid", ["1", "1999900009003", "x", "๑๙๙๙๙๐๐๐๐๙๐๐๒", "%00"])
def test_probe_of_no_citizen_id(unchanged: Scene, pid: str) -> None:
    told = unchanged.refused(unchanged.get(f"/api/smartcard/probe/{pid}"))
    assert (told["status"], told["errors"][0]["defaultMessage"]) == (400, "เลขประจำตัวประชาชนไม่ถูกต้อง")


def test_no_reader_is_418(agent: Scene) -> None:
    agent.desk.readers = []
    for path in ("/api/smartcard/read", "/api/smartcard/read-card-only"):
        assert agent.refused(agent.get(path)) == {
            "status": 418,
            "error": "I'm a teapot",
            "message": "ไม่พบเครื่องอ่านบัตร กรุณาเสียบเครื่องอ่านบัตรแล้วลองใหม่",
            "path": path,
        }
    agent.desk.readers, agent.desk.service = [READER], False
    assert agent.get("/api/smartcard/read").status_code == 418


def test_no_card_is_500(agent: Scene) -> None:
    agent.desk.card = None
    assert agent.refused(agent.get("/api/smartcard/read")) == {
        "status": 500,
        "error": "Internal Server Error",
        "message": "ไม่พบบัตรในเครื่องอ่าน กรุณาเสียบบัตรประจำตัวประชาชนของผู้รับบริการ",
        "path": "/api/smartcard/read",
    }


def test_another_card_is_500(agent: Scene) -> None:
    agent.desk.reach = lambda _reader: InProcessTerminal(TestCard())
    told = agent.refused(agent.get("/api/smartcard/read"))
    assert (told["status"], told["message"]) == (500, "บัตรในเครื่องอ่านไม่ใช่บัตรประจำตัวประชาชน หรืออ่านชิปไม่ได้")
    agent.desk.reach = None
    agent.desk.card = card_of(holder(citizen_id="1999900009003"))  # its check digit is wrong
    assert agent.get("/api/smartcard/read").status_code == 500


def test_a_card_pulled_while_it_is_read_is_500_and_the_next_reading_works(agent: Scene) -> None:
    class Pulled(InProcessTerminal):
        def transmit(self, apdu: bytes) -> bytes:
            if apdu[1:2] == b"\xb0":
                raise CardRemoved(self.name)
            return super().transmit(apdu)

    card = agent.desk.card
    assert card is not None
    agent.desk.reach = lambda _reader: Pulled(card)
    told = agent.refused(agent.get("/api/smartcard/read"))
    assert (told["status"], told["message"]) == (
        500,
        "บัตรถูกถอดออกระหว่างการอ่าน กรุณาเสียบบัตรอีกครั้งแล้วลองใหม่",
    )
    agent.desk.reach = None
    assert agent.get("/api/smartcard/read").json()["pid"] == ENTITLED


def test_nobody_at_nhso_and_no_nhso_are_500(agent: Scene) -> None:
    agent.desk.card = card_of(holder(citizen_id=NOBODY))
    told = agent.refused(agent.get("/api/smartcard/read"))
    assert (told["status"], told["message"]) == (500, "ไม่พบข้อมูลบุคคลตามเลขประจำตัวประชาชนนี้")
    assert agent.get("/api/smartcard/read-card-only").status_code == 200
    with scene(nhso="http://127.0.0.1:9/nhso") as alone:
        told = alone.refused(alone.get("/api/smartcard/read"))
        assert (told["status"], told["message"]) == (500, "เชื่อมต่อระบบของ สปสช. ไม่ได้")


@pytest.mark.parametrize(
    "nonsense", [b"", b"[]", b"7", b"<html>", b'{"pid": 7, "hospMain": "x", "claimTypes": 3}']
)
def test_nonsense_of_nhso_is_never_passed_on(nonsense: bytes) -> None:
    with answering(200, nonsense) as url, scene(nhso=url) as agent:
        answer = agent.get("/api/smartcard/read")
        if answer.status_code == 200:
            assert answer.json() == OF_THE_CARD
        else:
            assert agent.refused(answer)["status"] == 500


def test_a_token_that_nhso_does_not_know_is_500() -> None:
    with scene(token="00000000-0000-4000-8000-000000000000") as agent:
        told = agent.refused(agent.get("/api/smartcard/read"))
        assert (told["status"], told["message"]) == (500, "Token ของหน่วยบริการไม่ถูกต้องหรือถูกยกเลิกแล้ว")


def test_the_texts_in_english() -> None:
    with scene(language="en") as agent:
        agent.desk.card = None
        told = agent.refused(agent.get("/api/smartcard/read"))
        assert told["message"] == "There is no card in the reader. Insert the patient's national ID card."


def test_only_the_named_reader() -> None:
    with scene(wanted="acr39") as narrow:
        narrow.desk.readers = ["Feitian SCR301 0", "ACS ACR39U 1"]
        assert narrow.get("/api/smartcard/terminals").json() == [
            {"terminalName": "ACS ACR39U 1", "isPresent": True}
        ]
        asked: list[str] = []

        def reach(reader: str) -> Terminal:
            asked.append(reader)
            assert narrow.desk.card is not None
            return InProcessTerminal(narrow.desk.card)

        narrow.desk.reach = reach
        assert narrow.get("/api/smartcard/read").status_code == 200
        assert asked == ["ACS ACR39U 1"]
        narrow.desk.readers = ["Feitian SCR301 0"]
        assert narrow.get("/api/smartcard/terminals").json() == []
        assert narrow.get("/api/smartcard/read").status_code == 418


def test_one_reading_at_a_time_and_terminals_wait_for_none(agent: Scene) -> None:
    begun, go_on = threading.Semaphore(0), threading.Event()
    inside: list[int] = []
    most: list[int] = []

    class Slow(InProcessTerminal):
        def connect(self) -> bytes:
            inside.append(1)
            most.append(len(inside))
            begun.release()
            assert go_on.wait(60)
            return super().connect()

        def disconnect(self) -> None:
            inside.pop()
            super().disconnect()

    card = agent.desk.card
    assert card is not None
    agent.desk.reach = lambda _reader: Slow(card)
    with ThreadPoolExecutor(11) as clients:
        readings = [clients.submit(agent.get, "/api/smartcard/read") for _ in range(3)]
        assert begun.acquire(timeout=60)
        polls = [clients.submit(agent.get, "/api/smartcard/terminals") for _ in range(8)]
        assert [each.result(20).json()[0]["isPresent"] for each in polls] == [True] * 8
        assert not any(each.done() for each in readings)
        go_on.set()
        assert [each.result(20).status_code for each in readings] == [200] * 3
    assert most == [1, 1, 1]


def test_the_age_and_the_time_are_nhsos(agent: Scene) -> None:
    agent.rooms.clock.advance(timedelta(days=10))
    told = agent.get("/api/smartcard/read").json()
    assert (told["age"], told["checkDate"]) == ("34 ปี 0 เดือน 0 วัน", "2026-03-20T12:00:00")
