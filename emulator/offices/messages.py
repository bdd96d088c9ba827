"""The JSON that the offices take and give. A field that does not fit is refused by name, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from apdu_specs import citizen_id, keys
from apdu_specs.ami import ConsentMode
from apdu_specs.language import Text
from apdu_specs.offices import NO_OFFICE
from emulator.offices.levels import LEVEL_ID
from emulator.offices.names import LONGEST_NAME

FIELD_REASONS = {
    "missing": Text("is required", "ต้องระบุ"),
    "extra_forbidden": Text("is not a field of this request", "ไม่ใช่ช่องข้อมูลของคำขอนี้"),
    "json_invalid": Text("is not valid JSON", "ไม่ใช่ JSON ที่ถูกต้อง"),
    "citizen_id": Text("must be 13 digits with a right check digit", "ต้องเป็นเลขประจำตัวประชาชน 13 หลักที่ถูกต้อง"),
    "hex_8": Text("must be 16 hexadecimal digits", "ต้องเป็นเลขฐานสิบหก 16 ตัว"),
    "hex_16": Text("must be 32 hexadecimal digits", "ต้องเป็นเลขฐานสิบหก 32 ตัว"),
    "hex_32": Text("must be 64 hexadecimal digits", "ต้องเป็นเลขฐานสิบหก 64 ตัว"),
    "office": Text("must be 5 digits, or 5 spaces for none", "ต้องเป็นตัวเลข 5 หลัก หรือเว้นวรรค 5 ตัวหากไม่มี"),
    "organisation": Text("must be 5 digits", "ต้องเป็นตัวเลข 5 หลัก"),
    "digits_2": Text("must be 2 digits", "ต้องเป็นตัวเลข 2 หลัก"),
    "digits_3": Text("must be 3 digits", "ต้องเป็นตัวเลข 3 หลัก"),
    "string_too_long": Text("is too long", "ยาวเกินไป"),
    "person_name": Text(
        f"must be 1 to {LONGEST_NAME} printable characters", f"ต้องเป็นตัวอักษรที่พิมพ์ได้ 1 ถึง {LONGEST_NAME} ตัว"
    ),
    "claim_type": Text("is not a known claim type", "ไม่ใช่รหัสประเภทบริการที่รู้จัก"),
    "mobile": Text("must be 10 digits, a landline's 9", "ต้องเป็นตัวเลข 10 หลัก หรือ 9 หลักสำหรับโทรศัพท์บ้าน"),
    "uuid": Text("must be a UUID", "ต้องเป็น UUID"),
    "hospital_number": Text("must be at most 20 printable characters", "ต้องเป็นตัวอักษรที่พิมพ์ได้ไม่เกิน 20 ตัว"),
    "bool_type": Text("must be true or false", "ต้องเป็น true หรือ false"),
    "string_type": Text("must be text", "ต้องเป็นข้อความ"),
    "int_type": Text("must be a whole number", "ต้องเป็นจำนวนเต็ม"),
    "greater_than_equal": Text("is too small", "มีค่าน้อยเกินไป"),
    "less_than_equal": Text("is too large", "มีค่ามากเกินไป"),
    "literal_error": Text(
        'must be "1", by PIN: "2", by the card alone, is not offered here, because how it works is not public',
        'ต้องเป็น "1" คือใช้รหัส PIN ที่นี่ไม่รองรับ "2" คือใช้บัตรอย่างเดียว เพราะวิธีการไม่เป็นที่เปิดเผย',
    ),
    "level": Text("is not the id of a level", "ไม่ใช่รหัสระดับสิทธิ"),
}
UNREADABLE = Text(
    "is not JSON in UTF-8, or is nested too deeply", "ไม่ใช่ JSON แบบ UTF-8 หรือมีโครงสร้างซ้อนกันลึกเกินไป"
)
UNFITTING = Text("has a value that does not fit", "มีค่าที่ไม่ถูกต้อง")


def checked(kind: str, fits: Callable[[str], bool]) -> AfterValidator:
    """A field that must ``fits``; the sentence of ``kind`` is in ``FIELD_REASONS``."""

    def check(value: str) -> str:
        if not fits(value):
            raise PydanticCustomError(kind, "does not fit")  # the sentence comes from FIELD_REASONS
        return value

    return AfterValidator(check)


def _is_hex(length: int) -> Callable[[str], bool]:
    digits = frozenset("0123456789abcdefABCDEF")
    return lambda value: len(value) == 2 * length and digits.issuperset(value)


def _is_digits(length: int) -> Callable[[str], bool]:
    return lambda value: len(value) == length and value.isascii() and value.isdigit()


_is_five_digits = _is_digits(5)


CitizenId = Annotated[str, checked("citizen_id", citizen_id.is_valid), Field(examples=["1999900000013"])]
Serial = Annotated[str, checked("hex_8", _is_hex(keys.SERIAL_LENGTH)), Field(examples=["FFFF000000000001"])]
Hex16 = Annotated[str, checked("hex_16", _is_hex(keys.OFFICE_CHALLENGE_LENGTH))]
Hex32 = Annotated[str, checked("hex_32", _is_hex(keys.CHALLENGE_LENGTH))]
Office = Annotated[str, checked("office", lambda value: value == NO_OFFICE or _is_five_digits(value))]
Organisation = Annotated[str, checked("organisation", _is_five_digits)]
PersonName = Annotated[
    str,
    checked("person_name", lambda value: 1 <= len(value.strip()) <= LONGEST_NAME and value.isprintable()),
]
LevelId = Annotated[
    str, checked("level", lambda value: LEVEL_ID.fullmatch(value) is not None), Field(examples=["register"])
]
TKey = Annotated[str, Field(max_length=64)]
ByteValue = Annotated[int, Field(strict=True, ge=0, le=255)]


class Request(BaseModel):
    """A request: nothing but the declared fields, never shown with its values."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(...)"

    __str__ = __repr__


