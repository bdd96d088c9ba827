"""Health rights as NHSO speaks of them: main and sub rights, titles, claim types and the codes' forms, declared once.

The codes are public, and so are the texts that public programs compare whole. Where a code is public and its text is
not, the text is ``assumed``. Codes beyond these exist.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, Provenance, assumed, public
from apdu_specs.values import Sex

_TEXTS = public("texts that several programs compare whole")
_CODE_ONLY = assumed("the code is public, its text is not")
_SUB_TEXTS = public("texts that programs show or compare", Confidence.MEDIUM)


@dataclass(frozen=True, slots=True)
class SubRight:
    """A sub right: two characters, and its Thai and English name."""

    code: str
    name: Text
    provenance: Provenance = _SUB_TEXTS

    @property
    def labelled(self) -> str:
        """As NHSO's programs show it: ``(89) ช่วงอายุ 12-59 ปี``."""
        return f"({self.code}) {self.name.th}"


@dataclass(frozen=True, slots=True)
class MainRight:
    """A main right: its code, name, one-letter group (UCWS's ``maininscl_main``), and the sub rights below it."""

    code: str
    name: Text
    group: str
    subs: tuple[SubRight, ...] = ()
    provenance: Provenance = _TEXTS

    @property
    def labelled(self) -> str:
        """As NHSO's programs show it: ``(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ``. Programs compare the whole text."""
        return f"({self.code}) {self.name.th}"

    @property
    def is_universal(self) -> bool:
        """Whether NHSO itself pays, so that its officers register the person to a hospital."""
        return self.group == "U"


CHILD = SubRight("71", Text("child of at most 12 years", "เด็กอายุไม่เกิน 12 ปีบริบูรณ์"))
DISABLED = SubRight("74", Text("person with a disability", "บุคคลผู้พิการ"), _CODE_ONLY)
ELDERLY = SubRight("77", Text("person over 60 years", "ผู้มีอายุเกิน 60 ปีบริบูรณ์"))
ADULT = SubRight("89", Text("age 12 to 59 years", "ช่วงอายุ 12-59 ปี"))
INSURED = SubRight("S1", Text("insured employee", "สิทธิเบิกกองทุนประกันสังคม (ผู้ประกันตน)"))
CIVIL_SERVANT = SubRight("O1", Text("civil servant", "สิทธิเบิกกรมบัญชีกลาง (ข้าราชการ)"))
PERMANENT_EMPLOYEE = SubRight("O2", Text("permanent employee", "สิทธิเบิกกรมบัญชีกลาง (ลูกจ้างประจำ)"))
PENSIONER = SubRight("O3", Text("pensioner", "ผู้รับเบี้ยหวัดบำนาญ"))
FAMILY = SubRight("O4", Text("family of a civil servant", "สิทธิเบิกกรมบัญชีกลาง (บุคคลในครอบครัว)"))
STATE_AGENCY = SubRight("E1", Text("state agency", "สิทธิเบิกหน่วยงานรัฐ"), _CODE_ONLY)
LOCAL_OFFICER = SubRight("L1", Text("local government officer", "สิทธิเบิกอปท. (ข้าราชการ)"), _CODE_ONLY)
LOCAL_FAMILY = SubRight(
    "L4", Text("family of a local government officer", "สิทธิเบิกอปท. (บุคคลในครอบครัว)"), _CODE_ONLY
)
PRIVATE_TEACHER = SubRight("P1", Text("private school teacher", "สิทธิครูเอกชน"), _CODE_ONLY)
BANGKOK_OFFICER = SubRight("B1", Text("officer of Bangkok", "สิทธิเบิกกรุงเทพมหานคร (ข้าราชการ)"), _CODE_ONLY)

