"""What the screen says, in English and Thai. The manual's own button texts are kept word by word (pages 1.1 to 2.6)."""

from __future__ import annotations

from apdu_specs.language import Text

PROGRAM = Text("UC Authentication 4.x", "UC Authentication 4.x")
SYSTEM = Text("Officer identity verification (ERM)", "ระบบพิสูจน์ตัวตนของเจ้าหน้าที่ (ERM)")
STAND_IN = Text("Test tool: not a service of NHSO", "เครื่องมือทดสอบ ไม่ใช่บริการของ สปสช.")
LANGUAGE = Text("Language", "ภาษา")
SKIP = Text("Skip to the content", "ข้ามไปยังเนื้อหา")

E_FORM_AGENT = Text("E-Form Agent", "E-Form Agent")
GREEN = Text("running (green)", "ทำงานอยู่ (สีเขียว)")
GREY = Text("not started (grey)", "ยังไม่เริ่มทำงาน (สีเทา)")
START_SERVICE = Text("Start Service", "Start Service")
STOP = Text("Stop", "Stop")
READER = Text("Card reader", "เครื่องอ่านบัตร")
CARD = Text("Card", "บัตร")
NO_READER = Text("none connected", "ไม่พบเครื่องอ่านบัตร")
NO_SERVICE = Text("PC/SC service is not running", "บริการ PC/SC ไม่ทำงาน")
CARD_IN = Text("inserted", "เสียบบัตรแล้ว")
CARD_OUT = Text("not inserted", "ยังไม่เสียบบัตร")
CARD_MUTE = Text("does not answer; turn it over", "บัตรไม่ตอบสนอง ลองกลับด้านบัตร")
STATUS = Text("State of agent, reader and card", "สถานะของโปรแกรม เครื่องอ่าน และบัตร")
STEPS = Text("Steps", "ขั้นตอน")
STEP_OF = Text("Step {number} of 11", "ขั้นตอนที่ {number} จาก 11")
DONE = Text("done", "เสร็จแล้ว")
CURRENT = Text("now", "ขั้นตอนปัจจุบัน")
FAILED = Text("failed", "ไม่สำเร็จ")

START_TITLE = Text("Log in with the officer's ID card", "เข้าใช้งานด้วยบัตรประจำตัวประชาชนของเจ้าหน้าที่")
INSERT_FIRST = Text(
    "Note: please insert the ID card into the card reader first.",
    "หมายเหตุ กรุณาเสียบบัตรประจำตัวประชาชนกับเครื่องอ่านบัตรก่อน",
)
LOGIN_BY_CARD = Text(
    "Log in to the entitlement web system with the ID card (Smart Card)",
    "เข้าใช้งานระบบเว็บตรวจสอบสิทธิโดยใช้บัตรประจำตัวประชาชน รุ่น Smart Card",
)
START_THE_AGENT = Text(
    "E-Form Agent is grey. Choose Start Service; its symbol turns green.",
    "สัญลักษณ์ของโปรแกรม E-Form Agent เป็นสีเทา โปรดเลือก Start Service แล้วสัญลักษณ์จะเปลี่ยนเป็นสีเขียว",
)
PLUG_READER = Text("Plug a card reader into this computer.", "เชื่อมต่อเครื่องอ่านบัตร Smart Card กับเครื่องคอมพิวเตอร์")
START_PCSC = Text("Start this computer's PC/SC service (pcscd).", "เริ่มบริการ PC/SC (pcscd) ของเครื่องนี้")
INSERT_CARD = Text(
    "Insert the officer's ID card into the reader, chip first.",
    "เสียบบัตรประจำตัวประชาชนของเจ้าหน้าที่กับเครื่องอ่านบัตร โดยหันด้านชิปเข้าเครื่อง",
)
READY = Text("Everything is ready.", "พร้อมเข้าใช้งาน")
LOGGED_OUT = Text(
    "You are logged out, and the token was ended. You may take your card out.",
    "ออกจากระบบแล้ว และยกเลิก Token แล้ว ถอดบัตรได้",
)

