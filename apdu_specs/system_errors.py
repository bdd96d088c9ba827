"""Why the operating system refused something, in both languages: its own words are English wherever it runs."""

from __future__ import annotations

import errno
import os

from apdu_specs.language import Text

_THAI = {
    errno.ENOENT: "ไม่พบแฟ้มหรือโฟลเดอร์นี้",
    errno.EACCES: "ไม่มีสิทธิใช้งาน",
    errno.EPERM: "ระบบไม่อนุญาต",
    errno.EEXIST: "มีอยู่แล้ว",
    errno.EISDIR: "เป็นโฟลเดอร์",
    errno.ENOTDIR: "ไม่ใช่โฟลเดอร์",
    errno.ENOSPC: "ไม่มีพื้นที่ว่างในดิสก์",
    errno.EDQUOT: "ใช้พื้นที่ดิสก์เกินโควตา",
    errno.EROFS: "ระบบแฟ้มอ่านได้อย่างเดียว",
    errno.EIO: "อุปกรณ์อ่านหรือเขียนผิดพลาด",
    errno.EFBIG: "แฟ้มใหญ่เกินไป",
    errno.ENAMETOOLONG: "ชื่อยาวเกินไป",
    errno.ELOOP: "ลิงก์วนซ้ำ",
    errno.EMFILE: "เปิดแฟ้มไว้มากเกินไป",
    errno.ENFILE: "ระบบเปิดแฟ้มไว้มากเกินไป",
    errno.EBUSY: "กำลังถูกใช้งานอยู่",
    errno.ETXTBSY: "แฟ้มกำลังถูกใช้งานอยู่",
    errno.ENXIO: "ไม่มีอุปกรณ์นี้",
    errno.ENODEV: "ไม่มีอุปกรณ์นี้",
    errno.ENOEXEC: "แฟ้มไม่อยู่ในรูปแบบที่เรียกใช้ได้",
    errno.E2BIG: "ค่าที่ส่งให้โปรแกรมยาวเกินไป",
    errno.ENOMEM: "หน่วยความจำไม่พอ",
    errno.EINVAL: "ค่าที่ใช้ไม่ถูกต้อง",
    errno.EPIPE: "ผู้รับข้อมูลปิดไปแล้ว",
    errno.ECONNREFUSED: "ปลายทางปฏิเสธการเชื่อมต่อ",
    errno.ECONNRESET: "ปลายทางตัดการเชื่อมต่อ",
    errno.ETIMEDOUT: "รอนานเกินกำหนด",
    errno.EHOSTUNREACH: "ติดต่อเครื่องปลายทางไม่ได้",
    errno.ENETUNREACH: "ติดต่อเครือข่ายไม่ได้",
    errno.EADDRINUSE: "ที่อยู่หรือพอร์ตนี้ถูกใช้งานอยู่",
    errno.EADDRNOTAVAIL: "เครื่องนี้ไม่มีที่อยู่นี้",
}


def reason_of(error: OSError) -> Text:
    """Why, without a full stop."""
    if error.errno is None:
        return Text(str(error), f"ระบบแจ้งว่า “{error}”")
    return reason_for(error.errno, error.strerror)


def reason_for(number: int, words: str | None = None) -> Text:
    """What the error ``number`` means; ``words``: the system's, if it said any."""
    english = words or os.strerror(number)
    return Text(english, _THAI.get(number) or f"ระบบแจ้งว่า “{english}”")
