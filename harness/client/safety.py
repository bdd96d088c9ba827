"""Real cards are safe: nothing that could spend a PIN try reaches one without its owner's word."""

from __future__ import annotations

from collections.abc import Callable

from apdu_specs.keys import is_virtual
from apdu_specs.language import Text
from harness.errors import HarnessError

LEAST_TRIES = 2


class RealCardNeedsConsent(HarnessError):
    """A PIN command was about to go to a card that is not ours, without the serial of that card."""

    exit_status = 2

    def __init__(self, serial: bytes) -> None:
        self.serial = serial
        shown = serial.hex().upper()
        super().__init__(
            Text(
                f"This is a real card (serial {shown}), and the command may cost one of its PIN tries: three wrong "
                "ones in a row mean a visit to a registry office, five lock it for good. Nothing was sent.",
                f"บัตรนี้เป็นบัตรจริง (หมายเลข {shown}) คำสั่งนี้อาจทำให้เสียโอกาสใส่ PIN หนึ่งครั้ง "
                "ผิดติดต่อกัน 3 ครั้งต้องไปขอ PIN ใหม่ที่สำนักทะเบียน ผิดติดต่อกัน 5 ครั้งส่วนยืนยันตัวบุคคลจะถูกล็อกถาวร "
                "ยังไม่ได้ส่งคำสั่งใดไปยังบัตร",
            ),
            Text(
                f"If the owner agrees, repeat with --real-card {shown}.",
                f"หากเจ้าของบัตรยินยอม โปรดใช้คำสั่งเดิมพร้อม --real-card {shown}",
            ),
        )


class TooFewTriesLeft(HarnessError):
    """A real card has fewer than two tries left; this program will not spend one."""

    def __init__(self, tries_left: int) -> None:
        self.tries_left = tries_left
        super().__init__(
            Text(
                f"This real card has {tries_left} PIN tries left; this program does not spend the last.",
                f"บัตรใบนี้เป็นบัตรจริงและเหลือโอกาสใส่ PIN เพียง {tries_left} ครั้ง โปรแกรมนี้จะไม่ใช้โอกาสครั้งสุดท้าย",
            ),
            Text(
                "Verify the PIN with the usual program first, or have it renewed at a registry office.",
                "โปรดยืนยัน PIN ด้วยโปรแกรมปกติก่อน หรือขอ PIN ใหม่ที่สำนักทะเบียน",
            ),
        )


def require_virtual_or_consent(serial: bytes, real_card: str | None) -> None:
    """RealCardNeedsConsent unless the card is virtual or ``real_card`` is its serial in hex."""
    if is_virtual(serial):
        return
    if real_card is None or real_card.replace(" ", "").upper() != serial.hex().upper():
        raise RealCardNeedsConsent(serial)


def require_consent(serial: bytes, real_card: str | None, tries_left: Callable[[], int | None]) -> None:
    """As above, and TooFewTriesLeft if a real card has fewer than two tries left.

    ``tries_left`` gives None for a card whose PIN session is open: none of its tries is spent.
    """
    require_virtual_or_consent(serial, real_card)
    if is_virtual(serial):
        return
    left = tries_left()
    if left is not None and left < LEAST_TRIES:
        raise TooFewTriesLeft(left)
