"""What goes wrong in an office."""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.language import Text
from apdu_specs.replies import Reason
from emulator.errors import EmulatorError


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in one field (named as the request names it, ``officers.2.pid``), in one sentence."""

    field: str
    reason: Text


class Refused(EmulatorError):
    """An office said no. ``reason`` says why; ``days`` is the idle time when a right lapsed.

    ``retry_after``: seconds until it is worth trying again, where waiting helps. ``faults``: the fields at fault.
    """

    exit_status = 1

    def __init__(
        self,
        reason: Reason,
        *,
        days: int | None = None,
        retry_after: int | None = None,
        faults: tuple[Fault, ...] = (),
    ) -> None:
        super().__init__(reason.message, reason.what_to_do)
        self.reason = reason
        self.days = days
        self.retry_after = retry_after
        self.faults = faults


class PortTaken(EmulatorError):
    """Another program already listens on the port that was asked for."""

    def __init__(self, host: str, port: int) -> None:
        self.port = port
        super().__init__(
            Text(f"Port {port} on {host} is already in use.", f"พอร์ต {port} ที่ {host} ถูกใช้งานอยู่แล้ว"),
            Text("Stop the program that uses it, or choose another port.", "ปิดโปรแกรมที่ใช้พอร์ตนี้ หรือเลือกพอร์ตอื่น"),
        )


class PortNotAllowed(EmulatorError):
    """The system does not let this process listen there (privileged port, address of another machine)."""

    def __init__(self, host: str, port: int, why: Text) -> None:
        super().__init__(
            Text(
                f"The offices cannot listen on {host} port {port}: {why.en}.",
                f"เปิดพอร์ต {port} ที่ {host} ไม่ได้: {why.th}",
            ),
            Text("Choose another address or port.", "เลือกที่อยู่หรือพอร์ตอื่น"),
        )


class OfficesDidNotStart(EmulatorError):
    """The HTTP server ended before it served anything."""

    exit_status = 1

    def __init__(self) -> None:
        super().__init__(
            Text("The offices' server did not start.", "เซิร์ฟเวอร์ของสำนักงานจำลองไม่เริ่มทำงาน"),
            Text("Try again; if it happens again, report it.", "ลองใหม่อีกครั้ง หากยังเกิดขึ้นให้แจ้งผู้พัฒนา"),
        )


class DatabaseUnusable(EmulatorError):
    """The database cannot be opened, written, or is not one of ours. ``path`` is its file or address."""

    def __init__(self, path: str) -> None:
        super().__init__(
            Text(f"The offices' database cannot be used: {path}.", f"ใช้ฐานข้อมูลของสำนักงานจำลองไม่ได้: {path}"),
            Text(
                "Choose a file that can be written, a new name, or the address of a PostgreSQL that answers.",
                "เลือกแฟ้มที่เขียนได้ ตั้งชื่อใหม่ หรือระบุที่อยู่ของ PostgreSQL ที่ใช้งานได้",
            ),
        )


class DatabaseNotUnicode(EmulatorError):
    """The PostgreSQL database keeps text in another ``encoding`` than UTF-8, and so no Thai, or it counts it in bytes."""

    def __init__(self, path: str, encoding: str) -> None:
        super().__init__(
            Text(
                f"The offices' database {path} keeps text as {encoding}, not as UTF8.",
                f"ฐานข้อมูลของสำนักงานจำลอง {path} เก็บข้อความแบบ {encoding} ไม่ใช่ UTF8",
            ),
            Text(
                "Make one with CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0, and give its address.",
                "สร้างฐานข้อมูลด้วย CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0 แล้วระบุที่อยู่ของฐานข้อมูลนั้น",
            ),
        )


class DatabaseTooNew(EmulatorError):
    """The database was last used by a newer version of this program."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "The offices' database was written by a newer version of thnid.",
                "ฐานข้อมูลของสำนักงานจำลองถูกสร้างด้วย thnid รุ่นที่ใหม่กว่า",
            ),
            Text("Update thnid, or choose another database.", "ปรับรุ่น thnid หรือเลือกฐานข้อมูลอื่น"),
        )


class AuditLogBroken(EmulatorError):
    """An entry of the audit log, or its head (0), holds what none does: somebody wrote it by other means."""

    exit_status = 1

    def __init__(self, number: int) -> None:
        super().__init__(
            Text(f"The audit log is broken at entry {number}.", f"บันทึกการตรวจสอบเสียหายที่รายการ {number}"),
            Text(
                "Keep the database as it is and find out who wrote to it; --verify says what is wrong.",
                "เก็บฐานข้อมูลไว้ตามสภาพเดิมและตรวจสอบว่าใครแก้ไข ใช้ --verify เพื่อดูว่าผิดที่ใด",
            ),
        )
