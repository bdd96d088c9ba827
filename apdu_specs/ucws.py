"""UCWS: the SOAP service that tells an officer's program a citizen's entitlement, as its WSDL and XSD declare it.

Source: public, copies of the WSDL and XSD, an independent JAXB copy, and replies that programs quote. From ``DATA_SET``
come the served XSD, the answers' serializer and the reference page.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from apdu_specs.language import Text

NAMESPACE = "http://tokenws.ucws.nhso.go.th/"
SERVICE = "UCWSTokenP1"
PORT = "UCWSTokenP1Port"
BINDING = "UCWSTokenP1PortBinding"
PATH = "/ucwstokenp1/UCWSTokenP1"
OPERATION = "searchCurrentByPID"
RESPONSE = "searchCurrentByPIDResponse"
PARAMETERS = ("user_person_id", "smctoken", "person_id")
DATA_SET_TYPE = "nhsoDataSetC1"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
WSAM_ACTION = f"{NAMESPACE}{SERVICE}/{OPERATION}Request"
WSAM_REPLY_ACTION = f"{NAMESPACE}{SERVICE}/{OPERATION}Response"

OK = "NHSO-000001"  # six digits
TOKEN_NOT_VALID = "NHSO-00003"  # five digits
DATA_SOURCE = "NHSO"
NEVER_EXPIRES = "NoExp"
LIVING = "004"  # public: one sample reply
DECEASED = "003"  # public: several programs test for it


class Kind(StrEnum):
    """The XSD types that occur."""

    STRING = "xs:string"
    INT = "xs:int"
    DATE_TIME = "xs:dateTime"


@dataclass(frozen=True, slots=True)
class Field:
    """One element of the data set. ``required`` is minOccurs 1; every other one is left out when it has no value."""

    name: str
    meaning: Text
    kind: Kind = Kind.STRING
    required: bool = False


def _fields(listed: str) -> tuple[Field, ...]:
    fields = []
    for line in listed.strip().splitlines():
        name, english, thai, *more = (part.strip() for part in line.split("|"))
        kind = Kind(f"xs:{more[0].split()[0]}") if more else Kind.STRING
        fields.append(Field(name, Text(english, thai), kind, required=bool(more) and "required" in more[0]))
    return tuple(fields)


DATA_SET = _fields("""
birthdate | date of birth, YYYYMMDD of the Buddhist era | วันเกิด ปีพุทธศักราช YYYYMMDD
cardid | number of the entitlement card | เลขที่บัตรสิทธิ
chat | nationality of the person as registered | สัญชาติของผู้ลงทะเบียน
count_select | number of entitlements to choose from | จำนวนสิทธิที่มีให้เลือก | int required
expdate | end of the right, YYYYMMDD of the Buddhist era, or NoExp | วันหมดสิทธิ ปีพุทธศักราช YYYYMMDD หรือ NoExp
fname | first name; absent: nobody has this id | ชื่อ หากไม่มีแสดงว่าไม่พบบุคคล
hmain | main hospital, 5 digits | รหัสหน่วยบริการหลัก 5 หลัก
hmain_name | main hospital's name | ชื่อหน่วยบริการหลัก
hmain_op | primary outpatient hospital, 5 digits | รหัสหน่วยบริการประจำ 5 หลัก
hmain_op_name | primary outpatient hospital's name | ชื่อหน่วยบริการประจำ
hsub | primary care unit, 5 digits | รหัสหน่วยบริการปฐมภูมิ 5 หลัก
hsub_name | primary care unit's name | ชื่อหน่วยบริการปฐมภูมิ
lname | last name | นามสกุล
maininscl | main right's code; absent: no right | รหัสสิทธิหลัก หากไม่มีแสดงว่าไม่มีสิทธิ
maininscl_main | main right's group, one letter | กลุ่มสิทธิหลัก 1 ตัวอักษร
maininscl_name | main right's name | ชื่อสิทธิหลัก
mastercup_id | contracting unit, 11 digits | รหัสหน่วยคู่สัญญา 11 หลัก
nation | nation code; 099 is Thai | รหัสสัญชาติ 099 คือไทย
new_date_register | pending change: registered at | การเปลี่ยนสิทธิที่รอมีผล: วันเวลาที่ลงทะเบียน | dateTime
new_expdate | pending change: end | การเปลี่ยนสิทธิที่รอมีผล: วันหมดสิทธิ
new_hmain | pending change: main hospital | การเปลี่ยนสิทธิที่รอมีผล: รหัสหน่วยบริการหลัก
new_hmain_name | pending change: main hospital's name | การเปลี่ยนสิทธิที่รอมีผล: ชื่อหน่วยบริการหลัก
new_hmain_op | pending change: primary outpatient hospital | การเปลี่ยนสิทธิที่รอมีผล: รหัสหน่วยบริการประจำ
new_hmain_op_name | pending change: primary outpatient hospital's name | การเปลี่ยนสิทธิที่รอมีผล: ชื่อหน่วยบริการประจำ
new_hsub | pending change: primary care unit | การเปลี่ยนสิทธิที่รอมีผล: รหัสหน่วยบริการปฐมภูมิ
new_hsub_name | pending change: primary care unit's name | การเปลี่ยนสิทธิที่รอมีผล: ชื่อหน่วยบริการปฐมภูมิ
new_maininscl | pending change: main right | การเปลี่ยนสิทธิที่รอมีผล: รหัสสิทธิหลัก
new_maininscl_name | pending change: main right's name | การเปลี่ยนสิทธิที่รอมีผล: ชื่อสิทธิหลัก
new_mastercup_id | pending change: contracting unit | การเปลี่ยนสิทธิที่รอมีผล: รหัสหน่วยคู่สัญญา
new_paid_model | pending change: payment model | การเปลี่ยนสิทธิที่รอมีผล: รูปแบบการจ่าย
new_purchaseprovince | pending change: province that pays | การเปลี่ยนสิทธิที่รอมีผล: รหัสจังหวัดที่จ่าย
new_purchaseprovince_name | pending change: name of the province that pays | การเปลี่ยนสิทธิที่รอมีผล: ชื่อจังหวัดที่จ่าย
new_staffname | pending change: who registered it | การเปลี่ยนสิทธิที่รอมีผล: ผู้ลงทะเบียน
new_startdate | pending change: start | การเปลี่ยนสิทธิที่รอมีผล: วันเริ่มสิทธิ
new_subinscl | pending change: sub right | การเปลี่ยนสิทธิที่รอมีผล: รหัสสิทธิย่อย
new_subinscl_name | pending change: sub right's name | การเปลี่ยนสิทธิที่รอมีผล: ชื่อสิทธิย่อย
new_type_register | pending change: kind of registration | การเปลี่ยนสิทธิที่รอมีผล: รหัสประเภทการลงทะเบียน
new_type_register_desc | pending change: kind of registration in words | การเปลี่ยนสิทธิที่รอมีผล: ประเภทการลงทะเบียน
paid_model | payment model | รูปแบบการจ่าย
person_id | citizen id | เลขประจำตัวประชาชน
primary_amphur_name | home: district | ที่อยู่: อำเภอ/เขต
primary_moo | home: moo, 2 digits | ที่อยู่: หมู่ที่
primary_mooban_name | home: village | ที่อยู่: หมู่บ้าน
primary_province_name | home: province | ที่อยู่: จังหวัด
primary_tumbon_name | home: subdistrict | ที่อยู่: ตำบล/แขวง
primaryprovince | home: province's code, 4 digits | ที่อยู่: รหัสจังหวัด 4 หลัก
purchaseprovince | code of the province that pays, 4 digits | รหัสจังหวัดที่จ่าย 4 หลัก
purchaseprovince_name | name of the province that pays | ชื่อจังหวัดที่จ่าย
sex | 1 male, 2 female | เพศ 1 ชาย 2 หญิง
startdate | start of the right, YYYYMMDD of the Buddhist era | วันเริ่มสิทธิ ปีพุทธศักราช YYYYMMDD
startdate_sss | start of the social security right | วันเริ่มสิทธิประกันสังคม
status | state of the person; 003: deceased | สถานะบุคคล 003 คือเสียชีวิต
status_desc | state of the person in words; absent for the living | คำอธิบายสถานะบุคคล ไม่มีสำหรับผู้มีชีวิต
subinscl | sub right's code | รหัสสิทธิย่อย
subinscl_name | sub right's name | ชื่อสิทธิย่อย
title | title's code | รหัสคำนำหน้าชื่อ
title_name | title | คำนำหน้าชื่อ
ws_data_source | where the answer comes from | แหล่งข้อมูล
ws_date_request | when it was asked | วันเวลาที่ขอข้อมูล | dateTime
ws_status | NHSO-000001: found out; NHSO-00003: token not valid | NHSO-000001 สำเร็จ NHSO-00003 Token ใช้ไม่ได้
ws_status_desc | the same in words | คำอธิบายผลการขอข้อมูล
wsid | number of this answer, WS and 15 digits | หมายเลขคำตอบ WS และตัวเลข 15 หลัก
wsid_batch | number of its batch, WSB and 14 digits | หมายเลขชุดคำตอบ WSB และตัวเลข 14 หลัก
""")
FIELDS = {field.name: field for field in DATA_SET}
