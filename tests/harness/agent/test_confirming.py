"""``confirm-save``, ``save-as-draft`` and the history: literal shapes, refusals, what programs really send."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from emulator.offices.tables.authen_codes import AuthenCode, AuthenDraft
from harness.agent.limits import Limits
from tests.emulator.offices.people import DECEASED, ENTITLED, INSURED, NOBODY
from tests.harness.agent.scene import ASKED, HOSPITAL, UUID, Scene, scene

CONFIRM = "/api/nhso-service/confirm-save"
DRAFT = "/api/nhso-service/save-as-draft"
LATEST = f"/api/nhso-service/latest-authen-code/{ENTITLED}"
LATEST_5 = f"/api/nhso-service/latest-5-authen-code-all-hospital/{ENTITLED}"
TODAY = "วันนี้ได้ขอ Authentication Code ของบริการนี้ที่หน่วยบริการนี้แล้ว"


def confirmed(agent: Scene, path: str = CONFIRM, **changes: Any) -> httpx.Response:
    return agent.http.post(path, json={**ASKED, **changes})


def errors_of(agent: Scene, answer: httpx.Response) -> dict[str, str]:
    """Field -> text of a refusal with status 400."""
    assert answer.status_code == 400
    return {each["field"]: each["defaultMessage"] for each in agent.refused(answer)["errors"]}


def test_a_code_is_given_as_published(agent: Scene) -> None:
    answer = confirmed(agent, hn=None, hcode=HOSPITAL)
    told = answer.json()
    assert answer.status_code == 200
    assert re.fullmatch(r"PP\d{10}", told.pop("claimCode"))
    assert told == {
        "pid": ENTITLED,
        "claimType": "PG0060001",
        "correlationId": UUID,
        "createdDate": "2026-03-10T12:00:00",
    }


@pytest.mark.parametrize("path", [CONFIRM, DRAFT])
@pytest.mark.parametrize("hcode", ["", "10661", None])
def test_whatever_hospital_a_program_names_the_token_says_who_asks(
    agent: Scene, path: str, hcode: str | None
) -> None:
    assert confirmed(agent, path, hcode=hcode).status_code == 200


def test_the_correlation_id_of_a_reading_comes_back(agent: Scene) -> None:
    read = agent.get("/api/smartcard/read").json()
    asked = {"pid": read["pid"], "claimType": read["claimTypes"][0]["claimType"]}
    told = confirmed(agent, **asked, correlationId=read["correlationId"]).json()
    assert told["correlationId"] == read["correlationId"]


def test_what_programs_send(agent: Scene) -> None:
    trailing = agent.http.post(f"{CONFIRM}/", json=ASKED)
    assert trailing.status_code == 200
    charset = {"Content-Type": "application/json; charset=UTF-8"}
    body = json.dumps({**ASKED, "pid": INSURED, "mobile": ""}).encode()
    assert agent.http.post(CONFIRM, content=body, headers=charset).status_code == 200
    number = {**ASKED, "pid": int(ENTITLED), "claimType": "PG0110001", "unknown": [1]}
    assert agent.http.post(CONFIRM, json=number).status_code == 200
    assert confirmed(agent, claimType="PG0120001", correlationId=UUID.upper()).status_code == 200


def test_a_landline_is_a_telephone_too(agent: Scene) -> None:
    """One program sends its hospital's for every patient."""
    assert confirmed(agent, mobile="034429333").status_code == 200
    for none in ("081234567", "0344293", "034-429333"):
        assert errors_of(agent, confirmed(agent, mobile=none)).keys() == {"mobile"}


def test_one_fault_stands_where_programs_look_first_and_second(agent: Scene) -> None:
    told = confirmed(agent, mobile="08000").json()["errors"]
    assert len(told) == 2 and told[0] == told[1]


@pytest.mark.parametrize("none", [0, "0", ""])
def test_no_phone_is_kept_as_none(agent: Scene, none: object) -> None:
    assert confirmed(agent, mobile=none).status_code == 200
    assert confirmed(agent, DRAFT, mobile=none).status_code == 200
    with agent.rooms.storage.reading() as session:
        for table in (AuthenCode, AuthenDraft):
            assert session.scalars(select(table.mobile)).all() == [""]


