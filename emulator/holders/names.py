"""Word lists for synthetic names: common given names, and surnames composed of two words.

English forms follow the Royal Thai General System of Transcription, as the registry offices write them.
"""

from __future__ import annotations

from typing import NamedTuple

from apdu_specs.values import Sex

TITLED_AGE = 15  # before that a boy is เด็กชาย and a girl เด็กหญิง
MARRIED_AGE = 25  # of the youngest นาง here


class Word(NamedTuple):
    """One name or half a name, in Thai letters and as transcribed."""

    thai: str
    english: str


def titled(sex: Sex, age: int, *, married: bool) -> Word:
    """How somebody of ``age`` completed years is addressed; marriage counts for grown women only."""
    if age < TITLED_AGE:
        return Word("เด็กชาย", "Master") if sex is Sex.MALE else Word("เด็กหญิง", "Miss")
    if sex is Sex.MALE:
        return Word("นาย", "Mr.")
    return Word("นาง", "Mrs.") if married and age >= MARRIED_AGE else Word("นางสาว", "Miss")


def _words(listed: str) -> tuple[Word, ...]:
    return tuple(Word(*pair.split()) for pair in listed.strip().splitlines())


MALE_NAMES = _words("""
สมชาย Somchai
ประเสริฐ Prasoet
วิชัย Wichai
สุรชัย Surachai
อนุชา Anucha
ธนพล Thanaphon
กิตติพงษ์ Kittiphong
ณัฐวุฒิ Natthawut
พงศกร Phongsakon
ศุภชัย Suphachai
วีระ Wira
ชัยวัฒน์ Chaiwat
ภาณุพงศ์ Phanuphong
ธีรพัฒน์ Thiraphat
จักรกฤษณ์ Chakkrit
นพดล Nopphadon
ปิยะ Piya
สมบัติ Sombat
มานพ Manop
บุญเลิศ Bunloet
""")

FEMALE_NAMES = _words("""
สมหญิง Somying
สุดา Suda
มาลี Mali
วรรณา Wanna
นภา Napha
กาญจนา Kanchana
สุภาพร Suphaphon
ศิริพร Siriphon
รัตนา Rattana
อรทัย Orathai
พรทิพย์ Phonthip
จิราพร Chiraphon
ชลธิชา Chonthicha
วราภรณ์ Waraphon
สุนิสา Sunisa
กนกวรรณ Kanokwan
พิมพ์ชนก Phimchanok
เบญจมาศ Benchamat
อัญชลี Anchali
ดวงใจ Duangchai
""")

SURNAME_STARTS = _words("""
ทอง Thong
แก้ว Kaeo
ศรี Si
บุญ Bun
จันทร์ Chan
มั่น Man
รุ่ง Rung
วงศ์ Wong
เพชร Phet
แสง Saeng
ชัย Chai
พูน Phun
เลิศ Loet
ใจ Chai
""")

SURNAME_ENDS = _words("""
มณี mani
ดี di
สุข suk
เจริญ charoen
งาม ngam
รักษ์ rak
ประเสริฐ prasoet
พัฒนา phatthana
มงคล mongkhon
ไพศาล phaisan
เกษม kasem
สว่าง sawang
รุ่งเรือง rungrueang
มั่นคง mankhong
""")
