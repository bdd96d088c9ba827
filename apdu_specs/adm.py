"""The ADM applet: laser number, PIN, match status, and the registry office's door."""

from __future__ import annotations

from construct import Byte, Bytes, Struct

from apdu_specs import keys, text
from apdu_specs.applet import Applet
from apdu_specs.command import Command, Outgoing, Vector, fixed, one_of
from apdu_specs.file import Field, File
from apdu_specs.language import Text
from apdu_specs.pin_policy import NATIONAL
from apdu_specs.provenance import Confidence, assumed, public, standard
from apdu_specs.status import Family, StatusWord

AID = bytes.fromhex("A000000084060002")
PIN_LENGTH = NATIONAL.pin_length
PIN_CHALLENGE_LENGTH = 32
KEY_NAMES = dict(
    enumerate(("RMAC", "FPKEY_ADMIN", "MOI", "HTH", "MOI2", "MOI3", "MOI4", "WVOT", "MOD", "MOA", "NHSO"))
)
"""Key ids of GET MATCH STATUS and whose they are. Source: public, DOPA's middleware."""

KEY_IDS = tuple(KEY_NAMES)
OFFICER_KEY_ID = 1  # FPKEY_ADMIN, which the demonstrated officer login uses
MATCHED = 1

_HEADER = (
    Field(
        "version",
        text.binary(2),
        Text("applet version, major and minor", "รุ่นของแอปเพล็ต"),
        public("one Android reader", Confidence.LOW),
        personal=False,
        vectors=(("0100", b"\x01\x00"),),
    ),
    Field(
        "state",
        text.binary(1),
        Text("state; its values are not public", "สถานะ"),
        public("one Android reader", Confidence.LOW),
        personal=False,
        vectors=(("01", b"\x01"),),
    ),
    Field(
        "authorize",
        text.binary(1),
        Text("identity is confirmed by: 00 fingerprint, 01 PIN", "วิธียืนยันตัวบุคคล"),
        public("one middleware", Confidence.LOW),
        personal=False,
        vectors=(("01", b"\x01"),),
    ),
    Field(
        "reserved",
        text.binary(3),
        Text("unknown", "ไม่ทราบ"),
        public("one Android reader", Confidence.LOW),
        personal=False,
        vectors=(("000000", bytes(3)),),
    ),
)

INFO = File(
    "ADM info",
    (
        *_HEADER,
        Field(
            "laser_number",
            text.nul_padded(16),
            Text("laser number", "เลขเลเซอร์หลังบัตร"),
            public("four readers"),
            note="printed on the back: two letters, ten digits; NUL padded",
            vectors=(("41413030303030303030303100000000", "AA0000000001"),),
        ),
    ),
    public("four readers"),
)
INFO_WITHOUT_LASER = File(
    "ADM info of old chips",
    _HEADER,
    assumed("readers report that old chips give no laser number; their bytes are not public"),
)

GET_INFO = Command(
    name="GET INFO",
    meaning=Text("read applet version, authorize mode and laser number", "อ่านเลขเลเซอร์"),
    cla=(0x80,),
    ins=0x00,
    p1=fixed(0x00),
    p2=fixed(0x00),
    answer=INFO.struct,
    file=INFO,
    outgoing=Outgoing.AT_ONCE,
    statuses=(StatusWord.OK, Family.WRONG_LE, Family.BYTES_WAITING),
    provenance=public("six readers, each with its own Le"),
    vectors=(Vector("80000000", 0, 0), Vector("8000000007", 0, 0, le=7), Vector("8000000017", 0, 0, le=23)),
)

_VERIFY_STATUSES = (
    StatusWord.OK,
    StatusWord.PIN_SUSPENDED,
    StatusWord.PIN_LOCKED,
    StatusWord.WRONG_DATA,
    StatusWord.MEMORY_FAILURE,
)
_WRONG_PIN = Text("wrong PIN; tries left: {n}", "PIN ไม่ถูกต้อง เหลือโอกาสอีก {n} ครั้ง")
_NO_PIN_YET = Text("no PIN verified yet; tries left: {n}", "ยังไม่ได้ยืนยัน PIN เหลือโอกาสอีก {n} ครั้ง")
_PIN = Bytes(PIN_LENGTH)
_PINS = "PIN reference 01, as DOPA's middleware numbers it"

