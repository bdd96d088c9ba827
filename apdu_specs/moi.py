"""The MOI applet (Ministry of Interior): personal data, photo, address.

Offsets follow from the order and lengths of the fields. Current cards keep everything in block 0; cards of version
``0002`` keep text and photo in block 1 and the address in block 0.
"""

from __future__ import annotations

from apdu_specs import text
from apdu_specs.applet import Applet
from apdu_specs.file import Field, File
from apdu_specs.interindustry import READ
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, assumed, public
from apdu_specs.values import Address, BuddhistDate, Name, Sex

AID = bytes.fromhex("A000000054480001")
PHOTO_LENGTH = 5118
ADDRESS_LENGTH = 160
OLD_ADDRESS_LENGTH = 150

_FOUR = public("four independent readers")
_ALL = public("every reader of Thai cards")


def _version(value: str) -> Field:
    return Field(
        "version",
        text.ascii_text(4),
        Text("data version", "รุ่นของข้อมูล"),
        _FOUR,
        note="0003 on current cards, 0002 on old ones",
        personal=False,
        vectors=((value.encode("ascii").hex().upper(), value),),
    )


VERSION, OLD_VERSION = _version("0003"), _version("0002")

_PERSON = (
    Field(
        "citizen_id",
        text.ascii_text(13),
        Text("citizen id", "เลขประจำตัวประชาชน"),
        _ALL,
        vectors=(("31393939393030303030303133", "1999900000013"),),
    ),
    Field(
        "thai_name",
        text.name(100),
        Text("name in Thai", "ชื่อภาษาไทย"),
        _ALL,
        note="title#first#middle#last",
        vectors=(
            (
                "B9D2C223B7B4CACDBA2323B5D1C7CDC2E8D2A7" + "20" * 81,
                Name("นาย", "ทดสอบ", "", "ตัวอย่าง"),
            ),
        ),
    ),
    Field(
        "english_name",
        text.name(100),
        Text("name in English", "ชื่อภาษาอังกฤษ"),
        _ALL,
        note="title#first#middle#last",
        vectors=(("4D722E23546F642323546F6E67" + "20" * 87, Name("Mr.", "Tod", "", "Tong")),),
    ),
    Field(
        "birth_date",
        text.BUDDHIST_DATE,
        Text("date of birth", "วันเกิด"),
        _ALL,
        note="Buddhist era; an unknown month or day is 00",
        vectors=(
            ("3235323030333135", BuddhistDate(2520, 3, 15)),
            ("3235303530303030", BuddhistDate(2505, None, None)),
            ("3235303530363030", BuddhistDate(2505, 6, None)),
        ),
    ),
    Field(
        "sex",
        text.SEX,
        Text("sex", "เพศ"),
        _ALL,
        note="1 male, 2 female",
        vectors=(("31", Sex.MALE), ("32", Sex.FEMALE)),
    ),
    Field(
        "request_number",
        text.ascii_text(20),
        Text("request number", "เลขคำขอ"),
        public("five readers"),
        note="BP1, the request for the card",
        vectors=(("39393939303030303030312F3132333435363738", "99990000001/12345678"),),
    ),
    Field(
        "issuer",
        text.thai(100),
        Text("place of issue", "สถานที่ออกบัตร"),
        _ALL,
        note="parts separated by /",
        vectors=(("B7E9CDA7B6D4E8B92FA8D1A7CBC7D1B4" + "20" * 84, "ท้องถิ่น/จังหวัด"),),
    ),
    Field(
        "issuer_code",
        text.ascii_text(13),
        Text("issuer code", "รหัสเจ้าหน้าที่ผู้ออกบัตร"),
        public("five readers"),
        note="code of the issuing officer",
        vectors=(("39393939303030303030303030", "9999000000000"),),
    ),
    Field(
        "issue_date",
        text.BUDDHIST_DATE,
        Text("date of issue", "วันออกบัตร"),
        _ALL,
        note="Buddhist era",
        vectors=(("3235363430313032", BuddhistDate(2564, 1, 2)),),
    ),
    Field(
        "expiry_date",
        text.BUDDHIST_DATE,
        Text("date of expiry", "วันบัตรหมดอายุ"),
        _ALL,
        note="Buddhist era; 99999999 is lifelong; else the eve of a birthday, so as personal as that",
        vectors=(
            ("3235373330333134", BuddhistDate(2573, 3, 14)),
            ("3939393939393939", BuddhistDate.LIFELONG),
        ),
    ),
    Field(
        "card_type",
        text.ascii_text(2),
        Text("card type", "ประเภทบัตร"),
        public("five readers; the value of one real card"),
        note="01 is the usual one",
        personal=False,
        vectors=(("3031", "01"),),
    ),
)

