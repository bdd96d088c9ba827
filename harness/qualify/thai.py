"""What the declarations say in English only, in Thai: units, sources, words that are values, names of timelines.

A word that is not here stays English and is shown all the same; a test says which are missing. Symbols of the SI and names
of calls, clauses and programs are the same in both languages.
"""

from __future__ import annotations

import re
from typing import Any

from apdu_specs.language import Text
from harness.qualify.criterion import Basis, BasisKind

UNITS = {
    "answers": "คำตอบ",
    "answers that differ": "คำตอบที่ต่างกัน",
    "applets": "แอปเพล็ต",
    "attributes told": "คุณลักษณะที่แจ้ง",
    "byte values": "ค่าของไบต์",
    "bytes": "ไบต์",
    "bytes that differ": "ไบต์ที่ต่างกัน",
    "bytes/s": "ไบต์/วินาที",
    "commands": "คำสั่ง",
    "errors": "ข้อผิดพลาด",
    "events": "เหตุการณ์",
    "events that were not told": "เหตุการณ์ที่ไม่ได้แจ้ง",
    "failures": "ครั้งที่ล้มเหลว",
    "fields that do not": "ช่องที่ถอดความไม่ได้",
    "files": "แฟ้ม",
    "insertions": "ครั้งที่เสียบ",
    "lengths": "ความยาวที่ผิด",
    "listings that differ": "รายการที่ต่างกัน",
    "mismatches": "ครั้งที่ไม่ตรงกัน",
    "of the allowed rate": "เท่าของอัตราที่อนุญาต",
    "reads that differ": "ครั้งที่อ่านได้ต่างกัน",
    "resets": "ครั้งที่รีเซ็ต",
    "resets that did not": "ครั้งที่รีเซ็ตไม่ถึงบัตร",
    "troubles": "ปัญหา",
}
"""Of criteria; what is not a word here is a symbol (ms, s, %)."""

WORDS = {
    "answered": "มีคำตอบ",
    "as agreed before": "ตามที่ตกลงไว้ก่อน",
    "card unusable": "บัตรใช้งานไม่ได้",
    "cannot go on": "ทำต่อไม่ได้",
    "does not wait": "ไม่รอ",
    "kept": "ยังมีอยู่",
    "lost": "สูญหาย",
    "none": "ไม่มี",
    "passed": "ส่งต่อ",
    "refused": "ปฏิเสธ",
    "served": "ดำเนินการให้",
    "shown": "แสดงแล้ว",
    "taken away": "ถูกตัด",
    "usable": "ใช้งานได้",
    "waits": "รอ",
}
"""Values; whatever else is a value is a code, a name or a number."""

SERIES = {
    "full reads (s)": "อ่านบัตรทั้งใบ (s)",
    "insertion delay": "เวลาหน่วงเมื่อเสียบบัตร",
    "latency": "เวลาตอบสนอง",
    "memory of pcscd (KiB)": "หน่วยความจำของ pcscd (KiB)",
    "open files of pcscd": "จำนวนแฟ้มที่ pcscd เปิด",
    "photo throughput": "ความเร็วในการอ่านภาพ",
    "removal delay": "เวลาหน่วงเมื่อถอดบัตร",
    "soak: median (ms)": "ทดสอบต่อเนื่อง: มัธยฐาน (ms)",
    "soak: worst (ms)": "ทดสอบต่อเนื่อง: ช้าที่สุด (ms)",
}
"""Names of timelines."""

