"""What can go wrong in an officer login beyond the card and its reader."""

from __future__ import annotations

from collections.abc import Mapping

from apdu_specs import replies
from apdu_specs.language import Text
from harness.errors import HarnessError

_TRY_LATER = Text(
    "Check the address and the network, then try again.",
    "ตรวจสอบที่อยู่และเครือข่าย แล้วลองใหม่อีกครั้ง",
)


def _named(service: Text) -> str:
    """Its Thai name, with a blank where what follows may not touch it: behind an abbreviation or other letters."""
    return f"{service.th} " if service.th[-1:].isascii() else service.th


# --- usage --------------------------------------------------------------------------------------------------


class BadServiceAddress(HarnessError, ValueError):
    """The address of a service is not an http or https URL."""

    exit_status = 2

    def __init__(self, service: Text) -> None:
        super().__init__(
            Text(f"The address of {service.en} is not valid.", f"ที่อยู่ของ{_named(service)}ไม่ถูกต้อง"),
            Text("Give a URL such as http://127.0.0.1:8080/nhso.", "ระบุ URL เช่น http://127.0.0.1:8080/nhso"),
        )


# --- this side ----------------------------------------------------------------------------------------------


class EFormAgentStopped(HarnessError):
    """E-Form Agent is grey: UC Authentication cannot open."""

    def __init__(self) -> None:
        super().__init__(
            Text("E-Form Agent is not started (grey).", "โปรแกรม E-Form Agent ยังไม่เริ่มทำงาน (สัญลักษณ์สีเทา)"),
            Text(
                "Choose Start Service of E-Form Agent; its symbol turns green.",
                "เลือก Start Service ของโปรแกรม E-Form Agent แล้วสัญลักษณ์จะเปลี่ยนเป็นสีเขียว",
            ),
        )


class NotThaiIdCard(HarnessError):
    """The card in the reader has no citizen data applet."""

    def __init__(self, *, sw: int | None = None) -> None:
        super().__init__(
            Text(
                "The card in the reader is not a Thai national ID card.", "บัตรในเครื่องอ่านไม่ใช่บัตรประจำตัวประชาชน"
            ),
            Text("Insert the officer's own national ID card.", "เสียบบัตรประจำตัวประชาชนของเจ้าหน้าที่"),
            sw=sw,
        )


class CardDataUnreadable(HarnessError):
    """The card answers, but what it says is no citizen id."""

    def __init__(self) -> None:
        super().__init__(
            Text("The card does not tell a valid citizen id.", "อ่านเลขประจำตัวประชาชนจากบัตรไม่ได้"),
            Text(
                "Clean the chip and try again, or take the card to any registry office.",
                "ทำความสะอาดชิปแล้วลองใหม่ หรือนำบัตรไปติดต่อสำนักทะเบียนแห่งใดก็ได้",
            ),
        )


class TokenFileNotWritten(HarnessError):
    """The folder for nhso_token.txt cannot be written to."""

    def __init__(self, folder: str, why: Text) -> None:
        super().__init__(
            Text(
                f"nhso_token.txt cannot be written in {folder}: {why.en}.",
                f"เขียนแฟ้ม nhso_token.txt ใน {folder} ไม่ได้: {why.th}",
            ),
            Text("Choose a folder that exists and can be written.", "เลือกโฟลเดอร์ที่มีอยู่และเขียนได้"),
        )


class SrmFileNotWritten(HarnessError):
    """The folder for SRM's token.txt cannot be written to."""

    def __init__(self, folder: str, why: Text) -> None:
        super().__init__(
            Text(
                f"SRM's token.txt cannot be written in {folder}: {why.en}.",
                f"เขียนแฟ้ม token.txt ของ SRM ใน {folder} ไม่ได้: {why.th}",
            ),
            Text("Choose a folder that exists and can be written.", "เลือกโฟลเดอร์ที่มีอยู่และเขียนได้"),
        )


