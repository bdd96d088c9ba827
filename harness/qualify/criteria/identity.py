"""Who the reader is and what it says it can do."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS, Connection
from harness.qualify.criterion import (
    EVERY,
    NONE,
    RECORDED,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    pcsc,
    proposed,
)
from harness.qualify.subject import Subject
from harness.terminals import scard
from harness.terminals.scard import Share

declare = Declarations(Family.IDENTITY)

ATTRIBUTES = {
    "vendor": 0x00010100,
    "type": 0x00010101,
    "version": 0x00010102,
    "serial": 0x00010103,
    "channel": 0x00020110,
    "friendly name": 0x7FFF0003,
    "longest input": 0x0007A007,
}
"""Attribute tags (PC/SC part 3)."""
_FEATURE_LENGTH = 6  # tag, length (always 4), control code
_TLV_PROPERTIES = 0x12
_MAX_APDU_PROPERTY = 0x0A
_UNKNOWN_ATTRIBUTE = 0x00FFFF00


def attributes(subject: Subject) -> dict[str, str]:
    """What the reader tells of itself; printable text as it is, the rest in hex."""
    found: dict[str, str] = {}
    with subject.connection(Share.DIRECT) as connection:
        for name, tag in ATTRIBUTES.items():
            code, values = connection.call("SCardGetAttrib", tag)
            if code == SUCCESS and values and values[0]:
                found[name] = _readable(bytes(values[0]))
        connection.disconnect()
    return found


def _readable(raw: bytes) -> str:
    text = raw.rstrip(b"\x00")
    return (
        text.decode("ascii") if text.isascii() and text.decode("ascii").isprintable() and text else raw.hex()
    )


@declare(
    "ID-1",
    "The reader is listed under one name, every time",
    "ชื่อเครื่องอ่านปรากฏเหมือนเดิมทุกครั้ง",
    unit="listings that differ",
    limits=NONE,
    basis=pcsc("part 5, SCardListReaders"),
    needs=(),
    profiles=EVERY,
)
def listed(subject: Subject) -> Measurement:
    """The first listing, and twenty more."""
    with subject.client() as client:
        listings = [scard.reader_names(client.context) for _ in range(21)]
    wrong = sum(each != listings[0] or each.count(subject.reader) != 1 for each in listings)
    return Measurement(wrong)


@declare(
    "ID-2",
    "The reader's attributes can be asked for",
    "สอบถามคุณลักษณะของเครื่องอ่านได้",
    unit="attributes told",
    limits=RECORDED,
    basis=pcsc("part 3, SCardGetAttrib"),
    needs=(),
)
def told_attributes(subject: Subject) -> Measurement:
    """How many are told; none means that there is nothing to judge."""
    found = attributes(subject)
    if not found:
        raise DoesNotApply(Text("The driver tells no attributes.", "ไดรเวอร์ไม่บอกคุณลักษณะใด"))
    told = ", ".join(f"{name}: {value}" for name, value in found.items())
    return Measurement(len(found), Text(told, told))


@declare(
    "ID-3",
    "An unknown attribute is an error, not an answer",
    "คุณลักษณะที่ไม่รู้จักต้องได้รหัสข้อผิดพลาด",
    basis=pcsc("part 5, SCardGetAttrib"),
    needs=(),
)
def unknown_attribute(subject: Subject) -> Measurement:
    """The result code of an attribute that nobody has."""
    with subject.connection(Share.DIRECT) as connection:
        code, _ = connection.call("SCardGetAttrib", _UNKNOWN_ATTRIBUTE)
        connection.disconnect()
    return Measurement(code != SUCCESS)


def features_of(connection: Connection) -> bytes:
    """The answer to GET_FEATURE_REQUEST: entries of tag, length 4 and control code. Raises DoesNotApply without any."""
    code, values = connection.call("SCardControl", scard.GET_FEATURE_REQUEST, [])
    if code != SUCCESS or not values or not values[0]:
        raise DoesNotApply(Text("The driver offers no features.", "ไดรเวอร์ไม่มีความสามารถเพิ่มเติม"))
    return bytes(values[0])


def control_codes(raw: bytes) -> dict[int, int]:
    """The control code of each feature, by its tag."""
    starts = range(0, len(raw) - _FEATURE_LENGTH + 1, _FEATURE_LENGTH)
    return {raw[at]: int.from_bytes(raw[at + 2 : at + _FEATURE_LENGTH], "big") for at in starts}


@declare(
    "ID-4",
    "The list of features is well-formed",
    "รายการความสามารถมีรูปแบบถูกต้อง",
    basis=pcsc("part 10, GET_FEATURE_REQUEST"),
    needs=(),
)
def features(subject: Subject) -> Measurement:
    """Whether it is whole entries of tag, length 4 and control code, none of them twice."""
    with subject.connection(Share.DIRECT) as connection:
        raw = features_of(connection)
    entries = [raw[at : at + _FEATURE_LENGTH] for at in range(0, len(raw), _FEATURE_LENGTH)]
    whole = all(len(each) == _FEATURE_LENGTH and each[1] == _FEATURE_LENGTH - 2 for each in entries)
    return Measurement(whole and len({each[0] for each in entries}) == len(entries))


@declare(
    "ID-5",
    "The largest APDU that the reader says it takes",
    "ขนาด APDU สูงสุดที่เครื่องอ่านแจ้ง",
    unit="bytes",
    limits=Limits(lower=261),
    basis=proposed("PC/SC part 10, dwMaxAPDUDataSize; 261 is the longest short command"),
    needs=(),
)
def largest(subject: Subject) -> Measurement:
    """dwMaxAPDUDataSize of the TLV properties; 0 there means short APDUs only."""
    with subject.connection(Share.DIRECT) as connection:
        raw = features_of(connection)
        control = control_codes(raw).get(_TLV_PROPERTIES)
        if control is None:
            raise DoesNotApply(Text("The driver has no properties.", "ไดรเวอร์ไม่มีข้อมูลคุณสมบัติ"))
        code, values = connection.call("SCardControl", control, [])
    properties = bytes(values[0]) if code == SUCCESS and values else b""
    while len(properties) >= 2:
        tag, size = properties[0], properties[1]
        if tag == _MAX_APDU_PROPERTY:
            return Measurement(int.from_bytes(properties[2 : 2 + size], "little") or 261)
        properties = properties[2 + size :]
    raise DoesNotApply(Text("The driver does not tell it.", "ไดรเวอร์ไม่แจ้งค่านี้"))
