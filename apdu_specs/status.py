"""Status words: the two bytes that end every answer of the card.

Fixed words are members of ``StatusWord``; words that carry a number (``61 xx``, ``6C xx``, ``63 Cx``) are families.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from apdu_specs.language import Text
from apdu_specs.provenance import Provenance, assumed, manual, public, standard


class StatusWord(IntEnum):
    """Status words without a number inside."""

    OK = 0x9000
    MEMORY_FAILURE = 0x6581
    WRONG_LENGTH = 0x6700
    SECURITY_NOT_SATISFIED = 0x6982
    PIN_SUSPENDED = 0x6983
    PIN_LOCKED = 0x6984
    CONDITIONS_NOT_SATISFIED = 0x6985
    WRONG_DATA = 0x6A80
    NOT_FOUND = 0x6A82
    WRONG_PARAMETERS = 0x6A86
    OUTSIDE_FILE = 0x6B00
    UNKNOWN_INSTRUCTION = 0x6D00
    UNKNOWN_CLASS = 0x6E00

    @property
    def raw(self) -> bytes:
        """The two bytes on the wire."""
        return self.to_bytes(2, "big")


class Family(IntEnum):
    """Status words that carry a number in their low bits; the member's value has that number zero."""

    BYTES_WAITING = 0x6100
    WRONG_LE = 0x6C00
    TRIES_LEFT = 0x63C0
    TRIES_LEFT_PUBLISHED = 0x6300

    @property
    def mask(self) -> int:
        """The bits that carry the number."""
        return 0xFF if self in (Family.BYTES_WAITING, Family.WRONG_LE) else 0x0F

    def word(self, number: int) -> int:
        """The status word that carries ``number`` (256 is carried as 0)."""
        return self | (number & self.mask)

    def number(self, sw: int) -> int | None:
        """The number that ``sw`` carries if it is of this family, else None. Lengths: 0 means 256."""
        if sw & ~self.mask != self:
            return None
        carried = sw & self.mask
        return 256 if carried == 0 and self.mask == 0xFF else carried


@dataclass(frozen=True, slots=True)
class StatusMeaning:
    """What a status word (or family) means, and who says so. ``{n}`` stands for the number a family carries."""

    code: str  # as printed in references: "63 Cx"
    meaning: Text
    provenance: Provenance


