"""What can go wrong between here and a reader in the lab. All end a command with status 3: there is no reader to be had."""

from __future__ import annotations

from collections.abc import Sequence

from apdu_specs.language import Text
from harness.errors import HarnessError


class LabMissing(HarnessError):
    """labgrid is not installed."""

    exit_status = 2

    def __init__(self, package: str) -> None:
        super().__init__(
            Text(
                f"The lab needs the package {package}, which is not installed.",
                f"การใช้ห้องทดสอบร่วมต้องใช้แพ็กเกจ {package} ซึ่งยังไม่ได้ติดตั้ง",
            ),
            Text("Install it: pip install 'thnid[lab]'.", "ติดตั้งด้วย pip install 'thnid[lab]'"),
        )


class LabError(HarnessError):
    """Root of these errors."""

    exit_status = 3


class CoordinatorUnavailable(LabError):
    """Nobody answers as labgrid's coordinator at ``address``."""

    def __init__(self, address: str, why: Text) -> None:
        super().__init__(
            Text(
                f"There is no labgrid coordinator at {address} ({why.en}).",
                f"ไม่พบตัวประสานงาน labgrid ที่ {address} ({why.th})",
            ),
            Text(
                "Start labgrid-coordinator there, or name another with --coordinator HOST:PORT.",
                "โปรดเริ่ม labgrid-coordinator ที่นั่น หรือระบุเครื่องอื่นด้วย --coordinator HOST:PORT",
            ),
        )


class NoSuchPlace(LabError):
    """The coordinator knows no place ``name``."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        listed = ", ".join(known)
        super().__init__(
            Text(f"The lab has no place {name!r}.", f"ห้องทดสอบไม่มีจุดทดสอบชื่อ {name!r}"),
            Text(
                f"It has {listed}." if known else "Create one with labgrid-client, see docs/lab.md.",
                f"มี {listed}" if known else "โปรดสร้างด้วย labgrid-client ดู docs/lab.md",
            ),
        )


class PlaceTaken(LabError):
    """Somebody else holds the place, or has it reserved, or a reader of it through another place."""

    def __init__(self, name: str, holder: str, *, how: Text | None = None) -> None:
        held = how or Text("is held by", "ถูกใช้อยู่โดย")
        super().__init__(
            Text(f"The place {name!r} {held.en} {holder}.", f"จุดทดสอบ {name!r} {held.th} {holder}"),
            Text(
                "Wait for it with --wait SECONDS, or choose another from 'thnid lab places'.",
                "รอด้วย --wait SECONDS หรือเลือกจุดอื่นจาก 'thnid lab places'",
            ),
        )


class NoReaderThere(LabError):
    """The place has no reader that is there now, or more than one."""

    def __init__(self, name: str, found: int) -> None:
        super().__init__(
            Text(
                f"The place {name!r} has {found or 'no'} available readers, and exactly one is needed.",
                f"จุดทดสอบ {name!r} มีเครื่องอ่านที่ใช้ได้ {found} เครื่อง แต่ต้องมีหนึ่งเครื่องพอดี",
            ),
            Text(
                "Check the exporter on the reader's machine, and what the place matches.",
                "โปรดตรวจสอบตัวส่งออกที่เครื่องซึ่งต่อเครื่องอ่าน และเงื่อนไขของจุดทดสอบ",
            ),
        )


class ForwardFailed(LabError):
    """The PC/SC service on ``host`` cannot be reached from here."""

    def __init__(self, host: str, why: Text) -> None:
        super().__init__(
            Text(
                f"The PC/SC service on {host} cannot be reached: {why.en}.",
                f"ติดต่อบริการ PC/SC ที่ {host} ไม่ได้: {why.th}",
            ),
            Text(
                f"Try 'ssh {host} true'; see docs/lab.md for what that machine needs.",
                f"ลอง 'ssh {host} true' และดูสิ่งที่เครื่องนั้นต้องมีใน docs/lab.md",
            ),
        )


class NotGivenBack(LabError):
    """A place is still held by us: the coordinator could not be told."""

    def __init__(self, name: str, why: Text) -> None:
        super().__init__(
            Text(
                f"The place {name!r} could not be given back: {why.en}",
                f"คืนจุดทดสอบ {name!r} ไม่สำเร็จ: {why.th}",
            ),
            Text(
                f"Free it with 'labgrid-client -p {name} release'.",
                f"โปรดคืนด้วย 'labgrid-client -p {name} release'",
            ),
        )
