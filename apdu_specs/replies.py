"""What the offices reply: every refusal's code, HTTP status, sentence and what to do, declared once.

The five-digit codes and their meanings are public (programs that speak to the authority show them as they
are); which code the real authority gives in which corner is not, so the choice is ``assumed`` where marked.
"""

from __future__ import annotations

from dataclasses import dataclass

from apdu_specs.language import Text
from apdu_specs.offices import COUNTER_KEY_HEADER

SUCCESS = "00000"


@dataclass(frozen=True, slots=True)
class Reason:
    """One way to be refused: ``status`` for programs, the ``http`` status, the sentence and the way out."""

    status: str
    http: int
    message: Text
    what_to_do: Text


_ASK_REGISTRY = Text(
    "Take the card to any registry office of the Department of Provincial Administration.",
    "นำบัตรไปติดต่อสำนักทะเบียนของกรมการปกครองแห่งใดก็ได้",
)
_USE_NEW_CARD = Text(
    "Use the newest card that the registry office issued; older ones no longer confirm identity.",
    "ใช้บัตรใบล่าสุดที่สำนักทะเบียนออกให้ บัตรใบเก่าใช้ยืนยันตัวบุคคลไม่ได้แล้ว",
)
_LOG_IN_AGAIN = Text(
    "Log in again with the card and its PIN.",
    "เข้าใช้งานใหม่อีกครั้งด้วยบัตรประจำตัวประชาชนและรหัส PIN",
)
_ASK_FOR_RIGHT = Text(
    "The organisation asks its NHSO regional office for the right again, by letter with the request form.",
    "ให้หน่วยงานต้นสังกัดทำหนังสือตามแบบฟอร์มขอสิทธิใหม่ ส่งไปที่สำนักงานหลักประกันสุขภาพแห่งชาติเขต",
)
_REQUEST_RIGHT = Text(
    "The organisation asks its NHSO regional office for the right, by letter with the request form.",
    "ให้หน่วยงานต้นสังกัดทำหนังสือตามแบบฟอร์มขอสิทธิการเข้าใช้งาน ส่งไปที่สำนักงานหลักประกันสุขภาพแห่งชาติเขต",
)
_CORRECT_FIELDS = Text(
    "Correct the fields that are named and send the request again.",
    "แก้ไขช่องข้อมูลที่ระบุไว้ แล้วส่งคำขออีกครั้ง",
)

