"""The JSON of requests for rights. What is wrong in a letter is said by the letter's own checks."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, Field

from emulator.offices.messages import CitizenId, Request, Titled
from emulator.offices.rights.letter import MOST_OFFICERS, Letter, OfficerEntry

_Value = Annotated[str, Field(max_length=1000)]


class OfficerBody(Request):
    """One officer: see the manual's request form. ``replaces``: the citizen id of who is responsible no more."""

    name: _Value
    level: _Value
    pid: _Value
    office_phone: _Value
    mobile: _Value
    email: _Value
    replaces: _Value = ""


class LetterBody(Request):
    """An organisation's letter. ``organisation`` is its five-digit code, ``region`` NHSO's, 1 to 13."""

    organisation_name: _Value
    organisation: _Value
    region: Annotated[int, Field(strict=True, ge=0, le=99)]
    letter_number: _Value = ""
    letter_date: _Value = ""
    address: _Value
    phone: _Value
    fax: _Value = ""
    superior_name: _Value
    superior_position: _Value
    # Not max_length: that there are too many is said by the letter's own check, in a sentence.
    officers: Annotated[list[OfficerBody], Field(json_schema_extra={"maxItems": MOST_OFFICERS})]

    def letter(self) -> Letter:
        """The letter as the checks take it."""
        told = self.model_dump()
        told["region"] = str(self.region)
        told["officers"] = tuple(OfficerEntry(**each) for each in told["officers"])
        return Letter(**told)


class ReceiptReply(BaseModel):
    """The request's reference, and the code to ask with how it stands. ``levels``: a sentence on replaced levels."""

    reference: str
    receipt: str
    note: dict[str, str]


class StatusRequest(Request):
    """How does this request stand?"""

    reference: Annotated[str, Field(max_length=16)]
    receipt: Annotated[str, Field(max_length=40)]


class Position(Request):
    """An officer by their place in the letter, from 1."""

    officer: Annotated[int, Field(strict=True, ge=1, le=MOST_OFFICERS)]


class RefusalBody(Position):
    """Which officer's request is refused, and the reason that the officer is told."""

    reason: _Value


class RevocationBody(Request):
    """Whose right ends, and the reason that the officer is told."""

    pid: CitizenId
    reason: _Value


class AskedReply(BaseModel):
    """One officer and the decision: ``approved``, ``refused`` or null. ``pid`` is for the counter only."""

    officer: int
    name: str
    level: Titled
    pid: str | None = None
    decision: str | None
    decided_at: str | None
    reason: str | None
    notes: list[dict[str, str]]


class ReceivedReply(BaseModel):
    """A letter that was received."""

    reference: str
    received_at: str
    organisation_name: str
    organisation: str
    region: int
    waiting: int
    officers: list[AskedReply]


class QueueReply(BaseModel):
    """The letters in which officers wait."""

    requests: list[ReceivedReply]


class SweepReply(BaseModel):
    """How many officers were told that their right lapsed."""

    told: int