class ChallengeRequest(Request):
    """Action 9080: citizen id, card serial, asking office."""

    pid: CitizenId
    cid: Serial
    office: Office = NO_OFFICE


class ChallengeReply(BaseModel):
    """Action 9080's answer: the challenge, 64 hexadecimal digits."""

    action: Literal["9080"] = "9080"
    status: str
    xkey: str


class ConfirmRequest(Request):
    """Action 9081: the card's answer to the challenge. ``office``, when given, must be the challenge's."""

    pid: CitizenId
    cid: Serial
    xkey: Hex32
    key_id: ByteValue
    match_status: ByteValue
    envelope: Hex32
    office: Office | None = None


class ConfirmReply(BaseModel):
    """Action 9081's answer: the TKey, 32 characters."""

    action: Literal["9081"] = "9081"
    status: str
    tkey: str


class ServiceRequest(Request):
    """Action 5000: the TKey, the office it was given to, a service by version and number, and about whom."""

    tkey: TKey
    office: Office = NO_OFFICE
    version: Annotated[str, checked("digits_2", _is_digits(2)), Field(examples=["01"])]
    service: Annotated[str, checked("digits_3", _is_digits(3)), Field(examples=["001"])]
    pid: CitizenId


class ConsentRequest(Request):
    """Action 5090: the TKey, and what the citizen's card answered when it was given the TKey's characters.

    Mode 2 (by the card alone) is refused: which key it uses is not known.
    """

    tkey: TKey
    pid: CitizenId
    cid: Serial
    mode: Literal[ConsentMode.PIN] = ConsentMode.PIN
    key_id: ByteValue
    match_status: ByteValue
    envelope: Hex32


class ConsentReply(BaseModel):
    """Action 5090's answer."""

    action: Literal["5090"] = "5090"
    status: str


class ServiceReply(BaseModel):
    """Action 5000's answer: what the service knows."""

    action: Literal["5000"] = "5000"
    status: str
    data: dict[str, object]


class CardRequest(Request):
    """A card, and whose it is."""

    pid: CitizenId
    serial: Serial


class ReplacementRequest(Request):
    """A new card in place of an old one."""

    pid: CitizenId
    old_serial: Serial
    new_serial: Serial


class CardReply(BaseModel):
    """The serial of what is now the citizen's latest card."""

    latest_serial: str


class ProofRequest(Request):
    """A card's office challenge, 32 hexadecimal digits."""

    pid: CitizenId
    serial: Serial
    challenge: Hex16


class ProofReply(BaseModel):
    """The registry office's proof, 64 hexadecimal digits."""

    proof: str


class RightRequest(Request):
    """An officer, the organisation and the single level asked for."""

    pid: CitizenId
    name: PersonName
    organisation: Organisation
    level: LevelId


class OfficerRequest(Request):
    """Just an officer."""

    pid: CitizenId


class RightReply(BaseModel):
    """The state of the right after the request: its level, or null when there is none any more."""

    level: str | None


class LoginRequest(Request):
    """An officer's login with the authority's TKey."""

    pid: CitizenId
    tkey: TKey


class Titled(BaseModel):
    """An id with its title in English and Thai."""

    id: str
    title: dict[str, str]


class MenuEntry(Titled):
    """One entry of the program's menu."""

    modules: list[Titled]


class LoginReply(BaseModel):
    """The smctoken, when it ends (00:00 in Bangkok), the officer's level and menu."""

    smctoken: str
    expires_at: str
    level: Titled
    menu: list[MenuEntry]


class LogoutReply(BaseModel):
    """The smctoken opens nothing any more."""

    logged_out: Literal[True] = True


class ClockRequest(Request):
    """How many days shall pass, in test mode."""

    advance_days: Annotated[int, Field(strict=True, ge=0, le=3650)]


class ClockReply(BaseModel):
    """What time the offices think it is."""

    now: str


class MenuReply(BaseModel):
    """The program's menu for this officer."""

    menu: list[MenuEntry]


class ModuleReply(Titled):
    """An opened module and what this officer may do in it."""

    actions: list[str]


class FieldFault(BaseModel):
    """Which field of the request does not fit, and why."""

    field: str
    reason: dict[str, str]


class RefusalReply(BaseModel):
    """Every refusal: a code for programs, a sentence and the way out for people, in English and Thai."""

    status: str
    message: dict[str, str]
    what_to_do: dict[str, str]
    action: str | None = None
    days: int | None = None
    fields: list[FieldFault] | None = None