VERIFY = Command(
    name="VERIFY",
    meaning=Text("present the PIN; without data ask how many tries are left", "ยืนยัน PIN หรือถามจำนวนครั้งที่เหลือ"),
    cla=(0x00,),
    ins=0x20,
    p1=fixed(0x00),
    p2=fixed(0x01, _PINS),
    data=_PIN,
    lengths=frozenset({0, PIN_LENGTH}),
    statuses=(*_VERIFY_STATUSES, Family.TRIES_LEFT),
    meanings={Family.TRIES_LEFT: _WRONG_PIN},
    meanings_without_data={Family.TRIES_LEFT: _NO_PIN_YET},
    secret=True,
    provenance=standard("ISO/IEC 7816-4 7.5.6; that this card takes it is assumed"),
    vectors=(Vector("002000010431323334", 0, 1, b"1234"), Vector("00200001", 0, 1)),
)

CHANGE_REFERENCE_DATA = Command(
    name="CHANGE REFERENCE DATA",
    meaning=Text("set a new PIN, given the old one", "เปลี่ยน PIN"),
    cla=(0x00,),
    ins=0x24,
    p1=fixed(0x00),
    p2=fixed(0x01, _PINS),
    data=Struct("old" / _PIN, "new" / _PIN),
    lengths=frozenset({2 * PIN_LENGTH}),
    statuses=(*_VERIFY_STATUSES, Family.TRIES_LEFT),
    meanings={
        Family.TRIES_LEFT: Text("the old PIN is wrong; tries left: {n}", "PIN เดิมไม่ถูกต้อง เหลือโอกาสอีก {n} ครั้ง")
    },
    secret=True,
    provenance=standard("ISO/IEC 7816-4 7.5.7; that this card takes it is assumed"),
    vectors=(Vector("00240001083132333435363738", 0, 1, {"old": b"1234", "new": b"5678"}),),
)

GET_PIN_CHALLENGE = Command(
    name="GET PIN CHALLENGE",
    meaning=Text("challenge for the published form of VERIFY", "ขอคำท้าสำหรับยืนยัน PIN แบบที่เผยแพร่"),
    cla=(0x80,),
    ins=0xB4,
    p1=fixed(0x00),
    p2=fixed(0x00),
    answer=Bytes(PIN_CHALLENGE_LENGTH),
    random=True,
    outgoing=Outgoing.AT_ONCE,
    statuses=(StatusWord.OK, Family.WRONG_LE, Family.BYTES_WAITING),
    provenance=public("one Android reader, whose author never confirmed it", Confidence.LOW),
    vectors=(Vector("80B40000", 0, 0), Vector("80B4000020", 0, 0, le=32)),
)

VERIFY_PUBLISHED = Command(
    name="VERIFY (published form)",
    meaning=Text("answer the challenge with a block made of the PIN", "ยืนยัน PIN แบบที่เผยแพร่"),
    cla=(0x80,),
    ins=0x20,
    p1=fixed(0x01, _PINS),
    p2=fixed(0x00),
    data=Bytes(PIN_CHALLENGE_LENGTH),
    lengths=frozenset({0, PIN_CHALLENGE_LENGTH}),
    statuses=(*_VERIFY_STATUSES, Family.TRIES_LEFT_PUBLISHED),
    meanings={Family.TRIES_LEFT_PUBLISHED: _WRONG_PIN},
    meanings_without_data={Family.TRIES_LEFT_PUBLISHED: _NO_PIN_YET},
    secret=True,
    provenance=public("one Android reader, whose author never confirmed it", Confidence.LOW),
    vectors=(Vector("8020010020" + "AB" * 32, 1, 0, b"\xab" * 32),),
)

MATCH_STATUS = Struct("match_status" / Byte, "cryptogram" / Bytes(keys.CRYPTOGRAM_LENGTH))
"""The card's answer to the authority's challenge: 1 if identity is confirmed, and the cryptogram."""

GET_MATCH_STATUS = Command(
    name="GET MATCH STATUS",
    meaning=Text("sign the authority's challenge; needs the PIN session", "ขอผลการยืนยันตัวบุคคล"),
    cla=(0x80,),
    ins=0x88,
    p1=fixed(0x01, "request type"),
    p2=one_of(*KEY_IDS, meaning="key id of the agency"),
    data=Bytes(keys.CHALLENGE_LENGTH),
    lengths=frozenset({keys.CHALLENGE_LENGTH}),
    answer=MATCH_STATUS,
    personal=True,
    outgoing=Outgoing.WAITING,
    statuses=(Family.BYTES_WAITING, StatusWord.SECURITY_NOT_SATISFIED),
    provenance=assumed("the middleware's function is public, its bytes are not"),
    vectors=(Vector("8088010120" + "CD" * 32, 1, 1, b"\xcd" * 32),),
)

