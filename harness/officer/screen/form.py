"""The module's forms: what came of the last one, and what is wrong with one before NHSO is asked, or by NHSO's answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apdu_specs import citizen_id, replies
from apdu_specs.entitlements import CLAIM_TYPES, PHONE
from apdu_specs.language import Text
from harness.errors import HarnessError
from harness.officer.entitlement import Entitlement, GivenCode
from harness.officer.errors import NhsoRefused
from harness.officer.screen import words

_HCODE_LENGTH = 5
_FIELD_OF = {
    replies.CITIZEN_UNKNOWN.status: "pid",
    replies.HOSPITAL_UNKNOWN.status: "hcode",
    replies.CLAIM_TYPE_NOT_OPEN.status: "claim_type",
}


@dataclass(frozen=True, slots=True)
class Form:
    """What came of the module's last form: the citizen found, a code given, what was wrong with which field."""

    found: Entitlement | None = field(default=None, repr=False)
    given: GivenCode | None = field(default=None, repr=False)
    registered: bool = False
    error: HarnessError | None = None
    fields: Mapping[str, Text] = field(default_factory=dict)
    entered: Mapping[str, str] = field(default_factory=dict, repr=False)


def faults_of_search(pid: str) -> dict[str, Text]:
    """Field -> what is wrong with it; empty where NHSO can be asked."""
    return {} if citizen_id.is_valid(pid) else {"pid": words.ID_NOT_VALID}


def faults_of_registration(hcode: str) -> dict[str, Text]:
    """As ``faults_of_search``."""
    return {} if _is_number(hcode, _HCODE_LENGTH) else {"hcode": words.HCODE_NOT_VALID}


def faults_of_request(claim_type: str, mobile: str) -> dict[str, Text]:
    """As ``faults_of_search``; ``mobile`` may be empty."""
    wrong = {} if claim_type in CLAIM_TYPES else {"claim_type": words.CLAIM_TYPE_NOT_VALID}
    if mobile and not PHONE.fullmatch(mobile):
        wrong["mobile"] = words.MOBILE_NOT_VALID
    return wrong


def faults_of_refusal(error: HarnessError) -> Mapping[str, Text]:
    """Which fields of the form a refusal is about."""
    if not isinstance(error, NhsoRefused):
        return {}
    about = _FIELD_OF.get(error.status)
    return error.fields or ({} if about is None else {about: error.message})


def _is_number(text: str, length: int) -> bool:
    return len(text) == length and text.isascii() and text.isdigit()
