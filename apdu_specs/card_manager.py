"""The card manager: selected after every reset, tells the chip's production data (CPLC)."""

from __future__ import annotations

from construct import Byte, Bytes, Const, Struct

from apdu_specs import text
from apdu_specs.applet import Applet
from apdu_specs.command import Command, Outgoing, Vector, fixed
from apdu_specs.file import Field, File
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, assumed, public, standard
from apdu_specs.status import Family, StatusWord

ISD_AID = bytes.fromhex("A000000003000000")
SCAPI_AID = b"CM"

FCI = Struct(
    "template" / Const(b"\x6f\x10"),
    "aid" / Const(b"\x84\x08" + ISD_AID),
    "proprietary" / Const(b"\xa5\x04\x9f\x65\x01"),
    "max_length" / Byte,
)
"""What SELECT without an identifier answers: 18 bytes.

Source: public, real cards say ``6C 12``; the bytes are GlobalPlatform's usual ones (assumed).
"""

_GP = standard("GlobalPlatform Card Specification 2.1.1, appendix F: card production life cycle")


def _binary(name: str, length: int, meaning: Text, vector: str) -> Field:
    return Field(
        name, text.binary(length), meaning, _GP, personal=False, vectors=((vector, bytes.fromhex(vector)),)
    )


CPLC = File(
    "CPLC",
    (
        _binary("header", 3, Text("tag 9F7F, length 2A", "แท็ก 9F7F ความยาว 2A"), "9F7F2A"),
        _binary("ic_fabricator", 2, Text("IC fabricator", "ผู้ผลิตชิป"), "4790"),
        _binary("ic_type", 2, Text("IC type", "ชนิดชิป"), "5038"),
        _binary("os_id", 2, Text("operating system", "ระบบปฏิบัติการ"), "4791"),
        _binary("os_date", 2, Text("operating system's date", "วันที่ของระบบปฏิบัติการ"), "2081"),
        _binary("os_level", 2, Text("operating system's level", "ระดับของระบบปฏิบัติการ"), "3B00"),
        Field(
            "serial",
            text.binary(8),
            Text("card serial: fabrication date 2, serial 4, batch 2", "หมายเลขบัตร (ชิป)"),
            public("four readers"),
            vectors=(("FFFF000000070001", bytes.fromhex("FFFF000000070001")),),
        ),
        _binary("ic_module", 4, Text("module fabricator and date", "ผู้ผลิตโมดูลและวันที่"), "00000000"),
        _binary("icc_manufacturer", 4, Text("card manufacturer and date", "ผู้ผลิตบัตรและวันที่"), "00000000"),
        _binary("pre_perso", 8, Text("pre-personalisation", "ข้อมูลก่อนออกบัตร"), "0000000000000000"),
        _binary("perso", 8, Text("personalisation", "ข้อมูลการออกบัตร"), "0000000000000000"),
    ),
    public("five readers; layout from GlobalPlatform"),
)

GET_CPLC = Command(
    name="GET CPLC",
    meaning=Text("read the chip's production data and serial", "อ่านข้อมูลการผลิตชิปและหมายเลขบัตร"),
    cla=(0x80,),
    ins=0xCA,
    p1=fixed(0x9F, "tag, high byte"),
    p2=fixed(0x7F, "tag, low byte"),
    answer=Bytes(CPLC.length),
    file=CPLC,
    outgoing=Outgoing.AT_ONCE,
    statuses=(StatusWord.OK, Family.WRONG_LE, Family.BYTES_WAITING),
    provenance=public("five readers"),
    vectors=(Vector("80CA9F7F", 0x9F, 0x7F), Vector("80CA9F7F2D", 0x9F, 0x7F, le=45)),
)

CARD_MANAGER = Applet(
    "card manager",
    Text("card manager: chip production data", "ตัวจัดการบัตร: ข้อมูลชิป"),
    (ISD_AID, SCAPI_AID),
    (GET_CPLC,),
    public("three readers select it without an identifier; one middleware as CM", Confidence.MEDIUM),
)

DEFAULT_AFTER_RESET = assumed(
    "two readers ask for CPLC right after connecting, so it is selected after reset"
)
