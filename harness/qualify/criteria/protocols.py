"""Protocols: the one the card offers, and none that it does not."""

from __future__ import annotations

from apdu_specs import atr as declared
from apdu_specs.errors import SpecError
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from harness.qualify.calls import SUCCESS, code_name
from harness.qualify.criterion import (
    CannotMeasure,
    Declarations,
    DoesNotApply,
    Family,
    Limits,
    Measurement,
    pcsc,
)
from harness.qualify.subject import Subject
from harness.terminals.scard import Protocol, Share

declare = Declarations(Family.PROTOCOLS)
_NAMES = {Protocol.T0: "T=0", Protocol.T1: "T=1", Protocol.NONE: "none"}


def _offered(subject: Subject) -> Protocol:
    try:
        numbers = declared.parse(subject.card.atr).protocols
    except SpecError as error:
        raise CannotMeasure(Text(f"{error}.", f"{error}")) from None
    offered = Protocol.NONE
    for number, protocol in ((0, Protocol.T0), (1, Protocol.T1)):
        if number in numbers:
            offered |= protocol
    return offered


@declare(
    "PT-1",
    "The protocol in use is one that the card offers",
    "โพรโทคอลที่ใช้เป็นแบบที่บัตรรองรับ",
    basis=pcsc("part 5, SCardConnect; ISO/IEC 7816-3 8.2.3"),
)
def in_use(subject: Subject) -> Measurement:
    """The active protocol against the answer to reset."""
    offered = _offered(subject)
    with subject.connection() as connection:
        used = connection.protocol
    name = _NAMES.get(used, str(used))
    return Measurement(used in (Protocol.T0, Protocol.T1) and bool(used & offered), Text(name, name))


@declare(
    "PT-2",
    "A protocol that the card does not offer is refused",
    "ปฏิเสธโพรโทคอลที่บัตรไม่รองรับ",
    limits=Limits(equals=("PROTO_MISMATCH",)),
    basis=pcsc("part 5, SCardConnect"),
)
def refused(subject: Subject) -> Measurement:
    """The result code of SCardConnect that asks for the other protocol alone."""
    other = Protocol.T0_OR_T1 & ~_offered(subject)
    if other not in (Protocol.T0, Protocol.T1):
        raise DoesNotApply(Text("The card offers both.", "บัตรรองรับทั้งสองแบบ"))
    with subject.client() as client:
        code, _ = client.try_connect(Share.SHARED, other)
    return Measurement(code_name(code))


@declare(
    "PT-3",
    "A direct connection agrees on no protocol of its own",
    "การเชื่อมต่อแบบ DIRECT ไม่ตกลงโพรโทคอลเอง",
    limits=Limits(equals=("none", "as agreed before")),
    basis=pcsc("part 5, SCARD_SHARE_DIRECT"),
)
def direct(subject: Subject) -> Measurement:
    """The protocol of SCARD_SHARE_DIRECT: none, or the one that is agreed on while the card has power."""
    with subject.connection() as before, subject.connection(Share.DIRECT) as connection:
        if connection.protocol == before.protocol:
            return Measurement("as agreed before")
        return Measurement(_NAMES.get(connection.protocol, str(connection.protocol)))


@declare(
    "PT-4",
    "A direct connection becomes a usable one by SCardReconnect",
    "เปลี่ยนจาก DIRECT เป็นการเชื่อมต่อปกติได้",
    basis=pcsc("part 5, SCardReconnect"),
)
def from_direct(subject: Subject) -> Measurement:
    """Whether a command is answered afterwards."""
    with subject.connection(Share.DIRECT) as connection:
        if connection.reconnect() != SUCCESS:
            return Measurement(False)
        return Measurement(connection.answers())


@declare(
    "PT-5",
    "A command in the wrong protocol is refused",
    "ปฏิเสธคำสั่งที่ใช้โพรโทคอลผิด",
    limits=Limits(equals=("PROTO_MISMATCH",)),
    basis=pcsc("part 5, SCardTransmit"),
)
def wrong_header(subject: Subject) -> Measurement:
    """The result code of SCardTransmit with the other protocol's header."""
    with subject.connection() as connection:
        other = Protocol.T1 if connection.protocol == Protocol.T0 else Protocol.T0
        code, _ = connection.transmit(SELECT.encode(), other)
    return Measurement(code_name(code))


@declare(
    "PT-6",
    "A direct connection does not disturb a shared one",
    "การเชื่อมต่อแบบ DIRECT ไม่รบกวนผู้ที่ใช้บัตรอยู่",
    basis=pcsc("part 5, SCARD_SHARE_DIRECT"),
)
def beside(subject: Subject) -> Measurement:
    """Whether the shared connection's card is neither reset nor powered down by it."""
    with subject.connection() as first, subject.client() as client:
        code, second = client.try_connect(Share.DIRECT)
        if second is not None:
            second.disconnect()
        if code != SUCCESS:
            return Measurement(False, Text(code_name(code), code_name(code)))
        return Measurement(first.answers())
