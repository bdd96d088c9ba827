"""ERM's module "entitlement check and registration", as its officer's program asks for it.

The replies are NHSO's; what is shown of them is checked when it comes in. No repr carries a citizen's data.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from apdu_specs.language import Text
from harness.officer.offices import NhsoClient, OfficeAnswer

SEARCH, REGISTER, REQUEST_CODE = "search", "register", "authentication-code"
"""What a level may do in the module."""

_LINE = r"[^\x00-\x1f\x7f]{0,200}"
_LOCAL_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
_HCODE = r"[0-9A-Za-z]{1,10}"


@dataclass(frozen=True, slots=True)
class Hospital:
    """A hospital: its code and Thai name; its English name, empty where NHSO tells none."""

    code: str
    name: str
    english: str = ""


@dataclass(frozen=True, slots=True)
class Right:
    """A right: labelled as NHSO's programs do, with its hospitals. ``since`` and ``until`` are ISO local times."""

    main: Text
    main_labelled: str
    sub_labelled: str
    since: str
    until: str | None
    province: str
    main_hospital: Hospital | None
    outpatient_hospital: Hospital | None
    sub_hospital: Hospital | None


@dataclass(frozen=True, slots=True)
class GivenCode:
    """An authentication code (``PP`` and ten digits), what for, by which hospital, and when (ISO local time)."""

    code: str
    claim_type: str
    hospital: str
    created_at: str


@dataclass(frozen=True, slots=True)
class Entitlement:
    """A citizen with their rights, the claim types open to them, and their latest codes."""

    citizen_id: str = field(repr=False)
    name: str = field(repr=False)
    birth_date: str = field(repr=False)
    age: str = field(repr=False)
    sex: str = field(repr=False)
    province: str = field(repr=False)
    deceased: bool = field(repr=False)
    right: Right | None = field(repr=False)
    pending: Right | None = field(repr=False)
    claim_types: Mapping[str, Text] = field(repr=False)
    codes: tuple[GivenCode, ...] = field(repr=False)
    checked_at: str = ""


class EntitlementClient(NhsoClient):
    """NHSO's client with the module's three requests. Each raises TokenNotValid, RightRevoked and other NhsoRefused."""

    def search(self, smctoken: str, citizen_id: str) -> Entitlement:
        """A citizen's entitlement."""
        return _entitlement(self._posted(smctoken, "search", {"pid": citizen_id}))

    def register(self, smctoken: str, citizen_id: str, hospital: str) -> Entitlement:
        """Register a citizen to a hospital (five digits); what is then on file."""
        return _entitlement(self._posted(smctoken, "registrations", {"pid": citizen_id, "hcode": hospital}))

    def request_code(self, smctoken: str, citizen_id: str, claim_type: str, mobile: str = "") -> GivenCode:
        """An authentication code for this citizen at the officer's organisation."""
        body = {"pid": citizen_id, "claim_type": claim_type, "mobile": mobile}
        return _code(self._posted(smctoken, "authentication-codes", body))

    def _posted(self, smctoken: str, path: str, body: Mapping[str, str]) -> OfficeAnswer:
        headers = {"Authorization": f"Bearer {smctoken}"}
        return self._ask("POST", f"entitlement/{path}", json=body, headers=headers)


def _entitlement(told: OfficeAnswer) -> Entitlement:
    given, last = told.text("first_name", _LINE), told.text("last_name", _LINE)
    return Entitlement(
        citizen_id=told.text("pid", r"[0-9]{13}"),
        name=f"{told.text('title', _LINE)}{given} {last}".strip(),
        birth_date=told.text("birth_date", r"[0-9]{8}"),
        age=told.text("age", _LINE),
        sex=told.text("sex", _LINE),
        province=told.text("province", _LINE),
        deceased=told.found.get("deceased") is True,
        right=_right(told, "right"),
        pending=_right(told, "pending"),
        claim_types={each.text("id", r"[A-Z0-9]{1,20}"): _name(each) for each in told.each("claim_types")},
        codes=tuple(_code(each) for each in told.each("latest_codes")),
        checked_at=told.text("checked_at", _LOCAL_TIME),
    )


def _right(told: OfficeAnswer, key: str) -> Right | None:
    if told.found.get(key) is None:
        return None
    right = told.inside(key)
    return Right(
        main=_name(right.inside("main")),
        main_labelled=right.text("main_labelled", _LINE),
        sub_labelled=right.text("sub_labelled", _LINE),
        since=right.text("since", _LOCAL_TIME),
        until=None if right.found.get("until") is None else right.text("until", _LOCAL_TIME),
        province=right.text("province", _LINE),
        main_hospital=_hospital(right, "main_hospital"),
        outpatient_hospital=_hospital(right, "outpatient_hospital"),
        sub_hospital=_hospital(right, "sub_hospital"),
    )


def _hospital(told: OfficeAnswer, key: str) -> Hospital | None:
    if told.found.get(key) is None:
        return None
    hospital = told.inside(key)
    english = hospital.text("hname_en", _LINE) if hospital.found.get("hname_en") else ""
    return Hospital(hospital.text("hcode", _HCODE), hospital.text("hname", _LINE), english)


def _name(told: OfficeAnswer) -> Text:
    return told.sentence("name") or Text("", "")


def _code(told: OfficeAnswer) -> GivenCode:
    return GivenCode(
        code=told.text("claim_code", r"[A-Z]{2}[0-9]{1,20}"),
        claim_type=told.text("claim_type", r"[A-Z0-9]{1,20}"),
        hospital=told.text("hcode", _HCODE),
        created_at=told.text("created_at", _LOCAL_TIME),
    )
