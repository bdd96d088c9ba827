"""The conversions of texts, and files with the hospital's token: rules that hold for whatever comes."""

from __future__ import annotations

import json
import re
import string
from base64 import b64decode
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apdu_specs.entitlements import TITLES
from apdu_specs.language import Text
from apdu_specs.values import BuddhistDate, Sex
from harness.agent import shapes
from harness.agent.confirmation import parsed
from harness.agent.limits import Limits
from harness.agent.patient import PatientCard
from harness.agent.refusals import Refusal
from harness.agent.user_config import HospitalTokenMissing, checked_token, token_in

TOKEN = "123e4567-e89b-42d3-a456-426614174000"
PID = "1999900009002"

texts = st.text(max_size=20)
cards = st.builds(
    PatientCard,
    citizen_id=st.just(PID),
    title=st.sampled_from([each.th for each in TITLES.values()]) | texts,
    first_name=texts,
    last_name=texts,
    birth_date=st.none()
    | st.builds(
        BuddhistDate,
        st.integers(2400, 2600),
        st.none() | st.integers(1, 12),
        st.none() | st.integers(1, 28),
    ),
    sex=st.none() | st.sampled_from(Sex),
    photo=st.none() | st.binary(max_size=200),
)
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
answers = st.dictionaries(st.sampled_from(shapes.READ_KEYS) | texts, anything)


@pytest.mark.parametrize(
    ("title", "code"),
    [("เด็กชาย", "001"), ("เด็กหญิง", "002"), ("นาย", "003"), ("นางสาว", "004"), ("นาง", "005")],
)
def test_titles(title: str, code: str) -> None:
    assert shapes.of_card(PatientCard(PID, title))["titleName"] == code


@given(cards)
def test_a_card_is_written_as_programs_expect(card: PatientCard) -> None:
    told = shapes.of_card(card)
    assert told["pid"] == PID
    assert re.fullmatch("00[1-5]", told.get("titleName", "001"))
    assert re.fullmatch(r"2\d{7}", told.get("birthDate", "24990000"))
    assert told.get("sex") in (None, "ชาย", "หญิง")
    assert all(isinstance(each, str) and each for each in told.values())
    if card.photo:
        assert b64decode(told["image"], validate=True) == card.photo
    else:
        assert "image" not in told


@given(answers, st.none() | cards)
def test_whatever_nhso_says_only_known_keys_with_values_are_passed_on(
    rights: dict[str, Any], card: PatientCard | None
) -> None:
    told = shapes.read_reply(rights, card)
    assert list(told) == [name for name in shapes.READ_KEYS if name in told]
    for name, value in told.items():
        if name == "claimTypes":
            assert all(set(each) <= {"claimType", "claimTypeName"} for each in value)
        elif name in ("hospSub", "hospMainOp", "hospMain"):
            assert value and set(value) <= {"hcode", "hname"}
        else:
            assert isinstance(value, str) and value
    if card is not None:
        assert told["pid"] == PID
    json.dumps(told)


@given(st.sampled_from(["true", "on", "yes", "1"]), st.integers(0, 15))
def test_flags_as_spring_takes_them(word: str, capitals: int) -> None:
    mixed = "".join(c.upper() if capitals >> i & 1 else c for i, c in enumerate(word))
    assert shapes.flag(mixed) is True
    assert shapes.flag(f" {mixed} ") is True


@given(texts)
def test_a_flag_is_yes_no_or_none(text: str) -> None:
    known = {
        "true": True,
        "on": True,
        "yes": True,
        "1": True,
        "": False,
        "false": False,
        "off": False,
        "no": False,
    }
    assert shapes.flag(text) is {**known, "0": False}.get(text.strip().lower())


@given(anything)
def test_whatever_is_confirmed_is_taken_or_refused(body: Any) -> None:
    try:
        told = parsed("application/json", json.dumps(body).encode())
    except Refusal as refusal:
        assert refusal.status == 400
        assert json.dumps(refusal.body("/", "th"))
    else:
        assert set(told) >= {"pid", "claimType", "mobile", "correlationId"}


def test_the_shape_of_a_refusal() -> None:
    told = Refusal(HTTPStatus.IM_A_TEAPOT, Text("no", "ไม่")).body("/api/x", "th")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00", told.pop("timestamp"))
    assert told == {"status": 418, "error": "I'm a teapot", "message": "ไม่", "path": "/api/x"}


def test_limits_a_day() -> None:
    now = [0.0]
    limits = Limits(lambda: now[0])
    for _ in range(3000):
        limits.count()
        now[0] += 5
    with pytest.raises(Refusal) as refused:
        limits.count()
    assert (refused.value.status, refused.value.message.th) == (429, "เรียกใช้เกิน 3,000 ครั้งต่อวัน")
    now[0] = 86_400
    limits.count()


@pytest.mark.parametrize(
    "content",
    [
        f"nhso.service.token={TOKEN}",
        f"nhso.service.token={TOKEN}\r\n",
        f"# made by hand\nother=1\nnhso.service.token = {TOKEN}  \n",
        f"\ufeffnhso.service.token: {TOKEN}\n",
    ],
)
def test_the_originals_file(tmp_path: Path, content: str) -> None:
    path = tmp_path / "userconfig.properties"
    path.write_text(content, encoding="utf-8", newline="")
    assert token_in(path) == TOKEN


@pytest.mark.parametrize(
    "content", ["", "nhso.service.token", "nhso.service.token=", "nhso.service.token=secret", "x=y"]
)
def test_files_without_a_token(tmp_path: Path, content: str) -> None:
    path = tmp_path / "userconfig.properties"
    path.write_text(content)
    with pytest.raises(HospitalTokenMissing) as missing:
        token_in(path)
    assert "secret" not in str(missing.value)
    assert missing.value.exit_status == 2


@given(st.text(string.printable, max_size=40))
def test_what_is_no_uuid_is_no_token(text: str) -> None:
    with pytest.raises(HospitalTokenMissing):
        checked_token(text)