MEANINGS: dict[StatusWord | Family, StatusMeaning] = {
    StatusWord.OK: StatusMeaning("90 00", Text("done", "สำเร็จ"), standard("ISO/IEC 7816-4 5.6")),
    Family.BYTES_WAITING: StatusMeaning(
        "61 xx",
        Text("done, {n} bytes wait for GET RESPONSE", "สำเร็จ มีข้อมูล {n} ไบต์รอให้อ่านด้วย GET RESPONSE"),
        standard("ISO/IEC 7816-3 10.4"),
    ),
    Family.WRONG_LE: StatusMeaning(
        "6C xx",
        Text("wrong expected length, {n} bytes are available", "ความยาวที่ขอไม่ถูกต้อง มีข้อมูล {n} ไบต์"),
        standard("ISO/IEC 7816-3 10.4"),
    ),
    Family.TRIES_LEFT: StatusMeaning(
        "63 Cx",
        Text("wrong PIN, or none verified; tries left: {n}", "PIN ไม่ถูกต้องหรือยังไม่ได้ยืนยัน เหลือโอกาสอีก {n} ครั้ง"),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    Family.TRIES_LEFT_PUBLISHED: StatusMeaning(
        "63 0x",
        Text(
            "wrong PIN (published form); tries left: {n}",
            "PIN ไม่ถูกต้อง (รูปแบบที่เผยแพร่) เหลือโอกาสอีก {n} ครั้ง",
        ),
        public("one Android reader: the number of tries as a plain number"),
    ),
    StatusWord.MEMORY_FAILURE: StatusMeaning(
        "65 81",
        # It may fail before anything is compared or after a match, so no more than this is true of every case.
        Text(
            "the card's memory failed: nothing was granted; one try may be spent, a new PIN may or may not be set",
            "หน่วยความจำของบัตรขัดข้อง: ยังไม่ถือว่ายืนยันแล้ว อาจเสียโอกาสไปหนึ่งครั้ง และ PIN ใหม่อาจถูกตั้งหรือไม่ก็ได้",
        ),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    StatusWord.WRONG_LENGTH: StatusMeaning(
        "67 00", Text("wrong length", "ความยาวข้อมูลไม่ถูกต้อง"), standard("ISO/IEC 7816-4 5.6")
    ),
    StatusWord.SECURITY_NOT_SATISFIED: StatusMeaning(
        "69 82",
        Text("a PIN or an office's proof is needed first", "ต้องยืนยัน PIN หรือให้สำนักทะเบียนพิสูจน์สิทธิก่อน"),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    StatusWord.PIN_SUSPENDED: StatusMeaning(
        "69 83",
        Text(
            "PIN suspended: a registry office must issue a new one",
            "PIN ถูกระงับ ต้องขอ PIN ใหม่ที่สำนักทะเบียน",
        ),
        manual("forgotten PIN code, 2"),
    ),
    StatusWord.PIN_LOCKED: StatusMeaning(
        "69 84",
        Text(
            "locked for good: this card can never confirm identity again",
            "ส่วนยืนยันตัวบุคคลถูกล็อกถาวร ต้องทำบัตรใหม่",
        ),
        manual("forgotten PIN code, 3"),
    ),
    StatusWord.CONDITIONS_NOT_SATISFIED: StatusMeaning(
        "69 85",
        Text(
            "not now: no applet selected, nothing waits, or no challenge is open",
            "ยังทำไม่ได้: ยังไม่ได้เลือกแอปเพล็ต ไม่มีข้อมูลรอ หรือยังไม่มีคำท้า",
        ),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    StatusWord.WRONG_DATA: StatusMeaning(
        "6A 80",
        Text("wrong data: a PIN is digits", "ข้อมูลไม่ถูกต้อง: PIN ต้องเป็นตัวเลข"),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    StatusWord.NOT_FOUND: StatusMeaning(
        "6A 82", Text("no such applet", "ไม่มีแอปเพล็ตนี้"), standard("ISO/IEC 7816-4 5.6")
    ),
    StatusWord.WRONG_PARAMETERS: StatusMeaning(
        "6A 86", Text("wrong P1 or P2", "P1 หรือ P2 ไม่ถูกต้อง"), standard("ISO/IEC 7816-4 5.6")
    ),
    StatusWord.OUTSIDE_FILE: StatusMeaning(
        "6B 00",
        Text("outside the file: no such block, or past its end", "อยู่นอกแฟ้ม: ไม่มีบล็อกนี้หรือเลยท้ายแฟ้ม"),
        assumed("what a real card answers past the end is not public; ISO's wrong-offset word"),
    ),
    StatusWord.UNKNOWN_INSTRUCTION: StatusMeaning(
        "6D 00",
        Text("this applet has no such instruction", "แอปเพล็ตนี้ไม่มีคำสั่งนี้"),
        standard("ISO/IEC 7816-4 5.6"),
    ),
    StatusWord.UNKNOWN_CLASS: StatusMeaning(
        "6E 00", Text("the card has no such class", "บัตรไม่มีคลาสคำสั่งนี้"), standard("ISO/IEC 7816-4 5.6")
    ),
}

COMMON_STATUSES: tuple[StatusWord | Family, ...] = (
    StatusWord.WRONG_LENGTH,
    StatusWord.CONDITIONS_NOT_SATISFIED,
    StatusWord.WRONG_PARAMETERS,
    StatusWord.UNKNOWN_INSTRUCTION,
    StatusWord.UNKNOWN_CLASS,
)
"""What any command may answer when it is malformed or comes at the wrong moment."""


def kind_of(sw: int) -> StatusWord | Family | None:
    """The declared status word or family of ``sw``, or None if the card may never answer it."""
    if sw in StatusWord._value2member_map_:
        return StatusWord(sw)
    return next((family for family in Family if family.number(sw) is not None), None)


def is_declared(sw: int) -> bool:
    """True if the card may answer ``sw``."""
    return kind_of(sw) is not None


Meanings = Mapping[StatusWord | Family, Text]
"""Status words that mean something of their own after one command."""


def explain(sw: int, own: Meanings = {}) -> Text:  # noqa: B006 - never changed
    """One line on what ``sw`` means, in both languages, for declared and undeclared words alike.

    ``own``: the ``meanings`` of the command that it answers.
    """
    kind = kind_of(sw)
    if kind is None:
        return Text(f"{sw:04X}: not a status word of this card", f"{sw:04X}: ไม่ใช่รหัสสถานะของบัตรนี้")
    meaning = own.get(kind, MEANINGS[kind].meaning)
    number = str(kind.number(sw)) if isinstance(kind, Family) else ""
    return Text(meaning.en.replace("{n}", number), meaning.th.replace("{n}", number))
