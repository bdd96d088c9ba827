"""What every program must find on the card of seed 7, written out; the photo's bytes come from the holder."""

from __future__ import annotations

from emulator.holders import holder_from_seed

SEED = 7
GENERATIONS = ("TH NID 6", "TH NID 9", "TH NID 10", "TH NID 17", "TH NID 18", "3B 67", "0002", "no laser")
CITIZEN_ID = "1999928160767"
THAI_NAME = "นาย#วีระ##มั่นมณี"
ENGLISH_NAME = "Mr.#Wira##Manmani"
BIRTH_DATE, ISSUE_DATE, EXPIRY_DATE = "25401125", "25670221", "25751124"
ISSUER = "ท้องถิ่นเขตจตุจักร/กรุงเทพมหานคร"
ADDRESS = "434###ซอยสุขใจ 4##แขวงลาดยาว#เขตจตุจักร#กรุงเทพมหานคร"
MAIN_RIGHT = "(UCS) สิทธิหลักประกันสุขภาพแห่งชาติ"
SUB_RIGHT = "(89) ช่วงอายุ 12-59 ปี"
MAIN_HOSPITAL = "โรงพยาบาลตัวอย่างกรุงเทพมหานคร"
LASER = "OT9124880363"
ATRS = {
    "TH NID 6": "3B6800005448204E49442036",
    "TH NID 9": "3B781800005448204E49442039",
    "TH NID 10": "3B79180000544820" + "4E4944203130",
    "TH NID 17": "3B79960000544820" + "4E4944203137",
    "TH NID 18": "3B79960000544820" + "4E4944203138",
    "no laser": "3B78180000544820" + "4E49442032",
}


def photo() -> bytes:
    """The JPEG, without padding."""
    return holder_from_seed(SEED).photo
