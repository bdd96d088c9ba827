"""What can go wrong in learning a card, apart from the card being wrong: that is a result."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.errors import HarnessError


class RealCardNotLearned(HarnessError):
    """Learning was asked for on a card that is not virtual. No consent makes it allowed: it would lock the card."""

    exit_status = 2

    def __init__(self, serial: bytes) -> None:
        self.serial = serial
        shown = serial.hex().upper()
        super().__init__(
            Text(
                f"This is a real card (serial {shown}). Learning gives it wrong PINs until it is locked, hundreds of "
                "times, so it is never done. Nothing that could cost a try was sent.",
                f"บัตรนี้เป็นบัตรจริง (หมายเลข {shown}) การเรียนรู้จะใส่ PIN ผิดซ้ำหลายร้อยครั้งจนบัตรถูกล็อก จึงไม่ทำกับบัตรจริง "
                "ยังไม่ได้ส่งคำสั่งใดที่ทำให้เสียโอกาสใส่ PIN",
            ),
            Text(
                "Use a virtual card: 'thnid learn' alone makes one.",
                "โปรดใช้บัตรเสมือน คำสั่ง 'thnid learn' จะสร้างให้เอง",
            ),
        )


class CardNotFresh(HarnessError):
    """The card as it was found does not have the PIN that was given, or not the policy."""

    def __init__(self, answered: str, expected: str) -> None:
        super().__init__(
            Text(
                f"The card answers {answered} where a card with no failures and the PIN that was given answers "
                f"{expected}.",
                f"บัตรตอบ {answered} แต่บัตรที่ยังไม่เคยใส่ PIN ผิดและมี PIN ตามที่ระบุต้องตอบ {expected}",
            ),
            Text(
                "Give the card's PIN with --pin and its policy with --policy, and start with a card without "
                "failures.",
                "โปรดระบุ PIN ของบัตรด้วย --pin และนโยบายด้วย --policy แล้วเริ่มด้วยบัตรที่ยังไม่เคยใส่ PIN ผิด",
            ),
        )


class CardHasFailures(CardNotFresh):
    """The card has seen wrong PINs, or wrong proofs of an office. Nothing was sent that could cost it a try."""

    def __init__(self, failures: int, office_failures: int) -> None:
        HarnessError.__init__(
            self,
            Text(
                "Learning starts from a card without failures; this one has seen wrong PINs in a row: "
                f"{failures}, wrong proofs of an office: {office_failures}. No PIN was sent.",
                f"การเรียนรู้ต้องเริ่มจากบัตรที่ยังไม่มีการใส่ผิด แต่บัตรนี้มีการใส่ PIN ผิดติดต่อกัน {failures} ครั้ง "
                f"และหลักฐานของสำนักทะเบียนผิด {office_failures} ครั้ง ยังไม่ได้ส่ง PIN ไปที่บัตร",
            ),
            Text(
                "Clear it first: 'thnid card set --failures 0' or 'thnid office renew-pin'.",
                "โปรดล้างจำนวนครั้งที่ผิดก่อนด้วย 'thnid card set --failures 0' หรือ 'thnid office renew-pin'",
            ),
        )

    @property
    def code(self) -> str:
        return CardNotFresh.__name__  # one thing to scripts


class NotDeterministic(HarnessError):
    """The card answered the same commands from the same start in two ways, so it is no machine that can be learned."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Brought back to its start, the card answered the same commands in two different ways.",
                "บัตรที่คืนสภาพเริ่มต้นแล้วตอบคำสั่งชุดเดียวกันไม่เหมือนเดิม",
            ),
            Text(
                "See that no other program uses the reader, and that bringing the card back brings all of it back.",
                "โปรดตรวจสอบว่าไม่มีโปรแกรมอื่นใช้เครื่องอ่าน และการคืนสภาพบัตรคืนได้ครบถ้วน",
            ),
        )


class LearningUnavailable(HarnessError):
    """The library that learns is not installed."""

    exit_status = 3

    def __init__(self) -> None:
        super().__init__(
            Text(
                "Learning needs the package aalpy, which is missing.",
                "การเรียนรู้ต้องใช้แพ็กเกจ aalpy แต่ยังไม่ได้ติดตั้ง",
            ),
            Text("Install it: pip install 'thnid[learn]'.", "ติดตั้งด้วย pip install 'thnid[learn]'"),
        )