SOURCES = {
    "20 %": "20 %",
    "261 is the longest short command": "261 ไบต์คือคำสั่งแบบสั้นที่ยาวที่สุด",
    "5 %": "5 %",
    "5 s by machine": "5 วินาทีเมื่อใช้อุปกรณ์เสียบบัตร",
    "9600 bit/s is the least of ISO/IEC 7816-3": "9600 บิต/วินาทีคืออัตราต่ำสุดของ ISO/IEC 7816-3",
    "CETK's random cycles": "รอบสุ่มของ CETK",
    "FCC or UL at least": "อย่างน้อย FCC หรือ UL",
    "HLK asks for INVALID_PARAMETER": "HLK กำหนดให้เป็น INVALID_PARAMETER",
    "HLK asks for x1, 2, 5, 30": "HLK กำหนด 1, 2, 5 และ 30 เท่า",
    "ISO/IEC 7816-3 10.2 and 11.6.2.3, waiting time extension": "ISO/IEC 7816-3 10.2 และ 11.6.2.3 การขยายเวลารอ",
    "ISO/IEC 7816-3 6.2.3 and 8.1": "ISO/IEC 7816-3 6.2.3 และ 8.1",
    "ISO/IEC 7816-3 8.3, TA1 at 3.58 MHz and 12 bit times a byte": (
        "ISO/IEC 7816-3 8.3 ค่า TA1 ที่ 3.58 MHz และ 12 ช่วงบิตต่อไบต์"
    ),
    "Linux leaves it to the card, which answers 67 00": "Linux ปล่อยให้บัตรตอบ 67 00 เอง",
    "PC/SC part 10, dwMaxAPDUDataSize": "PC/SC ส่วนที่ 10, dwMaxAPDUDataSize",
    "PIN, then the card confirms the identity": "ใส่ PIN แล้วบัตรยืนยันตัวบุคคล",
    "SCARD_STATE_INUSE and SCARD_STATE_EXCLUSIVE": "SCARD_STATE_INUSE และ SCARD_STATE_EXCLUSIVE",
    "UnitaryTests of pcsc-lite": "UnitaryTests ของ pcsc-lite",
    "UnitaryTests of pcsc-lite report each exchange above 1 s": "UnitaryTests ของ pcsc-lite รายงานทุกคำสั่งที่เกิน 1 วินาที",
    "UnitaryTests of pcsc-lite, automatic power-off": "UnitaryTests ของ pcsc-lite การตัดไฟอัตโนมัติ",
    "UnitaryTests of pcsc-lite, removed reader": "UnitaryTests ของ pcsc-lite การถอดเครื่องอ่าน",
    "UnitaryTests of pcsc-lite, stress": "UnitaryTests ของ pcsc-lite การใช้งานหนัก",
    "UnitaryTests of pcsc-lite, transmit_card_removed": "UnitaryTests ของ pcsc-lite, transmit_card_removed",
    "VERIFY without data": "VERIFY ที่ไม่มีข้อมูล",
    "a PIN session ends with a reset, or the next person inherits it": (
        "สิทธิจาก PIN สิ้นสุดเมื่อรีเซ็ต มิฉะนั้นผู้ใช้คนถัดไปจะได้สิทธินั้น"
    ),
    "EMVCo L1 tries every form": "EMVCo L1 ทดสอบทุกรูปแบบ",
    "HLK asks for direct and inverse convention": "HLK กำหนดทั้ง direct และ inverse convention",
    "HLK asks for it": "HLK กำหนดไว้",
    "a card put in the wrong way round": "บัตรที่เสียบกลับด้าน",
    "another card may be in it": "อาจมีบัตรใบอื่นอยู่ในเครื่องอ่าน",
    "either is right, and tells a cold start from a bug": "ถูกทั้งสองแบบ แต่ช่วยแยกการเริ่มใหม่ของบัตรออกจากข้อบกพร่อง",
    "its power comes back with the next program": "ไฟกลับมาเมื่อโปรแกรมถัดไปเริ่มใช้",
    "a card that needs a second try is a user's second try": "หากบัตรต้องลองซ้ำ ผู้ใช้ก็ต้องลองซ้ำด้วย",
    "a driver on Linux without an interrupt endpoint looks every 400 ms": (
        "ไดรเวอร์บน Linux ที่ไม่มี interrupt endpoint ตรวจดูทุก 400 ms"
    ),
    "a flipped bit is rare: it takes many answers to meet one": "บิตที่ผิดพบได้น้อย ต้องอ่านหลายครั้งจึงจะพบ",
    "a ghost removal ends a person's session": "การแจ้งถอดบัตรที่ไม่เกิดขึ้นจริงทำให้ผู้ใช้หลุดจากระบบ",
    "a hand takes some of the time": "เวลาส่วนหนึ่งเป็นของมือคน",
    "a JPEG has them all": "ภาพ JPEG มีครบทุกค่า",
    "a line that takes some for its own (XON, XOFF, NUL, the eighth bit) gives others instead": (
        "สายที่ใช้บางค่าเป็นรหัสของตน (XON, XOFF, NUL, บิตที่แปด) จะให้ค่าอื่นแทน"
    ),
    "a stall in each of them is felt": "การสะดุดในแต่ละครั้งผู้ใช้รู้สึกได้",
    "an error that is the same every time shows where the borders are others": (
        "ข้อผิดพลาดที่เหมือนเดิมทุกครั้งจะปรากฏเมื่อแบ่งอ่านที่ตำแหน่งอื่น"
    ),
    "no line may take bytes for its own: XON, XOFF, NUL, the eighth bit, CR LF, an escape": (
        "สายต้องไม่ใช้ไบต์ใดเป็นรหัสของตน: XON, XOFF, NUL, บิตที่แปด, CR LF, รหัสหลีก"
    ),
    "a median does not show a stall that is rare": "มัธยฐานไม่แสดงการสะดุดที่นาน ๆ เกิดครั้ง",
    "a slow line's bytes do not count": "ไม่นับเวลาส่งไบต์ของสายที่ช้า",
    "a status word is all that tells a wrong PIN from a suspended, and that from a locked one": (
        "มีเพียงรหัสสถานะที่แยก PIN ผิด PIN ถูกระงับ และ PIN ถูกล็อกออกจากกัน"
    ),
    "as LT-4": "เช่นเดียวกับ LT-4",
    "a login takes some hundred commands": "การเข้าใช้งานหนึ่งครั้งใช้หลายร้อยคำสั่ง",
    "a person waits for it": "มีผู้ใช้รออยู่",
    "a program must not hang": "โปรแกรมต้องไม่ค้าง",
    "a program must not take a removed card for a present one": "โปรแกรมต้องไม่เข้าใจว่าบัตรที่ถอดแล้วยังอยู่",
    "a program resets after another one did": "โปรแกรมหนึ่งรีเซ็ตบัตรต่อจากอีกโปรแกรมหนึ่ง",
    "a reader that waited 13 minutes is known": "เคยพบเครื่องอ่านที่รอถึง 13 นาที",
    "a repeated command skips data that waits, or counts a PIN twice": (
        "คำสั่งที่ส่งซ้ำทำให้ข้อมูลที่รออยู่หาย หรือนับ PIN สองครั้ง"
    ),
    "a session must end with its card": "การใช้งานต้องสิ้นสุดเมื่อถอดบัตร",
    "an honest error lets a program fall back to short commands": "รหัสข้อผิดพลาดที่ตรงไปตรงมาทำให้โปรแกรมกลับไปใช้คำสั่งสั้นได้",
    "another card's is named with --expect-atr": "ของบัตรอื่นระบุด้วย --expect-atr",
    "as AT-4, with power taken away": "เช่นเดียวกับ AT-4 แต่ตัดไฟบัตรด้วย",
    "as LT-1": "เช่นเดียวกับ LT-1",
    "byte for byte": "ตรงกันทุกไบต์",
    "constant": "คงที่",
    "efficiently": "ใช้งานได้อย่างมีประสิทธิภาพ",
    "every hospital computer runs more than one program that reads cards": (
        "คอมพิวเตอร์ของโรงพยาบาลทุกเครื่องมีโปรแกรมอ่านบัตรมากกว่าหนึ่งโปรแกรม"
    ),
    "five wrong ones in a row lock the card": "ผิดติดต่อกันห้าครั้งบัตรถูกล็อก",
    "how far a reader goes is recorded, no extended length at all is marginal": (
        "บันทึกว่าเครื่องอ่านทำได้ถึงเท่าใด หากไม่ได้เลยถือว่าเฉียดเกณฑ์"
    ),
    "no restart of computer or service": "โดยไม่ต้องเริ่มคอมพิวเตอร์หรือบริการใหม่",
    "nobody else uses the card": "ไม่มีผู้อื่นใช้บัตร",
    "of medians, which a busy computer moves less than p99, and of 4 ms at least": (
        "คิดจากมัธยฐาน ซึ่งคอมพิวเตอร์ที่มีงานมากทำให้คลาดเคลื่อนน้อยกว่า p99 และอย่างน้อย 4 ms"
    ),
    "pcsc-lite decides when it is built whether the child's handle is INVALID_HANDLE": (
        "pcsc-lite กำหนดตอนคอมไพล์ว่าแฮนเดิลของโพรเซสลูกเป็น INVALID_HANDLE หรือไม่"
    ),
    "programs for Thai cards expect to see it": "โปรแกรมสำหรับบัตรไทยคาดว่าจะได้รับค่านี้",
    "reads ISO 7816 cards": "อ่านบัตร ISO 7816 ได้",
    "reads the national card": "อ่านบัตรประจำตัวประชาชนได้",
    "the answers of the Thai card families are known": "ทราบ ATR ของบัตรไทยแต่ละรุ่น",
    "the card takes them all: a status word that refuses one was made up, or the card got another command": (
        "บัตรรับได้ทุกความยาว รหัสสถานะที่ปฏิเสธจึงถูกแต่งขึ้น หรือบัตรได้รับคำสั่งอื่น"
    ),
    "the computer": "คอมพิวเตอร์",
    "the driver of the reader": "ไดรเวอร์ของเครื่องอ่าน",
    "the event count of dwEventState": "จำนวนเหตุการณ์ใน dwEventState",
    "the event is the moment at which programs begin": "โปรแกรมเริ่มทำงานทันทีที่ได้รับเหตุการณ์",
    "the first commands are a program's own": "คำสั่งแรกเป็นของโปรแกรมเอง",
    "the national card of the Department of Provincial Administration": "บัตรประจำตัวประชาชนของกรมการปกครอง",
    "the next patient must not get the data of the one before": "ผู้ป่วยรายถัดไปต้องไม่ได้ข้อมูลของรายก่อนหน้า",
    "the numbers are proposed": "ตัวเลขเป็นข้อเสนอ",
    "the other readers of the computer go on": "เครื่องอ่านอื่นของคอมพิวเตอร์ยังใช้งานได้",
    "the reader name \\\\?PnP?\\Notification": "ชื่อเครื่องอ่าน \\\\?PnP?\\Notification",
    "the readers of the distributor": "เครื่องอ่านของผู้จำหน่าย",
    "what is selected, and a PIN session, stays until somebody resets": (
        "สิ่งที่เลือกไว้และสิทธิจาก PIN คงอยู่จนกว่าจะมีผู้รีเซ็ต"
    ),
    "works with the national card efficiently": "ใช้กับบัตรประจำตัวประชาชนได้อย่างมีประสิทธิภาพ",
    "writes ISO 7816 cards": "เขียนบัตร ISO 7816 ได้",
    "wrong ones in a row are counted": "นับครั้งที่ผิดติดต่อกัน",
}
"""Parts of sources, as they stand between ``; `` and after ``manual, section 3.1: `` and ``PC/SC, part 5, ``."""

