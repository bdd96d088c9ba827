"""What is wrong with a command line, in Thai: click says it in English only.

Every sentence of click that a command here can cause is matched as a whole; names and values are kept as they were typed.
"""

from __future__ import annotations

import re

PREFIX = "ใช้คำสั่งไม่ถูกต้อง: "
_VALUE = r"(?P<value>.+)"
_KINDS = {
    "integer": "จำนวนเต็ม",
    "int": "จำนวนเต็ม",
    "float": "ตัวเลข",
    "float range": "ตัวเลข",
    "integer range": "จำนวนเต็ม",
}
_FAMILY = re.compile(
    r"(?:Invalid value for (?P<where>.+?): |Invalid value: )(?P<what>.+)", re.DOTALL
)  # before what a type has to say
_SENTENCES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), thai)
    for pattern, thai in (
        (r"No such option:? '?(?P<name>[^' ]+?)'?", "ไม่มีตัวเลือก {name}"),
        (r"No such command '(?P<name>.+)'", "ไม่มีคำสั่ง '{name}'"),
        (r"Missing command", "ยังไม่ได้ระบุคำสั่งย่อย"),
        (r"Missing argument (?P<name>'[^']+')", "ยังไม่ได้ระบุ {name}"),
        (r"Missing option (?P<name>'.+?')", "ยังไม่ได้ระบุตัวเลือก {name}"),
        (r"Missing parameter:? ?(?P<name>.*)", "ยังไม่ได้ระบุ {name}"),
        (
            r"Missing (?:option|argument) (?P<name>'.+?')\. Choose from: (?P<choices>.+)",
            "ยังไม่ได้ระบุ {name} เลือกได้จาก: {choices}",
        ),
        (r"Got unexpected extra arguments? \((?P<name>.*)\)", "มีส่วนเกินที่คำสั่งนี้ไม่รับ: {name}"),
        (r"Option '?(?P<name>[^' ]+?)'? requires an argument", "ตัวเลือก {name} ต้องมีค่าตามหลัง"),
        (
            r"Option '?(?P<name>[^' ]+?)'? requires (?P<count>\d+) arguments",
            "ตัวเลือก {name} ต้องมีค่าตามหลัง {count} ค่า",
        ),
        (r"Option '?(?P<name>[^' ]+?)'? does not take a value", "ตัวเลือก {name} ไม่รับค่า"),
        (r"Argument '?(?P<name>[^' ]+?)'? takes (?P<count>\d+) values", "{name} ต้องมี {count} ค่า"),
        (_VALUE + r" is not a valid boolean.*", "{value} ไม่ใช่ค่าใช่หรือไม่ใช่"),
        (
            _VALUE + r" is not a valid (?P<kind>integer range|integer|float range|float|int)",
            "{value} ไม่ใช่{kind}",
        ),
        (_VALUE + r" is not in the range (?P<range>.+)", "{value} ไม่อยู่ในช่วง {range}"),
        (_VALUE + r" is not one of (?P<choices>.+)", "{value} ไม่อยู่ในค่าที่เลือกได้: {choices}"),
        (_VALUE + r" is not (?P<choices>'[^']*')", "{value} ใช้ไม่ได้ ต้องเป็น {choices}"),
        (r"(?:File|Directory|Path) (?P<name>'.*') does not exist", "ไม่พบแฟ้ม {name}"),
        (r"(?:File|Directory|Path) (?P<name>'.*') is a file", "{name} เป็นแฟ้ม ไม่ใช่โฟลเดอร์"),
        (r"(?:File|Directory|Path) (?P<name>'.*') is a directory", "{name} เป็นโฟลเดอร์ ไม่ใช่แฟ้ม"),
        (r"(?:File|Directory|Path) (?P<name>'.*') is not readable", "อ่าน {name} ไม่ได้"),
        (r"(?:File|Directory|Path) (?P<name>'.*') is not writable", "เขียน {name} ไม่ได้"),
        (r"Takes (?P<count>\d+) values but .* given", "ต้องมี {count} ค่า"),
    )
)
_NEAR = re.compile(
    r" ?(?:Did you mean (?P<one>[^?]+)\?|\((?:Did you mean one of|Possible options): (?P<some>.+?)\??\))$"
)


def in_thai(english: str) -> str:
    """What click said in ``english``, without its full stop, in Thai. What is not known stays, after Thai words."""
    near = _NEAR.search(english)
    if near is None:
        return PREFIX + _translated(english)
    meant = near["one"] or near["some"]
    return f"{PREFIX}{_translated(english[: near.start()])} หมายถึง {meant} หรือไม่"


def _translated(english: str) -> str:
    sentence = english.strip().rstrip(".")
    family = _FAMILY.fullmatch(sentence)
    if family is not None:
        where = f"ค่าของ {family['where']} ไม่ถูกต้อง: " if family["where"] else "ค่าไม่ถูกต้อง: "
        return where + _translated(family["what"])
    for pattern, thai in _SENTENCES:
        found = pattern.fullmatch(sentence)
        if found is not None:
            parts = found.groupdict("")
            return thai.format(**{**parts, "kind": _KINDS.get(parts.get("kind", ""), "")})
    return sentence
