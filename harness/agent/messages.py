"""The agent's JSON, declared for its OpenAPI document. Keys without a value are absent."""

from __future__ import annotations

from pydantic import BaseModel, Field

UUID = "123e4567-e89b-42d3-a456-426614174000"


class Terminal(BaseModel):
    """A reader."""

    terminalName: str = Field(examples=["Virtual PCD 00 00"])
    isPresent: bool = Field(description="Whether a card is in it.")


class Hospital(BaseModel):
    """A hospital."""

    hcode: str = Field(examples=["99312"])
    hname: str


class ClaimType(BaseModel):
    """A service that an authentication code may be asked for."""

    claimType: str = Field(examples=["PG0060001"])
    claimTypeName: str


class CardReply(BaseModel):
    """What the card tells."""

    pid: str
    titleName: str | None = Field(None, examples=["003"], description="Three digits.")
    fname: str | None = None
    lname: str | None = None
    birthDate: str | None = Field(None, examples=["25480320"], description="YYYYMMDD, Buddhist era.")
    sex: str | None = Field(None, examples=["ชาย"])
    image: str | None = Field(None, description="JPEG in bare base64; only with readImageFlag=true.")
    correlationId: str = Field(examples=[UUID], description="To be sent with the confirmation.")


class ReadReply(CardReply):
    """What the card and NHSO tell. Times are local, without a zone."""

    nation: str | None = Field(None, examples=["099"])
    transDate: str | None = Field(None, examples=["2021-03-16T13:11:56"])
    mainInscl: str | None = Field(None, examples=["(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ"])
    subInscl: str | None = Field(None, examples=["(89) ช่วงอายุ 12-59 ปี"])
    age: str | None = Field(None, examples=["20 ปี 7 เดือน 18 วัน"])
    checkDate: str | None = None
    claimTypes: list[ClaimType] | None = None
    hospSub: Hospital | None = None
    hospMainOp: Hospital | None = None
    hospMain: Hospital | None = None
    paidModel: str | None = None
    startDateTime: str | None = None
    expireDateTime: str | None = None


class Confirmation(BaseModel):
    """Asks for an authentication code."""

    pid: str
    claimType: str = Field(examples=["PG0060001"])
    mobile: str = Field(examples=["0800000000"], description="Ten digits; empty or 0: no phone.")
    correlationId: str = Field(examples=[UUID], description="Of the reading.")
    hn: str | None = None
    hcode: str | None = None


class DraftReply(BaseModel):
    """A confirmation that is kept."""

    pid: str
    claimType: str
    correlationId: str
    createdDate: str = Field(examples=["2023-08-04T15:32:17"])


class ConfirmationReply(DraftReply):
    """An authentication code that was given."""

    claimCode: str = Field(examples=["PP1234567890"])


class GivenCode(BaseModel):
    """A code given before."""

    hcode: str
    claimType: str
    claimCode: str
    claimDateTime: str
    checkDate: str = Field(description="When this was asked.")


class LatestCode(BaseModel):
    """The latest code; ``claimCode`` is absent when there is none."""

    hcode: str | None = None
    claimType: str | None = None
    claimCode: str | None = None
    claimDateTime: str | None = None
    checkDate: str


class FieldFault(BaseModel):
    """What is wrong with a field."""

    field: str
    code: str
    objectName: str
    defaultMessage: str


class ErrorReply(BaseModel):
    """Why not: 418 no reader; 500 no card, or NHSO not reached; 400 the request."""

    timestamp: str
    status: int
    error: str
    message: str
    errors: list[FieldFault] | None = None
    path: str


class Preference(BaseModel):
    """The agent is up."""

    status: str = Field(examples=["UP"])