PIN_TITLE = Text("Enter the 4-digit PIN", "กรอกรหัส PIN 4 หลัก")
PIN_OF = Text("Card of", "บัตรของ")
OK = Text("OK", "ตกลง")
CANCEL = Text("Cancel", "ยกเลิก")
CLEAR = Text("Clear", "ล้าง")
ERASE = Text("Erase the last digit", "ลบหลักสุดท้าย")
PIN_PAD = Text("PIN pad", "แป้นใส่รหัส PIN")
PIN_HELP = Text(
    "Type on the keyboard or press the buttons. Nobody else should see them.",
    "พิมพ์จากแป้นพิมพ์หรือกดปุ่มตัวเลข ระวังอย่าให้ผู้อื่นเห็น",
)
ENTERED = Text("{count} of 4 digits entered", "กรอกแล้ว {count} จาก 4 หลัก")
INCOMPLETE = Text("The PIN needs 4 digits.", "ต้องกรอก PIN ให้ครบ 4 หลัก")
NO_DIGIT = Text("That key is no digit from 0 to 9.", "แป้นที่กดไม่ใช่ตัวเลข 0 ถึง 9")
CHECKING = Text("Checking the PIN with the card…", "กำลังตรวจสอบรหัส PIN กับบัตร…")
UNREACHABLE = Text(
    "This program does not answer. Is it still running?",
    "โปรแกรมไม่ตอบสนอง โปรดตรวจสอบว่าโปรแกรมยังทำงานอยู่หรือไม่",
)
TRIES_LEFT = Text("Tries left: {count}", "เหลือโอกาสอีก {count} ครั้ง")
LAST_TRY = Text(
    "This is the last try. After another wrong PIN a new one is needed from a registry office.",
    "เหลือโอกาสครั้งสุดท้าย หากกรอกผิดอีก ต้องไปขอ PIN ใหม่ที่สำนักทะเบียน",
)
NEEDS_SCRIPT = Text("The PIN pad needs JavaScript.", "แป้นใส่รหัส PIN ต้องใช้ JavaScript")

CONFIRMED_TITLE = Text("Your identity is confirmed", "ยืนยันตัวบุคคลสำเร็จ")
CONFIRMED = Text(
    "The Department of Provincial Administration confirmed you and NHSO found your right.",
    "กรมการปกครองยืนยันตัวบุคคลแล้ว และ สปสช. ตรวจพบสิทธิการเข้าใช้งานของท่าน",
)
LEVEL = Text("Level of access", "ระดับสิทธิการเข้าใช้งาน")
VALID_UNTIL = Text("Valid until", "ใช้ได้ถึง")
TOKEN_ID = Text("Token ID", "Token ID")
SHOW_TOKEN = Text("Show the Token ID for the hospital's program", "แสดง Token ID สำหรับโปรแกรมของหน่วยบริการ")
WRITTEN = Text("Written for the hospital's programs", "บันทึกแฟ้มสำหรับโปรแกรมของหน่วยบริการ")
ENTER_PROGRAM = Text("Enter the program", "เข้าใช้งานระบบโปรแกรม")

MENU_TITLE = Text("Choose from the menu", "เลือกเมนู")
MODULES_TITLE = Text("Choose a module", "เลือกโมดูล")
NOT_IN_MANUAL = Text("Not part of this tool", "ไม่อยู่ในเครื่องมือนี้")
CODES_ARE_THERE = Text(
    "Here in the module “Entitlement check and registration”",
    "อยู่ในโมดูล “ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน”",
)
BACK_TO_MENU = Text("Back to the menu", "กลับไปเลือกเมนู")
BACK_TO_MODULES = Text("Back to the modules", "กลับไปเลือกโมดูล")
LOG_OUT = Text("Log out", "ออกจากระบบ")