def test_the_correlation_id_of_another_patients_reading_is_taken(agent: Scene) -> None:
    read = agent.get("/api/smartcard/read").json()
    told = confirmed(agent, pid=INSURED, correlationId=read["correlationId"]).json()
    assert (told["pid"], told["correlationId"]) == (INSURED, read["correlationId"])
    assert agent.get(LATEST).json().get("claimCode") is None


@pytest.mark.parametrize("kind", [None, "text/plain", "application/x-www-form-urlencoded", "text/json"])
def test_what_is_not_said_to_be_json_is_415(unchanged: Scene, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    told = unchanged.refused(unchanged.http.post(CONFIRM, content=json.dumps(ASKED), headers=headers))
    assert (told["status"], told["message"]) == (415, "ต้องส่งข้อมูลแบบ application/json")


def test_the_same_day_is_refused_in_every_place_where_programs_look(agent: Scene) -> None:
    assert confirmed(agent).status_code == 200
    told = agent.refused(confirmed(agent))
    assert (told["status"], told["error"], told["message"]) == (400, "Bad Request", TODAY)
    assert [each["defaultMessage"] for each in told["errors"]] == [TODAY, TODAY]
    agent.rooms.clock.advance(timedelta(hours=12))  # the next day in Bangkok
    assert confirmed(agent).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field", "text"),
    [
        ({"pid": "123"}, "pid", "เลขประจำตัวประชาชนไม่ถูกต้อง"),
        ({"pid": None}, "pid", "เลขประจำตัวประชาชนไม่ถูกต้อง"),
        ({"pid": {}}, "pid", "เลขประจำตัวประชาชนไม่ถูกต้อง"),
        ({"mobile": "08000"}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": "๐๘๐๐๐๐๐๐๐๐"}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": None}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": True}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": False}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": 0.0}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": "00"}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"mobile": 812345678}, "mobile", "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
        ({"claimType": ""}, "claimType", "ประเภทการเข้ารับบริการไม่ถูกต้อง"),
        ({"correlationId": "x"}, "correlationId", "รหัสอ้างอิงการอ่านบัตร (correlationId) ไม่ถูกต้อง"),
        ({"hn": "9" * 21}, "hn", "HN ต้องยาวไม่เกิน 20 ตัวอักษร"),
        ({"hn": "\ud800"}, "hn", "HN ต้องยาวไม่เกิน 20 ตัวอักษร"),
    ],
)
@pytest.mark.parametrize("path", [CONFIRM, DRAFT])
def test_the_field_that_will_not_do(
    unchanged: Scene, path: str, changes: dict[str, Any], field: str, text: str
) -> None:
    body = json.dumps({**ASKED, **changes}).encode()
    answer = unchanged.http.post(path, content=body, headers={"Content-Type": "application/json"})
    assert errors_of(unchanged, answer) == {field: text}


def test_all_faults_are_told_at_once_and_no_value_is_repeated(unchanged: Scene) -> None:
    answer = unchanged.http.post(CONFIRM, json={"mobile": "0891234"})
    assert list(errors_of(unchanged, answer)) == ["pid", "claimType", "mobile", "correlationId"]
    assert "0891234" not in answer.text


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"pid": NOBODY}, "ไม่พบข้อมูลบุคคลตามเลขประจำตัวประชาชนนี้"),
        ({"pid": DECEASED}, "บุคคลนี้มีสถานะเสียชีวิตในทะเบียน"),
    ],
)
def test_what_nhso_refuses_is_400(unchanged: Scene, changes: dict[str, Any], text: str) -> None:
    assert errors_of(unchanged, confirmed(unchanged, **changes)) == {"pid": text, "claimType": text}


def test_what_nhso_says_of_fields_is_passed_on(unchanged: Scene) -> None:
    told = errors_of(unchanged, confirmed(unchanged, claimType="PG9999999"))
    assert list(told) == ["claimType"] and re.search("[ก-๙]", told["claimType"])


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"[" * 60_000, b"\xff\xfe{}", b'"x"'])
def test_no_json_is_400(unchanged: Scene, body: bytes) -> None:
    told = unchanged.refused(
        unchanged.http.post(CONFIRM, content=body, headers={"Content-Type": "application/json"})
    )
    assert (told["status"], told["message"]) == (400, "ข้อมูลที่ส่งมาไม่อยู่ในรูปแบบ JSON")


