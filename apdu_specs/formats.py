"""The text formats in words: what a reader must know to decode a field. The code is in ``apdu_specs.text``."""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs import text
from apdu_specs.file import Field
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, Provenance, assumed, public


@dataclass(frozen=True, slots=True)
class Format:
    """One format: its name as the memory maps print it, and how it is read."""

    name: str
    text: Text
    provenance: Provenance


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format(
            text.THAI,
            Text(
                "TIS-620, one byte a character (`A1` ก to `FB` ๛; `20` to `7E` as ASCII), padded at the end with spaces (`20`). "
                "Windows-874 is the same for Thai letters. An empty field is all spaces.",
                "TIS-620 หนึ่งไบต์ต่ออักขระ เติมท้ายด้วยช่องว่าง (`20`)",
            ),
            public("every reader of Thai cards"),
        ),
        Format(
            text.ASCII,
            Text("ASCII, padded at the end with spaces (`20`).", "ASCII เติมท้ายด้วยช่องว่าง (`20`)"),
            public("every reader of Thai cards"),
        ),
        Format(
            text.NAME,
            Text(
                "Thai text in four parts separated by `#` (`23`): title, first name, middle name, last name. The middle "
                "name is usually empty, so two `#` follow each other. Thai writes no space between title and first name.",
                "ข้อความสี่ส่วนคั่นด้วย `#`: คำนำหน้า ชื่อ ชื่อกลาง นามสกุล ชื่อกลางมักว่าง",
            ),
            public("every reader of Thai cards"),
        ),
        Format(
            text.ADDRESS,
            Text(
                "Thai text in eight parts separated by `#` (`23`): house number, moo, trok, soi, road, tambon (in "
                "Bangkok khwaeng), amphoe (khet), changwat. Parts carry their Thai label as printed (`หมู่ที่ 3`, `ซอย...`, `ถนน...`, `ตำบล...`, "
                "`อำเภอ...`, `จังหวัด...`; Bangkok is `กรุงเทพมหานคร`); a part that does not apply is empty. A Thai address leaves out "
                "the empty parts and puts a space between the others.",
                "ข้อความแปดส่วนคั่นด้วย `#`: บ้านเลขที่ หมู่ที่ ตรอก ซอย ถนน ตำบล/แขวง อำเภอ/เขต จังหวัด ส่วนที่ไม่มีเว้นว่าง",
            ),
            public("six readers; the order of trok, soi and road: two of them", Confidence.MEDIUM),
        ),
        Format(
            text.DATE,
            Text(
                "Eight ASCII digits `YYYYMMDD` of the Buddhist era (Christian year + 543). Month or day `00` is unknown. "
                "`99999999` is an expiry date that never comes. All spaces is no date. Each of the two may be unknown by itself "
                "(`25400010`), the day is not checked against the month (`25000230` is read as it stands), and `00000000` is "
                "year 0, month and day unknown.",
                "ตัวเลข 8 หลัก `YYYYMMDD` ปีพุทธศักราช เดือนหรือวัน `00` คือไม่ทราบ `99999999` คือตลอดชีพ ช่องว่างทั้งหมดคือไม่มีวันที่ "
                "เดือนหรือวันอาจไม่ทราบเพียงอย่างเดียว (`25400010`) ไม่ตรวจว่าเดือนนั้นมีวันนั้นหรือไม่ (`25000230`) "
                "และ `00000000` คือปี 0 ไม่ทราบเดือนและวัน",
            ),
            public("every reader; 00 and 99999999: two of them"),
        ),
        Format(
            text.SEX_DIGIT,
            Text("ASCII `1` male, `2` female.", "`1` ชาย `2` หญิง"),
            public("every reader of Thai cards"),
        ),
        Format(
            text.JPEG,
            Text(
                "A JFIF image from `FF D8` to the last `FF D9`; after it spaces (`20`) to the end of the field. Image data may "
                "itself hold `20`: cut after the last `FF D9`, do not strip spaces. All spaces is no photo.",
                "ภาพ JFIF จบที่ `FF D9` ตัวสุดท้าย แล้วเติมช่องว่าง (`20`) จนเต็ม",
            ),
            public("four readers"),
        ),
        Format(
            text.BINARY,
            Text("Bytes whose meaning is told with the field, or not public.", "ข้อมูลไบนารี"),
            assumed("nothing is decoded"),
        ),
        Format(
            text.NUL_PADDED,
            Text("ASCII, padded at the end with NUL (`00`).", "ASCII เติมท้ายด้วย NUL (`00`)"),
            public("four readers"),
        ),
    )
}
"""Name -> format, every one that a field has."""


def format_of(field: Field) -> Format:
    """The format of ``field``."""
    return FORMATS[field.format.docs]
