"""What can go wrong between a program and a card, in the words of the one who asked.

Every error carries one sentence of what happened and one of what to do, in English and Thai, the exit status
a command ends with (1 the card or service refused, 2 usage, 3 no reader or no stack) and its class name as
``code``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from apdu_specs.language import Text
from apdu_specs.pin_policy import OFFICE_BARRED, PinState


class HarnessError(Exception):
    """Root of everything the harness raises on purpose.

    Attributes: ``message`` (what happened), ``what_to_do``, ``exit_status``, ``code``, and where they apply
    ``sw`` (status word) and ``pcsc_code`` (result code of PC/SC, unsigned), else None. ``so_far``: what had been found
    until then, JSON-ready, for those who report the error.
    """

    exit_status: ClassVar[int] = 1

    def __init__(
        self, message: Text, what_to_do: Text, *, sw: int | None = None, pcsc_code: int | None = None
    ) -> None:
        super().__init__(f"{message} {what_to_do}")
        self.message = message
        self.what_to_do = what_to_do
        self.sw = sw
        self.pcsc_code = pcsc_code
        self.so_far: dict[str, Any] = {}

    @property
    def code(self) -> str:
        """The name scripts may rely on: the class name."""
        return type(self).__name__


# --- refused by the card --------------------------------------------------------------------------


class CardRefused(HarnessError):
    """The card answered ``command`` (its name, never its data) with the error status word ``sw``."""

    def __init__(
        self, sw: int, command: str, *, message: Text | None = None, what_to_do: Text | None = None
    ) -> None:
        self.command = command
        super().__init__(
            message
            or Text(
                en=f"The card refused {command} with status {sw:04X}.",
                th=f"บัตรปฏิเสธคำสั่ง {command} ด้วยรหัสสถานะ {sw:04X}",
            ),
            what_to_do
            or Text(
                en="Check that this is a Thai national ID card and that the command fits its generation.",
                th="ตรวจสอบว่าเป็นบัตรประจำตัวประชาชนไทย และคำสั่งใช้ได้กับบัตรรุ่นนี้",
            ),
            sw=sw,
        )


class WrongPin(CardRefused):
    """The PIN was wrong and ``tries_left`` tries remain before the card suspends the confirmation of identity."""

    def __init__(self, tries_left: int, *, sw: int, command: str = "VERIFY") -> None:
        self.tries_left = tries_left
        super().__init__(
            sw,
            command,
            message=Text(
                en=f"The PIN is wrong; tries left: {tries_left}.",
                th=f"รหัส PIN ไม่ถูกต้อง เหลือโอกาสอีก {tries_left} ครั้ง",
            ),
            what_to_do=Text(
                en="Enter the PIN again. After 3 wrong entries in a row a new PIN is needed from any registry office. "
                "If you have forgotten it, take your ID card to any registry office.",
                th="กรอกรหัส PIN อีกครั้ง หากผิดติดต่อกัน 3 ครั้ง ต้องขอ PIN ใหม่ที่สำนักทะเบียนแห่งใดก็ได้ "
                "หากลืมรหัส PIN ให้นำบัตรประจำตัวประชาชนไปติดต่อสำนักทะเบียนแห่งใดก็ได้",
            ),
        )


class PinSuspended(CardRefused):
    """Too many wrong PINs in a row: the card does not compare PINs until the registry office renews its PIN."""

    def __init__(self, *, sw: int, command: str = "VERIFY") -> None:
        state = PinState.SUSPENDED
        super().__init__(sw, command, message=state.condition, what_to_do=state.advice)


class PinLocked(CardRefused):
    """The part of the card that confirms identity is locked for good; only a new card helps."""

    def __init__(self, *, sw: int, command: str = "VERIFY") -> None:
        state = PinState.LOCKED
        super().__init__(sw, command, message=state.condition, what_to_do=state.advice)


class OfficeProofWrong(CardRefused):
    """A registry office gave the card a wrong proof; ``tries_left`` wrong ones in a row remain to all offices."""

    def __init__(self, tries_left: int, *, sw: int) -> None:
        self.tries_left = tries_left
        super().__init__(
            sw,
            "EXTERNAL AUTHENTICATE",
            message=Text(
                en=f"The card does not accept the registry office's proof; tries left: {tries_left}.",
                th=f"บัตรไม่ยอมรับหลักฐานพิสูจน์สิทธิของสำนักทะเบียน เหลือโอกาสอีก {tries_left} ครั้ง",
            ),
            what_to_do=Text(
                en="Check that the office has the master key that this card was made with.",
                th="ตรวจสอบว่าสำนักทะเบียนใช้กุญแจหลักเดียวกับที่ใช้ออกบัตรใบนี้",
            ),
        )


class OfficeBarred(CardRefused):
    """The registry office's tries are used up: none can issue a new PIN on this card; only a new card helps."""

    def __init__(self, *, sw: int) -> None:
        super().__init__(
            sw, "EXTERNAL AUTHENTICATE", message=OFFICE_BARRED, what_to_do=PinState.LOCKED.advice
        )