# The authority: five digits, as published.
INVALID_DATA = Reason(
    "90011",
    422,
    Text("The request is not complete or not well formed.", "ข้อมูลที่ส่งมาไม่ครบถ้วนหรือไม่ถูกต้อง"),
    _CORRECT_FIELDS,
)
NOT_LOGGED_IN = Reason(
    "90001", 401, Text("Nobody is logged in with this TKey.", "ไม่ได้ Login เข้าใช้งานระบบ"), _LOG_IN_AGAIN
)
TKEY_EXPIRED = Reason(  # the code is published as "time to work out"; its use here is assumed
    "90005", 401, Text("The time to work with this TKey is over.", "หมดเวลาการใช้งาน"), _LOG_IN_AGAIN
)
QUOTA_USED = Reason(  # the code is published as "quota"; its use for too many refused attempts is assumed
    "90008",
    429,
    Text("Too many attempts were refused in a short time.", "มีการทำรายการไม่สำเร็จหลายครั้งในเวลาสั้น ๆ"),
    Text("Wait for as long as the answer says and try again.", "รอตามเวลาที่แจ้งแล้วลองใหม่อีกครั้ง"),
)
CITIZEN_NOT_LOGGED_IN = Reason(  # published as "citizen not login"; that a consent is meant is assumed
    "90016",
    403,
    Text("The citizen has not consented with card and PIN.", "ประชาชนยังไม่ได้ยืนยันตัวบุคคลด้วยบัตรและรหัส PIN"),
    Text(
        "Ask the citizen for card and PIN, and send the consent (5090) first.",
        "ขอให้ประชาชนเสียบบัตรและกรอกรหัส PIN แล้วส่งคำยินยอม (5090) ก่อน",
    ),
)
CARD_NOT_ON_FILE = Reason(
    "90009", 403, Text("This card is not on the authority's file.", "ไม่พบบัตรใบนี้ในทะเบียนบัตร"), _ASK_REGISTRY
)
CHALLENGE_EXPIRED = Reason(  # the code is published as "service time out"; its use here is assumed
    "90012",
    403,
    Text("The challenge is too old.", "หมดเวลาในการยืนยันตัวบุคคล"),
    _LOG_IN_AGAIN,
)
CRYPTOGRAM_MISMATCH = Reason(
    "90045",
    403,
    Text("The card's cryptogram does not match.", "ข้อมูลยืนยันตัวบุคคลจากบัตรไม่ตรงกัน"),
    Text(
        "Log in again; if it happens again, take the card to any registry office.",
        "เข้าใช้งานใหม่อีกครั้ง หากยังไม่สำเร็จให้นำบัตรไปติดต่อสำนักทะเบียนแห่งใดก็ได้",
    ),
)
PIN_NOT_MATCHED = Reason(
    "90090",
    403,
    Text("The PIN is not right: the card reports no match.", "PIN ไม่ถูกต้อง"),
    Text(
        "Enter the PIN again. After 3 wrong entries in a row a new PIN is needed from any registry office.",
        "กรอกรหัส PIN อีกครั้ง หากผิดติดต่อกัน 3 ครั้ง ต้องขอ PIN ใหม่ที่สำนักทะเบียนแห่งใดก็ได้",
    ),
)
CITIZEN_NOT_REGISTERED = Reason(
    "95001", 403, Text("The user is not registered.", "ยังไม่ได้ลงทะเบียนผู้ใช้งาน"), _ASK_REGISTRY
)
CARD_NOT_LATEST = Reason(
    "95002",
    403,
    Text("This card is not the citizen's latest card.", "บัตรที่เข้าใช้งาน ไม่ใช่บัตรใบล่าสุด"),
    _USE_NEW_CARD,
)
CHALLENGE_NOT_VALID = (
    Reason(  # published as "value Y is wrong"; its use for a spent or foreign challenge is assumed
        "95003",
        403,
        Text(
            "The challenge is unknown, already used, or belongs to another card or office.",
            "คำท้า (challenge) ไม่ถูกต้อง ถูกใช้ไปแล้ว หรือเป็นของบัตรหรือสำนักงานอื่น",
        ),
        _LOG_IN_AGAIN,
    )
)
OFFICE_BARRED = Reason(
    "95004",
    403,
    Text("This office has no right to use the system.", "ไม่มีสิทธิในการใช้งานระบบ"),
    Text(
        "Ask the authority for the office's right to use the system.",
        "ติดต่อกรมการปกครองเพื่อขอสิทธิใช้งานระบบให้สำนักงาน",
    ),
)

SERVICE_NOT_PERMITTED = (
    Reason(  # 95011 to 95014 are published as "no right to service"; which is when, is assumed
        "95011",
        403,
        Text("There is no right to this service of the authority.", "ไม่มีสิทธิใช้งานบริการนี้"),
        Text(
            "Ask the authority which services the office may use.",
            "สอบถามกรมการปกครองว่าสำนักงานใช้บริการใดได้บ้าง",
        ),
    )
)
NOTHING_FOUND = Reason(
    "90500",
    404,
    Text("Nothing was found about this citizen.", "ไม่พบข้อมูล"),
    Text("Check the citizen id.", "ตรวจสอบเลขประจำตัวประชาชน"),
)

