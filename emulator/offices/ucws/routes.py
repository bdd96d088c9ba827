"""UCWS over HTTP: the operation, its WSDL and its XSD, at the published path."""

from __future__ import annotations

from collections.abc import Callable
from email.message import Message

from fastapi import APIRouter, Request, Response
from starlette.concurrency import run_in_threadpool

from apdu_specs import browsers, ucws
from apdu_specs.language import Text
from apdu_specs.replies import Reason
from emulator.offices.answers import reason_of
from emulator.offices.ucws import answer, contract
from emulator.offices.ucws.envelope import LARGEST, TOO_LARGE, BadEnvelope, read
from emulator.offices.ucws.service import Ucws

_XML = "text/xml;charset=utf-8"
_ACCEPTED = ("text/xml", "application/xml")
_ASK_FOR_A_CONTRACT = Text(
    "This is a SOAP service: call it by POST; ?wsdl and ?xsd=1 give its contract.",
    "บริการนี้เป็น SOAP โปรดเรียกด้วย POST ดูข้อกำหนดได้ที่ ?wsdl และ ?xsd=1",
)
_ONLY_POST = Text("A SOAP service is called by POST.", "บริการ SOAP ต้องเรียกด้วย POST")
_NOT_XML_TYPE = Text("The request's Content-Type is not text/xml.", "Content-Type ของคำขอไม่ใช่ text/xml")


def ucws_routes(
    service: Ucws, address: str | None = None, page: Callable[[Request], Response] | None = None
) -> APIRouter:
    """``address`` is what the WSDL names as the service's; else it is where the WSDL was asked for. ``page``: what a browser
    sees that asks for neither WSDL nor XSD.
    """
    routes = APIRouter(tags=["UCWS"])

    @routes.get(
        ucws.PATH,
        response_class=Response,
        responses={200: {"content": {"text/xml": {}, "text/html": {}}}},
    )
    def contracts(request: Request) -> Response:
        """``?wsdl`` and ``?xsd=1``; to a browser without either, a page that says what is here."""
        asked = {name.lower(): value for name, value in request.query_params.items()}
        if asked.get("xsd") == "1":
            return Response(contract.xsd(), media_type=_XML)
        if "wsdl" in asked:
            here = address or f"{request.url.scheme}://{request.url.netloc}{ucws.PATH}"
            return Response(contract.wsdl(here), media_type=_XML)
        if page is not None and browsers.wants_page(request.headers.get("accept")):
            return page(request)
        return _fault(BadEnvelope(_ASK_FOR_A_CONTRACT), 404)

    @routes.post(
        ucws.PATH,
        response_class=Response,
        responses={200: {"content": {"text/xml": {}}}, "4XX": {"content": {"text/xml": {}}}},
        openapi_extra={"requestBody": {"content": {"text/xml": {"schema": {"type": "string"}}}}},
    )
    async def search(request: Request) -> Response:
        """``searchCurrentByPID``. What is no call of it gets a SOAP fault with HTTP 400, 413 or 415."""
        kind, charset = _content_type(request.headers.get("content-type", _ACCEPTED[0]))
        if kind not in _ACCEPTED:
            return _fault(BadEnvelope(_NOT_XML_TYPE), 415)
        body = await _limited_body(request)
        if body is None:
            return _fault(BadEnvelope(TOO_LARGE), 413)
        try:
            asked = read(body, charset)
        except BadEnvelope as refused:
            return _fault(refused, 400)
        try:
            found = await run_in_threadpool(service.search, asked)
        except Exception as error:  # programs that speak SOAP can read no other answer
            return _failed(reason_of(error, request.scope))
        return Response(found, media_type=_XML)

    _other_methods(routes)
    return routes


def _other_methods(routes: APIRouter) -> None:
    @routes.api_route(ucws.PATH, methods=["PUT", "PATCH", "DELETE"], include_in_schema=False)
    def not_served() -> Response:
        answered = _fault(BadEnvelope(_ONLY_POST), 405)
        answered.headers["Allow"] = "GET, HEAD, POST"
        return answered


def _fault(refused: BadEnvelope, status: int) -> Response:
    # A connection whose request was not read to its end carries no second one.
    closing = {"Connection": "close"} if status == 413 else None
    return Response(answer.fault(refused.fault, refused.reason), status, headers=closing, media_type=_XML)


def _failed(reason: Reason) -> Response:
    message, what_to_do = reason.message, reason.what_to_do
    told = Text(f"{message.en} {what_to_do.en}", f"{message.th} {what_to_do.th}")
    # SOAP 1.1, 6.2: 500, whatever it is; there are programs that read the fault of no other status.
    return Response(answer.fault("Server", told), 500, media_type=_XML)


def _content_type(header: str) -> tuple[str, str | None]:
    message = Message()
    message["Content-Type"] = header
    charset = message.get_param("charset")
    # There are programs that put it into single quotes, which mean nothing here (RFC 9110, 5.6.4).
    return message.get_content_type(), charset.strip("'") or None if isinstance(charset, str) else None


async def _limited_body(request: Request) -> bytes | None:
    """The body; None as soon as it is too large."""
    length = request.headers.get("content-length", "0")
    if length.isdecimal() and int(length) > LARGEST:
        return None
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST:
            return None
    return bytes(body)
