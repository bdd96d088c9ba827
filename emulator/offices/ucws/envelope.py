"""Reads a request's SOAP envelope: lenient to prefixes, closed to everything XML can be attacked with.

There is no document type, so no entity, internal or external, is ever declared or fetched. Size, depth and encodings
are limited before anything is built; nothing is built but the three parameters.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import dataclass, field
from xml.parsers import expat

from apdu_specs import ucws
from apdu_specs.language import Text

LARGEST = 64 * 1024
DEEPEST = 32
LONGEST_VALUE = 256
CHARSETS = {
    name: name
    for name in (
        "utf-8",
        "utf-16",
        "utf-16le",
        "utf-16be",
        "us-ascii",
        "iso-8859-1",
        "iso-8859-11",
        "tis-620",
    )
} | {"windows-874": "cp874"}  # Python knows it by another name
_UNREGISTERED = {"utf8": "utf-8", "utf16": "utf-16", "latin1": "iso-8859-1", "cp874": "cp874"}
"""Names that no registry has and programs send."""
_ENCODINGS = CHARSETS | _UNREGISTERED
_DECLARED_874 = re.compile(rb"""\A<\?xml[^>]{0,60}?encoding=["']windows-874["']""", re.IGNORECASE)

_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
_NS = " "  # expat puts it between namespace and name
_ENVELOPE, _HEADER, _BODY = (f"{ucws.ENVELOPE}{_NS}{name}" for name in ("Envelope", "Header", "Body"))
_OPERATION = f"{ucws.NAMESPACE}{_NS}{ucws.OPERATION}"
_MUST_UNDERSTAND = f"{ucws.ENVELOPE}{_NS}mustUnderstand"


class BadEnvelope(Exception):
    """A request that is no call of the operation. ``fault`` is SOAP 1.1's fault code, without its prefix."""

    def __init__(self, reason: Text, fault: str = "Client") -> None:
        super().__init__(reason.en)
        self.reason = reason
        self.fault = fault


@dataclass(frozen=True, slots=True)
class Search:
    """The operation's parameters; "" for one that was not sent."""

    user_person_id: str = field(default="", repr=False)
    smctoken: str = field(default="", repr=False)
    person_id: str = field(default="", repr=False)


NOT_XML = Text("The request is not well-formed XML.", "คำขอไม่ใช่ XML ที่ถูกต้อง")
WRONG_ENCODING = Text("The request's encoding is not supported.", "ไม่รองรับรหัสอักขระของคำขอ")
DOCTYPE = Text("A document type is not allowed in SOAP.", "SOAP ไม่อนุญาตให้มี DOCTYPE")
TOO_DEEP = Text(f"Elements are nested more than {DEEPEST} deep.", f"ซ้อนองค์ประกอบลึกเกิน {DEEPEST} ชั้น")
TOO_LARGE = Text(f"The request is larger than {LARGEST:,} bytes.", f"คำขอมีขนาดเกิน {LARGEST:,} ไบต์")
VALUE_TOO_LONG = Text(
    f"A parameter is longer than {LONGEST_VALUE} characters.", f"ค่าพารามิเตอร์ยาวเกิน {LONGEST_VALUE} ตัวอักษร"
)
NO_ENVELOPE = Text("The request is no SOAP 1.1 envelope.", "คำขอไม่ใช่ SOAP 1.1")
NO_OPERATION = Text(
    f"The body does not call {ucws.OPERATION} of {ucws.NAMESPACE}.",
    f"ส่วน Body ไม่ได้เรียก {ucws.OPERATION} ของ {ucws.NAMESPACE}",
)
NOT_UNDERSTOOD = Text("A header that must be understood is not.", "มีส่วนหัวที่ต้องเข้าใจแต่ระบบไม่รู้จัก")


def read(request: bytes, charset: str | None = None) -> Search:
    """The search that a request asks for. ``charset`` is what the Content-Type says, if anything.

    Raises BadEnvelope.
    """
    if len(request) > LARGEST:
        raise BadEnvelope(TOO_LARGE)
    if charset is None and _DECLARED_874.match(request):
        charset = "windows-874"
    if charset is not None:
        request = _transcoded(request, charset)
    reader = _Reader("utf-8" if charset is not None else None)
    try:
        reader.parser.Parse(request, True)
    except expat.ExpatError as error:
        unknown = error.code == expat.errors.codes[expat.errors.XML_ERROR_UNKNOWN_ENCODING]
        raise BadEnvelope(WRONG_ENCODING if unknown else NOT_XML) from error
    except (
        LookupError,
        ValueError,
    ) as error:  # an encoding that Python does not know, or not as single bytes
        raise BadEnvelope(WRONG_ENCODING) from error
    return reader.search()


def _transcoded(request: bytes, charset: str) -> bytes:
    """The Content-Type's charset goes before what the XML says of itself (RFC 2376)."""
    try:
        return request.decode(_with_byte_order(_ENCODINGS[charset.lower()], request)).encode()
    except (KeyError, UnicodeError) as error:
        raise BadEnvelope(WRONG_ENCODING) from error


def _with_byte_order(encoding: str, request: bytes) -> str:
    """UTF-16 without a byte order mark is told by its first character, which is of ASCII in XML."""
    if encoding != "utf-16" or request.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
        return encoding
    return "utf-16le" if request[1:2] == b"\0" else "utf-16be"


class _Reader:
    """What expat calls: follows the path of open elements, keeps nothing but the parameters' text."""

    def __init__(self, encoding: str | None) -> None:
        self.parser = expat.ParserCreate(encoding, _NS)
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype
        self._path: list[str] = []
        self._values: dict[str, str] = {}
        self._called = False

    def search(self) -> Search:
        if not self._called:
            raise BadEnvelope(NO_OPERATION)
        return Search(**{name: value.strip() for name, value in self._values.items()})

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        depth = len(self._path)
        if depth > DEEPEST:
            raise BadEnvelope(TOO_DEEP)
        if depth == 1 and name != _ENVELOPE:
            fault = "VersionMismatch" if name == f"{_SOAP_12}{_NS}Envelope" else "Client"
            raise BadEnvelope(NO_ENVELOPE, fault)
        if depth == 3 and self._path[1] == _HEADER and attributes.get(_MUST_UNDERSTAND) == "1":
            raise BadEnvelope(NOT_UNDERSTOOD, "MustUnderstand")
        if depth == 3 and self._path[1] == _BODY:
            if name != _OPERATION or self._called:
                raise BadEnvelope(NO_OPERATION)
            self._called = True
        if depth == 4 and (parameter := self._parameter()):
            self._values[parameter] = ""
        if depth == 5 and self._path[2] == _OPERATION and self._parameter():  # others may hold what they like
            raise BadEnvelope(NO_OPERATION)

    def _end(self, _name: str) -> None:
        self._path.pop()

    def _text(self, text: str) -> None:
        if len(self._path) == 4 and (parameter := self._parameter()):
            self._values[parameter] += text
            if len(self._values[parameter]) > LONGEST_VALUE:
                raise BadEnvelope(VALUE_TOO_LONG)

    def _doctype(self, *_: object) -> None:
        raise BadEnvelope(DOCTYPE)

    def _parameter(self) -> str | None:
        """The parameter that is open; some clients qualify it, though the schema says not to."""
        if self._path[1] != _BODY:
            return None
        name = self._path[3].removeprefix(f"{ucws.NAMESPACE}{_NS}")
        return name if name in ucws.PARAMETERS else None