MODULE_TITLE = Text("Entitlement check and registration", "ระบบเว็บตรวจสอบสิทธิและการลงทะเบียนประชาชน")
CITIZEN_ID = Text("Citizen id, 13 digits", "เลขประจำตัวประชาชน 13 หลัก")
SEARCH = Text("Check entitlement", "ตรวจสอบสิทธิ")
NAME = Text("Name", "ชื่อ-สกุล")
BIRTH_DATE = Text("Date of birth", "วันเดือนปีเกิด")
AGE = Text("Age", "อายุ")
SEX = Text("Sex", "เพศ")
PROVINCE = Text("Province", "จังหวัด")
DECEASED = Text("This person is deceased.", "บุคคลนี้เสียชีวิตแล้ว")
RIGHT = Text("Right to health care", "สิทธิการรักษาพยาบาล")
NO_RIGHT = Text("No right is on file.", "ไม่พบสิทธิการรักษาพยาบาล")
MAIN_RIGHT = Text("Main right", "สิทธิหลัก")
SUB_RIGHT = Text("Sub right", "สิทธิย่อย")
SINCE = Text("Since", "เริ่มใช้สิทธิ")
UNTIL = Text("Until", "หมดสิทธิ")
NO_END = Text("no end", "ไม่มีกำหนด")
PRIMARY_HOSPITAL = Text("Primary care unit", "หน่วยบริการปฐมภูมิ")
OUTPATIENT_HOSPITAL = Text("Regular unit", "หน่วยบริการประจำ")
MAIN_HOSPITAL = Text("Referral hospital", "หน่วยบริการที่รับการส่งต่อ")
PENDING = Text("A change of right is pending", "อยู่ระหว่างเปลี่ยนสิทธิ")
CODES = Text("Latest authentication codes", "Authentication Code ล่าสุด")
CODE = Text("Code", "รหัส")
CLAIM_TYPE = Text("Type of service", "ประเภทบริการ")
HOSPITAL = Text("Hospital", "หน่วยบริการ")
WHEN = Text("When", "วันเวลา")
CHECKED_AT = Text("Checked", "ตรวจสอบเมื่อ")
REGISTER_TITLE = Text("Register to a hospital", "ลงทะเบียนหน่วยบริการ")
HCODE = Text("Hospital code, 5 digits", "รหัสหน่วยบริการ 5 หลัก")
REGISTER = Text("Register", "ลงทะเบียน")
REGISTERED = Text("The registration is on file.", "บันทึกการลงทะเบียนแล้ว")
REQUEST_TITLE = Text("Request an authentication code", "ขอ Authentication Code")
MOBILE = Text("Mobile number, 10 digits (optional)", "โทรศัพท์เคลื่อนที่ 10 หลัก (ไม่บังคับ)")
REQUEST_CODE = Text("Request the code", "ขอ Authentication Code")
GIVEN = Text("Authentication code", "Authentication Code")
LEVEL_FORBIDS = Text(
    "Your level of access permits no registration and no authentication codes.",
    "ระดับสิทธิของท่านไม่อนุญาตให้ลงทะเบียนหรือขอ Authentication Code",
)

ERROR = Text("Error", "พบข้อผิดพลาด")
CORRECT_THIS = Text(
    "Please correct the following; nothing has been sent yet.", "โปรดแก้ไขข้อมูลต่อไปนี้ ยังไม่มีการส่งข้อมูล"
)
ID_NOT_VALID = Text("Enter 13 digits with a right check digit.", "กรอกเลขประจำตัวประชาชน 13 หลักให้ถูกต้อง")
HCODE_NOT_VALID = Text("Enter the hospital's 5 digits.", "กรอกรหัสหน่วยบริการ 5 หลัก")
MOBILE_NOT_VALID = Text(
    "Enter 10 digits, a landline's 9, or nothing.", "กรอกตัวเลข 10 หลัก (โทรศัพท์บ้าน 9 หลัก) หรือเว้นว่าง"
)
CLAIM_TYPE_NOT_VALID = Text("Choose a type of service.", "เลือกประเภทบริการ")

