"""SRM over HTTP, at the published paths; and where a logged-in officer gets the first pair of tokens (``assumed``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from starlette.concurrency import run_in_threadpool

from apdu_specs import citizen_id, replies
from apdu_specs.bangkok import local_time
from apdu_specs.language import Text
from emulator.offices import messages as m
from emulator.offices.citizens.citizen import Citizen
from emulator.offices.citizens.provinces import PROVINCES
from emulator.offices.citizens.register import Citizens
from emulator.offices.citizens.shapes import hospitals
from emulator.offices.clock import Clock
from emulator.offices.doors import Bearer
from emulator.offices.errors import Fault, Refused
from emulator.offices.srm.tokens import SrmTokens, TokenPair

_LARGEST_FORM = 8 * 1024
_BEARER = "bearer "
_NO_TOKEN = Text("The form has no refresh_token.", "แบบฟอร์มไม่มี refresh_token")
_FORM = {
    "schema": {
        "type": "object",
        "properties": {"refresh_token": {"type": "string"}},
        "required": ["refresh_token"],
    }
}


def srm_routes(tokens: SrmTokens, citizens: Citizens, clock: Clock) -> APIRouter:
    """``/api/scard/access-token``, ``/api/ucws/v1/right-search`` and ``/nhso/srm/tokens``."""
    routes = APIRouter(tags=["SRM"])

    @routes.post("/nhso/srm/tokens")
    def first_tokens(smctoken: Bearer) -> dict[str, str]:
        """The first pair, for the holder of an smctoken."""
        return _named(tokens.issue(smctoken))

    @routes.post(
        "/api/scard/access-token",
        response_class=Response,
        openapi_extra={"requestBody": {"content": {"application/x-www-form-urlencoded": _FORM}}},
    )
    async def refresh(request: Request, accept: Annotated[str, Header()] = "") -> Response:
        """The next pair for a refresh token, as JSON, or as lines of text when that is what is accepted."""
        refresh_token = await _field(request, "refresh_token")
        if refresh_token is None:
            return _error(400, "Bad Request", _NO_TOKEN)

        def work() -> Response:
            pair = _named(tokens.refresh(refresh_token))
            if "text/plain" in accept:
                return PlainTextResponse("".join(f"{name}={token}\n" for name, token in pair.items()))
            return JSONResponse(pair)

        return await run_in_threadpool(_or_error, work)

    @routes.get("/api/ucws/v1/right-search", response_class=Response)
    def search(pid: Annotated[str, Query()] = "", authorization: Annotated[str, Header()] = "") -> Response:
        """A citizen's rights. The published request carries the citizen id in its address: do not log it."""

        def work() -> Response:
            bearer = authorization[len(_BEARER) :].strip()
            if not authorization.lower().startswith(_BEARER) or not bearer:
                raise Refused(replies.SRM_TOKEN_NOT_VALID)
            tokens.officer_of(bearer)
            if not citizen_id.is_valid(pid):
                why = m.FIELD_REASONS["citizen_id" if pid else "missing"]
                raise Refused(replies.REQUEST_NOT_VALID, faults=(Fault("pid", why),))
            found = citizens.search(pid)
            if found is None:
                raise Refused(replies.CITIZEN_UNKNOWN)
            return JSONResponse({"checkDate": local_time(clock.now()), **_rights(found)})

        return _or_error(work)

    return routes


def _named(pair: TokenPair) -> dict[str, str]:
    return {"access-token": pair.access, "refresh-token": pair.refresh}


def _rights(citizen: Citizen) -> dict[str, object]:
    """The published reply; what has no value is absent."""
    right = citizen.entitlement
    funds: list[dict[str, object]] = []
    if right is not None:
        funds = [
            {
                "mainInscl": {"id": right.main, "name": right.right.name.th},
                **({"subInscl": {"id": right.sub, "name": right.sub_name}} if right.sub else {}),
                **hospitals(right),
                "purchaseProvince": {"name": PROVINCES.get(right.province, "")},
                "startDateTime": local_time(right.since),
                **({"cardId": right.card_number} if right.card_number else {}),
                **({"paidModel": right.paid_model} if right.paid_model else {}),
            }
        ]
    return {
        "pid": citizen.citizen_id,
        "tname": citizen.title,
        "fname": citizen.first_name,
        "lname": citizen.last_name,
        "birthDate": citizen.birth_date.digits(),
        **({"deathDate": local_time(citizen.deceased_at)} if citizen.deceased_at else {}),
        "funds": funds,
    }


def _or_error(work: Callable[[], Response]) -> Response:
    try:
        return work()
    except Refused as refused:
        return _refusal(refused)


def _refusal(refused: Refused) -> Response:
    """A field at fault is named in the message, which is all that programs show."""
    reason, message = refused.reason, refused.reason.message
    for fault in refused.faults:
        message = Text(
            f"{message.en} {fault.field} {fault.reason.en}.", f"{message.th} {fault.field} {fault.reason.th}"
        )
    names = {401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 422: "Unprocessable Entity"}
    return _error(reason.http, names.get(reason.http, "Error"), message)


def _error(status: int, name: str, message: Text) -> Response:
    """Public: an error's body has a ``message``. The other keys are ``assumed``."""
    return JSONResponse(
        {"status": status, "error": name, "message": message.th, "messageEn": message.en}, status
    )


async def _field(request: Request, name: str) -> str | None:
    """A field of the posted form; None when there is none, or the form is too large or no form."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LARGEST_FORM:
            return None
    try:
        values = parse_qs(body.decode("ascii"), max_num_fields=16).get(name)
    except ValueError:
        return None
    return values[-1] if values else None
