"""How commands and answers travel in T=0, rule by rule, as the card applies them.

Each rule has examples, which a test plays against a card: they start after a reset and are (command, number of data
bytes in the answer, status word).
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.interindustry import PARTLY_PAST_THE_END, TWO_BYTE_LENGTH
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, Provenance, assumed, public, standard


@dataclass(frozen=True, slots=True)
class Exchange:
    """One command (hex), how many bytes of data answer it, and the status word (hex)."""

    command: str
    length: int
    sw: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the exchange. ``examples``: exchanges one after the other, the first right after a reset."""

    name: str
    text: Text
    provenance: Provenance
    examples: tuple[Exchange, ...] = ()


_SELECT_MOI = Exchange("00A4040008A000000054480001", 0, "610A")
_SELECT_ADM = Exchange("00A4040008A000000084060002", 0, "610A")

RULES: tuple[Rule, ...] = (
    Rule(
        "answer in two steps",
        Text(
            "A command with data (SELECT, READ, GET MATCH STATUS) never carries its answer's data: the answer is "
            "`61 xx` alone, where xx is the number of bytes that wait (`00` means 256). GET RESPONSE fetches them.",
            "คำสั่งที่มีข้อมูลจะตอบเพียง `61 xx` (xx คือจำนวนไบต์ที่รอ `00` หมายถึง 256) แล้วใช้ GET RESPONSE อ่าน",
        ),
        public("every reader of Thai cards; one capture of a real card: 41 first answers, all 61 xx"),
        (_SELECT_MOI, Exchange("80B0000402000D", 0, "610D"), Exchange("00C000000D", 13, "9000")),
    ),
    Rule(
        "GET RESPONSE: Le equal to what waits",
        Text("All of it and `90 00`.", "ได้ข้อมูลทั้งหมดและ `90 00`"),
        standard("ISO/IEC 7816-4 7.6.1"),
        (_SELECT_MOI, Exchange("00C000000A", 10, "9000")),
    ),
    Rule(
        "GET RESPONSE: Le below what waits",
        Text(
            "Le bytes and `61 xx` with the number that still waits; the next GET RESPONSE goes on there.",
            "ได้ Le ไบต์และ `61 xx` บอกจำนวนที่เหลือ ครั้งถัดไปอ่านต่อจากเดิม",
        ),
        standard("ISO/IEC 7816-4 7.6.1"),
        (_SELECT_MOI, Exchange("00C0000004", 4, "6106"), Exchange("00C0000006", 6, "9000")),
    ),
    Rule(
        "GET RESPONSE: Le above what waits, 00 or absent",
        Text(
            "`6C xx` with the right number, no data; the data still waits. `00` and no Le ask for 256.",
            "ตอบ `6C xx` บอกจำนวนที่ถูกต้อง ข้อมูลยังรออยู่ ส่วน `00` หรือไม่มี Le หมายถึง 256",
        ),
        standard("ISO/IEC 7816-3 10.4"),
        (
            _SELECT_MOI,
            Exchange("00C0000020", 0, "6C0A"),
            Exchange("00C0000000", 0, "6C0A"),
            Exchange("00C00000", 0, "6C0A"),
            Exchange("00C000000A", 10, "9000"),
        ),
    ),
    Rule(
        "GET RESPONSE: nothing waits",
        Text("`69 85`.", "ตอบ `69 85`"),
        assumed("what a real card answers is not public; ISO's word for a condition that is not met"),
        (
            Exchange("00C000000A", 0, "6985"),
            _SELECT_MOI,
            Exchange("00C000000A", 10, "9000"),
            Exchange("00C000000A", 0, "6985"),
        ),
    ),
    Rule(
        "GET RESPONSE: form",
        Text(
            "Class 00 or 80, P1 00, P2 00 or 01; some generations take only one of the two, see there. Other P1 or P2: "
            "`6A 86`; with a data field: `67 00`. Both leave the data waiting.",
            "CLA 00 หรือ 80, P1 00, P2 00 หรือ 01 โดยบางรุ่นรับเพียงค่าเดียว",
        ),
        public("all readers; class 80 as Java's javax.smartcardio sends it; P2 01 by ATR family"),
        (
            _SELECT_MOI,
            Exchange("00C000020A", 0, "6A86"),
            Exchange("00C00000010A", 0, "6700"),
            Exchange("80C000010A", 10, "9000"),
        ),
    ),
    Rule(
        "waiting data is dropped",
        Text(
            "Any command but GET RESPONSE drops what waits, also one that is refused. No client has to fetch an answer "
            "that it does not want.",
            "คำสั่งอื่นทุกคำสั่งทำให้ข้อมูลที่รออยู่หายไป แม้คำสั่งนั้นถูกปฏิเสธ",
        ),
        public("no reader fetches the answer of SELECT before it goes on"),
        (_SELECT_MOI, Exchange("00FF0000", 0, "6D00"), Exchange("00C000000A", 0, "6985")),
    ),
    Rule(
        "commands without data that answer data",
        Text(
            "GET INFO, GET CPLC, GET PIN CHALLENGE, GET CHALLENGE and SELECT without an identifier: Le equal to the "
            "length gives the data and `90 00`; Le below it gives Le bytes and `61 xx`, the rest waits for GET RESPONSE; Le "
            "above it, 00 or absent gives `6C xx` alone: repeat the command with Le = xx. `6C xx` makes no challenge.",
            "คำสั่งที่ไม่มีข้อมูลแต่มีคำตอบ: Le พอดีได้ข้อมูลและ `90 00` Le น้อยกว่าได้ `61 xx` Le มากกว่าหรือไม่มีได้ `6C xx` ให้ส่งใหม่ด้วย Le = xx",
        ),
        public("readers of the laser number: Le 17, FF, 07 and none", Confidence.MEDIUM),
        (
            _SELECT_ADM,
            Exchange("80000000", 0, "6C17"),
            Exchange("8000000017", 23, "9000"),
            Exchange("80000000FF", 0, "6C17"),
            Exchange("8000000007", 7, "6110"),
            Exchange("00C0000010", 16, "9000"),
        ),
    ),
    Rule(
        "trailing Le",
        Text(
            "A command that has data may carry an Le after it, as some stacks add; its value is ignored.",
            "คำสั่งที่มีข้อมูลอาจมี Le ต่อท้าย บัตรไม่สนใจค่านั้น",
        ),
        assumed("some PC/SC stacks add it; it is served as if it were not there"),
        (
            Exchange("00A4040008A00000005448000100", 0, "610A"),
            Exchange("80B0000402000D00", 0, "610D"),
        ),
    ),
    Rule(
        "no extended lengths",
        Text(
            "An answer has at most 256 bytes of data; a command at most 255. Extended lengths: `67 00`.",
            "คำตอบมีข้อมูลไม่เกิน 256 ไบต์ คำสั่งไม่เกิน 255 ไบต์ ไม่รองรับความยาวแบบขยาย",
        ),
        assumed("no reader of Thai cards uses them"),
        (_SELECT_MOI, Exchange("80B0000400000200 0D".replace(" ", ""), 0, "6700")),
    ),
    Rule(
        "after a reset",
        Text(
            "Power on, power off and reset drop the selection, waiting data, challenges, the PIN session and the office's "
            "proof, never a counter. Then the card manager is selected (GET CPLC works); a command of another applet gets "
            "`69 85`.",
            "การรีเซ็ตล้างการเลือกแอปเพล็ต ข้อมูลที่รอ คำท้า และเซสชัน PIN แต่ไม่ล้างตัวนับ หลังรีเซ็ตอยู่ที่ตัวจัดการบัตร",
        ),
        public("two readers ask for CPLC right after connecting; the rest is assumed", Confidence.MEDIUM),
        (
            Exchange("80B0000402000D", 0, "6985"),
            Exchange("00200001", 0, "6985"),
            Exchange("80CA9F7F2D", 45, "9000"),
        ),
    ),
    Rule(
        "SELECT",
        Text(
            "An absent identifier gets `6A 82` and the selection stays. Selecting again, also the same applet, is "
            "always possible and drops neither challenges nor the PIN session.",
            "แอปเพล็ตที่ไม่มีตอบ `6A 82` และการเลือกเดิมยังอยู่ เลือกซ้ำได้เสมอ",
        ),
        assumed("no reader shows what a real card answers to an absent identifier"),
        (
            _SELECT_MOI,
            Exchange("00A4040008A000000054480011", 0, "6A82"),
            Exchange("80B0000402000D", 0, "610D"),
        ),
    ),
    Rule(
        "SELECT without an identifier",
        Text(
            "`00 A4 04 00` selects the card manager and gets `6C 12`; `00 A4 04 00 12` gets its 18 bytes. The card manager "
            "is selected after `6C 12` already.",
            "`00 A4 04 00` เลือกตัวจัดการบัตรและตอบ `6C 12`",
        ),
        public("three readers send it and expect 6C 12 or 61 xx", Confidence.MEDIUM),
        (
            Exchange("00A40400", 0, "6C12"),
            Exchange("00A4040012", 18, "9000"),
            Exchange("80CA9F7F2D", 45, "9000"),
        ),
    ),
    Rule(
        "READ",
        Text(
            "P1 P2 is the offset, the data is block id and length (`00` means 256). Memory is flat: a read may cross "
            "field borders and start anywhere.",
            "P1 P2 คือตำแหน่ง ข้อมูลคือหมายเลขบล็อกและความยาว (`00` คือ 256) อ่านข้ามเขตข้อมูลได้",
        ),
        public("every reader of Thai cards; reads across borders in seven"),
        (
            _SELECT_MOI,
            Exchange("80B000000200FF", 0, "61FF"),
            Exchange("00C00000FF", 255, "9000"),
            Exchange("80B0017B020000", 0, "6100"),
            Exchange("00C0000000", 256, "9000"),
        ),
    ),
    Rule(
        "READ past the end",
        Text(
            "An offset at or past the end, or a block that is not there: `6B 00`.",
            "ตำแหน่งเลยท้ายบล็อกหรือไม่มีบล็อกนั้น: `6B 00`",
        ),
        assumed("what a real card answers is not public; ISO's wrong-offset word"),
        (
            _SELECT_MOI,
            Exchange("80B017270200FF", 0, "6B00"),
            Exchange("80B0000002050A", 0, "6B00"),
        ),
    ),
    Rule(
        "READ partly past the end",
        Text(
            "A read that starts inside a block and ends past it gets what is there: `61 xx` with fewer bytes than asked.",
            "อ่านเลยท้ายบล็อกจะได้เท่าที่มี `61 xx` น้อยกว่าที่ขอ",
        ),
        PARTLY_PAST_THE_END,
        (_SELECT_MOI, Exchange("80B017260200FF", 0, "6101"), Exchange("00C0000001", 1, "9000")),
    ),
    Rule(
        "READ with the data 01 00",
        Text(
            "Where there is no block 1, the data `01 00` reads 256 bytes of block 0.",
            "เมื่อไม่มีบล็อก 1 ข้อมูล `01 00` จะอ่าน 256 ไบต์ของบล็อก 0",
        ),
        TWO_BYTE_LENGTH,
        (_SELECT_MOI, Exchange("80B01627020100", 0, "6100")),
    ),
    Rule(
        "order of the checks",
        Text(
            "Fewer than four bytes `67 00`; class other than 00 and 80 `6E 00`; instruction that the selected applet does not "
            "have `6D 00` (`69 85` if nothing was selected since the reset and another applet has it); P1 or P2 `6A 86`; lengths "
            "`67 00`; then the command itself.",
            "ลำดับการตรวจ: น้อยกว่า 4 ไบต์ `67 00` CLA `6E 00` INS `6D 00` หรือ `69 85` P1 P2 `6A 86` ความยาว `67 00` แล้วจึงทำคำสั่ง",
        ),
        assumed("the usual order of a T=0 card, with ISO's words"),
        (
            Exchange("00A404", 0, "6700"),
            Exchange("FFA40400", 0, "6E00"),
            Exchange("00010203", 0, "6D00"),
            _SELECT_MOI,
            Exchange("00A4040108A000000054480001", 0, "6A86"),
            Exchange("80B0000401", 0, "6700"),
            Exchange("00200001", 0, "6D00"),
        ),
    ),
    Rule(
        "challenges are used once",
        Text(
            "The card keeps the latest challenge of each kind; a VERIFY (published form) or EXTERNAL AUTHENTICATE with data "
            "uses it up, right or wrong; without one they get `69 85`. GET CHALLENGE takes the office's proof back. One "
            "proof allows one RESET RETRY COUNTER.",
            "คำท้าใช้ได้ครั้งเดียว หากไม่มีคำท้าจะตอบ `69 85` และการพิสูจน์สิทธิหนึ่งครั้งใช้ออก PIN ได้ครั้งเดียว",
        ),
        assumed("the usual life of a challenge"),
        (_SELECT_ADM, Exchange("8020010020" + "AB" * 32, 0, "6985")),
    ),
)
