"""What programs send to ``confirm-save``: which fields, and what is said of each that will not do.

Public: the fields, the digits of ``mobile`` or none (an empty text, 0), ``hn`` null. The rules' texts are ``assumed``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from apdu_specs.citizen_id import is_valid
from apdu_specs.entitlements import PHONE
from apdu_specs.language import Text
from harness.agent.refusals import FieldError, Refusal
from harness.agent.user_config import UUID_FORM

LONGEST_BODY = 64 * 1024
JSON_TYPE = "application/json"

NOT_JSON = Text("The body is not JSON.", "ข้อมูลที่ส่งมาไม่อยู่ในรูปแบบ JSON")
WRONG_TYPE = Text("The content type has to be application/json.", "ต้องส่งข้อมูลแบบ application/json")
TOO_LONG = Text("The body is too long.", "ข้อมูลที่ส่งมายาวเกินไป")
NOT_VALID = Text("The data is not complete or not correct.", "ข้อมูลไม่ครบถ้วนหรือไม่ถูกต้อง")
CITIZEN_ID = Text("The citizen id is not valid.", "เลขประจำตัวประชาชนไม่ถูกต้อง")

_NO_PHONE = ("", "0")
"""What programs send for a patient without a phone; ``0`` also as a number."""
_CLAIM_TYPE = re.compile(r"[A-Za-z0-9]{1,20}")
_HN = 20


@dataclass(frozen=True, slots=True)
class Rule:
    """A field, whether it has to be there, what it may hold, and what is said if it does not."""

    field: str
    required: bool
    code: str
    fits: Callable[[str], bool]
    message: Text


RULES = (
    Rule("pid", True, "Pid", is_valid, CITIZEN_ID),
    Rule(
        "claimType",
        True,
        "Pattern",
        lambda text: _CLAIM_TYPE.fullmatch(text) is not None,
        Text("The kind of service is not valid.", "ประเภทการเข้ารับบริการไม่ถูกต้อง"),
    ),
    Rule(
        "mobile",
        True,
        "Pattern",
        lambda text: text in _NO_PHONE or PHONE.fullmatch(text) is not None,
        Text(
            "The telephone number has to be 10 digits, a landline's 9.",
            "หมายเลขโทรศัพท์ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน",
        ),
    ),
    Rule(
        "correlationId",
        True,
        "Pattern",
        lambda text: UUID_FORM.fullmatch(text) is not None,
        Text("The reference of the reading is not valid.", "รหัสอ้างอิงการอ่านบัตร (correlationId) ไม่ถูกต้อง"),
    ),
    Rule(
        "hn",
        False,
        "Size",
        lambda text: len(text) <= _HN and text.isprintable(),
        Text(f"The HN has at most {_HN} characters.", f"HN ต้องยาวไม่เกิน {_HN} ตัวอักษร"),
    ),
    Rule(
        "hcode",
        False,
        "Size",
        lambda text: len(text) <= _HN and text.isprintable(),
        Text("The hospital's code is not valid.", "รหัสหน่วยบริการไม่ถูกต้อง"),
    ),
)


def parsed(content_type: str, body: bytes) -> dict[str, str]:
    """The confirmation in ``body``: the fields that have a value. Raises Refusal: 400, 413, 415."""
    if content_type.partition(";")[0].strip().lower() != JSON_TYPE:
        raise Refusal(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, WRONG_TYPE)
    if len(body) > LONGEST_BODY:
        raise Refusal(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, TOO_LONG)
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON) from None
    if not isinstance(found, dict):
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_JSON)
    checked = [(rule, _text(found.get(rule.field))) for rule in RULES]
    errors = [
        FieldError(rule.field, rule.code, rule.message) for rule, text in checked if not _fits(rule, text)
    ]
    if errors:
        raise Refusal(HTTPStatus.BAD_REQUEST, NOT_VALID, errors)
    asked = {rule.field: text for rule, text in checked if isinstance(text, str)}
    return asked | {"mobile": "" if asked["mobile"] in _NO_PHONE else asked["mobile"]}


def citizen_id(text: str) -> str:
    """The citizen id of a path. Raises Refusal (400)."""
    if not is_valid(text):
        raise Refusal(
            HTTPStatus.BAD_REQUEST, CITIZEN_ID, [FieldError("pid", "Pid", CITIZEN_ID, owner="personRequest")]
        )
    return text


def _text(value: Any) -> Any:
    # The original's JSON library takes a number where a text is meant.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _fits(rule: Rule, text: Any) -> bool:
    return not rule.required if text is None else isinstance(text, str) and rule.fits(text)
