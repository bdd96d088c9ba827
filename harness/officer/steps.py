"""The eleven steps of the officer login, named once for the command line, screens, logs and reports.

Thai titles keep the manual's wording ("use of the program" section); steps 7 and 8 happen behind its
button "OK".
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.language import Text


@dataclass(frozen=True, slots=True)
class Step:
    """One step: its number (1 to 11), an id for programs, and its title."""

    number: int
    id: str
    title: Text


READER = Step(1, "reader", Text("reader connected", "เชื่อมต่อเครื่องอ่านบัตร Smart Card Reader กับเครื่องคอมพิวเตอร์"))
CARD = Step(
    2,
    "card",
    Text("officer's card inserted", "เสียบบัตรประจำตัวประชาชนของเจ้าหน้าที่กับเครื่องอ่านบัตร Smart Card Reader"),
)
AGENT = Step(3, "agent", Text("E-Form Agent started", "เปิดใช้งานโปรแกรม E-Form Agent"))
UC_AUTHENTICATION = Step(
    4, "uc-authentication", Text("UC Authentication opened", "เปิดใช้งานโปรแกรม UC Authentication 4.x")
)
LOGIN_BY_CARD = Step(
    5,
    "login-by-card",
    Text(
        '"login by ID card" pressed, card read',
        "คลิกที่ปุ่ม “เข้าใช้งานระบบเว็บตรวจสอบสิทธิโดยใช้บัตรประจำตัวประชาชน รุ่น Smart Card”",
    ),
)
PIN = Step(6, "pin", Text("PIN of 4 digits, OK", "กรอกรหัส PIN 4 หลัก จากนั้นกดปุ่ม “ตกลง”"))
AUTHORITY = Step(
    7,
    "authority",
    Text("authority: 9080 challenge, match status, 9081 token", "กรมการปกครองยืนยันตัวบุคคล (9080, 9081)"),
)
NHSO = Step(
    8,
    "nhso",
    Text(
        "NHSO: officer known, has a right with one level, used within 60 days",
        "สปสช. ตรวจสอบสิทธิการเข้าใช้งานของเจ้าหน้าที่",
    ),
)
ENTER = Step(9, "enter", Text('"enter the program"', "กดปุ่ม “เข้าใช้งานระบบโปรแกรม”"))
MENU = Step(10, "menu", Text("menu ERM", "คลิกที่เมนู “เข้าใช้งานระบบเว็บตรวจสอบสิทธิและลงทะเบียนออนไลน์ (ERM)”"))
MODULE = Step(
    11,
    "module",
    Text(
        'module "entitlement check and registration"',
        "คลิกเลือกโมดูล “ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน”",
    ),
)

STEPS = (READER, CARD, AGENT, UC_AUTHENTICATION, LOGIN_BY_CARD, PIN, AUTHORITY, NHSO, ENTER, MENU, MODULE)