def test_mistakes_of_known_programs_get_errors(unchanged: Scene) -> None:
    form = unchanged.http.post(CONFIRM, data=ASKED)
    assert unchanged.refused(form)["error"] == "Unsupported Media Type"
    assert unchanged.refused(unchanged.http.post("/api/smartcard/confirm-save", data=ASKED))["status"] == 404
    assert unchanged.refused(unchanged.get("/api/smartcard/read-cead-only"))["status"] == 404
    told = unchanged.refused(unchanged.get(CONFIRM))
    assert (told["error"], "HTTP method" in told["message"]) == ("Method Not Allowed", True)
    assert unchanged.refused(unchanged.http.post(CONFIRM, content=b"x" * 70_000))["status"] == 413


def test_a_draft_has_no_code_and_is_none_in_the_history(agent: Scene) -> None:
    assert confirmed(agent, DRAFT).json() == {
        "pid": ENTITLED,
        "claimType": "PG0060001",
        "correlationId": UUID,
        "createdDate": "2026-03-10T12:00:00",
    }
    assert agent.get(LATEST_5).json() == []


def test_without_history(unchanged: Scene) -> None:
    assert unchanged.get(LATEST_5).text == "[]"
    told = unchanged.get(LATEST).json()
    assert "claimCode" not in told and list(told) == ["checkDate"]


def test_the_history(agent: Scene) -> None:
    codes: list[str] = []
    for days in range(6):
        codes.insert(0, confirmed(agent).json()["claimCode"])
        agent.rooms.clock.advance(timedelta(days=1 if days < 5 else 0))
    latest = {
        "hcode": HOSPITAL,
        "claimType": "PG0060001",
        "claimCode": codes[0],
        "claimDateTime": "2026-03-15T12:00:00",
        "checkDate": "2026-03-15T12:00:00",
    }
    assert agent.get(LATEST).json() == latest
    five = agent.get(LATEST_5).json()
    assert five[0] == latest
    assert [each["claimCode"] for each in five] == codes[:5]


def test_the_latest_is_this_hospitals_and_the_five_are_of_all() -> None:
    with scene() as agent:
        confirmed(agent)
        elsewhere = agent.rooms.offices.agent_desk.issue_token("99000")
        answer = agent.rooms.offices.agent_desk.history(elsewhere, _history(limit=5, all_hospitals=False))
        assert answer == []
        assert agent.get(LATEST).json()["hcode"] == HOSPITAL == agent.get(LATEST_5).json()[0]["hcode"]


def _history(**rest: Any) -> Any:
    from emulator.offices.citizen_messages import HistoryRequest

    return HistoryRequest(pid=ENTITLED, **rest)


@pytest.mark.parametrize("path", [LATEST, LATEST_5])
def test_history_of_no_citizen_id(unchanged: Scene, path: str) -> None:
    assert errors_of(unchanged, unchanged.get(path[:-1])) == {"pid": "เลขประจำตัวประชาชนไม่ถูกต้อง"}


def test_nhso_that_fails_is_500() -> None:
    with scene(nhso="http://127.0.0.1:9/nhso") as agent:
        for answer in (confirmed(agent), confirmed(agent, DRAFT), agent.get(LATEST), agent.get(LATEST_5)):
            assert agent.refused(answer)["status"] == 500
    with scene(token=UUID) as agent:
        assert agent.refused(confirmed(agent))["status"] == 500


def test_the_quoted_limits_are_off_unless_asked_for(unchanged: Scene) -> None:
    assert [unchanged.get(LATEST).status_code for _ in range(3)] == [200] * 3


def test_the_quoted_limits() -> None:
    now = [1000.0]
    with scene(limits=Limits(lambda: now[0])) as agent:
        assert agent.get(LATEST).status_code == 200
        told = agent.refused(agent.get(LATEST_5))
        assert (told["status"], told["message"]) == (429, "กรุณาเว้นระยะการเรียกอย่างน้อย 5 วินาที")
        now[0] += 5
        assert agent.get(LATEST_5).status_code == 200
        assert confirmed(agent).status_code == 200
