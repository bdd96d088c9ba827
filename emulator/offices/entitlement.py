"""What ERM's module "entitlement check and registration" does: search, register, request an authentication code.

The officer's level says which of these are permitted. The module's name is the manual's; its requests and replies are
``assumed``.
"""

from __future__ import annotations

from uuid import uuid4

from fastapi import APIRouter

from apdu_specs import entitlements, replies
from apdu_specs.bangkok import local_time
from apdu_specs.language import Text
from emulator.offices import citizen_messages as m
from emulator.offices.answers import both
from emulator.offices.authen_codes import AuthenCodes, CodeRequest, GivenCode, open_claim_types
from emulator.offices.citizens.citizen import Citizen, Entitlement, Hospital
from emulator.offices.citizens.provinces import PROVINCES
from emulator.offices.citizens.register import Citizens
from emulator.offices.citizens.shapes import age_in_words
from emulator.offices.clock import Clock
from emulator.offices.doors import Bearer
from emulator.offices.erm import ENTITLEMENT
from emulator.offices.errors import Refused
from emulator.offices.nhso import Nhso, TokenHolder

SEARCH, REGISTER, REQUEST_CODE = "search", "register", "authentication-code"
_LATEST = 5


class EntitlementDesk:
    """The module, for the holder of an smctoken."""

    def __init__(self, nhso: Nhso, citizens: Citizens, codes: AuthenCodes, clock: Clock) -> None:
        self._nhso = nhso
        self._citizens = citizens
        self._codes = codes
        self._clock = clock

    def search(self, smctoken: str, pid: str) -> m.EntitlementReply:
        """A citizen's entitlement. Raises Refused (as ``Nhso.module``, action-not-permitted, citizen-unknown)."""
        self._permitted(smctoken, SEARCH)
        found = self._citizens.search(pid)
        if found is None:
            raise Refused(replies.CITIZEN_UNKNOWN)
        return self._reply(found)

    def register(self, smctoken: str, pid: str, hospital: str) -> m.EntitlementReply:
        """Register a citizen to a hospital. Raises Refused (also as ``Citizens.register``)."""
        officer = self._permitted(smctoken, REGISTER)
        return self._reply(self._citizens.register(pid, hospital, by=officer.citizen_id))

    def request_code(self, smctoken: str, asked: m.AuthenticationCodeRequest) -> m.CodeReply:
        """An authentication code at the officer's organisation. Raises Refused (also as ``AuthenCodes.request``)."""
        officer = self._permitted(smctoken, REQUEST_CODE)
        request = CodeRequest(
            citizen_id=asked.pid,
            claim_type=asked.claim_type,
            hospital=officer.organisation,
            mobile=asked.mobile,
            correlation_id=str(uuid4()),
            hn=asked.hn,
        )
        return _code(self._codes.request(request, by=officer.citizen_id))

    def _permitted(self, smctoken: str, action: str) -> TokenHolder:
        _, actions = self._nhso.module(smctoken, ENTITLEMENT.id)
        if action not in actions:
            raise Refused(replies.ACTION_NOT_PERMITTED)
        return self._nhso.holder_of_token(smctoken)

    def _reply(self, citizen: Citizen) -> m.EntitlementReply:
        now = self._clock.now()
        return m.EntitlementReply(
            pid=citizen.citizen_id,
            title=citizen.title,
            first_name=citizen.first_name,
            last_name=citizen.last_name,
            birth_date=citizen.birth_date.digits(),
            age=age_in_words(citizen, citizen.deceased_at or now),
            sex=citizen.sex.text.th,
            province=citizen.home.province_name,
            deceased=citizen.deceased_at is not None,
            right=_right(citizen.entitlement),
            pending=_right(citizen.pending),
            claim_types=[_coded(claim.code, claim.name) for claim in open_claim_types(citizen)],
            latest_codes=[_code(each) for each in self._codes.history(citizen.citizen_id, limit=_LATEST)],
            checked_at=local_time(now),
        )


def entitlement_routes(desk: EntitlementDesk) -> APIRouter:
    """``/nhso/entitlement/search``, ``registrations``, ``authentication-codes``."""
    routes = APIRouter(prefix="/nhso/entitlement", tags=["entitlement"])

    @routes.post("/search")
    def search(body: m.Person, smctoken: Bearer) -> m.EntitlementReply:
        return desk.search(smctoken, body.pid)

    @routes.post("/registrations")
    def register(body: m.RegistrationRequest, smctoken: Bearer) -> m.EntitlementReply:
        return desk.register(smctoken, body.pid, body.hcode)

    @routes.post("/authentication-codes")
    def request_code(body: m.AuthenticationCodeRequest, smctoken: Bearer) -> m.CodeReply:
        return desk.request_code(smctoken, body)

    return routes


def _right(right: Entitlement | None) -> m.RightReply | None:
    if right is None:
        return None
    sub = entitlements.SUB_RIGHTS.get(right.sub)
    return m.RightReply(
        main=_coded(right.main, right.right.name),
        sub=None if sub is None else _coded(sub.code, sub.name),
        main_labelled=right.right.labelled,
        sub_labelled=right.sub_labelled,
        since=local_time(right.since),
        until=None if right.last_second is None else local_time(right.last_second),
        main_hospital=_hospital(right.main_hospital),
        outpatient_hospital=_hospital(right.outpatient_hospital),
        sub_hospital=_hospital(right.sub_hospital),
        province=PROVINCES.get(right.province, ""),
    )


def _hospital(each: Hospital | None) -> m.HospitalReply | None:
    return None if each is None else m.HospitalReply(hcode=each.code, hname=each.name, hname_en=each.english)


def _coded(code: str, name: Text) -> m.Coded:
    return m.Coded(id=code, name=both(name))


def _code(given: GivenCode) -> m.CodeReply:
    return m.CodeReply(
        claim_code=given.code,
        claim_type=given.claim_type,
        hcode=given.hospital,
        created_at=local_time(given.created_at),
    )