GET_CHALLENGE = Command(
    name="GET CHALLENGE",
    meaning=Text("challenge for the registry office's proof", "ขอคำท้าสำหรับสำนักทะเบียน"),
    cla=(0x00,),
    ins=0x84,
    p1=fixed(0x00),
    p2=fixed(0x00),
    answer=Bytes(keys.OFFICE_CHALLENGE_LENGTH),
    random=True,
    outgoing=Outgoing.AT_ONCE,
    statuses=(StatusWord.OK, Family.WRONG_LE, Family.BYTES_WAITING),
    provenance=standard("ISO/IEC 7816-4 7.5.3; that this card takes it is assumed"),
    vectors=(Vector("0084000010", 0, 0, le=16),),
)

EXTERNAL_AUTHENTICATE = Command(
    name="EXTERNAL AUTHENTICATE",
    meaning=Text("the registry office proves itself", "สำนักทะเบียนพิสูจน์สิทธิ"),
    cla=(0x00,),
    ins=0x82,
    p1=fixed(0x00),
    p2=fixed(0x02, "registry office's key"),
    data=Bytes(keys.OFFICE_PROOF_LENGTH),
    lengths=frozenset({keys.OFFICE_PROOF_LENGTH}),
    statuses=(StatusWord.OK, Family.TRIES_LEFT, StatusWord.PIN_SUSPENDED, StatusWord.MEMORY_FAILURE),
    meanings={
        Family.TRIES_LEFT: Text(
            "wrong proof of a registry office; wrong ones left: {n}",
            "หลักฐานพิสูจน์สิทธิของสำนักทะเบียนไม่ถูกต้อง เหลือโอกาสอีก {n} ครั้ง",
        ),
        StatusWord.PIN_SUSPENDED: Text(
            "registry offices are barred after too many wrong proofs: no office can issue a PIN on this card any more",
            "สำนักทะเบียนพิสูจน์สิทธิผิดหลายครั้ง จึงออก PIN ใหม่ให้บัตรใบนี้ไม่ได้อีก",
        ),
        StatusWord.MEMORY_FAILURE: Text(
            "the card's memory failed: the office is not proved, and one of its tries may be spent",
            "หน่วยความจำของบัตรขัดข้อง: ยังไม่ถือว่าพิสูจน์สิทธิแล้ว และอาจเสียโอกาสไปหนึ่งครั้ง",
        ),
    },
    secret=True,
    provenance=standard("ISO/IEC 7816-4 7.5.4; that this card takes it is assumed"),
    vectors=(Vector("0082000220" + "EF" * 32, 0, 2, b"\xef" * 32),),
)

RESET_RETRY_COUNTER = Command(
    name="RESET RETRY COUNTER",
    meaning=Text("the registry office issues a new PIN", "สำนักทะเบียนออก PIN ใหม่"),
    cla=(0x00,),
    ins=0x2C,
    p1=fixed(0x02, "the data is the new PIN"),
    p2=fixed(0x01, _PINS),
    data=_PIN,
    lengths=frozenset({PIN_LENGTH}),
    statuses=(
        StatusWord.OK,
        StatusWord.SECURITY_NOT_SATISFIED,
        StatusWord.PIN_LOCKED,
        StatusWord.WRONG_DATA,
        StatusWord.MEMORY_FAILURE,
    ),
    meanings={
        StatusWord.MEMORY_FAILURE: Text(
            "the card's memory failed: the PIN is the old one or the new one, and the office's proof is used up",
            "หน่วยความจำของบัตรขัดข้อง: PIN อาจเป็นของเดิมหรือของใหม่ และต้องพิสูจน์สิทธิของสำนักทะเบียนอีกครั้ง",
        )
    },
    secret=True,
    provenance=standard("ISO/IEC 7816-4 7.5.10; that this card takes it is assumed"),
    vectors=(Vector("002C02010439393838", 2, 1, b"9988"),),
)

ADM = Applet(
    "ADM",
    Text("laser number, PIN and confirmation of identity", "เลขเลเซอร์ PIN และการยืนยันตัวบุคคล"),
    (AID,),
    (
        GET_INFO,
        VERIFY,
        CHANGE_REFERENCE_DATA,
        GET_PIN_CHALLENGE,
        VERIFY_PUBLISHED,
        GET_MATCH_STATUS,
        GET_CHALLENGE,
        EXTERNAL_AUTHENTICATE,
        RESET_RETRY_COUNTER,
    ),
    public("five readers"),
)


def is_pin(pin: str | bytes) -> bool:
    """Whether it is four digits, of ASCII: a card knows no others."""
    return len(pin) == PIN_LENGTH and pin.isascii() and pin.isdigit()
