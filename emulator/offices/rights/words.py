"""What officers are told by e-mail: Thai first, then English. No citizen id is in a message."""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.language import Text
from emulator.offices.sixty_days import IDLE_DAYS_ALLOWED

_GREETING = Text("Dear", "เรียน")
_SIGNED = Text(
    "National Health Security Office, regional office\n(a stand-in for tests; this is no message of the real office)",
    "สำนักงานหลักประกันสุขภาพแห่งชาติเขต\n(ระบบจำลองเพื่อการทดสอบ ไม่ใช่ข้อความจากสำนักงานจริง)",
)


@dataclass(frozen=True, slots=True)
class Message:
    """Subject and body of an e-mail."""

    subject: str
    body: str


def approved(
    name: str, organisation: str, level: Text, reference: str, before: Text | None, left: str | None = None
) -> Message:
    """The right is granted. ``before``: the level that it replaces; ``left``: the organisation that it was for, if another."""
    where = Text("", "") if left is None else Text(f" for {left}", f" ของ {left}")
    replaces = (
        Text("", "")
        if before is None
        else Text(
            f"\nIt replaces the level that you had{where.en}: {before.en}.",
            f"\nระดับสิทธินี้แทนระดับสิทธิเดิมของท่าน{where.th} คือ {before.th}",
        )
    )
    return _message(
        Text("The right to enter is granted", "ผลการขอสิทธิ: อนุมัติสิทธิการเข้าใช้งาน"),
        name,
        Text(
            f"The right that {organisation} asked for you (request {reference}) is granted.\n"
            f"Level: {level.en}{replaces.en}\n\n"
            "If you have no PIN yet, take your ID card to any registry office and choose one.\n"
            f"The right ends by itself if you do not log in within {IDLE_DAYS_ALLOWED} days.\n"
            "Do not let anybody else use your card, PIN or right.",
            f"คำขอสิทธิเลขที่ {reference} ซึ่ง {organisation} ขอให้ท่านนั้น ได้รับอนุมัติแล้ว\n"
            f"ระดับสิทธิการเข้าใช้งาน: {level.th}{replaces.th}\n\n"
            "หากท่านยังไม่มีรหัส PIN โปรดนำบัตรประจำตัวประชาชนไปขอกำหนดรหัสที่สำนักทะเบียนแห่งใดก็ได้\n"
            f"หากท่านไม่เข้าใช้งานระบบภายใน {IDLE_DAYS_ALLOWED} วัน สิทธิจะถูกยกเลิกโดยอัตโนมัติ\n"
            "โปรดอย่าให้ผู้อื่นใช้บัตร รหัส PIN หรือสิทธิของท่าน",
        ),
    )


def refused(name: str, organisation: str, reference: str, why: str) -> Message:
    """The right is not granted; ``why`` in the regional office's words."""
    return _message(
        Text("The right to enter is not granted", "ผลการขอสิทธิ: ไม่อนุมัติสิทธิการเข้าใช้งาน"),
        name,
        Text(
            f"The right that {organisation} asked for you (request {reference}) is not granted.\n"
            f"Reason: {why}\n\nYour organisation may correct the request and send it again.",
            f"คำขอสิทธิเลขที่ {reference} ซึ่ง {organisation} ขอให้ท่านนั้น ไม่ได้รับอนุมัติ\n"
            f"เหตุผล: {why}\n\nหน่วยงานต้นสังกัดของท่านสามารถแก้ไขคำขอแล้วส่งใหม่ได้",
        ),
    )


def moved(name: str, organisation: str) -> Message:
    """Another organisation's request replaced the right; to the address that was told of the one before."""
    return _message(
        Text("Your right to enter is another organisation's now", "แจ้งเปลี่ยนหน่วยงานของสิทธิการเข้าใช้งาน"),
        name,
        Text(
            f"Your right to enter is now for {organisation}. The one that you had before has ended.\n"
            "If you know nothing of this, tell your regional office.",
            f"สิทธิการเข้าใช้งานของท่านเปลี่ยนเป็นของ {organisation} แล้ว สิทธิเดิมจึงสิ้นสุดลง\n"
            "หากท่านไม่ทราบเรื่องนี้ โปรดแจ้งสำนักงานหลักประกันสุขภาพแห่งชาติเขตของท่าน",
        ),
    )


def handed_over(name: str, organisation: str) -> Message:
    """Somebody else is responsible now, so this right has ended."""
    return _message(
        Text("Your right to enter has ended", "แจ้งยกเลิกสิทธิการเข้าใช้งาน"),
        name,
        Text(
            f"{organisation} has told us that somebody else is responsible now. Your right has ended.",
            f"{organisation} แจ้งเปลี่ยนแปลงผู้รับผิดชอบแล้ว สิทธิการเข้าใช้งานของท่านจึงถูกยกเลิก",
        ),
    )


def revoked(name: str, why: str) -> Message:
    """The right has been revoked; ``why`` in the office's words."""
    return _message(
        Text("Your right to enter has ended", "แจ้งยกเลิกสิทธิการเข้าใช้งาน"),
        name,
        Text(
            f"Your right to enter has been revoked.\nReason: {why}",
            f"สิทธิการเข้าใช้งานของท่านถูกยกเลิกแล้ว\nเหตุผล: {why}",
        ),
    )


def lapsed(name: str) -> Message:
    """The right has ended by itself."""
    return _message(
        Text("Your right to enter has ended by itself", "แจ้งยกเลิกสิทธิการเข้าใช้งานโดยอัตโนมัติ"),
        name,
        Text(
            f"You did not log in within {IDLE_DAYS_ALLOWED} days, so your right has ended by itself.\n"
            "Your organisation can ask for it again with the request form.",
            f"ท่านไม่ได้เข้าใช้งานระบบภายใน {IDLE_DAYS_ALLOWED} วัน สิทธิของท่านจึงถูกยกเลิกโดยอัตโนมัติ\n"
            "หน่วยงานต้นสังกัดสามารถขอสิทธิให้ท่านใหม่ได้โดยใช้แบบฟอร์มขอสิทธิ",
        ),
    )


def _message(subject: Text, name: str, told: Text) -> Message:
    thai = f"{_GREETING.th} {name}\n\n{told.th}\n\n{_SIGNED.th}\n"
    english = f"{_GREETING.en} {name}\n\n{told.en}\n\n{_SIGNED.en}\n"
    return Message(f"{subject.th} / {subject.en}", f"{thai}\n{'-' * 40}\n\n{english}")