class TokenFileUnreadable(HarnessError):
    """nhso_token.txt is missing or is not one line of citizen id, ``#`` and token."""

    def __init__(self, why: Text) -> None:
        super().__init__(
            why, Text("Log in again to have it written anew.", "โปรดเข้าใช้งานใหม่อีกครั้งเพื่อสร้างแฟ้มใหม่")
        )


# --- a service that does not serve --------------------------------------------------------------------------


class ServiceUnreachable(HarnessError):
    """No connection to ``service``, or it broke."""

    def __init__(self, service: Text) -> None:
        self.service = service
        super().__init__(
            Text(f"There is no connection to {service.en}.", f"เชื่อมต่อ{_named(service)}ไม่ได้"), _TRY_LATER
        )


class ServiceSilent(HarnessError):
    """``service`` did not answer within ``after_seconds``."""

    def __init__(self, service: Text, after_seconds: float) -> None:
        self.service = service
        self.after_seconds = after_seconds
        super().__init__(
            Text(
                f"There was no answer from {service.en} within {after_seconds:g} s.",
                f"ไม่ได้รับคำตอบจาก{_named(service)}ภายใน {after_seconds:g} วินาที",
            ),
            _TRY_LATER,
        )


class ServiceNonsense(HarnessError):
    """``service`` gave an answer that is not in its language."""

    def __init__(self, service: Text) -> None:
        self.service = service
        super().__init__(
            Text(
                f"The answer of {service.en} cannot be understood.",
                f"คำตอบจาก{_named(service)}ไม่อยู่ในรูปแบบที่ถูกต้อง",
            ),
            Text(
                "Check that the address is that of the right service and version.",
                "ตรวจสอบว่าที่อยู่เป็นของบริการและรุ่นที่ถูกต้อง",
            ),
        )


# --- a service that says no ---------------------------------------------------------------------------------


class OfficeRefused(HarnessError):
    """An office said no. ``status`` is its code; the sentences are the office's own.

    ``fields``: what is wrong with which field of the request, where the office says so.
    """

    def __init__(self, status: str, message: Text, what_to_do: Text) -> None:
        self.status = status
        self.fields: Mapping[str, Text] = {}
        super().__init__(message, what_to_do)


class AuthorityRefused(OfficeRefused):
    """The authority answered with a code (five digits) other than 00000."""


class NotLatestCard(AuthorityRefused):
    """95002: the citizen has a newer card."""


class ChallengeExpired(AuthorityRefused):
    """90012: the card's answer came too late."""


class RegistryRefused(OfficeRefused):
    """The registry office said no."""


class NhsoRefused(OfficeRefused):
    """NHSO said no."""


class NoRight(NhsoRefused):
    """NHSO knows no right of this citizen."""


class RightRevoked(NhsoRefused):
    """The officer's right was taken back."""


class RightLapsed(NhsoRefused):
    """The right ended by itself after ``days`` days without a login (None if NHSO did not say how many)."""

    days: int | None = None


class IdentityNotConfirmed(NhsoRefused):
    """NHSO does not accept the authority's TKey."""


class TokenNotValid(NhsoRefused):
    """The smctoken is over: cleared at 00:00, or replaced by a newer login."""


class ModuleNotOffered(NhsoRefused):
    """The officer's menu does not have, or the level does not open, the menu entry or module."""


AUTHORITY_REFUSALS: Mapping[str, type[AuthorityRefused]] = {
    replies.CARD_NOT_LATEST.status: NotLatestCard,
    replies.CHALLENGE_EXPIRED.status: ChallengeExpired,
}
NHSO_REFUSALS: Mapping[str, type[NhsoRefused]] = {
    replies.OFFICER_UNKNOWN.status: NoRight,
    replies.NO_RIGHT.status: NoRight,
    replies.RIGHT_REVOKED.status: RightRevoked,
    replies.RIGHT_LAPSED.status: RightLapsed,
    replies.IDENTITY_NOT_CONFIRMED.status: IdentityNotConfirmed,
    replies.TOKEN_NOT_VALID.status: TokenNotValid,
    replies.MODULE_UNKNOWN.status: ModuleNotOffered,
    replies.MODULE_NOT_PERMITTED.status: ModuleNotOffered,
}
