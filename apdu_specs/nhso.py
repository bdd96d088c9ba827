"""The NHSO applet: health rights as they were when the card was last updated.

Source: public, one lineage of five readers. Offset 0, length 4 is read by nobody and taken for a version by analogy.
"""

from __future__ import annotations

from apdu_specs import text
from apdu_specs.applet import Applet
from apdu_specs.file import Field, File
from apdu_specs.interindustry import READ
from apdu_specs.language import Text
from apdu_specs.provenance import Confidence, assumed, public
from apdu_specs.values import BuddhistDate

AID = bytes.fromhex("A000000054480083")

_LINEAGE = public("one lineage of five readers", Confidence.MEDIUM)

RIGHTS = File(
    "NHSO, block 0",
    (
        Field(
            "version",
            text.ascii_text(4),
            Text("rights version", "รุ่นของข้อมูลสิทธิ"),
            assumed("read by nobody; by analogy with MOI"),
            personal=False,
            vectors=(("30303031", "0001"),),
        ),
        Field(
            "main_inscl",
            text.thai(60),
            Text("main right", "สิทธิหลัก"),
            _LINEAGE,
            vectors=(("CAD4B7B8D4" + "20" * 55, "สิทธิ"),),
        ),
        Field(
            "sub_inscl", text.thai(100), Text("sub right", "สิทธิย่อย"), _LINEAGE, vectors=(("20" * 100, ""),)
        ),
        Field(
            "main_hospital",
            text.thai(80),
            Text("main hospital", "หน่วยบริการหลัก"),
            _LINEAGE,
            vectors=(("C3BE2E" + "20" * 77, "รพ."),),
        ),
        Field(
            "sub_hospital",
            text.thai(80),
            Text("sub hospital", "หน่วยบริการรอง"),
            _LINEAGE,
            vectors=(("C3BE2E" + "20" * 77, "รพ."),),
        ),
        Field(
            "paid_type",
            text.ascii_text(1),
            Text("paid type", "ประเภทการชำระ"),
            _LINEAGE,
            vectors=(("31", "1"),),
        ),
        Field(
            "issue_date",
            text.BUDDHIST_DATE,
            Text("right since", "วันเริ่มสิทธิ"),
            _LINEAGE,
            note="Buddhist era",
            vectors=(("3235363430313032", BuddhistDate(2564, 1, 2)), ("20" * 8, None)),
        ),
        Field(
            "expiry_date",
            text.BUDDHIST_DATE,
            Text("right until", "วันหมดสิทธิ"),
            _LINEAGE,
            note="Buddhist era",
            vectors=(("3235363930313032", BuddhistDate(2569, 1, 2)),),
        ),
        Field(
            "update_date",
            text.BUDDHIST_DATE,
            Text("rights updated", "วันปรับปรุงข้อมูล"),
            _LINEAGE,
            note="Buddhist era",
            vectors=(("3235363530313032", BuddhistDate(2565, 1, 2)),),
        ),
        Field(
            "hospital_changes",
            text.ascii_text(1),
            Text("hospital changes", "จำนวนครั้งที่เปลี่ยนหน่วยบริการ"),
            _LINEAGE,
            note="how often the hospital was changed",
            vectors=(("30", "0"),),
        ),
    ),
    _LINEAGE,
)

BLOCKS = {0: RIGHTS}

NHSO = Applet(
    "NHSO",
    Text("National Health Security Office: health rights", "สปสช.: สิทธิการรักษาพยาบาล"),
    (AID,),
    (READ,),
    _LINEAGE,
)