# --- used wrongly ---------------------------------------------------------------------------------


class PinMalformed(HarnessError, ValueError):
    """The PIN is not exactly 4 digits. Nothing was sent to the card, no try was spent."""

    exit_status = 2

    def __init__(self) -> None:
        super().__init__(
            Text("A PIN is exactly 4 digits.", "รหัส PIN ต้องเป็นตัวเลข 4 หลัก"),
            Text(
                "Enter the 4 digits 0-9; nothing was sent to the card.",
                "กรอกตัวเลข 0-9 ให้ครบ 4 หลัก ยังไม่ได้ส่งข้อมูลใดไปที่บัตร",
            ),
        )


class ApduTooShort(HarnessError, ValueError):
    """An APDU of ``length`` bytes; this terminal carries none under ``least``. Nothing was sent."""

    exit_status = 2

    def __init__(self, length: int, least: int) -> None:
        self.length = length
        self.least = least
        super().__init__(
            Text(
                en=f"An APDU has at least {least} bytes here; this one has {length}.",
                th=f"APDU ต้องมีอย่างน้อย {least} ไบต์ แต่ที่ได้รับมี {length} ไบต์",
            ),
            Text(
                en="Send class, instruction, P1 and P2 at least.",
                th="ส่งอย่างน้อย CLA, INS, P1 และ P2",
            ),
        )


class NotConnected(HarnessError):
    """The terminal ``terminal`` was used before ``connect`` or after ``disconnect``."""

    exit_status = 2

    def __init__(self, terminal: str) -> None:
        super().__init__(
            Text(
                en=f"The terminal “{terminal}” is not connected to a card.",
                th=f"ยังไม่ได้เชื่อมต่อกับบัตรผ่าน “{terminal}”",
            ),
            Text(en="Call connect() first.", th="เรียก connect() ก่อน"),
        )


class BadReaderNames(HarnessError, ValueError):
    """The names asked for a stack's readers cannot be used; ``message`` says why."""

    exit_status = 2

    def __init__(self, why: Text) -> None:
        super().__init__(
            why,
            Text(
                en="Give one to eight different names, each up to 100 bytes of printable text without quotes.",
                th="ระบุชื่อที่ไม่ซ้ำกันหนึ่งถึงแปดชื่อ แต่ละชื่อยาวไม่เกิน 100 ไบต์ และไม่มีเครื่องหมายคำพูด",
            ),
        )


class OtherStackInUse(HarnessError):
    """This process already speaks to the PC/SC socket ``current``; libpcsclite chooses once per process."""

    exit_status = 2

    def __init__(self, current: str) -> None:
        self.current = current
        super().__init__(
            Text(
                en=f"This process already uses another PC/SC service ({current or 'the system one'}).",
                th=f"โปรแกรมนี้ใช้บริการ PC/SC อื่นอยู่แล้ว ({current or 'ของระบบ'})",
            ),
            Text(
                en="Stop the other stack first, or use this one from a process of its own.",
                th="หยุดบริการเดิมก่อน หรือใช้บริการนี้จากโพรเซสแยกต่างหาก",
            ),
        )