# The registry office: our own words.
REGISTRY_CARD_UNKNOWN = Reason(
    "card-unknown",
    404,
    Text(
        "The registry office did not issue this card to this citizen.", "สำนักทะเบียนไม่พบว่าได้ออกบัตรใบนี้ให้แก่บุคคลนี้"
    ),
    Text("Check the citizen id and the card's serial.", "ตรวจสอบเลขประจำตัวประชาชนและหมายเลขบัตร"),
)
REGISTRY_CITIZEN_HAS_NO_CARD = Reason(
    "citizen-has-no-card",
    404,
    Text(
        "The registry office has no card on file for this citizen id.",
        "สำนักทะเบียนไม่พบว่าเคยออกบัตรให้แก่เลขประจำตัวประชาชนนี้",
    ),
    Text("Check the citizen id.", "ตรวจสอบเลขประจำตัวประชาชน"),
)
REGISTRY_SERIAL_UNKNOWN = Reason(
    "serial-unknown",
    404,
    Text("The registry office has no card with this serial on file.", "สำนักทะเบียนไม่พบบัตรที่มีหมายเลขบัตรนี้"),
    Text("Check the card's serial.", "ตรวจสอบหมายเลขบัตร"),
)
REGISTRY_CARD_REPLACED = Reason(
    "card-replaced",
    409,
    Text("This card has been replaced by a newer one.", "บัตรใบนี้ถูกแทนที่ด้วยบัตรใบใหม่แล้ว"),
    _USE_NEW_CARD,
)
REGISTRY_SERIAL_TAKEN = Reason(
    "serial-taken",
    409,
    Text("A card with this serial has been issued before.", "หมายเลขบัตรนี้เคยออกบัตรไปแล้ว"),
    Text("Personalise a card with a serial of its own.", "ออกบัตรด้วยหมายเลขบัตรที่ไม่ซ้ำ"),
)

REGISTRY_WEAK_PIN = Reason(
    "weak-pin",
    422,
    Text("This PIN is easily guessed.", "รหัส PIN นี้คาดเดาได้ง่าย"),
    Text("The owner chooses another, or insists.", "เจ้าของบัตรควรกำหนดรหัสอื่น หรือยืนยันใช้รหัสนี้"),
)

# NHSO: our own words.
IDENTITY_NOT_CONFIRMED = Reason(
    "identity-not-confirmed",
    401,
    Text("The authority does not confirm this login.", "กรมการปกครองไม่ยืนยันการเข้าใช้งานครั้งนี้"),
    _LOG_IN_AGAIN,
)
OFFICER_UNKNOWN = Reason(
    "officer-unknown",
    403,
    Text("NHSO knows no officer with this citizen id.", "ไม่พบรายชื่อเจ้าหน้าที่รายนี้ในระบบของ สปสช."),
    _REQUEST_RIGHT,
)
NO_RIGHT = Reason(
    "no-right",
    403,
    Text("NHSO has not granted this officer a right to enter.", "สปสช. ยังไม่ได้กำหนดสิทธิเข้าใช้งานให้เจ้าหน้าที่รายนี้"),
    _REQUEST_RIGHT,
)
RIGHT_REVOKED = Reason(
    "right-revoked",
    403,
    Text("The officer's right to enter has been revoked.", "สิทธิการเข้าใช้งานของเจ้าหน้าที่รายนี้ถูกยกเลิกแล้ว"),
    _ASK_FOR_RIGHT,
)
RIGHT_LAPSED = Reason(
    "right-lapsed",
    403,
    Text(
        "The right ended by itself: the officer did not log in within 60 days.",
        "สิทธิถูกยกเลิกอัตโนมัติ เนื่องจากไม่เข้าใช้งานระบบภายใน 60 วัน",
    ),
    _ASK_FOR_RIGHT,
)
TOKEN_NOT_VALID = Reason(
    "token-not-valid",
    401,
    Text(
        "The smctoken is unknown, logged out, replaced by a newer login, or was cleared at 00:00.",
        "Token ไม่ถูกต้อง ออกจากระบบแล้ว ถูกแทนที่ด้วยการเข้าใช้งานครั้งใหม่ หรือถูกล้างเมื่อเวลา 00:00 น.",
    ),
    _LOG_IN_AGAIN,
)
MODULE_UNKNOWN = Reason(
    "module-unknown",
    404,
    Text("There is no such module.", "ไม่พบโมดูลนี้"),
    Text("Choose a module from the menu.", "เลือกโมดูลจากเมนู"),
)
MODULE_NOT_PERMITTED = Reason(
    "module-not-permitted",
    403,
    Text("The officer's level does not open this module.", "ระดับสิทธิของเจ้าหน้าที่ไม่สามารถเข้าโมดูลนี้ได้"),
    Text(
        "The organisation asks its NHSO regional office for another level.",
        "ให้หน่วยงานต้นสังกัดขอเปลี่ยนระดับสิทธิกับสำนักงานหลักประกันสุขภาพแห่งชาติเขต",
    ),
)