_PHOTO = (
    Field(
        "photo_header",
        text.binary(2),
        Text("photo header", "ส่วนหัวของรูป"),
        assumed("three readers skip these two bytes; what they hold is not public"),
        note="unknown; holds the length of the image here",
        vectors=(("13FE", b"\x13\xfe"),),
    ),
    Field(
        "photo",
        text.jpeg(PHOTO_LENGTH),
        Text("photo", "รูปถ่าย"),
        public("four readers"),
        note="JFIF baseline, 148 x 178, padded with spaces",
        vectors=(
            ("FFD8FFE02020FFD9" + "20" * (PHOTO_LENGTH - 8), b"\xff\xd8\xff\xe0  \xff\xd9"),
            ("20" * PHOTO_LENGTH, b""),
        ),
    ),
)


def _address(length: int) -> Field:
    body = b"1/2#\xcb\xc1\xd9\xe8\xb7\xd5\xe8 3###\xb6\xb9\xb9\xa1\xc5\xd2\xa7#\xb5\xd3\xba\xc5\xa1#\xcd\xd3\xe0\xc0\xcd\xa2#\xa8\xd1\xa7\xcb\xc7\xd1\xb4\xa4"
    return Field(
        "address",
        text.address(length),
        Text("address", "ที่อยู่"),
        public("six readers"),
        note="eight parts separated by #: house number, moo, trok, soi, road, tambon, amphoe, changwat",
        vectors=(
            (
                body.ljust(length).hex(),
                Address("1/2", "หมู่ที่ 3", "", "", "ถนนกลาง", "ตำบลก", "อำเภอข", "จังหวัดค"),
            ),
        ),
    )


_NUMBER = Field(
    "photo_number",
    text.ascii_text(14),
    Text("number under photo", "เลขใต้รูป"),
    public("six readers"),
    note="issuer code, Buddhist year, serial",
    vectors=(("3939393930313031323334353637", "99990101234567"),),
)
_SIGNATURE = Field(
    "signature",
    text.binary(256),
    Text("signature", "ลายมือชื่อ"),
    public("one point-of-sale program", Confidence.LOW),
    note="unknown content, taken for a signature by one program",
    vectors=(("00" * 256, bytes(256)),),
)

CURRENT = File(
    "MOI, block 0",
    (VERSION, *_PERSON, *_PHOTO, _address(ADDRESS_LENGTH), _NUMBER, _SIGNATURE),
    public("versions 0003 and later"),
)
OLD_PERSON = File(
    "MOI version 0002, block 1",
    (OLD_VERSION, *_PERSON, *_PHOTO),
    public("two middlewares", Confidence.MEDIUM),
)
OLD_ADDRESS = File(
    "MOI version 0002, block 0",
    (OLD_VERSION, _address(OLD_ADDRESS_LENGTH), _NUMBER, _SIGNATURE),
    public("two middlewares give the address; what follows it is assumed", Confidence.LOW),
)

CURRENT_BLOCKS = {0: CURRENT}
"""Block id -> file."""

OLD_BLOCKS = {0: OLD_ADDRESS, 1: OLD_PERSON}

MOI = Applet(
    "MOI",
    Text("Ministry of Interior: personal data, photo, address", "กรมการปกครอง: ข้อมูลบุคคล รูปถ่าย ที่อยู่"),
    (AID,),
    (READ,),
    _ALL,
)
