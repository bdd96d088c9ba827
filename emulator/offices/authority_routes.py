"""The authority's actions over HTTP: as JSON, and ``/ami`` as the text that is public (``apdu_specs.ami``)."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request
from fastapi.responses import PlainTextResponse, Response
from pydantic import ValidationError

from apdu_specs import ami, replies
from apdu_specs.ami import Action
from apdu_specs.errors import SpecError
from emulator.offices import messages as m
from emulator.offices.answers import ready
from emulator.offices.authority import Authority, Confirmation, ServiceCall
from emulator.offices.doors import address_of
from emulator.offices.errors import Refused
from emulator.offices.offices import Offices

Counted = Callable[[str | None, str | None], AbstractContextManager[None]]

_NO_ACTION = "0000"
_EXAMPLE = "90801999900000013FFFF000000000001     "


def authority_routes(offices: Offices) -> APIRouter:
    """Actions 9080, 9081, 5000 and 5090."""
    desk = _Desk(offices.authority, offices.attempts.counted)
    routes = APIRouter(tags=["authority"])

    @routes.post("/9080", response_model=m.ChallengeReply)
    def challenge(body: m.ChallengeRequest, request: Request) -> Response:
        return ready(desk.challenge(body, address_of(request)))

    @routes.post("/9081", response_model=m.ConfirmReply)
    def confirm(body: m.ConfirmRequest, request: Request) -> Response:
        return ready(desk.confirm(body, address_of(request)))

    @routes.post("/5000")
    def serve(body: m.ServiceRequest) -> m.ServiceReply:
        return desk.serve(body)

    @routes.post("/5090")
    def consent(body: m.ConsentRequest, request: Request) -> m.ConsentReply:
        return desk.consent(body, address_of(request))

    @routes.post("/ami", response_class=PlainTextResponse)
    def message(
        request: Request, body: Annotated[bytes, Body(media_type="text/plain", examples=[_EXAMPLE])] = b""
    ) -> PlainTextResponse:
        return _answered(desk, body, address_of(request))

    return routes


class _Desk:
    """Each action, from a request that fits to its reply."""

    def __init__(self, authority: Authority, counted: Counted) -> None:
        self._authority = authority
        self._counted = counted

    def challenge(self, body: m.ChallengeRequest, address: str | None) -> m.ChallengeReply:
        with self._counted(body.pid, address):
            xkey = self._authority.challenge(body.pid, bytes.fromhex(body.cid), body.office)
        return m.ChallengeReply(status=replies.SUCCESS, xkey=xkey.hex().upper())

    def confirm(self, body: m.ConfirmRequest, address: str | None) -> m.ConfirmReply:
        confirmation = _confirmation(body, bytes.fromhex(body.xkey), body.office)
        with self._counted(body.pid, address):
            tkey = self._authority.confirm(confirmation)
        return m.ConfirmReply(status=replies.SUCCESS, tkey=tkey)

    def serve(self, body: m.ServiceRequest) -> m.ServiceReply:
        call = ServiceCall(body.tkey, body.office, body.version, body.service, body.pid)
        return m.ServiceReply(status=replies.SUCCESS, data=self._authority.serve(call))

    def consent(self, body: m.ConsentRequest, address: str | None) -> m.ConsentReply:
        # A TKey of another length was never given out; what the card would have answered to it does not matter.
        challenge = body.tkey.encode()[:32].ljust(32, b"\0")
        with self._counted(body.pid, address):
            self._authority.consent(body.tkey, _confirmation(body, challenge, None))
        return m.ConsentReply(status=replies.SUCCESS)


def _confirmation(
    body: m.ConfirmRequest | m.ConsentRequest, challenge: bytes, office: str | None
) -> Confirmation:
    return Confirmation(
        citizen_id=body.pid,
        serial=bytes.fromhex(body.cid),
        xkey=challenge,
        key_id=body.key_id,
        match_status=body.match_status,
        cryptogram=bytes.fromhex(body.envelope),
        office=office,
    )


def _answered(desk: _Desk, message: bytes, address: str | None) -> PlainTextResponse:
    """The answer to a message in its public form; the HTTP status says the same as the five digits."""
    try:
        action, told = ami.parse(message)
    except SpecError:
        known = message[:4].decode("ascii", "replace")
        return _text(known if known in list(Action) else _NO_ACTION, replies.INVALID_DATA.status, 422)
    try:
        return _text(action, replies.SUCCESS, 200, _reply_to(desk, action, told, address))
    except (ValidationError, SpecError, UnicodeError):
        return _text(action, replies.INVALID_DATA.status, 422)
    except Refused as refused:
        reason = replies.QUOTA_USED if refused.reason is replies.TOO_MANY_ATTEMPTS else refused.reason
        return _text(action, reason.status, reason.http, retry_after=refused.retry_after)


def _reply_to(desk: _Desk, action: Action, told: dict[str, str], address: str | None) -> dict[str, str]:
    match action:
        case Action.CHALLENGE:
            challenge = desk.challenge(m.ChallengeRequest.model_validate(told), address)
            return {"xkey": bytes.fromhex(challenge.xkey).decode("ascii")}
        case Action.CONFIRM:
            told["xkey"] = told["xkey"].encode().hex()
            return {"tkey": desk.confirm(m.ConfirmRequest.model_validate(_unsealed(told)), address).tkey}
        case Action.SERVICE:
            found = desk.serve(m.ServiceRequest.model_validate(told)).data
            return {"data": json.dumps(found, ensure_ascii=False)}
        case Action.CONSENT:
            desk.consent(m.ConsentRequest.model_validate(_unsealed(told)), address)
            return {}


def _unsealed(told: dict[str, str]) -> dict[str, Any]:
    key_id, match_status, cryptogram = ami.unseal(told["envelope"])
    return {**told, "key_id": key_id, "match_status": match_status, "envelope": cryptogram.hex()}


def _text(
    action: str,
    status: str,
    http: int,
    fields: dict[str, str] | None = None,
    *,
    retry_after: int | None = None,
) -> PlainTextResponse:
    headers = None if retry_after is None else {"Retry-After": str(retry_after)}
    return PlainTextResponse(ami.build_answer(action, status, fields), http, headers=headers)