STOPPED_TITLE = Text("The login could not go on", "ดำเนินการต่อไม่ได้")
SUSPENDED_TITLE = Text("The PIN of this card is suspended", "PIN ของบัตรนี้ถูกระงับ")
LOCKED_TITLE = Text("The card can no longer confirm identity", "บัตรนี้ใช้ยืนยันตัวบุคคลไม่ได้แล้ว")
PULLED_TITLE = Text("The card was taken out", "บัตรถูกถอดออก")
STEP_FAILED = Text("At step {number}: {title}", "ขั้นตอนที่ {number}: {title}")
WHAT_TO_DO = Text("What to do", "สิ่งที่ต้องทำ")
START_AGAIN = Text("Start again", "เริ่มใหม่")
WHERE = Text("Where", "สถานที่")
WHO = Text("Who", "ผู้ดำเนินการ")
BRING = Text("Bring", "สิ่งที่ต้องนำไป")
COST = Text("Fee", "ค่าธรรมเนียม")
ANY_REGISTRY = Text(
    "Any registry office of the Department of Provincial Administration, in the whole country",
    "สำนักทะเบียนของกรมการปกครองทุกแห่งทั่วประเทศ",
)
OWNER_ONLY = Text("Only the card's owner, in person", "เจ้าของบัตรเท่านั้น ไปด้วยตนเอง")
THIS_CARD = Text(
    "This ID card; no letter from the organisation", "บัตรประจำตัวประชาชนใบนี้ ไม่ต้องมีหนังสือจากหน่วยงาน"
)
FREE = Text("None", "ไม่มีค่าธรรมเนียม")
NEW_PIN = Text("A new PIN", "ขอ PIN ใหม่")
NEW_CARD = Text("A new card; a new PIN does not help", "ทำบัตรใหม่ การขอ PIN ใหม่ไม่ช่วยให้ใช้ได้อีก")
ASK_FOR = Text("Ask for", "เรื่องที่ขอ")
VIRTUAL_CARD = Text("For this virtual card", "สำหรับบัตรเสมือนใบนี้")
STILL_GOOD = Text("Everything else on the card keeps working.", "ยังใช้บัตรขอรับบริการอื่นได้ตามปกติ")

ELSEWHERE_TITLE = Text("Another window is logged in", "มีการเข้าใช้งานจากหน้าต่างอื่น")
ELSEWHERE = Text(
    "An officer uses this computer's card reader in another browser window. It can be ended from here.",
    "เจ้าหน้าที่กำลังใช้เครื่องอ่านบัตรของเครื่องนี้จากหน้าต่างอื่น สามารถยกเลิกการใช้งานนั้นจากที่นี่ได้",
)
TAKE_OVER = Text("End it and start here", "ยกเลิกแล้วเริ่มที่นี่")

REFUSED_TITLE = Text("This request was refused", "คำขอนี้ถูกปฏิเสธ")
FOREIGN = Text(
    "It came from another web page. Open the screen directly.", "คำขอนี้มาจากหน้าเว็บอื่น โปรดเปิดหน้าจอนี้โดยตรง"
)
STALE_FORM = Text("The page was too old. Open the screen again.", "หน้านี้หมดอายุแล้ว โปรดเปิดหน้าจออีกครั้ง")
TOO_LONG = Text("The form is too long.", "ข้อมูลในแบบฟอร์มยาวเกินไป")
FAULT = Text("Something went wrong in this program. Start again.", "เกิดข้อผิดพลาดในโปรแกรม โปรดเริ่มใหม่")
OPEN_SCREEN = Text("Open the screen", "เปิดหน้าจอ")

OPEN_UC = Text("Open UC Authentication", "เปิด UC Authentication")
QUIT = Text("Quit", "ปิดโปรแกรม")
