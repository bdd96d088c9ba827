"""Names for a whole population: common given names, and surnames composed of two words.

Composed, because Thai surnames belong to single families: a list of real ones would name real people.
"""

from __future__ import annotations

from emulator.holders import names


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


MALE = tuple(word.thai for word in names.MALE_NAMES) + _listed(
    """
กฤษณะ กิตติศักดิ์ เกรียงไกร จิรายุ เฉลิมชัย ชาญวิทย์ ชูเกียรติ ณรงค์ ณัฐพล เดชา ทวีศักดิ์ ธนากร ธวัชชัย นิพนธ์ นิรันดร์
บรรจง ปกรณ์ ประวิทย์ ปรีชา พิชัย พิสิษฐ์ ไพโรจน์ ภูวดล มนตรี ยุทธนา รณชัย วรพล วสันต์ วินัย วิโรจน์ ศักดา ศรัณย์ สมพงษ์ สมศักดิ์
สันติ สิทธิชัย สุเมธ สุวิทย์ อดิศักดิ์ อนันต์ อภิชาติ อรรถพล อัครเดช อิทธิพล เอกชัย
"""
)
FEMALE = tuple(word.thai for word in names.FEMALE_NAMES) + _listed(
    """
กมลวรรณ กรรณิการ์ กัลยา เกศินี ขวัญใจ จันทนา จารุวรรณ จุฑามาศ ชญานิษฐ์ ชุติมา ณัฐธิดา ดารุณี ทัศนีย์ ธนพร ธิดารัตน์ นงลักษณ์
นันทนา นิตยา เนตรนภา บุษบา ปราณี ปวีณา ปาริชาติ พัชรี เพ็ญศรี ภัทรา มณีรัตน์ มยุรี ยุพา รุ่งนภา ลัดดา วิภา วิไล ศศิธร ศุภลักษณ์
สมจิตร สายฝน สิริมา สุกัญญา สุพรรณี สุรีย์ โสภา อภิญญา อมรรัตน์ อารีรัตน์
"""
)
SURNAME_STARTS = tuple(word.thai for word in names.SURNAME_STARTS) + _listed(
    "กิตติ เกียรติ คง งาม จิตร เจริญ ชื่น โชติ ดวง ธรรม นิล ประสาน ปิ่น พงษ์ พร ไพร มณี เมือง ยิ่ง รัตน วิเศษ ศักดิ์ สม สิริ สุวรรณ อุดม"
)
SURNAME_ENDS = tuple(word.thai for word in names.SURNAME_ENDS) + _listed(
    "กุล แก้ว คำ ชัย ชาติ ดวงดี ทรัพย์ นคร นาวา ปัญญา พงศ์ พันธุ์ ภักดี มาลา ยืนยง รัตน์ ลาภ วงศ์ วัฒนา วิจิตร ศิลป์ สมบูรณ์ สกุล สิน อาภา อำไพ"
)
