"""How the agent says no: a status and a body as Spring Boot's, in the words that programs show as they are.

Public: statuses 418 (no reader), 500 (no card; NHSO not reached) and 400 with ``errors[].defaultMessage``. The texts and the
other keys are ``assumed``: Spring Boot 2.6's defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from apdu_specs import replies
from apdu_specs.language import Language, Text
from harness.errors import CardRemoved, HarnessError, NoCard, NoReader, StackUnavailable
from harness.officer.errors import OfficeRefused

NO_READER = Text(
    "No card reader is connected. Plug the reader in.", "ไม่พบเครื่องอ่านบัตร กรุณาเสียบเครื่องอ่านบัตรแล้วลองใหม่"
)
NO_CARD = Text(
    "There is no card in the reader. Insert the patient's national ID card.",
    "ไม่พบบัตรในเครื่องอ่าน กรุณาเสียบบัตรประจำตัวประชาชนของผู้รับบริการ",
)
CARD_REMOVED = Text(
    "The card was taken out while it was read. Insert it again.",
    "บัตรถูกถอดออกระหว่างการอ่าน กรุณาเสียบบัตรอีกครั้งแล้วลองใหม่",
)
NOT_A_NATIONAL_CARD = Text(
    "The card in the reader is not a Thai national ID card, or its chip cannot be read.",
    "บัตรในเครื่องอ่านไม่ใช่บัตรประจำตัวประชาชน หรืออ่านชิปไม่ได้",
)
ENDING = Text("The agent is being closed.", "โปรแกรมกำลังปิด")
FAULT = Text("The agent failed. Try again.", "โปรแกรมขัดข้อง กรุณาลองใหม่อีกครั้ง")

_OURS_TO_MEND = {
    replies.HOSPITAL_TOKEN_NOT_VALID.status,
    replies.NO_SUCH_SERVICE.status,
    replies.OFFICE_FAULT.status,
    replies.OFFICE_DATABASE_AWAY.status,
}
"""Refusals of NHSO's that no other request would change."""


_SPRINGS_WORDS = {
    HTTPStatus.IM_A_TEAPOT: "I'm a teapot",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "Payload Too Large",
}
"""Where Python has other words, or others with each version."""


@dataclass(frozen=True, slots=True)
class FieldError:
    """What is wrong with a field; ``code`` is the broken rule's name, ``owner`` what the field is of.

    The value stays out: programs log such bodies.
    """

    field: str
    code: str
    message: Text
    owner: str = "confirmSaveRequest"


class Refusal(Exception):
    """An answer other than 200."""

    def __init__(self, status: HTTPStatus, message: Text, errors: Sequence[FieldError] = ()) -> None:
        super().__init__(message.en)
        self.status = status
        self.message = message
        self.errors = tuple(errors)

    def body(self, path: str, language: Language) -> dict[str, Any]:
        """The JSON of the refusal."""
        now = datetime.now(UTC)
        errors = [
            {
                "field": each.field,
                "code": each.code,
                "objectName": each.owner,
                "defaultMessage": each.message.say(language),
            }
            # Programs show the first text, and one of them the second.
            for each in (self.errors * 2 if len(self.errors) == 1 else self.errors)
        ]
        return {
            "timestamp": f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}+00:00",
            "status": self.status.value,
            "error": _SPRINGS_WORDS.get(self.status, self.status.phrase),
            "message": self.message.say(language),
            **({"errors": errors} if errors else {}),
            "path": path,
        }


def reading_refused(error: HarnessError) -> Refusal:
    """What a program hears when the card, the reader or NHSO gave nothing to read."""
    if isinstance(error, NoReader | StackUnavailable):
        return Refusal(HTTPStatus.IM_A_TEAPOT, NO_READER)
    if isinstance(error, NoCard):
        return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, NO_CARD)
    if isinstance(error, CardRemoved):
        return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, CARD_REMOVED)
    return Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, error.message)


def confirming_refused(error: HarnessError) -> Refusal:
    """What a program hears when NHSO took no confirmation: 400 when it is the request's fault, else 500."""
    if not isinstance(error, OfficeRefused) or error.status in _OURS_TO_MEND:
        return reading_refused(error)
    told = [FieldError(name, error.status, reason) for name, reason in error.fields.items()]
    # Who is known and what is asked for are at fault together.
    both = [FieldError(name, error.status, error.message) for name in ("pid", "claimType")]
    return Refusal(HTTPStatus.BAD_REQUEST, error.message, told or both)
