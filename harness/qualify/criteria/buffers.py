"""Buffers: too little room and wrong lengths are told, and nothing breaks."""

from __future__ import annotations

from apdu_specs import test_card
from apdu_specs.interindustry import SELECT
from apdu_specs.language import Text
from apdu_specs.status import StatusWord
from harness.qualify.calls import SUCCESS, Connection, code_name
from harness.qualify.criterion import CannotMeasure, Declarations, Family, Limits, Measurement, pcsc, proposed
from harness.qualify.subject import Subject
from harness.terminals import libpcsclite, scard
from harness.terminals.scard import Share

declare = Declarations(Family.BUFFERS)
_BEYOND_ANY_APDU = 70_000  # the longest extended command is 65 544 bytes


def _command(subject: Subject) -> bytes:
    return test_card.encode(le=10) if subject.card.test else SELECT.encode()


def _usable(subject: Subject, connection: Connection) -> bool:
    return connection.answers(_command(subject))


@declare(
    "BF-1",
    "A receive buffer one byte too short is told",
    "แจ้งเมื่อบัฟเฟอร์รับสั้นไปหนึ่งไบต์",
    limits=Limits(equals=("INSUFFICIENT_BUFFER",)),
    basis=pcsc("part 5, SCardTransmit; SCARD_E_INSUFFICIENT_BUFFER"),
)
def short_buffer(subject: Subject) -> Measurement:
    """The result code; the card must be usable afterwards."""
    command = _command(subject)
    with subject.connection() as connection:
        _, whole = connection.transmit(command)
        if len(whole) < 2:
            raise CannotMeasure(Text("The card does not answer.", "บัตรไม่ตอบ"))
        try:
            code, _, _ = connection.client.watched(
                libpcsclite.transmit_into,
                connection.handle,
                int(connection.protocol),
                command,
                len(whole) - 1,
            )
        except OSError as error:
            raise CannotMeasure(Text(f"{error}", f"{error}")) from error
        if not _usable(subject, connection):
            return Measurement("card unusable")
    return Measurement(code_name(code))


@declare(
    "BF-2",
    "A length that does not fit the data is told",
    "แจ้งเมื่อความยาวไม่ตรงกับข้อมูล",
    basis=proposed("HLK asks for INVALID_PARAMETER; Linux leaves it to the card, which answers 67 00"),
)
def wrong_length(subject: Subject) -> Measurement:
    """Lc promises more than there is: an error, or the card's own refusal, never 90 00."""
    with subject.connection() as connection:
        code, answer = connection.transmit(SELECT.encode(b"\xf0" * 8)[:-1])
        told = code != SUCCESS or (len(answer) >= 2 and answer[-2:] != StatusWord.OK.raw)
        reason = code_name(code) if code != SUCCESS else answer[-2:].hex().upper()
        return Measurement(told and _usable(subject, connection), Text(reason, reason))


@declare(
    "BF-3",
    "A command longer than any command is refused, and the card stays usable",
    "ปฏิเสธคำสั่งที่ยาวเกินกำหนด และบัตรยังใช้งานได้",
    basis=pcsc("part 5, SCardTransmit"),
)
def too_long(subject: Subject) -> Measurement:
    """70 000 bytes."""
    with subject.connection() as connection:
        code, _ = connection.transmit(SELECT.encode() + bytes(_BEYOND_ANY_APDU))
        return Measurement(code != SUCCESS and _usable(subject, connection))


@declare(
    "BF-4",
    "A control command longer than any is refused, and the reader stays usable",
    "ปฏิเสธคำสั่งควบคุมที่ยาวเกินกำหนด และเครื่องอ่านยังใช้งานได้",
    basis=pcsc("part 5, SCardControl"),
)
def control_too_long(subject: Subject) -> Measurement:
    """70 000 bytes with a control code that every driver may know."""
    with subject.client() as client:
        direct = client.connect(Share.DIRECT)
        code, _ = direct.call("SCardControl", scard.GET_FEATURE_REQUEST, [0] * _BEYOND_ANY_APDU)
        direct.disconnect()
        connection = client.connect()
        return Measurement(code != SUCCESS and _usable(subject, connection))