# NHSO, citizens and their entitlements: our own words.
CITIZEN_UNKNOWN = Reason(
    "citizen-unknown",
    404,
    Text("Nobody with this citizen id is on file.", "ไม่พบข้อมูลบุคคลตามเลขประจำตัวประชาชนนี้"),
    Text("Check the citizen id.", "ตรวจสอบเลขประจำตัวประชาชน"),
)
CITIZEN_DECEASED = Reason(
    "citizen-deceased",
    409,
    Text("This person is recorded as deceased.", "บุคคลนี้มีสถานะเสียชีวิตในทะเบียน"),
    Text(
        "If that is wrong, the person goes to any registry office.",
        "หากไม่ถูกต้อง ให้บุคคลดังกล่าวติดต่อสำนักทะเบียนแห่งใดก็ได้",
    ),
)
HOSPITAL_UNKNOWN = Reason(
    "hospital-unknown",
    404,
    Text("There is no hospital with this code.", "ไม่พบหน่วยบริการตามรหัสนี้"),
    Text("Check the five digits of the hospital's code.", "ตรวจสอบรหัสหน่วยบริการ 5 หลัก"),
)
NOT_REGISTRABLE = Reason(
    "not-registrable",
    409,
    Text(
        "This person's right is not NHSO's to register: another fund pays.",
        "สิทธิของบุคคลนี้อยู่ในความดูแลของกองทุนอื่น สปสช. ลงทะเบียนให้ไม่ได้",
    ),
    Text("The person asks the fund that pays.", "ให้บุคคลดังกล่าวติดต่อกองทุนเจ้าของสิทธิ"),
)
ALREADY_REGISTERED = Reason(
    "already-registered",
    409,
    Text("This person is registered to this hospital already.", "บุคคลนี้ลงทะเบียนกับหน่วยบริการนี้อยู่แล้ว"),
    Text("Nothing has to be done.", "ไม่ต้องดำเนินการใด"),
)
ACTION_NOT_PERMITTED = Reason(
    "action-not-permitted",
    403,
    Text("The officer's level does not permit this.", "ระดับสิทธิของเจ้าหน้าที่ไม่อนุญาตให้ทำรายการนี้"),
    MODULE_NOT_PERMITTED.what_to_do,
)
CLAIM_TYPE_NOT_OPEN = Reason(
    "claim-type-not-open",
    409,
    Text("This service is not open to this person.", "บุคคลนี้ไม่มีสิทธิขอรับบริการประเภทนี้"),
    Text("Choose one of the services that the search shows.", "เลือกประเภทบริการที่แสดงในผลการตรวจสอบสิทธิ"),
)
AUTHENTICATED_TODAY = Reason(
    "authenticated-today",
    409,
    Text(
        "This person has an authentication code of today for this service at this hospital.",
        "วันนี้ได้ขอ Authentication Code ของบริการนี้ที่หน่วยบริการนี้แล้ว",
    ),
    Text("Use the code that was given; the history shows it.", "ใช้รหัสเดิมที่ได้รับ ดูได้จากประวัติการขอรหัส"),
)
NO_ENTITLEMENT = Reason(
    "no-entitlement",
    404,
    Text("No right to health care is on file for this person.", "ไม่พบข้อมูลสิทธิการรักษาพยาบาลของบุคคลนี้"),
    Text(
        "Check the person's entitlement with NHSO's module, and register it there.",
        "ตรวจสอบสิทธิและลงทะเบียนผ่านระบบของ สปสช.",
    ),
)
HOSPITAL_TOKEN_NOT_VALID = Reason(
    "hospital-token-not-valid",
    401,
    Text("The hospital's token is unknown or was revoked.", "Token ของหน่วยบริการไม่ถูกต้องหรือถูกยกเลิกแล้ว"),
    Text("Ask NHSO for the hospital's token.", "ติดต่อ สปสช. เพื่อขอ Token ของหน่วยบริการ"),
)

