"""Where synthetic holders live: a few real subdistricts, each with its real district and province."""

from __future__ import annotations

from typing import NamedTuple

BANGKOK = "กรุงเทพมหานคร"


class Place(NamedTuple):
    """A subdistrict, its district and its province, without their labels (ตำบล, แขวง, อำเภอ, เขต, จังหวัด)."""

    tambon: str
    amphoe: str
    changwat: str

    @property
    def in_bangkok(self) -> bool:
        """Bangkok has แขวง and เขต where every other province has ตำบล and อำเภอ."""
        return self.changwat == BANGKOK

    @property
    def tambon_labelled(self) -> str:
        """As on the card: ``ตำบล...`` or ``แขวง...``."""
        return ("แขวง" if self.in_bangkok else "ตำบล") + self.tambon

    @property
    def amphoe_labelled(self) -> str:
        """As on the card: ``อำเภอ...`` or ``เขต...``."""
        return ("เขต" if self.in_bangkok else "อำเภอ") + self.amphoe

    @property
    def changwat_labelled(self) -> str:
        """As on the card: ``จังหวัด...``, but Bangkok stands without the word."""
        return BANGKOK if self.in_bangkok else "จังหวัด" + self.changwat


def _places(listed: str) -> tuple[Place, ...]:
    return tuple(Place(*line.split()) for line in listed.strip().splitlines())


PLACES = _places("""
สีลม บางรัก กรุงเทพมหานคร
ลุมพินี ปทุมวัน กรุงเทพมหานคร
ลาดยาว จตุจักร กรุงเทพมหานคร
บางซื่อ บางซื่อ กรุงเทพมหานคร
หัวหมาก บางกะปิ กรุงเทพมหานคร
ทุ่งสองห้อง หลักสี่ กรุงเทพมหานคร
ศิริราช บางกอกน้อย กรุงเทพมหานคร
สามเสนใน พญาไท กรุงเทพมหานคร
สุเทพ เมืองเชียงใหม่ เชียงใหม่
แม่เหียะ เมืองเชียงใหม่ เชียงใหม่
ริมใต้ แม่ริม เชียงใหม่
เวียง เมืองเชียงราย เชียงราย
แม่สาย แม่สาย เชียงราย
วังทอง วังทอง พิษณุโลก
นครไทย นครไทย พิษณุโลก
ศิลา เมืองขอนแก่น ขอนแก่น
ชุมแพ ชุมแพ ขอนแก่น
หมากแข้ง เมืองอุดรธานี อุดรธานี
กุมภวาปี กุมภวาปี อุดรธานี
วารินชำราบ วารินชำราบ อุบลราชธานี
ในเมือง เมืองนครราชสีมา นครราชสีมา
หมูสี ปากช่อง นครราชสีมา
บางกระสอ เมืองนนทบุรี นนทบุรี
ปากเกร็ด ปากเกร็ด นนทบุรี
หนองปรือ บางละมุง ชลบุรี
สุรศักดิ์ ศรีราชา ชลบุรี
ตลาดใหญ่ เมืองภูเก็ต ภูเก็ต
ป่าตอง กะทู้ ภูเก็ต
ท่าข้าม พุนพิน สุราษฎร์ธานี
อ่างทอง เกาะสมุย สุราษฎร์ธานี
หาดใหญ่ หาดใหญ่ สงขลา
บ่อยาง เมืองสงขลา สงขลา
""")

LANE_NAMES = ("สุขใจ", "ร่มเย็น", "สามัคคี", "ร่วมพัฒนา", "มิตรภาพ", "ประชาอุทิศ", "เทศบาล", "แสงตะวัน")
ROAD_NAMES = ("ประชาราษฎร์", "ราษฎร์บำรุง", "ร่วมใจพัฒนา", "ริมน้ำ", "สถานีรถไฟ", "ศาลากลาง", "หน้าเมือง", "เลียบคลอง")