UCS = MainRight("UCS", Text("universal coverage", "สิทธิหลักประกันสุขภาพแห่งชาติ"), "U", (ADULT,))
WEL = MainRight(
    "WEL",
    Text("universal coverage, without the 30 baht", "สิทธิหลักประกันสุขภาพแห่งชาติ (ยกเว้นการร่วมจ่ายค่าบริการ 30 บาท)"),
    "U",
    (CHILD, DISABLED, ELDERLY),
)
OFC = MainRight(
    "OFC",
    Text("civil servants and state agencies", "สิทธิข้าราชการ/สิทธิหน่วยงานรัฐ"),
    "O",
    (CIVIL_SERVANT, PERMANENT_EMPLOYEE, PENSIONER, FAMILY, STATE_AGENCY, BANGKOK_OFFICER),
)
LGO = MainRight(
    "LGO",
    Text("local government", "สิทธิสวัสดิการพนักงานส่วนท้องถิ่น"),
    "L",
    (LOCAL_OFFICER, LOCAL_FAMILY),
    _CODE_ONLY,
)
PVT = MainRight("PVT", Text("private school teachers", "สิทธิครูเอกชน"), "P", (PRIVATE_TEACHER,))
SSS = MainRight("SSS", Text("social security", "สิทธิประกันสังคม"), "S", (INSURED,))
COR = MainRight("COR", Text("other organisations", "สิทธิองค์กรอื่น"), "C", (), _CODE_ONLY)
OTH = MainRight("OTH", Text("other rights", "สิทธิอื่น ๆ"), "X", (), _CODE_ONLY)

MAIN_RIGHTS = {right.code: right for right in (UCS, WEL, OFC, LGO, PVT, SSS, COR, OTH)}
SUB_RIGHTS = {sub.code: sub for right in MAIN_RIGHTS.values() for sub in right.subs}

TITLES = {
    "001": Text("Master", "เด็กชาย"),
    "002": Text("Miss (child)", "เด็กหญิง"),
    "003": Text("Mr.", "นาย"),
    "004": Text("Miss", "นางสาว"),
    "005": Text("Mrs.", "นาง"),
}
"""Title codes. Public: two programs' tables."""

THAI_NATIONAL = "099"
"""The nation code of Thais. Public."""


def title_code(title: str) -> str | None:
    """The code of a Thai title; None for one that is not among those published."""
    return next((code for code, text in TITLES.items() if text.th == title), None)


def title_code_by_sex(sex: Sex) -> str:
    """The code for a title of rank or office, which has no published one: Mr. or Miss (``assumed``)."""
    return "003" if sex is Sex.MALE else "004"


def code_of(labelled: str) -> str:
    """The code of a labelled text, ``(UCS) ...`` -> ``UCS``; "" when it has none."""
    if not labelled.startswith("("):
        return ""
    code, closing, _ = labelled[1:].partition(")")
    return code if closing else ""


@dataclass(frozen=True, slots=True)
class ClaimType:
    """What an authentication code is asked for."""

    code: str
    name: Text
    provenance: Provenance
    bangkok_only: bool = False


GENERAL_CARE = ClaimType(
    "PG0060001",
    Text("general treatment (OPD/ IPD/ PP)", "เข้ารับบริการรักษาทั่วไป (OPD/ IPD/ PP)"),
    public("all programs"),
)
CLAIM_TYPES = {
    claim.code: claim
    for claim in (
        GENERAL_CARE,
        ClaimType("PG0110001", Text("self isolation", "Self Isolation"), public("several programs")),
        ClaimType(
            "PG0120001",
            Text("UCEP PLUS (patients with yellow or red symptoms)", "UCEP PLUS (ผู้ป่วยกลุ่มอาการสีเหลืองและสีแดง)"),
            public("several programs"),
        ),
        ClaimType(
            "PG0130001",
            Text("haemodialysis (HD)", "บริการฟอกเลือดด้วยเครื่องไตเทียม (HD)"),
            public("several programs"),
        ),
        ClaimType(
            "PG0140001", Text("home ward", "Home ward"), assumed("the code is public, its text is not")
        ),
        ClaimType(
            "PG0150001",
            Text("care of minor illnesses", "บริการดูแลอาการเจ็บป่วยเบื้องต้น"),
            public("one program", Confidence.MEDIUM),
        ),
        ClaimType(
            "PG0180001",
            Text("necessary check-up by age (Bangkok only)", "บริการตรวจสุขภาพที่จำเป็นตามกลุ่มวัย (เฉพาะเขต กทม)"),
            public("one sample reply", Confidence.MEDIUM),
            bangkok_only=True,
        ),
    )
}

CLAIM_CODE_PREFIX = "PP"
CLAIM_CODE_DIGITS = 10
"""An authentication code is ``PP`` and ten digits. Public: several programs."""

PHONE = re.compile("[0-9]{10}|0[2-57][0-9]{7}")
"""A telephone number: ten digits (public: several programs check that), or nine of a landline (public: one program sends its
hospital's for every patient).
"""
