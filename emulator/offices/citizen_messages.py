"""The JSON about citizens: entitlement (ERM's module) and the SmartCard Agent's desk."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from apdu_specs.entitlements import CLAIM_TYPES, PHONE
from emulator.offices.messages import CitizenId, Organisation, Request, checked

HN_LENGTH = 20


def _is_uuid(value: str) -> bool:
    try:
        return str(UUID(value)) == value.lower()
    except ValueError:
        return False


def _is_mobile(value: str) -> bool:
    return value == "" or PHONE.fullmatch(value) is not None


ClaimTypeCode = Annotated[str, checked("claim_type", CLAIM_TYPES.__contains__), Field(examples=["PG0060001"])]
Mobile = Annotated[str, checked("mobile", _is_mobile), Field(examples=["0800000000"])]
"""Digits of a telephone number; empty is taken too, because programs send it."""
CorrelationId = Annotated[str, checked("uuid", _is_uuid)]
HospitalNumber = Annotated[
    str, checked("hospital_number", lambda value: len(value) <= HN_LENGTH and value.isprintable())
]


class Person(Request):
    """Whom it is about."""

    pid: CitizenId


class RegistrationRequest(Request):
    """Who is registered to which hospital (five digits)."""

    pid: CitizenId
    hcode: Organisation


class AuthenticationCodeRequest(Request):
    """Who asks for a code for what."""

    pid: CitizenId
    claim_type: ClaimTypeCode
    mobile: Mobile = ""
    hn: HospitalNumber | None = None


class ConfirmationRequest(BaseModel):
    """What the SmartCard Agent was told to confirm, with its own names. Fields that are not ours are let pass."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    pid: CitizenId
    claimType: ClaimTypeCode
    mobile: Mobile
    correlationId: CorrelationId
    hn: HospitalNumber | None = None
    hcode: str | None = Field(
        None,
        description="A hospital that programs name, often the patient's own; the token's is the one that asks.",
    )

    def __repr__(self) -> str:
        return "ConfirmationRequest(...)"

    __str__ = __repr__


class HistoryRequest(Request):
    """Whose codes, how many of the newest (1 to 5), of all hospitals or of the asking one."""

    pid: CitizenId
    limit: Annotated[int, Field(strict=True, ge=1, le=5)] = 1
    all_hospitals: Annotated[bool, Field(strict=True)] = False


class HospitalTokenRequest(Request):
    """The hospital that a token is for (five digits)."""

    hcode: Organisation


class HospitalTokenReply(BaseModel):
    """A hospital's token, which is shown this once."""

    hcode: str
    token: str


class HospitalReply(BaseModel):
    """A hospital; ``hname_en`` is empty where it has no English name."""

    hcode: str
    hname: str
    hname_en: str


class Coded(BaseModel):
    """A code with its name in English and Thai."""

    id: str
    name: dict[str, str]


class RightReply(BaseModel):
    """A right and its hospitals; dates are ISO local times, ``until`` null when it does not end."""

    main: Coded
    sub: Coded | None
    main_labelled: str
    sub_labelled: str
    since: str
    until: str | None
    main_hospital: HospitalReply | None
    outpatient_hospital: HospitalReply | None
    sub_hospital: HospitalReply | None
    province: str


class CodeReply(BaseModel):
    """An authentication code that was given."""

    claim_code: str
    claim_type: str
    hcode: str
    created_at: str


class EntitlementReply(BaseModel):
    """What ERM shows of a citizen. ``birth_date`` is YYYYMMDD of the Buddhist era."""

    pid: str
    title: str
    first_name: str
    last_name: str
    birth_date: str
    age: str
    sex: str
    province: str
    deceased: bool
    right: RightReply | None
    pending: RightReply | None
    claim_types: list[Coded]
    latest_codes: list[CodeReply]
    checked_at: str
