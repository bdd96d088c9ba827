"""The JSON of the agent's answers: what a card and NHSO tell, in the order and the writing that programs expect.

Public: replies that programs quote. A key without a value is absent, never null: programs test whether a key is there.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from apdu_specs import entitlements
from harness.agent.patient import PatientCard

READ_KEYS = (
    "pid",
    "titleName",
    "fname",
    "lname",
    "nation",
    "birthDate",
    "sex",
    "transDate",
    "mainInscl",
    "subInscl",
    "age",
    "checkDate",
    "claimTypes",
    "image",
    "correlationId",
    "hospSub",
    "hospMainOp",
    "hospMain",
    "paidModel",
    "startDateTime",
    "expireDateTime",
)
"""All keys of ``read``, in the order of the replies that programs quote."""

HOSPITAL_KEYS = ("hospSub", "hospMainOp", "hospMain")
_HOSPITAL = ("hcode", "hname")
_CLAIM_TYPE = ("claimType", "claimTypeName")
_CONFIRMED = ("pid", "claimType", "correlationId", "createdDate", "claimCode")
_HISTORY = ("hcode", "claimType", "claimCode", "claimDateTime", "checkDate")
_TRUE, _FALSE = {"true", "on", "yes", "1"}, {"false", "off", "no", "0", ""}


def flag(text: str | None) -> bool | None:
    """A flag of a query: absent and empty are no; ``True`` and ``False`` are seen too. None: it is no flag."""
    word = (text or "").strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None


def of_card(card: PatientCard) -> dict[str, Any]:
    """What a card tells of its holder; ``image`` is bare base64 of the JPEG, there when the photo was read."""
    told = {
        "pid": card.citizen_id,
        "titleName": _title(card),
        "fname": card.first_name,
        "lname": card.last_name,
        "birthDate": card.birth_date.digits() if card.birth_date else "",
        "sex": card.sex.text.th if card.sex else "",
        "image": b64encode(card.photo).decode("ascii") if card.photo else "",
    }
    return {name: value for name, value in told.items() if value}


def _title(card: PatientCard) -> str:
    """The title's code; for one without, the one that the sex allows: programs expect the key."""
    by_sex = entitlements.title_code_by_sex(card.sex) if card.sex else ""
    return entitlements.title_code(card.title) or by_sex


def read_reply(rights: Mapping[str, Any], card: PatientCard | None = None) -> dict[str, Any]:
    """NHSO's answer, and where a card was read what that tells of its holder before what NHSO does."""
    told = {name: _checked(name, rights[name]) for name in READ_KEYS if name in rights}
    if card:
        by_nhso = told.get("titleName")
        told |= of_card(card)
        if by_nhso and entitlements.title_code(card.title) is None:
            told["titleName"] = by_nhso
    return {name: told[name] for name in READ_KEYS if told.get(name) not in (None, "", {})}


def confirmed(answer: Mapping[str, Any]) -> dict[str, str]:
    """The reply to a confirmation or a draft, from NHSO's."""
    return _texts(answer, _CONFIRMED)


def given_before(answer: Mapping[str, Any]) -> dict[str, str]:
    """One code of the history, from NHSO's answer."""
    return _texts(answer, _HISTORY)


def _checked(name: str, value: Any) -> Any:
    """``value`` if it is what a program expects under ``name``, else nothing."""
    if name == "claimTypes":
        return [_texts(each, _CLAIM_TYPE) for each in value] if isinstance(value, list) else None
    if name in HOSPITAL_KEYS:
        return _texts(value, _HOSPITAL)
    return value if isinstance(value, str) else None


def _texts(found: Any, names: tuple[str, ...]) -> dict[str, str]:
    """Those of ``names`` under which ``found`` has a text that is not empty."""
    if not isinstance(found, Mapping):
        return {}
    values = ((name, found.get(name)) for name in names)
    return {name: value for name, value in values if isinstance(value, str) and value}