SRM_TOKEN_NOT_VALID = Reason(
    "srm-token-not-valid",
    401,
    Text("The token is not one of SRM's, or its login was ended.", "Token ไม่ถูกต้องหรือถูกยกเลิกแล้ว"),
    _LOG_IN_AGAIN,
)
SRM_TOKEN_EXPIRED = Reason(
    "srm-token-expired",
    401,
    Text("The token has expired.", "Token หมดอายุแล้ว"),
    Text("Get a new access token with the refresh token.", "ขอ access token ใหม่ด้วย refresh token"),
)

# NHSO's regional office, requests for rights: our own words.
REQUEST_UNKNOWN = Reason(
    "request-unknown",
    404,
    Text("There is no such request.", "ไม่พบคำขอนี้"),
    Text("Check the reference number and the receipt code.", "ตรวจสอบเลขที่คำขอและรหัสติดตาม"),
)
REQUEST_DECIDED = Reason(
    "request-decided",
    409,
    Text("This officer's request has been decided already.", "คำขอของเจ้าหน้าที่รายนี้ได้รับการพิจารณาแล้ว"),
    Text("Look at the request again; it shows the decision.", "เปิดดูคำขออีกครั้งเพื่อดูผลการพิจารณา"),
)
REPLACED_ELSEWHERE = Reason(
    "replaced-officer-elsewhere",
    409,
    Text(
        "The officer who is to be replaced has no right from this organisation.",
        "เจ้าหน้าที่รายเดิมที่ระบุไม่มีสิทธิในนามของหน่วยงานนี้",
    ),
    Text(
        "Refuse this officer's request with that reason, or clear it up with the organisation.",
        "ไม่อนุมัติโดยระบุเหตุผลนี้ หรือสอบถามหน่วยงานต้นสังกัด",
    ),
)

# The offices' pages: our own words.
STAFF_UNKNOWN = Reason(
    "staff-unknown",
    401,
    Text("User name or password is not right.", "ชื่อผู้ใช้หรือรหัสผ่านไม่ถูกต้อง"),
    Text("Enter both again.", "กรอกใหม่อีกครั้ง"),
)
ACCOUNT_UNKNOWN = Reason(
    "account-unknown",
    404,
    Text("There is no account of this name.", "ไม่มีบัญชีผู้ใช้ชื่อนี้"),
    Text("`thnid backoffice staff list` shows the accounts.", "ดูบัญชีทั้งหมดได้จาก `thnid backoffice staff list`"),
)
ACCOUNT_EXISTS = Reason(
    "account-exists",
    409,
    Text("There is an account of this name already.", "มีบัญชีผู้ใช้ชื่อนี้อยู่แล้ว"),
    Text(
        "Choose another name; `thnid backoffice staff password` sets a known account's password.",
        "ตั้งชื่ออื่น หรือตั้งรหัสผ่านของบัญชีเดิมด้วย `thnid backoffice staff password`",
    ),
)
PAGE_EXPIRED = Reason(
    "page-expired",
    403,
    Text(
        "This page is too old, or did not come from here; nothing was stored.",
        "หน้านี้หมดอายุหรือไม่ได้เปิดจากระบบนี้ จึงไม่มีการบันทึกข้อมูล",
    ),
    Text("Open the page again and send the form once more.", "เปิดหน้านี้ใหม่แล้วส่งแบบฟอร์มอีกครั้ง"),
)