class PortTaken(HarnessError):
    """The TCP port ``port`` asked for a reader (or the one after it) is used by another program."""

    exit_status = 2

    def __init__(self, port: int) -> None:
        self.port = port
        super().__init__(
            Text(
                en=f"Port {port} or {port + 1} is taken; a reader needs both.",
                th=f"พอร์ต {port} หรือ {port + 1} ถูกใช้งานอยู่ เครื่องอ่านต้องใช้ทั้งสองพอร์ต",
            ),
            Text(
                en="Choose another port, or leave the choice to thnid.",
                th="เลือกพอร์ตอื่น หรือให้ thnid เลือกให้",
            ),
        )


# --- no reader, no card, no stack -----------------------------------------------------------------


class NoReader(HarnessError):
    """There is no reader of this name (or none at all when ``name`` is empty)."""

    exit_status = 3

    def __init__(self, name: str = "", *, pcsc_code: int | None = None) -> None:
        self.name = name
        super().__init__(
            Text(en=f"There is no card reader “{name}”.", th=f"ไม่พบเครื่องอ่านบัตร “{name}”")
            if name
            else Text(en="There is no card reader.", th="ไม่พบเครื่องอ่านบัตร"),
            Text(
                en="Plug the reader in; `thnid readers` lists what is there.",
                th="เสียบเครื่องอ่านบัตร แล้วดูรายชื่อด้วยคำสั่ง `thnid readers`",
            ),
            pcsc_code=pcsc_code,
        )


class ReaderBusy(HarnessError):
    """Another program holds the reader ``reader`` for itself."""

    exit_status = 3

    def __init__(self, reader: str, *, pcsc_code: int | None = None) -> None:
        self.reader = reader
        super().__init__(
            Text(
                en=f"Another program is using the reader “{reader}” exclusively.",
                th=f"โปรแกรมอื่นกำลังใช้เครื่องอ่าน “{reader}” โดยไม่ให้โปรแกรมใดใช้ร่วม",
            ),
            Text(en="Close that program and try again.", th="ปิดโปรแกรมนั้นแล้วลองใหม่"),
            pcsc_code=pcsc_code,
        )


class NoCard(HarnessError):
    """There is no card in the reader ``reader``."""

    exit_status = 3

    def __init__(self, reader: str, *, pcsc_code: int | None = None, what_to_do: Text | None = None) -> None:
        self.reader = reader
        super().__init__(
            Text(en=f"There is no card in the reader “{reader}”.", th=f"ไม่มีบัตรในเครื่องอ่าน “{reader}”"),
            what_to_do or Text(en="Insert a card, chip first.", th="เสียบบัตรโดยหันด้านชิปเข้าเครื่อง"),
            pcsc_code=pcsc_code,
        )


class CardRemoved(HarnessError):
    """The card left while it was in use; whether the last command took effect is not known."""

    def __init__(self, reader: str = "", *, pcsc_code: int | None = None) -> None:
        self.reader = reader
        super().__init__(
            Text(
                en="The card was removed while it was in use.",
                th="บัตรถูกถอดออกระหว่างการใช้งาน",
            ),
            Text(
                en="Insert the card again and repeat; keep it in until the work is done.",
                th="เสียบบัตรใบเดิมอีกครั้งแล้วทำซ้ำ และอย่าถอดบัตรจนกว่าจะเสร็จ",
            ),
            pcsc_code=pcsc_code,
        )


class CardWasReset(HarnessError):
    """Another program reset the card: selection and PIN session are gone."""

    def __init__(self, reader: str = "", *, pcsc_code: int | None = None) -> None:
        self.reader = reader
        super().__init__(
            Text(
                en="Another program reset the card.",
                th="มีโปรแกรมอื่นรีเซ็ตบัตร",
            ),
            Text(
                en="Connect again and start over; close the other program if it goes on.",
                th="เชื่อมต่อใหม่และเริ่มต้นอีกครั้ง หากยังเกิดขึ้นให้ปิดโปรแกรมอื่นนั้น",
            ),
            pcsc_code=pcsc_code,
        )


