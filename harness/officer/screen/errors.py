"""What can go wrong at the officer's screen beyond the login itself."""

from __future__ import annotations

from apdu_specs.language import Text
from harness.errors import HarnessError

_START_AGAIN = Text("Start again with the card and its PIN.", "เริ่มใหม่อีกครั้งด้วยบัตรประจำตัวประชาชนและรหัส PIN")


class CardPulled(HarnessError):
    """The officer's card left the reader (or the reader left): the login is broken off."""

    def __init__(self, *, tokens_stay: bool = False) -> None:
        en = "The officer's card was taken out. The PIN session is over and the login was broken off."
        th = "บัตรของเจ้าหน้าที่ถูกถอดออก การยืนยันด้วย PIN สิ้นสุดลง และยกเลิกการเข้าใช้งานแล้ว"
        if tokens_stay:
            en += " The token file stays for the hospital's programs until 00:00."
            th += " แฟ้ม Token ยังใช้กับโปรแกรมของหน่วยบริการได้จนถึงเวลา 00:00 น."
        super().__init__(
            Text(en, th),
            Text(
                "Insert the officer's card again and start again; leave it in until the work is done.",
                "เสียบบัตรของเจ้าหน้าที่อีกครั้งแล้วเริ่มใหม่ และอย่าถอดบัตรจนกว่าจะเสร็จ",
            ),
        )


class ReaderUnplugged(HarnessError):
    """The reader went away in the middle of a login."""

    exit_status = 3

    def __init__(self) -> None:
        super().__init__(
            Text(
                "The card reader was unplugged. The PIN session is over and the login was broken off.",
                "เครื่องอ่านบัตรถูกถอดออก การยืนยันด้วย PIN สิ้นสุดลง และยกเลิกการเข้าใช้งานแล้ว",
            ),
            Text("Plug the reader in, insert the card and start again.", "เสียบเครื่องอ่านบัตร เสียบบัตร แล้วเริ่มใหม่"),
        )


class TokensCleared(HarnessError):
    """It is past midnight in Bangkok: NHSO has cleared all tokens."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "It is past 00:00: NHSO has cleared all tokens.", "เลยเวลา 00:00 น. แล้ว สปสช. ล้าง Token ทั้งหมด"
            ),
            _START_AGAIN,
        )


class UsedElsewhere(HarnessError):
    """Another browser window started a login of its own."""

    def __init__(self) -> None:
        super().__init__(
            Text(
                "The login was ended because another window took over.",
                "การเข้าใช้งานสิ้นสุดลง เพราะมีการใช้งานจากหน้าต่างอื่น",
            ),
            _START_AGAIN,
        )


class TrayUnavailable(HarnessError):
    """There is no desktop to put the tray symbol on, or the packages for it are missing."""

    exit_status = 2

    def __init__(self, why: Text, what_to_do: Text) -> None:
        super().__init__(
            Text(f"The tray symbol cannot be shown: {why.en}.", f"แสดงสัญลักษณ์ที่มุมจอไม่ได้: {why.th}"), what_to_do
        )
