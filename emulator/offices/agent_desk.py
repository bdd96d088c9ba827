"""NHSO's side of the SmartCard Agent: rights for a person, confirmations, drafts and the history of codes.

A hospital asks with its own token, a UUID (public: the agent's configuration). The addresses between the agent and
NHSO are not public and ``assumed``; the fields are those that the agent shows to programs, which are.
"""

from __future__ import annotations

import uuid
from contextlib import suppress
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Security
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from apdu_specs import entitlements, replies
from apdu_specs.bangkok import local_time
from apdu_specs.values import Sex
from emulator.offices import citizen_messages as m
from emulator.offices.audit import AuditLog
from emulator.offices.authen_codes import AuthenCodes, CodeRequest, open_claim_types
from emulator.offices.citizens.citizen import Citizen, Entitlement
from emulator.offices.citizens.register import Citizens
from emulator.offices.citizens.shapes import age_in_words, claim_type, hospitals
from emulator.offices.clock import Clock
from emulator.offices.doors import counter_only
from emulator.offices.errors import Refused
from emulator.offices.storage import Storage, digest
from emulator.offices.tables.authen_codes import HospitalToken

_bearer = HTTPBearer(auto_error=False, scheme_name="hospital", description="The hospital's token, a UUID.")


class AgentDesk:
    """Answers agents; every request shows its hospital's token."""

    def __init__(
        self, storage: Storage, clock: Clock, audit: AuditLog, citizens: Citizens, codes: AuthenCodes
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._audit = audit
        self._citizens = citizens
        self._codes = codes

    def issue_token(self, hospital: str) -> str:
        """A new token (a UUID) for a hospital (five digits); earlier ones stay good. Only its digest is kept."""
        token = str(uuid.uuid4())
        self._record_token(hospital, token)
        return token

    def accept_token(self, hospital: str, token: str) -> None:
        """Make a token that somebody else chose (a UUID) a hospital's, unless it is known already, also as revoked."""
        with self._storage.reading() as session:
            if session.get(HospitalToken, _digest(token)) is not None:
                return
        with suppress(IntegrityError):  # another server was told it at the same time
            self._record_token(hospital, token)

    def _record_token(self, hospital: str, token: str) -> None:
        with self._audit.judged("hospital-token-issued", details={"hospital": hospital}) as session:
            session.add(
                HospitalToken(token_digest=_digest(token), hospital=hospital, issued_at=self._clock.now())
            )
            session.flush()

    def revoke_tokens(self, hospital: str) -> None:
        """End all tokens of a hospital."""
        with self._audit.judged("hospital-tokens-revoked", details={"hospital": hospital}) as session:
            mine = (HospitalToken.hospital == hospital) & HospitalToken.revoked_at.is_(None)
            session.execute(update(HospitalToken).where(mine).values(revoked_at=self._clock.now()))

    def hospital_of(self, token: str) -> str:
        """The hospital (five digits) that a token is for. Raises Refused (hospital-token-not-valid)."""
        with self._storage.reading() as session:
            found = session.get(HospitalToken, _digest(token))
        if found is None or found.revoked_at is not None:
            refused = Refused(replies.HOSPITAL_TOKEN_NOT_VALID)
            self._audit.refuse("hospital-token-refused", refused)
            raise refused
        return found.hospital

    def rights(self, token: str, pid: str) -> dict[str, Any]:
        """What the agent's ``read`` tells beyond the card. Raises Refused (also citizen-unknown, no-entitlement).

        Public: who has no rights data is answered 500 by the agent, as when NHSO is not reached.
        """
        self.hospital_of(token)
        found = self._citizens.search(pid)
        if found is None:
            raise Refused(replies.CITIZEN_UNKNOWN)
        if found.entitlement is None:
            raise Refused(replies.NO_ENTITLEMENT)
        return self._rights(found, found.entitlement)

    def confirm(self, token: str, asked: m.ConfirmationRequest) -> dict[str, str]:
        """Give an authentication code. Raises Refused (also as ``AuthenCodes.request``)."""
        hospital = self.hospital_of(token)
        given = self._codes.request(_request(asked, hospital), by=f"hospital {hospital}")
        return {**_echoed(asked), "createdDate": local_time(given.created_at), "claimCode": given.code}

    def draft(self, token: str, asked: m.ConfirmationRequest) -> dict[str, str]:
        """Keep a confirmation for later. Raises Refused (also as ``AuthenCodes.draft``)."""
        kept_at = self._codes.draft(_request(asked, self.hospital_of(token)))
        return {**_echoed(asked), "createdDate": local_time(kept_at)}

    def history(self, token: str, asked: m.HistoryRequest) -> list[dict[str, str]]:
        """The newest codes of a person, newest first. Raises Refused."""
        hospital = self.hospital_of(token)
        codes = self._codes.history(
            asked.pid, limit=asked.limit, hospital=None if asked.all_hospitals else hospital
        )
        now = local_time(self._clock.now())
        return [
            {
                "hcode": each.hospital,
                "claimType": each.claim_type,
                "claimCode": each.code,
                "claimDateTime": local_time(each.created_at),
                "checkDate": now,
            }
            for each in codes
        ]

    def _rights(self, citizen: Citizen, right: Entitlement) -> dict[str, Any]:
        now = self._clock.now()
        told: dict[str, Any] = {
            "pid": citizen.citizen_id,
            "titleName": citizen.title_code or entitlements.title_code_by_sex(citizen.sex),
            "fname": citizen.first_name,
            "lname": citizen.last_name,
            "nation": entitlements.THAI_NATIONAL,
            "birthDate": citizen.birth_date.digits(),
            "sex": "ชาย" if citizen.sex is Sex.MALE else "หญิง",
            "age": age_in_words(citizen, citizen.deceased_at or now),
            "checkDate": local_time(now),
            "claimTypes": [claim_type(claim) for claim in open_claim_types(citizen)],
            "correlationId": str(uuid.uuid4()),
            "transDate": local_time(right.registered_at),
            "mainInscl": right.right.labelled,
            "subInscl": right.sub_labelled,
            **hospitals(right),
            "paidModel": right.paid_model,
            "startDateTime": local_time(right.since),
            "expireDateTime": local_time(right.last_second) if right.last_second else "",
        }
        # What has no value is absent: programs test whether a key is there.
        return {name: value for name, value in told.items() if value != ""}


def agent_routes(desk: AgentDesk, counter_key: str) -> APIRouter:
    """``/nhso/agent/rights``, ``confirmations``, ``drafts``, ``history``; and hospitals' tokens, for the counter."""
    routes = APIRouter(prefix="/nhso", tags=["SmartCard Agent's desk"])

    @routes.post("/hospital-tokens", dependencies=[counter_only(counter_key)])
    def issue(body: m.HospitalTokenRequest) -> m.HospitalTokenReply:
        return m.HospitalTokenReply(hcode=body.hcode, token=desk.issue_token(body.hcode))

    @routes.post("/agent/rights")
    def rights(body: m.Person, token: Token) -> dict[str, Any]:
        return desk.rights(token, body.pid)

    @routes.post("/agent/confirmations")
    def confirm(body: m.ConfirmationRequest, token: Token) -> dict[str, str]:
        return desk.confirm(token, body)

    @routes.post("/agent/drafts")
    def draft(body: m.ConfirmationRequest, token: Token) -> dict[str, str]:
        return desk.draft(token, body)

    @routes.post("/agent/history")
    def history(body: m.HistoryRequest, token: Token) -> list[dict[str, str]]:
        return desk.history(token, body)

    return routes


async def _token(given: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> str:
    if given is None:
        raise Refused(replies.HOSPITAL_TOKEN_NOT_VALID)
    return given.credentials


Token = Annotated[str, Depends(_token)]


def _digest(token: str) -> bytes:
    return digest(token.strip().lower())


def _request(asked: m.ConfirmationRequest, hospital: str) -> CodeRequest:
    # Programs send the patient's own hospital as ``hcode``, or one of their settings: the token says who asks.
    return CodeRequest(
        citizen_id=asked.pid,
        claim_type=asked.claimType,
        hospital=hospital,
        mobile=asked.mobile,
        correlation_id=asked.correlationId.lower(),
        hn=asked.hn,
    )


def _echoed(asked: m.ConfirmationRequest) -> dict[str, str]:
    return {"pid": asked.pid, "claimType": asked.claimType, "correlationId": asked.correlationId}