# Any office.
COUNTER_KEY_NOT_VALID = Reason(
    "counter-key-not-valid",
    401,
    Text("Only the office's own counter may ask this.", "คำขอนี้ใช้ได้เฉพาะเคาน์เตอร์ของสำนักงานเท่านั้น"),
    Text(
        f"Send the counter key, which the offices print when they start, in the header {COUNTER_KEY_HEADER}.",
        f"ส่งกุญแจของเคาน์เตอร์ซึ่งสำนักงานจำลองแสดงเมื่อเริ่มบริการ ในส่วนหัว {COUNTER_KEY_HEADER}",
    ),
)
TOO_MANY_ATTEMPTS = Reason("too-many-attempts", 429, QUOTA_USED.message, QUOTA_USED.what_to_do)
TOO_MANY_LETTERS = Reason(
    "too-many-letters",
    429,
    Text(
        "Too many letters came from this address in a short time; this one was not received.",
        "มีหนังสือขอสิทธิส่งจากที่อยู่นี้มากเกินไปในเวลาสั้น ๆ จึงยังไม่ได้รับหนังสือฉบับนี้",
    ),
    QUOTA_USED.what_to_do,
)
REQUEST_TOO_LONG = Reason(
    "request-too-long",
    413,
    Text("The request is too long.", "คำขอยาวเกินไป"),
    Text("Send less at a time.", "ส่งข้อมูลให้น้อยลงในแต่ละครั้ง"),
)
REQUEST_NOT_VALID = Reason("request-not-valid", 422, INVALID_DATA.message, _CORRECT_FIELDS)
NO_SUCH_SERVICE = Reason(
    "no-such-service",
    404,
    Text("The offices offer no such service.", "ไม่มีบริการนี้"),
    Text("Check the address and the method of the request.", "ตรวจสอบที่อยู่และวิธีเรียกของคำขอ"),
)
HOST_UNKNOWN = Reason(
    "host-unknown",
    421,
    Text("The offices are not known by this name.", "สำนักงานจำลองไม่ได้ใช้ชื่อโฮสต์นี้"),
    Text(
        "Use the address that they print when they start, or start `thnid backoffice serve` with this name after --host-name.",
        "ใช้ที่อยู่ที่แสดงเมื่อเริ่มบริการ หรือเริ่ม `thnid backoffice serve` โดยระบุชื่อนี้ใน --host-name",
    ),
)
MAIL_NOT_SHOWN = Reason(
    "mail-not-shown",
    403,
    Text(
        "Caught e-mail is shown on the offices' own machine only.",
        "อีเมลที่ดักไว้ดูได้เฉพาะบนเครื่องที่ให้บริการเท่านั้น",
    ),
    Text(
        "Open it there, or start `thnid backoffice serve` with --open-mail.",
        "เปิดดูบนเครื่องนั้น หรือเริ่ม `thnid backoffice serve` ด้วย --open-mail",
    ),
)
OFFICE_FAULT = Reason(
    "office-fault",
    500,
    Text("The office made a mistake of its own; nothing was stored.", "ระบบของสำนักงานขัดข้อง ไม่มีการบันทึกข้อมูล"),
    Text(
        "Try again; if it happens again, report it with the time.",
        "ลองใหม่อีกครั้ง หากยังเกิดขึ้นให้แจ้งผู้ดูแลระบบพร้อมเวลาที่เกิด",
    ),
)
OFFICE_DATABASE_AWAY = Reason(
    "office-database-away",
    503,
    Text(
        "The office cannot use its database at the moment; nothing was stored.",
        "ขณะนี้สำนักงานใช้ฐานข้อมูลไม่ได้ ไม่มีการบันทึกข้อมูล",
    ),
    Text(
        "Try again in a moment; whoever runs the office sees to it that the database runs and has room.",
        "ลองใหม่อีกครั้งในอีกสักครู่ ผู้ดูแลระบบโปรดตรวจสอบว่าฐานข้อมูลทำงานอยู่และมีเนื้อที่เหลือ",
    ),
)