class CardSilent(HarnessError):
    """No answer within ``after_seconds``. The terminal is of no further use: an answer may still come late."""

    def __init__(self, after_seconds: float) -> None:
        self.after_seconds = after_seconds
        super().__init__(
            Text(
                en=f"The card did not answer within {after_seconds:g} s.",
                th=f"บัตรไม่ตอบสนองภายใน {after_seconds:g} วินาที",
            ),
            Text(
                en="Take the card out, insert it again and open a new connection; this one cannot be used any more.",
                th="ถอดบัตรแล้วเสียบใหม่ จากนั้นเปิดการเชื่อมต่อใหม่ เพราะการเชื่อมต่อนี้ใช้ต่อไม่ได้แล้ว",
            ),
        )


class CardNotSeen(HarnessError):
    """A card was put into ``reader`` but did not become usable there within ``after_seconds``."""

    exit_status = 3

    def __init__(self, reader: str, after_seconds: float) -> None:
        self.reader = reader
        self.after_seconds = after_seconds
        super().__init__(
            Text(
                en=f"The reader “{reader}” found no usable card after {after_seconds:g} s.",
                th=f"เครื่องอ่าน “{reader}” ไม่พบบัตรที่ใช้งานได้ภายใน {after_seconds:g} วินาที",
            ),
            Text(
                en="Check that the card gives an answer to reset of 2 to 33 bytes.",
                th="ตรวจสอบว่าบัตรส่ง ATR ความยาว 2 ถึง 33 ไบต์",
            ),
        )


class ForeignCard(HarnessError):
    """The card in ``reader`` is not the one that was put there."""

    exit_status = 3

    def __init__(self, reader: str) -> None:
        self.reader = reader
        super().__init__(
            Text(
                en=f"The reader “{reader}” holds another card than the one inserted.",
                th=f"บัตรในเครื่องอ่าน “{reader}” ไม่ใช่บัตรที่เสียบ",
            ),
            Text(
                en="Remove the other card: some other program is connected to the reader's port.",
                th="นำบัตรอื่นออก เพราะมีโปรแกรมอื่นเชื่อมต่อกับพอร์ตของเครื่องอ่านอยู่",
            ),
        )


class StackUnavailable(HarnessError):
    """PC/SC cannot be used here: ``why``, and the Debian packages that are missing (may be empty)."""

    exit_status = 3

    def __init__(
        self,
        why: str | Text,
        what_to_install: Sequence[str] = (),
        *,
        what_to_do: Text | None = None,
        pcsc_code: int | None = None,
    ) -> None:
        self.why = why if isinstance(why, Text) else Text(en=why, th=why)
        self.what_to_install = list(what_to_install)
        packages = " ".join(self.what_to_install)
        super().__init__(
            Text(en=f"PC/SC is not available: {self.why.en}.", th=f"ใช้งาน PC/SC ไม่ได้: {self.why.th}"),
            Text(
                en=f"Install the packages: {packages} (apt-get install {packages}).",
                th=f"ติดตั้งแพ็กเกจ: {packages} (apt-get install {packages})",
            )
            if packages
            else what_to_do
            or Text(
                en="`thnid doctor` checks what is needed.",
                th="ตรวจสอบสิ่งที่ต้องมีด้วยคำสั่ง `thnid doctor`",
            ),
            pcsc_code=pcsc_code,
        )


class PcscFailed(HarnessError):
    """PC/SC gave a result code that has no error of its own here, while ``doing`` something."""

    exit_status = 3

    def __init__(self, pcsc_code: int, doing: str) -> None:
        super().__init__(
            Text(
                en=f"PC/SC reported 0x{pcsc_code:08X} in {doing}.",
                th=f"PC/SC รายงาน 0x{pcsc_code:08X} ขณะเรียก {doing}",
            ),
            Text(
                en="Take the card out, insert it again and retry.",
                th="ถอดบัตรแล้วเสียบใหม่ จากนั้นลองอีกครั้ง",
            ),
            pcsc_code=pcsc_code,
        )