_BEFORE = {
    r"manual, section ([0-9.]+) and the login: ": "คู่มือ ข้อ {0} และการเข้าใช้งาน: ",
    r"manual, section ([0-9.]+), PIN: ": "คู่มือ ข้อ {0} เรื่อง PIN: ",
    r"manual, section ([0-9.]+): ": "คู่มือ ข้อ {0}: ",
    r"PC/SC, part ([0-9]+), ": "PC/SC ส่วนที่ {0}, ",
    r"PC/SC, part ([0-9]+)$": "PC/SC ส่วนที่ {0}",
}
_NAME = re.compile(r"ISO/IEC 7816-[0-9] [0-9.]+(, [A-Z ]+)?|SCard[A-Za-z]+|SCARD_[A-Z_]+|[A-Z_]{4,}|")
"""What is the same in both languages: a clause, a call, a constant."""


def unit(text: str) -> Text:
    """A criterion's unit."""
    return Text(text, UNITS.get(text, text))


def word(value: Any) -> Text | None:
    """A word that is a value; None where the value is something else."""
    return Text(value, WORDS[value]) if isinstance(value, str) and value in WORDS else None


def series(name: str) -> Text:
    """A timeline's name."""
    return Text(name, SERIES.get(name, name))


def basis(given: Basis) -> Text:
    """Where a criterion comes from."""
    thai = "; ".join(_part(each) for each in given.source.split("; "))
    return Text(str(given), f"ข้อเสนอ: {thai}" if given.kind is BasisKind.PROPOSED else thai)


def missing(given: Basis) -> list[str]:
    """The parts of a source that have no Thai."""
    parts = [_split(each)[1] for each in given.source.split("; ")]
    return [each for each in parts if each not in SOURCES and not _NAME.fullmatch(each)]


def _part(text: str) -> str:
    before, rest = _split(text)
    return before + SOURCES.get(rest, rest)


def _split(text: str) -> tuple[str, str]:
    """What stands before it in Thai, and the rest as it is."""
    for pattern, thai in _BEFORE.items():
        found = re.match(pattern, text)
        if found:
            return thai.format(*found.groups()), text[found.end() :]
    return "", text
